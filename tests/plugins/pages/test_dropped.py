"""A dropped file fills in a form, and no value of it is kept, shown or logged, however broken it is."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from datasette_plugins.transfer_ledger.recording import dropped
from ledger.members import Transfer
from tests.plugins.asking import plain
from tests.plugins.browsed import make_ledger
from tests.plugins.clerking import Desk, fields_of

MARK = "Zebedee"
"""Stands in every cell, and is to stand nowhere else."""
HEADINGS = ("UPN", "Legal Forename", "Surname", "D.O.B.", "Postcode", f"Mary {MARK}")
KNOWN = ["upn", "forename", "surname", "date-of-birth", "postcode"]
FLOW = "school-connexions/connexions"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The app over one ledger."""
    made = Desk(make_ledger(tmp_path_factory.mktemp("dropped") / "ledger.db"))
    yield made
    made.close()


def csv_of(separator: str = ",", rows: int = 3) -> str:
    """A list of pupils."""
    lines = [separator.join(HEADINGS), *(separator.join(f"{MARK}{n}" for n in range(6)) for _ in range(rows))]
    return "\r\n".join(lines) + "\r\n"


def xlsx_of(sheets: int = 1) -> bytes:
    """The same as a workbook."""
    book = openpyxl.Workbook()
    for number in range(sheets):
        sheet = book.active if number == 0 else book.create_sheet(f"{MARK}{number}")
        assert sheet is not None
        sheet.append(HEADINGS)
        for _ in range(3):
            sheet.append([f"{MARK}{n}" for n in range(6)])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def bomb() -> bytes:
    """A workbook of a hundred kilobytes that unpacks to 80 MB."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx_of())) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part, old.read(part))
        new.writestr("xl/media/large.xml", b" " * (80 << 20))
    return file.getvalue()


GOOD: dict[str, tuple[str, bytes]] = {
    "comma": ("pupils.csv", csv_of().encode()),
    "semicolon": ("pupils.csv", csv_of(";").encode("cp1252")),
    "tab": ("pupils.tsv", csv_of("\t").encode()),
    "byte order mark": ("pupils.CSV", csv_of().encode("utf-8-sig")),
    "Unicode text": ("pupils.txt", csv_of("\t").encode("utf-16")),
    "workbook": ("pupils.xlsx", xlsx_of()),
    "workbook by another name": ("pupils.dat", xlsx_of()),
    "somebody's name": (f"Mary {MARK}.csv", csv_of().encode()),
    "a path": ("../../x.csv", csv_of().encode()),
}
BROKEN: dict[str, tuple[str, bytes]] = {
    "open quotation mark": ("pupils.csv", csv_of().encode() + f'"{MARK}'.encode()),
    "NUL": ("pupils.csv", csv_of().encode() + f"{MARK}\0,b,c,d,e,f\r\n".encode()),
    "no characters": ("pupils.csv", csv_of().encode() + MARK.encode() + b"\xff\x81,b,c,d,e,f\r\n"),
    "no headings": ("pupils.csv", f"{MARK},{MARK} x,{MARK} y\r\n".encode() * 4),
    "too few cells": ("pupils.csv", csv_of().encode() + f"{MARK}\r\n".encode()),
    "UTF-16 cut off": ("pupils.csv", csv_of().encode("utf-16")[:-1]),
    "a line without end": ("pupils.csv", (MARK * 200_000).encode()),
    "two sheets": ("pupils.xlsx", xlsx_of(2)),
    "a workbook cut off": ("pupils.xlsx", xlsx_of()[:-400]),
    "no workbook": ("pupils.xlsx", csv_of().encode()),
    "an old workbook": ("pupils.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + MARK.encode() * 99),
    "XML": ("pupils.xml", f"<?xml version='1.0'?><CTfile><UPN>{MARK}</UPN></CTfile>".encode()),
    "PDF": ("pupils.pdf", b"%PDF-1.7 " + MARK.encode()),
    "anything": ("pupils", MARK.encode() * 100),
    "empty": ("pupils.csv", b""),
}


def nowhere(desk: Desk, *texts: str) -> None:
    """No value stands in an answer, in the ledger, or in what lies beside it."""
    for text in texts:
        assert MARK not in text
    for path in desk.ledger.parent.iterdir():
        if path.is_file():
            assert MARK.encode() not in path.read_bytes(), path.name


@pytest.mark.parametrize("name", GOOD)
def test_a_list_fills_in_digest_size_rows_and_items_and_nothing_else_of_it(
    desk: Desk, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file, data = GOOD[name]
    answer = desk.drop("cleo", file, data, way=FLOW)
    assert answer.status_code == 200, plain(answer.text)
    form = fields_of(answer.text)
    assert form["payload_sha256"] == hashlib.sha256(data).hexdigest()
    assert (form["payload_bytes"], form["payload_rows"]) == (str(len(data)), "3")
    assert sorted(form["fields"]) == sorted(KNOWN)
    assert "Say yourself what stands in column 6." in plain(answer.text)
    assert "x.csv" not in answer.text
    sent = desk.post("cleo", "/-/record", {**form, "sender": "Elm Primary School"})
    assert sent.status_code == 303, plain(sent.text)
    one = desk.last()
    assert isinstance(one.facts, Transfer)
    assert one.facts.payload is not None
    assert one.facts.payload.rows == 3
    assert one.given["payload_sha256"] == form["payload_sha256"]
    assert {"fields", "payload.bytes", "payload.media_type", "payload.rows"} <= set(one.facts.prefilled)
    nowhere(desk, answer.text, sent.text, desk.get("cleo", sent.headers["location"]).text, *capfd.readouterr())


@pytest.mark.parametrize("name", BROKEN)
def test_of_a_file_that_cannot_be_read_the_digest_and_size_are_taken(
    desk: Desk, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file, data = BROKEN[name]
    answer = desk.drop("cleo", file, data)
    assert answer.status_code == 200, plain(answer.text)
    form = fields_of(answer.text)
    assert form["payload_sha256"] == hashlib.sha256(data).hexdigest()
    assert form["payload_bytes"] == str(len(data))
    nowhere(desk, answer.text, *capfd.readouterr())


def test_a_workbook_that_unpacks_to_very_much_is_not_unpacked(desk: Desk) -> None:
    data = bomb()
    assert len(data) < 1 << 20
    found = dropped.look("x.xlsx", data)
    assert (found.rows, found.wrong) == (None, dropped.TOO_LARGE)


def test_what_a_flow_does_not_document_is_told_before_the_file_goes(desk: Desk) -> None:
    data = b"UPN,National Insurance number,Salary\r\nx,y,z\r\n"
    answer = desk.drop("cleo", "staff.csv", data, way=FLOW)
    assert "which this flow does not document" in plain(answer.text)
    assert "not documented</span>" in answer.text


def test_a_file_is_added_to_a_form_that_was_begun(desk: Desk) -> None:
    shown = desk.get("cleo", "/-/record?flow=school-connexions&to=connexions")
    began = {name: value for name, value in fields_of(shown.text).items() if name.startswith("from_")}
    form: dict[str, Any] = fields_of(desk.drop("cleo", *GOOD["comma"], **began).text)
    assert (form["purpose"], form["payload_rows"]) == ("connexions-service", "3")


def test_what_is_no_file_is_refused_in_a_sentence(desk: Desk) -> None:
    secret = {"csrf": desk.of("cleo").csrf}
    assert desk.ask("cleo", "POST", "/-/record/file", data=secret, files={"other": ("", b"")}).status_code == 400
    assert desk.drop("cleo", "x.csv", b"UPN", way="<b>/x").status_code == 400
    assert desk.drop("cleo", "x.csv", b"UPN", way="no-such/x").status_code == 400
    assert desk.drop("cleo", "x.csv", b"UPN", from_same="99999").status_code == 400
    for who in ("abe", "gus"):
        assert desk.drop(who, "x.csv", b"UPN").status_code == 404


def test_headings_name_items_by_what_lists_call_them() -> None:
    assert dropped.items(["upn", "FORENAME ", "Date of  Birth", "Free School Meals"])[1] == ()
    assert dropped.items(["Mary Smith", "", "x" * 500, "12/03/1999"]) == ((), (1, 2, 3, 4))
    # The same item by two headings is one item, and both are known.
    assert dropped.items(["UPN", "upn "]) == (("upn",), ())


@pytest.mark.slow
def test_a_large_list_is_counted_in_a_few_seconds_and_a_larger_one_is_turned_away(desk: Desk) -> None:
    line = f"A123456789012,{MARK},{MARK}-Jones\r\n".encode()
    data = b"UPN,Forename,Surname\r\n" + line * (30_000_000 // len(line))
    answer = desk.drop("cleo", "all.csv", data)
    assert answer.status_code == 200
    assert fields_of(answer.text)["payload_rows"] == str(30_000_000 // len(line))
    nowhere(desk, answer.text)
    assert desk.drop("cleo", "all.csv", data + line * 200_000).status_code == 413
