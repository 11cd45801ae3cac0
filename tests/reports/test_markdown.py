"""Markdown reads as the document does: a real CommonMark reader gives the same texts, whatever they hold."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports.documents.blocks import (
    Block,
    Bullets,
    Code,
    Column,
    Commands,
    Facts,
    Heading,
    Link,
    Numbers,
    Paragraph,
    Table,
    Tag,
    Verdict,
)
from reports.formats.markdown import as_markdown
from reports.formats.text import plain
from tests.reports.sample_data import HOSTILE, SAMPLE, with_text

# The plain standard with tables, and one that knows struck-out text, raw HTML, addresses by themselves and quotes.
READERS = [
    MarkdownIt("commonmark").enable("table"),
    MarkdownIt("js-default", {"html": True, "typographer": False}),
]
EXPECTED = {"text", "code_inline", "strong_open", "strong_close", "link_open", "link_close"}
SIGNS = "\\`*_{}[]<>()#+-=.!|~$^@&:/;\"'% \t\n09aw\u00a0\u202eé"


def words(text: str) -> str:
    """`text` as it reads: as a terminal shows it, with single spaces."""
    return " ".join(plain(re.sub(r"[\x09-\x0d\x85\u2028\u2029]", " ", text)).split())


def inline(token: Token) -> str:
    assert token.children is not None
    assert {child.type for child in token.children} <= EXPECTED
    return " ".join("".join(child.content for child in token.children).split())


def read(text: str, reader: MarkdownIt) -> list[str]:
    """All texts of a Markdown text, in order, without the empty ones."""
    found = []
    for token in reader.parse(text):
        assert token.type not in ("html_block", "code_block")
        if token.type == "inline":
            found.append(inline(token))
        elif token.type == "fence":
            found += [" ".join(line.split()) for line in token.content.split("\n")]
    return [one for one in found if one]


def kinds(text: str) -> list[str]:
    return [token.type for token in READERS[0].parse(text) if token.type not in ("inline", "paragraph_open")]


def between(*blocks: Block, reader: MarkdownIt = READERS[0]) -> list[str]:
    """The texts of a document that has `blocks`, without what every document begins and ends with."""
    found = read(as_markdown(msgspec.structs.replace(SAMPLE, warning=None, blocks=blocks, footer=())), reader)
    assert found[:2] == [SAMPLE.title, SAMPLE.about]
    return found[2 : found.index(f"Organisation: {SAMPLE.organisation}")]


@pytest.mark.parametrize("reader", READERS, ids=["commonmark", "more"])
@settings(max_examples=40)
@given(text=st.text(alphabet=SIGNS, min_size=1, max_size=12) | st.text(max_size=30))
@example(text="www.example.org http://example.org")
@example(text="| a \\| b")
@example(text="~~a~~ **b** `c`")
@example(text="\x1f")  # which Python takes for space, and nobody else
def test_any_text_reads_as_it_is(reader: MarkdownIt, text: str) -> None:
    one = words(text)
    for block in (
        Paragraph((text,)),
        Heading(text, "a"),
        Bullets(((text,), (text,))),
        Bullets(((text,),), numbered=True),
        Verdict("note", text, ((text,),)),
        Commands((text, text)),
        Table("t", "", (Column("a", text), Column("b", text)), ((text, text), (text, (Code(text),)))),
        Paragraph((Code(text),)),
        Paragraph((Tag(text),)),
        Paragraph((Link(text, "https://example.org/"),)),
    ):
        found = between(block, reader=reader)
        assert set(found) <= {one}, (block, found)
        assert bool(found) == bool(one)
    assert [words(found) for found in between(Facts(((text, (text, "-", text)),)), reader=reader)] == [
        words(f"{one}: {words(f'{text}-{text}')}")
    ]


@given(
    st.lists(
        st.one_of(
            st.sampled_from(HOSTILE[:15]),
            st.text(alphabet=SIGNS, max_size=4),
            st.builds(Code, st.text(alphabet=SIGNS, max_size=4)),
            st.builds(Tag, st.text(alphabet=SIGNS, max_size=4)),
            st.builds(Link, st.text(alphabet=SIGNS, max_size=4), st.sampled_from(["#a", "#b", "http://a.b/", "x:y"])),
        ),
        max_size=5,
    )
)
@example([Code("0"), "", Code("0")])
@example([Tag("0"), "", Tag("0"), Tag(" "), Tag("0")])
def test_pieces_follow_each_other(pieces: list[Any]) -> None:
    text = "".join(piece if isinstance(piece, str) else piece.text for piece in pieces)
    squeezed = ["".join(one.split()) for one in between(Paragraph(tuple(pieces)))]
    assert squeezed == (["".join(words(text).split())] if words(text) else [])


@settings(max_examples=40)
@given(st.text(alphabet=SIGNS, max_size=8))
def test_a_document_is_laid_out_alike_whatever_it_says(text: str) -> None:
    assert kinds(as_markdown(with_text(f"a{text}b"))) == kinds(as_markdown(with_text("ab")))


def test_every_kind_of_block_is_there() -> None:
    text = as_markdown(SAMPLE)
    for one in HOSTILE:
        assert not words(one) or words(one) in read(text, READERS[1])
    opened = [
        token for token in kinds(text) if token.endswith("_open") and token[:5] in ("table", "order", "bulle", "block")
    ]
    assert opened == [
        "blockquote_open",  # the warning
        "blockquote_open",
        "bullet_list_open",  # numbers
        "bullet_list_open",
        "ordered_list_open",
        "bullet_list_open",  # facts
        "table_open",
        "table_open",  # the chart
        "bullet_list_open",  # what it was made from
    ]
    assert "| January | 1 | 0 |\n| March | 3 | 2 |\n" in text
    assert "Three months; most in March." in text
    assert "````\ntransfer-ledger verify transfers.db\necho ``` '<b>'\n````" in text
    assert "- Last entry recorded: 31 August 2010 at 23:30 London time\n" in text
    assert "- **2,800** Transfers\n- **fewer than 10** Children named\n" in text


def test_links_lead_to_headings_and_to_the_web_alone() -> None:
    links = [
        (child.attrs["href"], after.content)
        for token in READERS[0].parse(as_markdown(SAMPLE))
        if token.children
        for child, after in zip(token.children, token.children[1:], strict=False)
        if child.type == "link_open"
    ]
    assert links == [
        ("#findings-serious-draft", "the findings"),
        ("https://example.org/law?a=1&b=(2)", "the law"),
        ("http://example.org/", "more"),
    ]


@pytest.mark.parametrize(
    "to",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//example.org",
        "#gone",
        "https://a b",
        "https://a>",
    ],
)
def test_another_link_is_its_text(to: str) -> None:
    document = msgspec.structs.replace(SAMPLE, blocks=(Paragraph((Link("words", to),)),), footer=())
    text = as_markdown(document)
    assert "\n\nwords\n\n" in text
    assert "](" not in text


def test_headings_of_one_name_have_two_links() -> None:
    blocks = (Heading("A, b!", "x"), Heading("a B", "y"), Paragraph((Link("1", "#x"), Link("2", "#y"))))
    text = as_markdown(msgspec.structs.replace(SAMPLE, blocks=blocks))
    assert "[1](<#a-b>)[2](<#a-b-1>)" in text


def test_lists_that_follow_each_other_stay_apart() -> None:
    one = Bullets((("a",), ("b",)))
    two = Bullets((("c",), ("d",)), numbered=True)
    text = as_markdown(msgspec.structs.replace(SAMPLE, blocks=(one, one, one, two, two, Numbers(()))))
    found = kinds(text[: text.index("---")])
    assert found.count("bullet_list_open") == 3
    assert found.count("ordered_list_open") == 2
    assert found.count("list_item_open") == 10
