"""PDFs: accessible, kept for the archive, never cut off, never taken for markup, and the same bytes everywhere."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports.charts.drawn import drawn
from reports.documents.blocks import (
    Bullets,
    Chart,
    Code,
    Column,
    Document,
    Heading,
    Link,
    Number,
    Numbers,
    Paragraph,
    Suppressed,
    Table,
    Verdict,
    figures,
)
from reports.formats.pdf import NUMBERS, as_pdf, numbers_of
from tests.needed import missing
from tests.reports import sample_document as sample

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="{height}" viewBox="0 0 300 {height}">'
    '<rect width="300" height="{height}" fill="#eeeeee"/></svg>'
)
ATTACHED = {"evidence.zip": b"PK\x05\x06" + bytes(range(256)), "findings.csv": "a,b\n1,ä\n".encode()}


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))


def charts(document: Document) -> dict[str, str]:
    return {one.name: SVG.format(height=100) for one in figures(document) if one.table}


@pytest.fixture(scope="module")
def made() -> bytes:
    return as_pdf(sample.document(), charts(sample.document()), ATTACHED)


def elements(node: Any) -> Iterator[Any]:
    """The structure of a PDF from the top, as whoever listens to it goes through it."""
    if not isinstance(node, pikepdf.Dictionary):
        return
    if "/S" in node:
        yield node
    inner = node.get("/K", [])
    for one in inner if isinstance(inner, pikepdf.Array) else [inner]:
        yield from elements(one)


def tags(pdf: bytes) -> list[str]:
    with opened(pdf) as open_pdf:
        return [str(one["/S"]) for one in elements(open_pdf.Root.StructTreeRoot)]


@dataclass(frozen=True)
class Word:
    """A word on a page, in points from the top left."""

    page: int
    text: str
    box: tuple[float, float, float, float]

    def covers(self, other: Word) -> bool:
        """Whether the two lie on each other by more than what letters of one line share."""
        (a, b, c, d), (e, f, g, h) = self.box, other.box
        return min(c, g) - max(a, e) > 1 and min(d, h) - max(b, f) > 0.45 * min(d - b, h - f)


def read(pdf: bytes, folder: Path, *options: str) -> str:
    """What poppler reads in a PDF."""
    if shutil.which("pdftotext") is None:
        missing("pdftotext, of poppler-utils, is not installed")
    path = folder / "document.pdf"
    path.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-enc", "UTF-8", *options, path, "-"], check=True, capture_output=True
    ).stdout.decode(errors="replace")


def texts(pdf: bytes, folder: Path) -> list[str]:
    """The words of each page in the order in which they were set."""
    return [" ".join(page.split()) for page in read(pdf, folder, "-raw").split("\f")[:-1]]


def spoken(pdf: bytes, folder: Path) -> str:
    """All words, without the lines at the top and the foot of pages being left out."""
    return " ".join(texts(pdf, folder))


def pages(pdf: bytes, folder: Path) -> list[tuple[tuple[float, float], list[Word]]]:
    """Each page's size and where its words are."""
    found = []
    for number, (width, height, inside) in enumerate(
        re.findall(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', read(pdf, folder, "-bbox"), re.S)
    ):
        words = re.findall(r'<word xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.*?)</word>', inside)
        boxes = [Word(number, text, (float(a), float(b), float(c), float(d))) for a, b, c, d, text in words]
        found.append(((float(width), float(height)), boxes))
    return found


def badly_placed(pdf: bytes, folder: Path) -> list[object]:
    """Words beyond the margins of their page, and pairs of words that lie on each other."""
    bad: list[object] = []
    for (width, height), words in pages(pdf, folder):
        bad += [
            one
            for one in words
            if one.box[0] < 44 or one.box[2] > width - 44 or one.box[1] < 15 or one.box[3] > height - 15
        ]
        words.sort(key=lambda one: one.box[1])
        for at, one in enumerate(words):
            for other in words[at + 1 :]:
                if other.box[1] > one.box[3]:
                    break
                if one.covers(other):
                    bad.append((one, other))
    return bad


def test_it_says_that_it_is_accessible_and_for_the_archive(made: bytes) -> None:
    with opened(made) as pdf:
        metadata = pdf.Root.Metadata.read_bytes().decode()
        assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
        assert "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in metadata
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en-GB"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle
        assert pdf.docinfo["/Title"] == sample.document().title


def test_each_chart_tells_what_it_shows(made: bytes) -> None:
    with opened(made) as pdf:
        told = [str(one["/Alt"]) for one in elements(pdf.Root.StructTreeRoot) if one["/S"] == "/Figure"]
    assert told == [f"{sample.BARS.title}. {sample.BARS.description}"]


def test_a_chart_of_nothing_says_so_and_every_other_has_its_numbers_at_the_end(made: bytes, tmp_path: Path) -> None:
    text = spoken(made, tmp_path)
    assert f"{sample.EMPTY.title}: {sample.EMPTY.empty}" in text
    assert f"{sample.BARS.description} The numbers are on page 3." in text
    after = text[text.rindex(NUMBERS) :]
    assert "Oct 2009 2 0 20" in after
    assert numbers_of(sample.BARS).rows[1] == ("Oct 2009", 2, 0, 20)


def test_bookmarks_are_the_headings(made: bytes) -> None:
    def walk(items: list[Any], level: int) -> Iterator[tuple[str, int]]:
        for item in items:
            yield item.title, level
            yield from walk(item.children, level + 1)

    with opened(made) as pdf, pdf.open_outline() as outline:
        found = list(walk(outline.root, 2))
    headings = [(one.text, one.level) for one in sample.document().blocks if isinstance(one, Heading)]
    assert found == [*headings, (NUMBERS, 2)]


def test_headings_tables_and_lists_are_tagged_as_such(made: bytes) -> None:
    found = tags(made)
    headings = [one for one in sample.document().blocks if isinstance(one, Heading)]
    assert found.count("/H1") == sum(one.level == 2 for one in headings) + 1
    assert found.count("/H2") == sum(one.level == 3 for one in headings)
    assert found.count("/Table") == 2  # that of a chart too, and none where there is nothing
    assert found.count("/TH") == len(sample.TABLE.columns) + len(numbers_of(sample.BARS).columns)
    assert found.count("/L") == 4  # two lists, facts, and what the document was made from


def test_no_level_of_headings_is_left_out() -> None:
    blocks = (Heading("Within", "within", 3), Heading("A section", "section"), Heading("Within it", "within-it", 3))
    found = tags(as_pdf(sample.document(blocks=blocks), {}))
    assert [one for one in found if one.startswith("/H")] == ["/H1", "/H1", "/H2"]


def test_links_lead_within_or_to_a_web_address_and_nowhere_else(made: bytes) -> None:
    with opened(made) as pdf:
        links = [one for page in pdf.pages for one in page.get("/Annots", []) if one.Subtype == "/Link"]
        out = {str(one.A.URI) for one in links if "/A" in one and "/URI" in one.A}
        within = [one for one in links if "/A" not in one or "/URI" not in one.A]
    assert out == {"https://notice.example/2010"}
    # To ContactPoint, to the findings from a cell and from the footer, and to the numbers of the chart.
    assert len(within) == 4
    assert b"javascript" not in made


def test_attached_files_are_the_same_bytes(made: bytes) -> None:
    with opened(made) as pdf:
        assert {name: one.get_file().read_bytes() for name, one in pdf.attachments.items()} == ATTACHED
        assert {one.get_file().mime_type for one in pdf.attachments.values()} == {"application/zip", "text/csv"}
        assert [str(one.AFRelationship) for one in pdf.Root.AF] == ["/Data", "/Data"]


def test_the_only_time_in_it_is_the_heads(made: bytes) -> None:
    with opened(made) as pdf:
        assert {str(pdf.docinfo[key]) for key in ("/CreationDate", "/ModDate")} == {"D:20100901083015Z"}
        metadata = pdf.Root.Metadata.read_bytes().decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:+Z]+", metadata)) == {"2010-09-01T08:30:15+00:00"}


_ANOTHER = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("sample_document", sys.argv[1])
sample = module_from_spec(spec)
spec.loader.exec_module(sample)
from reports.formats.pdf import as_pdf
import locale
locale.setlocale(locale.LC_ALL, "")
document = sample.document()
sys.stdout.buffer.write(as_pdf(document, {"findings-by-severity": sys.argv[2]}, {"evidence.zip": bytes(22)}))
"""


@pytest.mark.slow
def test_the_same_bytes_in_any_process_time_zone_and_locale(tmp_path: Path) -> None:
    def another(zone: str, spoken: str, seed: str) -> bytes:
        environment = {**os.environ, "TZ": zone, "LC_ALL": spoken, "PYTHONHASHSEED": seed, "SOURCE_DATE_EPOCH": seed}
        command = [sys.executable, "-c", _ANOTHER, sample.__file__, SVG.format(height=100)]
        return subprocess.run(command, env=environment, check=True, capture_output=True).stdout

    first = another("Pacific/Kiritimati", "C", "1")
    assert first == another("America/New_York", "C.UTF-8", "2")
    assert first == as_pdf(
        sample.document(), {"findings-by-severity": SVG.format(height=100)}, {"evidence.zip": bytes(22)}
    )


def test_only_the_locked_packages_fonts_are_in_it(made: bytes) -> None:
    with opened(made) as pdf:
        fonts = [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary) and "/FontName" in one]
        names = {str(one["/FontName"]) for one in fonts}
    assert {name.split("+")[1] for name in names} == {"DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono"}


def test_a_warning_is_the_first_line_and_every_page_leads_back_to_it(made: bytes, tmp_path: Path) -> None:
    first, *others = texts(made, tmp_path)
    warning = sample.document().warning
    assert warning is not None
    assert first.startswith(warning)
    assert others
    assert all("See the warning on page 1" in one for one in others)


def test_every_page_says_whose_it_is_and_which(made: bytes, tmp_path: Path) -> None:
    found = texts(made, tmp_path)
    for number, page in enumerate(found, 1):
        assert f"Springfield Council page {number} of {len(found)}" in page


def test_it_says_at_its_end_what_it_was_made_from(made: bytes, tmp_path: Path) -> None:
    text = spoken(made, tmp_path)
    block = text[text.rindex("What this was made from") :].replace(" ", "")
    for told in (
        "springfield.example/transfers",
        "Entries2,847Lastentryrecorded1September2010at09:30Londontime",
        sample.MADE.head,
        "Asof1October2010",
        sample.MADE.registers[0],
        "transfer-ledger0.1.0",
        "for=dpoyear=2009-10",
        "evidence.zip,260bytes,SHA-256",
    ):
        assert told in block


def test_nothing_lies_on_anything_else_or_leaves_its_page(made: bytes, tmp_path: Path) -> None:
    assert badly_placed(made, tmp_path) == []


def test_a_long_table_goes_over_pages_with_its_headings_on_each(tmp_path: Path) -> None:
    pdf = as_pdf(sample.document(blocks=(Heading("All", "all"), sample.long(200)), warning=None), {})
    assert badly_placed(pdf, tmp_path) == []
    found = [[word.text for word in words] for _, words in pages(pdf, tmp_path)]
    assert len(found) > 5
    *tables, _ = found
    assert all({"Entry", "When", "Recipient", "Id"} <= set(words) for words in tables)
    everything = spoken(pdf, tmp_path)
    assert all(f"Finding number {number}: a field" in everything for number in range(200))


@pytest.mark.parametrize("fields", [12, 40, 120])
def test_a_matrix_of_many_columns_is_whole(fields: int, tmp_path: Path) -> None:
    table = sample.matrix(12, fields)
    blocks = (Paragraph(("Before.",)), Heading("Matrix", "matrix"), table, Heading("Next", "next"))
    pdf = as_pdf(sample.document(blocks=blocks, warning=None), {})
    found = pages(pdf, tmp_path)
    assert badly_placed(pdf, tmp_path) == []
    upright = [size for size, _ in found if size[0] > size[1]]
    assert bool(upright) == (fields > 12)
    marks = "".join(word.text for _, words in found for word in words)
    shown = [cell for row in table.rows for cell in row[1:]]
    parts = marks.count("Whichfields")  # each with the caption, which has both marks
    assert parts == (3 if fields == 120 else 1)
    assert (marks.count("●"), marks.count("○")) == (shown.count("●") + parts, shown.count("○") + parts)


def test_a_wide_table_of_words_turns_its_page_with_its_heading(tmp_path: Path) -> None:
    columns = tuple(Column(f"c{at}", f"Heading {at}") for at in range(9))
    table = Table("wide", "Wide.", columns, (tuple("Qualifications and Curriculum Authority" for _ in columns),) * 3)
    blocks = (Paragraph(("Before.",)), Heading("Wide", "wide-heading"), table)
    pdf = as_pdf(sample.document(blocks=blocks, warning=None), {})
    (_, first), (size, second), *_ = pages(pdf, tmp_path)
    assert size[0] > size[1]
    assert "Wide" not in [word.text for word in first]
    assert "Wide" in [word.text for word in second]
    assert badly_placed(pdf, tmp_path) == []


def test_a_long_title_of_a_column_is_told_in_full_below(tmp_path: Path) -> None:
    title = "what was sent " * 20 + "at last"
    table = Table("t", "T.", (Column("a", "A"), Column("b", title, upright=True)), (("x", 1),))
    pdf = as_pdf(sample.document(blocks=(table,)), {})
    assert f"… stands for: {title}" in spoken(pdf, tmp_path)
    assert badly_placed(pdf, tmp_path) == []


def test_a_hash_breaks_where_its_column_ends_and_is_copied_whole(tmp_path: Path) -> None:
    columns = (Column("id", "Id", "code"), *(Column(f"c{at}", f"Words {at}") for at in range(5)))
    table = Table("t", "T.", columns, (((Code(sample.HASH),), *("some words of a cell" for _ in range(5))),))
    pdf = as_pdf(sample.document(blocks=(table,), warning=None), {})
    assert badly_placed(pdf, tmp_path) == []
    words = [word for _, words in pages(pdf, tmp_path) for word in words]
    pieces = [word for word in words if len(word.text) >= 4 and word.text in sample.HASH]
    assert len({word.box[1] for word in pieces}) > 1


def test_a_tall_chart_fits_its_page() -> None:
    document = sample.document(blocks=(Chart(sample.BARS),), warning=None)
    with opened(as_pdf(document, {sample.BARS.name: SVG.format(height=3000)})) as pdf:
        assert len(pdf.pages) == 2


def test_a_real_chart_is_drawn(tmp_path: Path) -> None:
    document = sample.document(blocks=(Chart(sample.BARS),))
    pdf = as_pdf(document, drawn(figures(document)))
    assert "/Figure" in tags(pdf)
    assert badly_placed(pdf, tmp_path) == []


def test_a_count_that_is_not_shown_stays_unsaid(tmp_path: Path) -> None:
    document = sample.document(
        blocks=(Numbers((Number("few", "children", Suppressed(1, 9)), Number("many", "adults", 12345))),)
    )
    text = spoken(as_pdf(document, {}), tmp_path)
    assert "fewer than 10 children" in text
    assert "12,345 adults" in text


def test_a_document_of_nothing_is_made() -> None:
    empty = sample.document(blocks=(), footer=(), data=(), warning=None)
    with opened(as_pdf(empty, {})) as pdf:
        assert len(pdf.pages) == 1


@pytest.mark.slow
@pytest.mark.parametrize("text", sample.HOSTILE, ids=[str(at) for at in range(len(sample.HOSTILE))])
def test_hostile_text_is_shown_and_never_obeyed(text: str, tmp_path: Path) -> None:
    document = sample.hostile(text)
    pdf = as_pdf(document, charts(document), {"evidence.zip": b"x"})
    assert "/Figure" in tags(pdf)
    wrong = badly_placed(pdf, tmp_path)
    if text.isascii():  # of other scripts pdftotext puts words together in its own way
        assert wrong == []


def test_letters_that_no_font_has_can_still_be_copied_and_heard(tmp_path: Path) -> None:
    pdf = as_pdf(sample.document(blocks=(Paragraph(("東京都立学校", Code("हिन्दी"))),)), {})
    assert "東京都立学校" in spoken(pdf, tmp_path)


def test_markup_comes_out_letter_by_letter(tmp_path: Path) -> None:
    text = '#eval("1+1") $x^2$ *bold* @ref &lt; \\u{41} // [x] `raw` -- --- ... ~ "quoted"'
    pdf = as_pdf(sample.document(blocks=(Paragraph((text,)),)), {})
    assert text in spoken(pdf, tmp_path)


def test_right_to_left_names_are_in_the_page_and_turn_nothing_around_them(tmp_path: Path) -> None:
    blocks = (Bullets((("Sent to ", "مدرسة القلم", ", on 3 May 2010."), ("turned \u202eround", " and on."))),)
    text = spoken(as_pdf(sample.document(blocks=blocks, warning=None), {}), tmp_path)
    assert "Sent to" in text
    assert "on 3 May 2010." in text
    assert "turned �round and on." in text


anything = st.text(st.characters(), max_size=60)


@pytest.mark.slow
@settings(max_examples=15)
@given(anything)
@example("\ud800")
@example("\ue000\U000f0000\U0010ffff\ufffe\ufdd0\x00\ufeff\u034f\u3164")
@example("\u0301" * 40)
@example(" ")
@example("\u00ad\u200b\u2028\u2029\r\n\t")
@example("\u200b")
@example("a\u00ad")
def test_no_text_makes_it_fail(text: str) -> None:
    document = sample.hostile(text)
    as_pdf(document, charts(document))


def test_an_address_too_long_to_follow_is_plain_text() -> None:
    to = "https://" + "x" * 9000
    with opened(as_pdf(sample.document(blocks=(Paragraph((Link("there", to),)),), footer=()), {})) as pdf:
        assert not any("/Annots" in page for page in pdf.pages)


def test_a_verdict_longer_than_a_page_goes_on(tmp_path: Path) -> None:
    blocks = (Verdict("bad", "Act now", tuple((f"Reason {number}.",) for number in range(120))),)
    pdf = as_pdf(sample.document(blocks=blocks), {})
    assert "Reason 119." in spoken(pdf, tmp_path)
    assert badly_placed(pdf, tmp_path) == []
