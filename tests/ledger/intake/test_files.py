"""CSV, JSON Lines and workbooks: each bad input gets its sentence, with file, line and heading."""

from __future__ import annotations

import csv
import io
import json
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refused
from ledger.intake import csv_file, jsonl_file, xlsx_file
from ledger.intake.draft import from_cells
from ledger.intake.mapping import parse
from ledger.intake.open import read
from ledger.intake.row import MAX_BLANK, Row
from ledger.intake.set_aside import SetAside

HEAD = "transferred_at,sender,recipient,purpose,fields,subject_count,note"
GOOD = "2010-03-04,oaks,dfe,statistics,upn;surname,12,fine"
Workbook = Callable[..., Path]


def written(folder: Path, data: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def sentences(path: Path) -> list[str]:
    return [text for row in read(path) for text in row.sentences(path.name)]


def refusal(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        list(read(path))
    return str(caught.value)


def test_rows_are_read_with_their_numbers_and_lines(tmp_path: Path) -> None:
    path = written(tmp_path, f'\ufeff{HEAD}\r\n{GOOD}\r\n\r\n,,,,,,\r\n{GOOD[:-4]}"a; ""b"""\r\n')
    rows = list(read(path))
    assert [(row.number, row.place) for row in rows] == [(1, "line 2"), (4, "line 5")]
    assert rows[1].stated is not None
    assert rows[1].stated.texts == {"note": 'a; "b"'}
    assert rows[0].stated == from_cells(dict(zip(HEAD.split(","), GOOD.split(","), strict=True)))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("", "t.csv is empty"),
        ("\n\n", "t.csv is empty"),
        ("\ufeff", "t.csv is empty"),
        (HEAD.replace("note", "sender"), "“sender” stands twice, in columns 2 and 7"),
        (HEAD.replace("note", "Pupil"), "line 1: the heading “Pupil” is no column"),
        (HEAD.replace("note", "notes"), "Did you mean “note”?"),
        (HEAD.replace("note", "Remarks by hand"), "--guess-map"),
        (HEAD + ",", "column 8 has no heading"),
        ("sender,recipient,note", "no column fills transferred_at, purpose, fields"),
        (HEAD.replace(",", ";"), 'delimiter: ";"'),
        (HEAD.encode("utf-16"), "UTF-16"),
        (HEAD.replace("note", "no\0te"), "line 1, column 7: The cell holds NUL"),
        (f'{HEAD}\n{GOOD}\n2010-03-04,"oaks,dfe\n{GOOD}\n', "t.csv, line 3, “sender”: a quotation mark opens"),
        (f'{HEAD}\n2010-03-04,"oaks" x,dfe\n', "line 2, “sender”: a quotation mark stands inside"),
        (f"{HEAD}\r{GOOD}\r", "CR alone"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, data: str | bytes, says: str) -> None:
    assert says in refusal(written(tmp_path, data))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (GOOD + ",more", "t.csv, line 3: The row has 8 cells under 7 headings"),
        (GOOD.rpartition(",")[0], "t.csv, line 3: The row has 6 cells under 7 headings"),
        (GOOD.replace("fine", "a\0b"), "t.csv, line 3, “note”: The cell holds NUL"),
        (GOOD.replace("fine", "x" * 65_536), "t.csv, line 3, “note”: The cell has 65,536 bytes"),
        (GOOD.replace("12", "-12"), "t.csv, line 3, “subject_count”: '-12' is not a count"),
        (GOOD.replace("2010-03-04", "2010-02-30"), "t.csv, line 3, “transferred_at”: 2010-02-30 is not a date"),
        (GOOD.replace("fine", "for Mrs Patel"), "t.csv, line 3, “note”: It looks like a title and a name"),
    ],
)
def test_a_bad_row_is_told_and_the_others_are_read(tmp_path: Path, row: str, says: str) -> None:
    path = written(tmp_path, f"{HEAD}\n{GOOD}\n{row}\n{GOOD}\n")
    assert [one.stated is None for one in read(path)] == [False, True, False]
    (only,) = sentences(path)
    assert only.startswith(says)


def test_bytes_of_another_encoding_are_told_with_their_cell(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEAD}\n{GOOD}\n{GOOD.replace('oaks', 'Café')}\n".encode("cp1252"))
    (only,) = sentences(path)
    assert only.startswith("t.csv, line 3, “sender”: The byte 0xE9 is no character")
    assert "windows-1252" in only


def test_windows_1252_is_read_where_the_map_declares_it(tmp_path: Path) -> None:
    columns = "".join(f"  {name}: {name}\n" for name in HEAD.split(","))
    map_ = parse(f"columns:\n{columns}encoding: windows-1252\n".encode())
    path = written(tmp_path, f"{HEAD}\n{GOOD.replace('oaks', 'Café – “Ö”')}\n".encode("cp1252"))
    (row,) = read(path, map_)
    assert row.stated is not None
    assert row.stated.members["sender"] == "Café – “Ö”"
    undefined = written(tmp_path, f"{HEAD}\n{GOOD}\n".encode("cp1252").replace(b"oaks", b"\x81"))
    (row,) = read(undefined, map_)
    assert "0x81" in row.problems[0][1]


def test_a_cell_of_100_mb_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.write(f"{HEAD}\n2010-03-04,oaks,".encode())
        file.truncate(100 << 20)  # NULs, sparse on the disk: one line without end
    tracemalloc.start()
    try:
        said = refusal(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert said.startswith("t.csv, line 2, “recipient”: the cell is longer than 65,535 bytes")
    assert peak < 16 << 20


def test_a_quoted_cell_over_many_lines_is_bounded(tmp_path: Path) -> None:
    path = written(tmp_path, f'{HEAD}\n2010-03-04,"oaks' + "some words\n" * 200_000)
    assert refusal(path).startswith("t.csv, line 2, “sender”: the cell is longer than")


def test_files_that_are_not_there_or_of_another_kind(tmp_path: Path) -> None:
    assert "is not there" in refusal(tmp_path / "none.csv")
    (tmp_path / "d.csv").mkdir()
    assert "is a folder" in refusal(tmp_path / "d.csv")
    assert ".csv, .xlsx and .jsonl" in refusal(tmp_path / "t.txt")
    assert "save it as .xlsx" in refusal(tmp_path / "t.xls")


TEXT = st.text(st.characters(blacklist_categories=("Cc", "Cs")), min_size=1, max_size=40).map(str.strip)
WORDS = TEXT.filter(bool)
ITEMS = st.lists(WORDS.filter(lambda text: ";" not in text), min_size=1, max_size=4)


@given(
    st.fixed_dictionaries(
        {
            "transferred_at": st.dates(date(1990, 1, 1), date(2090, 1, 1)).map(date.isoformat),
            "sender": WORDS,
            "recipient": WORDS,
            "purpose": WORDS,
            "fields": ITEMS,
        },
        optional={
            "subject_count": st.integers(0, 2**53 - 1).map(str),
            "operator": WORDS,
            "schools": ITEMS,
            "opt_outs_checked": st.sampled_from(["yes", "no", "true", "false"]),
        },
    )
)
def test_a_row_comes_back_from_csv_as_it_went(tmp_path_factory: Any, cells: dict[str, Any]) -> None:
    flat = {k: "; ".join(v) if isinstance(v, list) else v for k, v in cells.items()}
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(flat))
    writer.writeheader()
    writer.writerow(flat)
    path = tmp_path_factory.getbasetemp() / "round.csv"
    path.write_bytes(text.getvalue().encode())
    (row,) = csv_file.rows(path)
    assert row.stated == from_cells(
        {k: tuple(x.strip() for x in v) if isinstance(v, list) else v for k, v in cells.items()}
    )
    for name in ("sender", "recipient", "purpose"):
        assert row.stated.members[name] == cells[name]


# JSON Lines

LINE: dict[str, Any] = {
    "transferred_at": "2010-03-04",
    "sender": "oaks",
    "recipient": "dfe",
    "purpose": "statistics",
    "fields": ["upn"],
}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"sender": "a", "sender": "b"}', "twice"),
        ("[" * 100_000, "deeper"),
        ('{"note": "\\ud800"}', "surrogate"),
        ('{"subjects": {"count": 1.5}}', "whole number"),
        ('{"subjects": {"count": 99999999999999999999}}', "2^53-1"),
        ('{"note": NaN}', "whole number"),
        ("{'a': 1}", "Not JSON at character"),
        (b'{"note": "\xff"}', "UTF-8"),
        ('{"a": "' + "x" * (2 << 20) + '"}', "longer than 1,048,576 bytes"),
        ("7", "one JSON object"),
    ],
)
def test_a_bad_line_is_told_and_the_others_are_read(tmp_path: Path, line: str | bytes, says: str) -> None:
    good = json.dumps(LINE).encode()
    bad = line.encode() if isinstance(line, str) else line
    path = written(tmp_path, b"\xef\xbb\xbf" + good + b"\n\n" + bad + b"\n" + good, "t.jsonl")
    rows = list(read(path))
    assert [row.stated is None for row in rows] == [False, True, False]
    assert [row.number for row in rows] == [1, 3, 4]
    (said, *_) = rows[1].sentences("t.jsonl")
    assert said.startswith("t.jsonl, line 3")
    assert says in said


def test_jsonl_empty_and_with_a_map(tmp_path: Path) -> None:
    path = written(tmp_path, "\n", "t.jsonl")
    assert "is empty" in refusal(path)
    with pytest.raises(Refused, match="leave --map out"):
        list(jsonl_file.rows(path, parse(b"columns: {a: sender}")))
    person = written(tmp_path, json.dumps(LINE | {"note": "a@b.org"}), "p.jsonl")
    assert sentences(person)[0].startswith("p.jsonl, line 1, “note”: It looks like an e-mail address")


# Workbooks


@pytest.fixture
def workbook(tmp_path: Path) -> Workbook:
    def make(*rows: list[Any], more: dict[str, list[list[Any]]] | None = None) -> Path:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for title, extra in (more or {}).items():
            sheet = book.create_sheet(title)
            for row in extra:
                sheet.append(row)
        path = tmp_path / "t.xlsx"
        book.save(path)
        return path

    return make


COLUMNS = [
    "transferred_at",
    "sender",
    "recipient",
    "purpose",
    "fields",
    "subject_count",
    "opt_outs_checked",
    "request_date",
]


def test_a_workbook_is_read_with_its_dates_and_numbers(workbook: Workbook) -> None:
    path = workbook(
        COLUMNS,
        [
            datetime.combine(date(2010, 8, 6), time(11, 45)),
            "oaks",
            "dfe",
            "statistics",
            "upn;surname",
            12.0,
            True,
            date(2010, 8, 1),
        ],
        [],
        [date(2010, 8, 6), "oaks", "dfe", "statistics", "upn"],
    )
    first, second = xlsx_file.rows(path)
    assert first.stated is not None
    assert first.stated.members["transferred_at"] == "2010-08-06T11:45+01:00"
    assert first.stated.members["subjects"] == {"count": 12}
    assert first.stated.members["opt_outs"] == {"checked": True}
    assert first.stated.members["request"] == {"date": date(2010, 8, 1)}
    assert (second.number, second.place) == (3, "row 4")
    assert second.given[5:] == ("", "", "")


ROW = ["2010-08-06", "oaks", "dfe", "statistics", "upn"]


def test_a_workbook_with_blank_rows_without_end_is_refused_and_one_with_many_is_read(workbook: Workbook) -> None:
    some = workbook(COLUMNS, *[[" "]] * MAX_BLANK, ROW)
    assert [row.place for row in read(some)] == [f"row {MAX_BLANK + 2}"]
    assert f"row {MAX_BLANK + 2}: more than 10,000 blank rows" in refusal(workbook(COLUMNS, *[[" "]] * (MAX_BLANK + 1)))
    # A sheet beside the list that is blank down to its end is no list.
    beside = workbook(COLUMNS, ROW, more={"Sheet2": [[None, None]] * 3})
    assert len(list(read(beside))) == 1


def test_blank_rows_are_counted_anew_after_each_that_is_not(tmp_path: Path) -> None:
    many = "\n" * MAX_BLANK
    path = written(tmp_path, f"{many}{HEAD}\n{many}{GOOD}\n{many}{GOOD}\n{many}")
    assert len(list(read(path))) == 2
    line = json.dumps(LINE) + "\n"
    assert len(list(read(written(tmp_path, f"{many}{line}{many}{line}{many}", "t.jsonl")))) == 2


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        (5, "=1+1", "“subject_count”: The cell holds a formula"),
        (1, '=HYPERLINK("http://x.example")', "“sender”: The cell holds a formula"),
        (0, "#N/A", "“transferred_at”: The cell shows the error #N/A"),
        (7, time(11, 45), "“request_date”: The cell holds a time of day"),
        (5, 1.5, "“subject_count”: '1.5' is not a count"),
    ],
)
def test_a_bad_cell_of_a_workbook(workbook: Workbook, column: int, value: Any, says: str) -> None:
    row: list[Any] = ["2010-08-06", "oaks", "dfe", "statistics", "upn", 12, "yes", "2010-08-01"]
    row[column] = value
    (only,) = sentences(workbook(COLUMNS, row))
    assert only.startswith(f"t.xlsx, row 2, {says}")


def test_rows_of_a_workbook_that_are_too_long(workbook: Workbook) -> None:
    row = ["2010-08-06", "oaks", "dfe", "statistics", "upn", 12, "yes", "2010-08-01", "more"]
    assert sentences(workbook(COLUMNS, row)) == [
        "t.xlsx, row 2: The row has 9 cells under 8 headings; a cell that holds a separator needs quotation marks."
    ]


def test_a_workbook_with_several_sheets_asks_which(workbook: Workbook) -> None:
    row = ["2010-08-06", "oaks", "dfe", "statistics", "upn"]
    path = workbook(["Title"], more={"Log": [COLUMNS[:5], row], "Empty": []})
    assert "2 sheets (Sheet, Log)" in refusal(path)
    columns = "".join(f"  {name}: {name}\n" for name in COLUMNS[:5])
    (only,) = read(path, parse(f"columns:\n{columns}sheet: Log\n".encode()))
    assert only.stated is not None
    with pytest.raises(Refused, match="no sheet “Lock”"):
        list(read(path, parse(f"columns:\n{columns}sheet: Lock\n".encode())))


def test_what_is_no_workbook(tmp_path: Path, workbook: Workbook) -> None:
    assert "is empty" in refusal(written(tmp_path, b"", "a.xlsx"))
    assert "not a workbook" in refusal(written(tmp_path, b"PK\x03\x04 and no more", "a.xlsx"))
    assert "password" in refusal(written(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xlsx"))
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("a.txt", "x")
    assert "not a workbook" in refusal(tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<broken")
    assert "not a workbook that can be read" in refusal(tmp_path / "a.xlsx")
    assert "is empty" in refusal(workbook())


def _edited(path: Path, name: str, old: bytes, new: bytes) -> Path:
    """The workbook at `path` with `old` as `new` in its first sheet."""
    other = path.with_name(name)
    with zipfile.ZipFile(path) as good, zipfile.ZipFile(other, "w", zipfile.ZIP_DEFLATED) as bad:
        for part in good.infolist():
            data = good.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                assert data.count(old) == 1
                data = data.replace(old, new)
            bad.writestr(part.filename, data)
    return other


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'<row r="3"', b'<row r="2"', "b.xlsx, after row 2: a row numbered 2 follows"),
        (b'<row r="3"', b'<row r="1"', "b.xlsx, after row 2: a row numbered 1 follows"),
        (b'<row r="2"', b'<row r="0"', "b.xlsx, after row 1: a row numbered 0 follows"),
        (b'<row r="2"', b'<row r="-4"', "b.xlsx, after row 1: a row numbered -4 follows"),
        (b'<row r="3"', b'<row r="900000000"', "b.xlsx, after row 2: a row numbered 900,000,000 follows"),
        (b'<row r="3"', b'<row r="1048577"', "b.xlsx, after row 2: a row numbered 1,048,577 follows"),
        (b'r="C3"', b'r="B3"', "b.xlsx, row 3: its cells are out of order"),
        (b'r="E3"', b'r="A3"', "b.xlsx, row 3: its cells are out of order"),
        (b'r="C3"', b'r="3C"', "b.xlsx, after row 2: the workbook is broken"),
    ],
)
def test_no_row_or_cell_of_a_workbook_is_passed_over(workbook: Workbook, old: bytes, new: bytes, says: str) -> None:
    row = ["2010-08-06", "oaks", "dfe", "statistics", "upn"]
    assert refusal(_edited(workbook(COLUMNS[:5], row, row), "b.xlsx", old, new)).startswith(says)


def test_rows_that_a_workbook_leaves_out_are_counted(workbook: Workbook) -> None:
    row = ["2010-08-06", "oaks", "dfe", "statistics", "upn"]
    path = _edited(workbook(COLUMNS[:5], row, row), "b.xlsx", b'<row r="3"', b'<row r="1048576"')
    assert [(one.number, one.place) for one in read(path)] == [(1, "row 2"), (1_048_575, "row 1048576")]


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_a_workbook_by_the_name_of_a_csv_file_is_called_one(tmp_path: Path, start: bytes) -> None:
    said = refusal(written(tmp_path, start + b"\r\0, more"))
    assert said == "t.csv is a workbook, whatever its name says; save it as .xlsx or as CSV UTF-8."


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path, workbook: Workbook) -> None:
    path = workbook(COLUMNS, ["2010-08-06"])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/x.xml", b" " * (8 << 20))
    assert "unpacks to" in refusal(path)


def test_an_entity_bomb_is_refused(tmp_path: Path, workbook: Workbook) -> None:
    path = workbook(COLUMNS, ["2010-08-06"])
    bomb = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as good, zipfile.ZipFile(bomb, "w") as bad:
        for part in good.infolist():
            data = good.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                data = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + data
            bad.writestr(part.filename, data)
    assert "b.xlsx" in refusal(bomb)


# Rows set aside


def test_rows_set_aside_come_back_when_mended(tmp_path: Path) -> None:
    path = written(tmp_path, f"{HEAD}\n{GOOD}\n{GOOD.replace('12', 'dozen')}\n{GOOD},more\n")
    aside = tmp_path / "aside.csv"
    with SetAside(aside) as bad:
        for row in read(path):
            if row.problems:
                bad.add(row)
    assert bad.count == 2
    assert aside.stat().st_mode & 0o077 == 0
    text = aside.read_text()
    assert text.startswith("what_is_wrong,transferred_at,")
    assert "line 3, “subject_count”: 'dozen' is not a count" in text
    aside.write_text(text.replace("dozen", "24").replace("fine,more", "fine").replace("'24'", "it"))
    assert [row.stated is not None for row in read(aside)] == [True, True]


def test_rows_set_aside_keep_bytes_and_the_map(tmp_path: Path) -> None:
    columns = "".join(f"  {name}: {name}\n" for name in HEAD.split(","))
    map_ = parse(f"columns:\n{columns}encoding: windows-1252\ndelimiter: ';'\n".encode())
    head, good = HEAD.replace(",", ";"), "2010-03-04;caf\xe9;dfe;statistics;upn;\x81;fine"
    path = written(tmp_path, f"{head}\n{good}\n".encode("latin-1"))
    with SetAside(tmp_path / "aside.csv", map_) as bad:
        for row in read(path, map_):
            bad.add(row)
    data = (tmp_path / "aside.csv").read_bytes()
    assert b"caf\xe9" in data
    assert b"\x81" in data
    (tmp_path / "aside.csv").write_bytes(data.replace(b"\x81", b"9"))
    (row,) = read(tmp_path / "aside.csv", map_)
    assert row.stated is not None


def test_json_rows_set_aside_and_later_problems(tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(LINE) + "\nbroken\n", "t.jsonl")
    with SetAside(tmp_path / "aside.jsonl") as bad:
        for row in read(path):
            bad.add(row, row.problems or [("channel", "It is not known.")])
    first, second = map(json.loads, (tmp_path / "aside.jsonl").read_text().splitlines())
    assert first["what_is_wrong"] == "line 1, “channel”: It is not known."
    assert second["line"] == "broken"
    assert [row.stated is not None for row in read(tmp_path / "aside.jsonl")] == [True, False]


def test_setting_aside_overwrites_nothing(tmp_path: Path) -> None:
    row = Row(1, "line 2", None, (("", "bad."),), ("x",), ("sender",), {})
    with pytest.raises(Refused, match="there already"):
        SetAside(written(tmp_path, "kept")).add(row)
    with pytest.raises(Refused, match=r"\.csv"):
        SetAside(tmp_path / "a.jsonl").add(row)
    with SetAside(tmp_path / "none.csv"):
        pass
    assert not (tmp_path / "none.csv").exists()


def test_reading_rows_loads_nothing_heavy(tmp_path: Path) -> None:
    import subprocess

    path = written(tmp_path, f"{HEAD}\n{GOOD}\n")
    code = (
        "import sys; from pathlib import Path; from ledger.intake.open import read; "
        f"list(read(Path({str(path)!r}))); "
        "print([m for m in ('ruamel', 'yaml', 'rapidfuzz', 'openpyxl') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
