"""A document as Markdown for minutes: CommonMark with tables between pipes, in which every text reads as it is.

Whatever a text holds, it does not become a heading, a link, a picture or anything else, and a link leads to a heading
of the same document or to a page of the web. A chart is its description and its table. Whole tables are for the other
formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import singledispatch
from itertools import islice

from reports.documents.blocks import (
    Bullets,
    Cell,
    Chart,
    Code,
    Commands,
    Document,
    Facts,
    Heading,
    Inline,
    Link,
    Numbers,
    PageBreak,
    Paragraph,
    Table,
    Tag,
    Text,
    Verdict,
)
from reports.formats.beside import table_with
from reports.formats.plainly import cell_in_words, provenance
from reports.formats.text import plain

_SPACE = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029 ]+")
# Signs that mean something in CommonMark wherever they stand, or in one of its widespread extensions (tables, struck
# out and marked text, formulas, footnotes, addresses that become links by themselves); a link after `!` is a picture.
_SIGN = re.compile(
    r"[\\`*_{}\[\]<>#|~$^@]|&(?=[#a-z])|:(?=//)|(?<=www)\.|-(?=-)|(?<=-)-|=(?==)|(?<==)=|!\Z", re.IGNORECASE
)
_LIST = re.compile(r"^(\d{1,9})([.)])(?=\s|$)|^[-+=]")  # where a line begins a list, or underlines the line above
_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f<>\\]+", re.IGNORECASE)
_NO_CODE = re.compile(r"[`|\\]|^\s|\s$|^$")  # what no code can hold in every place where it may stand

_Reach = Callable[[str], str | None]  # from the target of a link to its address in Markdown, None for none


def _escaped(text: str) -> str:
    return _SIGN.sub(r"\\\g<0>", plain(_SPACE.sub(" ", text)))


def _line(text: str) -> str:
    """A line that is escaped already, so that its beginning begins nothing."""
    text = text.strip()
    return _LIST.sub(lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[0]}", text)


def _words(text: str) -> str:
    return _line(_escaped(text))


def _bold(text: str) -> str:
    """A line in bold, "" where there is nothing to embolden."""
    text = _escaped(text).strip()
    return f"**{text}**" if text else ""


def _code(text: str) -> str:
    return _escaped(text) if _NO_CODE.search(text) else f"`{plain(_SPACE.sub(' ', text))}`"


def _joined(text: Text) -> Iterator[Inline]:
    """Its pieces, without the empty ones, and codes that touch as one: their marks could not be told apart."""
    last: Code | None = None
    for piece in text:
        said = piece if isinstance(piece, str) else piece.text
        if not (plain(said).strip() if isinstance(piece, Tag) else said):
            continue
        if isinstance(piece, Code):
            last = piece if last is None else Code(last.text + piece.text)
            continue
        if last is not None:
            yield last
            last = None
        yield piece
    if last is not None:
        yield last


def _tag(tag: Tag) -> str:
    # Two stars make bold letters wherever a letter or a digit follows, and end them wherever one stands before.
    words = plain(_SPACE.sub(" ", tag.text)).strip()
    return f"**{_escaped(words)}**" if words and words[0].isalnum() and words[-1].isalnum() else _escaped(words)


def _text(text: Text, reach: _Reach) -> str:
    pieces: list[str] = []
    before: Inline = ""
    for piece in _joined(text):
        if isinstance(piece, Code):
            pieces.append(_code(piece.text))
        elif isinstance(piece, Link):
            address = reach(piece.to)
            words = _escaped(piece.text).strip()
            pieces.append(f"[{words}](<{address}>)" if address and words else _escaped(piece.text))
        elif isinstance(piece, Tag):
            pieces.append((" " if isinstance(before, Tag) else "") + _tag(piece))
        else:
            pieces.append(_escaped(piece))
        before = piece
    return _line("".join(pieces))


def _slug(text: str) -> str:
    """What a heading is called in a link, as the widespread programs make it of its words."""
    return "".join(one for one in text.strip().lower().replace(" ", "-") if one.isalnum() or one in "-_")


def _slugs(document: Document) -> dict[str, str]:
    """What each heading is called in a link, by its anchor; of several that are called alike, all but one by number."""
    found: dict[str, str] = {}
    times: dict[str, int] = {}
    texts = [("", document.title)]
    texts += [(block.anchor, _heading_words(block)) for block in document.blocks if isinstance(block, Heading)]
    for anchor, text in texts:
        slug = _slug(plain(_SPACE.sub(" ", text)))
        before = times.get(slug, 0)
        times[slug] = before + 1
        found[anchor] = f"{slug}-{before}" if before else slug
    return found


def _heading_words(block: Heading) -> str:
    return block.text + "".join(f" ({tag.text})" for tag in block.tags)


def _table(columns: Sequence[tuple[str, bool]], rows: Iterable[Sequence[str]]) -> str:
    """A table; each column is its heading and whether it holds numbers, and every text is escaped already."""
    lines = [[heading for heading, _ in columns], ["---:" if number else "---" for _, number in columns], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


@singledispatch
def _block(block: object, reach: _Reach) -> Iterator[str]:
    raise AssertionError(block)


@_block.register
def _(block: Heading, reach: _Reach) -> Iterator[str]:
    yield f"{'#' * block.level} {_escaped(_heading_words(block)).strip()}"


@_block.register
def _(block: Paragraph, reach: _Reach) -> Iterator[str]:
    yield _text(block.text, reach)


@_block.register
def _(block: Bullets, reach: _Reach) -> Iterator[str]:
    marks = (f"{place}." if block.numbered else "-" for place in range(1, len(block.items) + 1))
    yield "\n".join(f"{mark} {_text(item, reach)}".rstrip() for mark, item in zip(marks, block.items, strict=True))


@_block.register
def _(block: Verdict, reach: _Reach) -> Iterator[str]:
    paragraphs = [_bold(block.title), *(_text(text, reach) for text in block.text)]
    yield "\n>\n".join(f"> {text}" for text in paragraphs if text)


@_block.register
def _(block: Numbers, reach: _Reach) -> Iterator[str]:
    yield "\n".join(f"- {_bold(cell_in_words(one.value))} {_escaped(one.label).strip()}" for one in block.items)


@_block.register
def _(block: Facts, reach: _Reach) -> Iterator[str]:
    yield "\n".join(f"- {_words(name)}: {_text(text, reach)}".rstrip() for name, text in block.items)


@_block.register
def _(block: Table, reach: _Reach) -> Iterator[str]:
    def cell(value: Cell) -> str:
        return _text(value, reach) if isinstance(value, tuple) else _words(cell_in_words(value))

    yield _bold(block.caption)
    if not block.rows:
        yield _words(block.empty)
        return
    columns = [(_words(one.title), one.kind == "number") for one in block.columns]
    yield _table(columns, ([cell(value) for value in row] for row in block.rows))


@_block.register
def _(block: Chart, reach: _Reach) -> Iterator[str]:
    figure = block.figure
    yield _bold(figure.title)
    yield _words(figure.description)
    if not figure.table:
        if figure.empty != figure.description:
            yield _words(figure.empty)
        return
    columns = [(_words(figure.heading), False), *((_words(one), True) for one in figure.columns)]
    yield _table(columns, ([_words(name), *(f"{one:,}" for one in values)] for name, values in figure.table))


@_block.register
def _(block: Commands, reach: _Reach) -> Iterator[str]:
    lines = [plain(_SPACE.sub(" ", line)) for line in block.lines]
    fence = "`" * max(3, *(1 + len(run) for line in lines for run in re.findall("`+", line)), 3)
    yield "\n".join((fence, *lines, fence))


@_block.register
def _(block: PageBreak, reach: _Reach) -> Iterator[str]:
    yield ""


_MARK = re.compile(r"^(\d*)([-*.)])(?= |$)", re.MULTILINE)
_OTHER = {"-": "*", "*": "-", ".": ")", ")": "."}


def _mark(part: str) -> str:
    """The mark of a list's items, "" for what is no list."""
    found = _MARK.match(part)
    return found[2] if found else ""


def _apart(parts: Iterable[str]) -> Iterator[str]:
    """`parts`, of which a list right after another of its kind has other marks: else the two would be one list."""
    before = ""
    for part in parts:
        mark = _mark(part)
        if mark and mark == _mark(before):
            part = _MARK.sub(lambda found: found[1] + _OTHER[found[2]], part)
        yield part
        before = part


def as_markdown(document: Document) -> str:
    """The document as Markdown text, with what it was made from at its end."""
    slugs = _slugs(document)

    def reach(to: str) -> str | None:
        if to.startswith("#"):
            return f"#{slugs[to[1:]]}" if slugs.get(to[1:]) else None
        return to if _ADDRESS.fullmatch(to) else None

    def parts() -> Iterator[str]:
        if document.warning is not None and (warning := _bold(document.warning)):
            yield f"> {warning}"
        yield f"# {_escaped(document.title).strip()}"
        yield _words(document.about)
        for block in document.blocks:
            written = _block(block, reach)
            if isinstance(block, Chart) and table_with(block.figure, document.blocks) is not None:
                written = islice(written, 2)  # its title and its description
            yield from written
        facts = (("Organisation", document.organisation), *provenance(document.made))
        yield "\n".join(("---", "", *(f"- {name}: {_words(value)}".rstrip() for name, value in facts)))
        yield from (_text(text, reach) for text in document.footer)

    return "\n\n".join(_apart(part for part in parts() if part)) + "\n"
