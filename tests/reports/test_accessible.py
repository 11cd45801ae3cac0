"""The demonstration's own documents, as everybody can read them: with a screen reader, a keyboard, a phone, on paper.

`test_html` and `test_pdf` try the formats on samples; here are the real ones, from one ledger with every part filled.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from reports.formats.pdf import NUMBERS
from tests.browser import chromium
from tests.reports import golden
from tests.reports.accessible import judged
from tests.reports.test_pdf import badly_placed, elements

pytestmark = pytest.mark.slow

HTML = ("index", "governors", "report", "auditor", "recipients", "flows")
PDF = {"governors": "governors.json", "report": "report.json", "auditor": "auditor.json"}
"""Each PDF, and the same document as JSON, in which its headings and charts are told apart."""


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every document of the demonstration, made once."""
    found = tmp_path_factory.mktemp("accessible")
    golden.write_everything(found)
    return found


def test_no_document_of_the_set_is_left_out(folder: Path) -> None:
    assert {one.stem for one in folder.glob("*.html")} == set(HTML)
    assert set(PDF) <= {one.stem for one in folder.glob("*.pdf")}


# -- HTML -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def tabs(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Pages opened as files; `asked` of each is what it asked for besides itself and what it said."""
    with chromium(tmp_path_factory.mktemp("profile")) as context:
        opened = {}
        for name in HTML:
            tab = opened[name] = context.new_page()
            tab.asked = []
            tab.on("console", lambda message, tab=tab: tab.asked.append(message.text))
            tab.on("request", lambda request, tab=tab: tab.asked.append(request.url))
            tab.goto((folder / f"{name}.html").as_uri())
        yield opened


LOOKS = [(width, scheme) for width in (1280, 360) for scheme in ("light", "dark")]
EVERY = [(name, *look) for name in HTML for look in LOOKS]
LONG = ("report", "recipients")
"""Of their thousands of cells axe-core takes many seconds for each look."""
QUICK = [one for one in EVERY if one[0] not in LONG and one[1:] in (LOOKS[0], LOOKS[3])]


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [one if one in QUICK else pytest.param(*one, marks=pytest.mark.slow) for one in EVERY],
)
def test_axe_finds_nothing(tabs: dict[str, Any], name: str, width: int, scheme: Any) -> None:
    broken, kept = judged(tabs[name], width, scheme)
    assert broken == []
    assert {"color-contrast", "document-title", "html-has-lang", "landmark-one-main", "page-has-heading-one"} <= kept


@pytest.mark.parametrize("name", HTML)
def test_a_page_needs_no_network(tabs: dict[str, Any], folder: Path, name: str) -> None:
    own = (folder / f"{name}.html").as_uri()
    assert [one for one in tabs[name].asked if not one.startswith(("data:", own))] == []


@pytest.mark.parametrize("name", HTML)
def test_no_page_is_wider_than_a_phone(tabs: dict[str, Any], name: str) -> None:
    tabs[name].set_viewport_size({"width": 360, "height": 800})
    assert tabs[name].evaluate("document.documentElement.scrollWidth") <= 360


class _Outline(HTMLParser):
    """The levels of a page's headings, in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.levels.append(int(tag[1]))


@pytest.mark.parametrize("name", HTML)
def test_headings_go_down_one_level_at_a_time(folder: Path, name: str) -> None:
    levels = _Outline((folder / f"{name}.html").read_text("utf-8")).levels
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


# -- PDF ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pdfs(folder: Path) -> Iterator[dict[str, pikepdf.Pdf]]:
    opened = {name: pikepdf.open(folder / f"{name}.pdf") for name in PDF}
    yield opened
    for one in opened.values():
        one.close()


def blocks(path: Path) -> list[Any]:
    found: list[Any] = json.loads(path.read_bytes())["text"]
    return found


@pytest.mark.parametrize("name", PDF)
def test_a_pdf_says_what_it_is(pdfs: dict[str, pikepdf.Pdf], folder: Path, name: str) -> None:
    root, told = pdfs[name].Root, json.loads((folder / PDF[name]).read_bytes())
    metadata = root.Metadata.read_bytes().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert root.MarkInfo.Marked
    assert str(root.Lang) == "en-GB"
    assert root.ViewerPreferences.DisplayDocTitle
    assert pdfs[name].docinfo["/Title"] == told["title"]
    assert f">{told['title']}<" in metadata


@pytest.mark.parametrize("name", PDF)
def test_every_picture_has_its_words_and_every_table_its_heads(
    pdfs: dict[str, pikepdf.Pdf], folder: Path, name: str
) -> None:
    tagged = [(str(one["/S"]), one) for one in elements(pdfs[name].Root.StructTreeRoot)]
    spoken = [str(one["/Alt"]) for tag, one in tagged if tag == "/Figure"]
    charts = json.loads((folder / PDF[name]).read_bytes())["figures"].values()
    assert spoken == [f"{one['title']}. {one['description']}" for one in charts]
    assert all(len(one) > 40 for one in spoken)
    for tag, one in tagged:
        if tag == "/Table":
            assert "/TH" in {str(inner["/S"]) for inner in elements(one)}


@pytest.mark.parametrize("name", PDF)
def test_bookmarks_are_the_headings(pdfs: dict[str, pikepdf.Pdf], folder: Path, name: str) -> None:
    def walk(items: Any, level: int) -> Iterator[tuple[int, str]]:
        for one in items:
            yield level, one.title
            yield from walk(one.children, level + 1)

    with pdfs[name].open_outline() as outline:
        found = list(walk(outline.root, 2))
    headings = [(one["level"], one["text"]) for one in blocks(folder / PDF[name]) if one["type"] == "heading"]
    assert headings
    assert found in (headings, [*headings, (2, NUMBERS)])


@pytest.mark.parametrize("name", PDF)
def test_no_word_leaves_its_page_or_lies_on_another(folder: Path, name: str, tmp_path: Path) -> None:
    assert badly_placed((folder / f"{name}.pdf").read_bytes(), tmp_path) == []


def test_the_governors_have_two_sheets_at_most_and_the_auditor_the_evidence(pdfs: dict[str, pikepdf.Pdf]) -> None:
    assert len(pdfs["governors"].pages) <= 2
    assert len(pdfs["report"].pages) <= 50
    assert [list(pdfs[name].attachments) for name in PDF] == [[], [], ["evidence.zip"]]
