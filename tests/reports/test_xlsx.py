"""A document as a workbook: other programs read the same values, nothing is a formula, and the bytes stay the same."""

from __future__ import annotations

import csv
import gc
import io
import re
import shutil
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook as Read

from ledger.errors import Refused
from reports.documents.blocks import Column, Data, Document
from reports.formats import workbook, xlsx
from reports.formats.workbook import column_name, sheet_name
from reports.formats.xlsx import write_xlsx
from tests.reports.sample_data import HOSTILE, ROWS, SAMPLE, with_text

SIGNS = "=+-@<>&\"'_x0041\t\n\r\x00\x1f\ufffe a\u202eé😀"


def written(document: Document) -> bytes:
    file = io.BytesIO()
    write_xlsx(document, file)
    return file.getvalue()


def opened(document: Document) -> Read:
    return openpyxl.load_workbook(io.BytesIO(written(document)))


def with_rows(rows: Any, *columns: Column, title: str = "Rows") -> Document:
    return msgspec.structs.replace(SAMPLE, blocks=(), data=(Data("rows", title, columns, rows),))


def texts(data: bytes) -> set[str]:
    """The texts of all cells as spreadsheet programs show them: openpyxl decodes what is escaped twice."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        found = ET.fromstring(archive.read("xl/sharedStrings.xml")).findall(".//{*}t")
    return {re.sub("_x([0-9A-F]{4})_", lambda escaped: chr(int(escaped[1], 16)), one.text or "") for one in found}


def values(sheet: Any) -> list[list[Any]]:
    """What is on a sheet."""
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def shown(value: Any) -> Any:
    """The value of a cell that was `value`."""
    if isinstance(value, date) and value.year > 1900:
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - cells have no zone
    if isinstance(value, int) and value < 10**15:
        return value
    return None if value is None or value == "" else str(value)


def test_other_programs_read_the_same_values() -> None:
    book = opened(SAMPLE)
    assert book.sheetnames == [
        "Report",
        "Findings all every one of them,",
        "findings all every one of t (2)",
        "History (2)",
    ]
    assert values(book.worksheets[1]) == [
        ["Entry", "On", "Check", "Found", "People"],
        *([shown(value) for value in row] for row in ROWS),
    ]
    front = dict(row for row in values(book["Report"]) if row[0])
    assert front.items() >= {
        (SAMPLE.title, None),
        (SAMPLE.about, None),
        (SAMPLE.warning, None),
        ("Transfers", 2_800),
        ("Children named", "fewer than 10"),
        ("Organisation", SAMPLE.organisation),
        ("Hash of the last entry", SAMPLE.made.head),
        ("As of", "1 September 2010"),
        ("Kept by the ledger.", None),
    }
    assert values(book["Report"])[0][0] == SAMPLE.warning
    assert book.properties.created == book.properties.modified == SAMPLE.made.head_at.replace(tzinfo=None)
    assert (book.properties.title, book.properties.creator) == (SAMPLE.title, SAMPLE.organisation)


def test_days_and_numbers_are_real() -> None:
    sheet = opened(SAMPLE).worksheets[1]
    assert sheet["B2"].is_date
    assert (sheet["A3"].data_type, sheet["A3"].value) == ("n", 1)
    assert sheet["A25"].value == str(10**16)  # as a number it would lose digits
    assert sheet["B25"].value == "1850-01-02"


@given(st.dates(min_value=date(1900, 3, 1)))
@example(date(1900, 3, 1))
@example(date(2012, 2, 29))
@settings(max_examples=20)
def test_any_day_is_the_same_day(day: date) -> None:
    assert opened(with_rows(((day,),), Column("on", "On", "date"))).worksheets[1]["A2"].value.date() == day


def test_nothing_is_a_formula_or_a_link() -> None:
    data = written(SAMPLE)
    for sheet in openpyxl.load_workbook(io.BytesIO(data)):
        for cell in (cell for row in sheet.iter_rows() for cell in row):
            assert cell.data_type in ("s", "n", "d")
            assert cell.hyperlink is None
            if cell.data_type == "s" and cell.value.startswith(("=", "+", "-", "@", "\t")):
                assert cell.quotePrefix, cell.value  # so that it stays text when somebody edits it
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(archive.read(name)).iter()}
            assert not tags & {"f", "hyperlink", "hyperlinks", "r", "externalReference"}


def test_every_table_has_a_heading_that_stays_and_can_be_filtered() -> None:
    book = opened(SAMPLE)
    for sheet, cells in zip(book.worksheets[1:], ("A1:E25", "A1:B2", "A1:A1"), strict=True):
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == cells
        assert sheet.print_title_rows == "$1:$1"
    sheet = book.worksheets[1]
    widths = [sheet.column_dimensions[name].width for name in "ABCDE"]
    assert widths == [20, 14, 11, 60, 16]
    assert sheet.row_dimensions[18].height == 150  # 2,000 letters: as high as a row gets
    assert sheet.row_dimensions[2].height is None
    assert sheet["D2"].alignment.wrapText
    assert all(cell.style_id for row in sheet.iter_rows() for cell in row if cell.value is not None)
    assert sheet["E1"].alignment.textRotation == 90
    assert book["Report"].freeze_panes is None


def test_a_table_without_rows_or_columns() -> None:
    assert values(opened(with_rows((), Column("a", "A"))).worksheets[1]) == [["A"]]
    assert opened(with_rows(())).worksheets[1].auto_filter.ref is None
    bare = msgspec.structs.replace(SAMPLE, blocks=(), data=(), footer=(), warning=None)
    assert opened(bare).sheetnames == ["Report"]


@given(st.text(alphabet=SIGNS, max_size=10) | st.sampled_from(HOSTILE))
@example("_x0041_")
@example("_x005F_x0041_")
@example("<r><t>x</t></r>")
@settings(max_examples=60)
def test_any_text_comes_back(text: str) -> None:
    expected = text.replace("\r\n", "\n").replace("\r", "\n").translate(dict.fromkeys((0, 0x1F, 0xFFFE), "\ufffd"))
    data = written(with_text(text))
    assert not text or expected in texts(data)
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[1]
    for cell in (sheet["A1"], sheet["A2"], sheet["B2"], book["Report"]["A1"]):
        assert cell.data_type == ("s" if text else "n")
        assert "x005F_" in text or (cell.value or "") == expected


@pytest.mark.parametrize("letter", ["a", "😀"])
def test_a_text_is_cut_to_what_a_cell_holds(letter: str) -> None:
    value = opened(with_rows(((letter * 40_000,), (letter * 16_383,)), Column("a", "A"))).worksheets[1]["A2"].value
    assert len(value.encode("utf-16-le")) // 2 in (32_766, 32_767)
    assert value.rstrip("…") == letter * (len(value) - 1)
    assert value.endswith("…")


@given(st.lists(st.text(alphabet="aAß[]:*?/\\' é😀History\n", max_size=40) | st.sampled_from(HOSTILE), max_size=6))
def test_names_of_sheets_are_legal_and_differ(titles: list[str]) -> None:
    taken = ["Report"]
    for title in titles:
        taken.append(sheet_name(title, taken))
    for name in taken:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= 31
        assert not set(name) & set("[]:*?/\\")
        assert name.strip("'\n ") == name
        assert name.casefold() != "history"
    assert len({name.casefold() for name in taken}) == len(taken)


def test_names_of_columns() -> None:
    assert [column_name(n) for n in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


@pytest.mark.parametrize(("count", "sheets"), [(0, [0]), (2, [2]), (3, [3]), (4, [3, 1]), (7, [3, 3, 1])])
def test_more_rows_go_on_to_a_further_sheet(count: int, sheets: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    assert xlsx.ROWS == 1_048_575
    monkeypatch.setattr(xlsx, "ROWS", 3)
    book = opened(with_rows([(n,) for n in range(count)], Column("n", "N", "number")))
    names = ["Rows", "Rows (2)", "Rows (3)"]
    assert book.sheetnames[1:] == names[: len(sheets)]
    assert [sheet.max_row - 1 for sheet in book.worksheets[1:]] == sheets
    found = [row[0] for sheet in book.worksheets[1:] for row in values(sheet)[1:]]
    assert found == list(range(count))
    assert all(sheet["A1"].value == "N" and sheet.freeze_panes for sheet in book.worksheets[1:])


def test_a_text_is_written_once_or_in_its_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_SHARED", 30)
    rows = [(f"only {n}", "again and again") for n in range(60)]
    data = written(with_rows(rows, Column("a", "A"), Column("b", "B")))
    assert data.count(b"again and again") == 1
    assert values(openpyxl.load_workbook(io.BytesIO(data)).worksheets[1])[1:] == [list(row) for row in rows]


def test_members_are_in_one_form() -> None:
    data = written(SAMPLE)
    assert data == written(SAMPLE)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        for info in archive.infolist():
            assert info.compress_type == zipfile.ZIP_STORED
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert (info.create_system, info.external_attr, info.flag_bits) == (3, 0o644 << 16, 0)


def test_a_sheet_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 300_000)
    with pytest.raises(Refused, match=r"more than 2 GB"):
        written(with_rows([("x" * 400,)] * 20_000, Column("a", "A")))


def _failing() -> Iterator[tuple[int]]:
    yield from ((n,) for n in range(1_000))
    raise KeyError("stopped")


@pytest.mark.parametrize("reaches", [10_000, 0])
def test_what_stops_it_is_told_once(reaches: int, tmp_path: Path) -> None:
    """Warnings are errors: the archive must not try once more when nobody looks."""
    rows = _failing() if reaches else [(n,) for n in range(50_000)]
    file = (tmp_path / "report.xlsx" if reaches else Path("/dev/full")).open("wb")
    with pytest.raises(KeyError if reaches else OSError), file:
        write_xlsx(with_rows(rows, Column("n", "N", "number")), file)
    gc.collect()


class Many:
    """Rows of twenty cells, of which most texts come once."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        for n in range(self.count):
            yield (n, date(2010, 8, 6), *(f"text {column} of row {n}" for column in range(18)))


def test_many_rows_take_no_more_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(workbook, "_SHARED", 1_000)
    document = with_rows(Many(4_000), *(Column(f"c{n}", "C") for n in range(20)))
    with (tmp_path / "many.xlsx").open("wb") as file:
        tracemalloc.start()
        try:
            write_xlsx(document, file)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (tmp_path / "many.xlsx").stat().st_size > 5_000_000
    assert peak < 1_500_000


@pytest.mark.slow
def test_a_hundred_thousand_rows_take_little_memory(tmp_path: Path) -> None:
    document = with_rows(Many(100_000), *(Column(f"c{n}", "C") for n in range(20)))
    with (tmp_path / "many.xlsx").open("wb") as file:
        tracemalloc.start()
        try:
            write_xlsx(document, file)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 50_000_000
    with zipfile.ZipFile(tmp_path / "many.xlsx") as archive:
        assert archive.testzip() is None


@pytest.mark.slow
def test_libreoffice_reads_the_same_values(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "report.xlsx").write_bytes(written(SAMPLE))
    convert = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,2"
    subprocess.run(
        [office, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", convert,
         "--outdir", str(tmp_path), str(tmp_path / "report.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (made,) = tmp_path.glob("*.csv")
    rows = list(csv.reader(io.StringIO(made.read_text("utf-8"), newline="")))
    assert rows[0] == ["Entry", "On", "Check", "Found", "People"]
    assert [row[3] for row in rows[1:]] == [str(row[3] or "") for row in ROWS]
    assert [row[1] for row in rows[1:3]] == ["08/06/2010"] * 2  # a day, in American English
    assert [row[4] for row in rows[1:4]] == ["0", "3", "6"]
