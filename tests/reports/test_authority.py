"""The authority's summary: sums that SQLite gives too, no school before another, and no file that stops the others."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from ledger.london import days
from ledger.register.read import read_register
from ledger.writer import Ledger, create
from reports.cli.authority import _folders
from reports.cli.check import check_ledger
from reports.documents.findings import title
from tests.codes import LEAD
from tests.ledger.cli.called import Said, call, refused
from tests.reports.ledgers import AFTER, FORMULA, GOOD, HERE, ORGANISATIONS, SECRET, UNDOCUMENTED, UNKNOWN

AS_OF = "2010-10-01"


def ledger_of(path: Path, name: str, *transfers: dict[str, Any], origin: str = "", adopted: bool = True) -> Path:
    moment, random = [datetime(2010, 1, 1, 9, tzinfo=UTC)], count(1)

    def entropy(size: int) -> bytes:
        return next(random).to_bytes(size, "big")

    create(
        path, origin or f"n{len(list(path.parent.iterdir()))}.example/t", name, lambda: moment[0], entropy, actor=LEAD
    )
    with Ledger(path, lambda: moment[0], entropy, LEAD) as ledger:
        if adopted:
            text = (HERE / "register.yml").read_text(encoding="utf-8")
            ledger.adopt(read_register(text, "r"), text, (date(2009, 9, 2), date(2010, 12, 31), False))
        ledger.add_organisations(ORGANISATIONS)
        for place, stated in enumerate(transfers):
            on = days(stated["transferred_at"])[0]
            moment[0] = max(moment[0], datetime(on.year, on.month, on.day, 20, tzinfo=UTC))
            ledger.append(ledger.settle({"id": f"t{place}", "transferred_on": on, **stated}, {}))
    return path


def altered(path: Path) -> None:
    trigger = "SELECT sql FROM sqlite_schema WHERE name = 'entries_no_update'"
    with closing(sqlite3.connect(path)) as db, db:
        (sql,) = db.execute(trigger).fetchone()
        db.execute("DROP TRIGGER entries_no_update")
        db.execute("UPDATE entries SET entry = replace(entry, '120', '121') WHERE kind = 'transfer'")
        db.execute(sql)


def summarised(folder: Path, to: Path, *more: object) -> Said:
    return call("report", "--all-schools", folder, "-o", to, "--as-of", AS_OF, *more)


def told(to: Path) -> Any:
    return json.loads((to / "summary.json").read_text(encoding="utf-8"))


def numbers(to: Path) -> dict[str, int | str]:
    return {id_: one["value"] for id_, one in told(to)["numbers"].items()}


@pytest.fixture(scope="module")
def schools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five ledgers, whose order by names is neither that of their files nor that of what was found in them."""
    folder = tmp_path_factory.mktemp("schools")
    ledger_of(folder / "a.db", "Zebra School", GOOD)
    ledger_of(folder / "b.db", FORMULA, UNDOCUMENTED, AFTER, {**AFTER, "fields": ["forename"]})
    ledger_of(folder / "c.db", "Middle <b>School</b>", UNDOCUMENTED, UNDOCUMENTED, UNDOCUMENTED, UNKNOWN)
    ledger_of(folder / "d.db", "Äpfel School", GOOD, GOOD)
    ledger_of(folder / "e.db", "Zebra School", *[GOOD] * 7)
    return folder


@pytest.fixture(scope="module")
def summary(schools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("summary") / "out"
    said = summarised(schools, to)
    assert (said.status, said.err) == (1, ""), said
    return to


def all_findings(schools: Path) -> list[tuple[str, str, str, str, int]]:
    """What a check of each ledger finds: ledger, check, outcome, severity, entry."""
    found = []
    for path in sorted(schools.glob("*.db")):
        for one in check_ledger(path, date.fromisoformat(AS_OF)).result.findings:
            found.append((path.name, one.check, one.outcome, one.severity, one.seq))
    return found


@pytest.mark.slow
def test_sums_are_those_of_the_ledgers(schools: Path, summary: Path) -> None:
    transfers = 0
    for path in schools.glob("*.db"):
        with closing(sqlite3.connect(path)) as db:
            transfers += db.execute("SELECT count(*) FROM transfers").fetchone()[0]
    found = all_findings(schools)
    after = {(file, seq) for file, check, outcome, _, seq in found if check == "contactpoint-closed"}
    breaches = {file for file, _, outcome, _, _ in found if outcome == "breach"}
    assert numbers(summary) == {
        "ledgers": 5,
        "unread": 0,
        # Each of the five ledgers shows fewer than 10, in one term; in one of them, one more in another.
        "transfers": "6 to 54",
        "act-now": len(breaches),
        "not-run": 0,
        "contactpoint-after": 1,
    }
    assert (transfers, len(breaches), len(after)) == (17, 2, 2)


def test_causes_are_counted_over_all_schools(schools: Path, summary: Path) -> None:
    found = all_findings(schools)
    having = Counter({(title(check), severity, file): 1 for file, check, _, severity, _ in found})
    ledgers = Counter((of, severity) for of, severity, _ in having)
    rows = told(summary)["data"]["causes"]["rows"]
    assert {(row["cause"], row["severity"]): row["ledgers"] for row in rows} == ledgers
    assert len(rows) == len(ledgers) > 3


def test_schools_stand_in_the_order_of_their_names_and_nothing_ranks_them(summary: Path) -> None:
    data = told(summary)["data"]
    names = [row["school"] for row in data["schools"]["rows"]]
    assert names == [FORMULA, "Middle <b>School</b>", "Zebra School", "Zebra School", "Äpfel School"]
    # Of a school there is its name, its file and a digest: no number, no rating, no answer to order it by.
    assert [column["id"] for column in data["schools"]["columns"]] == ["school", "file", "folder", "origin", "head"]
    for row in data["schools"]["rows"]:
        assert all(isinstance(value, str) for value in row.values())
    assert [column["id"] for column in data["causes"]["columns"]] == ["cause", "severity", "ledgers"]
    assert list(data) == ["causes", "schools", "not-relied-on"]
    markdown = (summary / "summary.md").read_text(encoding="utf-8")
    rows = [line for line in markdown.splitlines() if "School" in line and line.startswith("|")]
    for word in ("Act now", "Cannot say", "No problem", "act-now", "cannot-say"):
        assert not [line for line in rows if word in line]
    book = load_workbook(summary / "summary.xlsx")
    for sheet in book.worksheets[1:]:
        if any(cell.value == "Zebra School" for row in sheet.rows for cell in row):
            assert not [cell.value for row in sheet.rows for cell in row if isinstance(cell.value, int | float)]


def test_every_school_has_its_own_reports(schools: Path, summary: Path) -> None:
    for row in told(summary)["data"]["schools"]["rows"]:
        of = summary / row["folder"]
        assert row["folder"] == f"schools/{row['file'].removesuffix('.db')}"
        assert sorted(one.name for one in of.iterdir()) == ["governors.html", "report.html"]
    assert "Middle &lt;b&gt;School" in (summary / "schools" / "c" / "report.html").read_text(encoding="utf-8")


def test_every_format_tells_the_same_and_nothing_erasable_or_as_markup(summary: Path) -> None:
    assert sorted(one.name for one in summary.iterdir()) == [
        "schools",
        *(f"summary.{ending}" for ending in ("csv", "html", "json", "md", "pdf", "xlsx")),
    ]
    html = (summary / "summary.html").read_text(encoding="utf-8")
    assert "Middle <b>" not in html
    assert "Something needs a decision in 2 of 5 ledgers." in html
    rows = list(csv.DictReader(io.StringIO((summary / "summary.csv").read_text(encoding="utf-8-sig"))))
    assert [int(row["Ledgers that have it"]) for row in rows] == [
        row["ledgers"] for row in told(summary)["data"]["causes"]["rows"]
    ]
    pdf = subprocess.run(["pdftotext", summary / "summary.pdf", "-"], capture_output=True, check=True)
    assert b"Something needs a decision in 2 of 5 ledgers." in pdf.stdout
    book = load_workbook(summary / "summary.xlsx")
    assert all(cell.data_type != "f" for sheet in book for row in sheet.rows for cell in row)
    for path in summary.rglob("*.*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes()


@pytest.mark.slow
def test_the_same_ledgers_give_the_same_summary(schools: Path, summary: Path, tmp_path: Path) -> None:
    assert summarised(schools, tmp_path / "again").status == 1
    for path in summary.iterdir():
        if path.is_file():
            assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


# -- folders with all sorts of files --------------------------------------------------------------------------


def broken(folder: Path) -> None:
    """Adds files that are no ledger, or none that can be read."""
    ledger_of(folder / "newer.db", "Newer", GOOD)
    with closing(sqlite3.connect(folder / "newer.db")) as db:
        db.execute("PRAGMA user_version = 99")
    (folder / "empty.db").write_bytes(b"")
    (folder / "text.db").write_text("A letter to the head teacher.")
    with closing(sqlite3.connect(folder / "other.db")) as db:
        db.execute("CREATE TABLE pupils (name)")
    os.symlink(folder / "nowhere", folder / "gone.db")
    for name, page in (("damaged.db", 2), ("damaged too.db", 4)):  # found out when it is checked, and when looked at
        ledger_of(folder / name, "Damaged", GOOD)
        data = bytearray((folder / name).read_bytes())
        data[page * 4096 : (page + 1) * 4096] = b"\x55" * 4096
        (folder / name).write_bytes(data)


BROKEN = ["damaged too.db", "damaged.db", "empty.db", "gone.db", "newer.db", "other.db", "text.db"]


def test_files_that_are_no_ledger_do_not_stop_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    ledger_of(folder / "good.db", "Good School", GOOD)
    broken(folder)
    (folder / "folder.db").mkdir()
    (folder / "notes.txt").write_text("nothing")
    said = summarised(folder, folder / "out")  # the output lies in the input
    assert said.status == 2
    assert [line.partition(": ")[0] for line in said.err.splitlines()] == BROKEN
    assert str(tmp_path) not in said.err
    rows = told(folder / "out")["data"]["not-relied-on"]["rows"]
    assert [row["file"] for row in rows] == BROKEN
    assert all(row["why"].endswith(".") and row["why"].count(row["file"]) <= 1 for row in rows)
    assert numbers(folder / "out")["unread"] == 7
    assert numbers(folder / "out")["ledgers"] == 1
    assert "Of 7 of 8 ledgers it cannot be said." in (folder / "out" / "summary.md").read_text(encoding="utf-8")
    assert summarised(folder, folder / "out").status == 2  # what was written is no ledger, and is written over


def test_an_altered_record_is_named_first(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    ledger_of(folder / "a.db", "Good School", GOOD)
    altered(ledger_of(folder / "b.db", "Other School", GOOD))
    said = summarised(folder, tmp_path / "out")
    assert said.status == 1
    assert told(tmp_path / "out")["warning"] == (
        "The record of 1 of 2 ledgers does not verify, so the sums cannot be relied on."
    )
    rows = told(tmp_path / "out")["data"]["not-relied-on"]["rows"]
    assert [(row["file"], row["why"]) for row in rows] == [
        ("b.db", "The record does not verify: something in it was altered.")
    ]
    assert numbers(tmp_path / "out")["transfers"] == "2 to 18"
    assert "does NOT verify" in (tmp_path / "out" / "schools" / "b" / "report.html").read_text(encoding="utf-8")


def test_a_copy_counts_once_and_two_ledgers_of_one_name_twice(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    older = ledger_of(folder / "a older.db", "St Mary’s School", GOOD, origin="m.example/t")
    ledger_of(folder / "b.db", "St Mary’s School", GOOD, origin="n.example/t")
    shutil.copy(older, folder / "c.db")
    with Ledger(folder / "c.db", lambda: datetime(2010, 3, 2, tzinfo=UTC), os.urandom, LEAD) as ledger:
        members = {**GOOD, "id": "more", "transferred_on": date(2010, 3, 1)}
        ledger.append(ledger.settle(members, {}))
    shutil.copy(folder / "c.db", folder / "d.db")
    said = summarised(folder, tmp_path / "out")
    assert said.status == 2
    rows = told(tmp_path / "out")["data"]
    assert [(row["file"], row["why"]) for row in rows["not-relied-on"]["rows"]] == [
        ("a older.db", "It is another state of the ledger in c.db, which is counted; nothing counts twice."),
        ("d.db", "It is a copy of c.db, which is counted; nothing counts twice."),
    ]
    assert [(row["school"], row["file"]) for row in rows["schools"]["rows"]] == [
        ("St Mary’s School", "b.db"),
        ("St Mary’s School", "c.db"),
    ]
    assert numbers(tmp_path / "out")["transfers"] == "2 to 18"


@pytest.mark.slow
def test_odd_file_names_stay_within_the_output(tmp_path: Path) -> None:
    names = [
        "...db",
        "....db",
        "o'dd <b>\n\u202e.db",
        "-o.db",
        "a b.DB",
        "a-b.db",
        "A-b.db",
        os.fsdecode(b"\xff\xfe.db"),
    ]
    folder = tmp_path / "in"
    folder.mkdir()
    for place, name in enumerate(names):
        ledger_of(folder / name, f"School {place}", GOOD)
    said = summarised(folder, tmp_path / "to" / "out")
    assert said.status == 0, said
    assert [one.name for one in (tmp_path / "to").iterdir()] == ["out"]
    assert len(list((tmp_path / "to" / "out" / "schools").iterdir())) == len(names)
    rows = told(tmp_path / "to" / "out")["data"]["schools"]["rows"]
    assert len({row["folder"].casefold() for row in rows}) == len(names)
    assert all((tmp_path / "to" / "out" / row["folder"] / "report.html").is_file() for row in rows)
    assert not [row for row in rows if not row["file"].isprintable()]


def test_no_two_ledgers_share_a_folder() -> None:
    found = _folders(
        [Path("x/summary.html.db"), Path("x/a.db"), Path("x/A.db"), Path("x/é" + "x" * 200 + ".db"), Path("x/-.db")]
    )
    assert list(found.values()) == ["summary.html", "a", "A-2", "é" + "x" * 59, "ledger"]


def test_without_a_register_and_without_a_transfer(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    ledger_of(folder / "none.db", "Nothing adopted", GOOD, adopted=False)
    ledger_of(folder / "genesis.db", "Nothing sent")
    said = summarised(folder, tmp_path / "out")
    assert (said.status, said.err) == (2, "")
    assert numbers(tmp_path / "out")["not-run"] == 1
    assert numbers(tmp_path / "out")["transfers"] == "fewer than 10"
    markdown = (tmp_path / "out" / "summary.md").read_text(encoding="utf-8")
    assert "Of 1 of 2 ledgers it cannot be said." in markdown
    assert "2 ledgers: the school year 2009-10" in markdown


def test_one_period_for_all_schools(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    ledger_of(folder / "a.db", "Last year", GOOD)
    ledger_of(folder / "b.db", "This year", {**GOOD, "transferred_at": "2010-09-20"})
    assert summarised(folder, tmp_path / "out").status == 0
    assert told(tmp_path / "out")["about"] == "2 ledgers: the school year 2009-10"
    assert numbers(tmp_path / "out")["transfers"] == "fewer than 10"
    assert told(tmp_path / "out")["made"]["options"] == ["for=authority", "year=2009-10"]
    assert told(tmp_path / "out")["made"]["size"] is None
    assert summarised(folder, tmp_path / "out", "--term", "autumn-2010").status == 0
    assert told(tmp_path / "out")["about"] == "2 ledgers: the autumn term 2010 (September to December)"
    assert numbers(tmp_path / "out")["transfers"] == "fewer than 10"
    assert told(tmp_path / "out")["made"]["options"] == ["for=authority", "fixed-term=autumn-2010"]
    # The summary is for all schools to read: of other periods it would tell small counts as governors' papers would.
    said = summarised(folder, tmp_path / "other", "--from", "2010-09-01", "--to", "2010-09-30")
    assert said.status == 2
    assert "only for a school year" in said.err
    assert not (tmp_path / "other").exists()


def test_bad_input_gets_a_sentence(schools: Path, tmp_path: Path) -> None:
    def said(*arguments: object) -> str:
        return refused("report", "--as-of", AS_OF, *arguments)

    (tmp_path / "empty").mkdir()
    assert "is no folder" in said("--all-schools", tmp_path / "nowhere", "-o", tmp_path / "o")
    assert "is no folder" in said("--all-schools", schools / "a.db", "-o", tmp_path / "o")
    assert "holds no ledger" in said("--all-schools", tmp_path / "empty", "-o", tmp_path / "o")
    for more in (("--school", "high"), ("--attest",), ("--since-last",), ("--for", "dpo"), ("--format", "pdf")):
        assert "and nothing else" in said("--all-schools", schools, "-o", tmp_path / "o", *more)
    assert "and nothing else" in said(schools / "a.db", "--all-schools", schools, "-o", tmp_path / "o")
    assert (
        "is no school year"
        in call("report", "--all-schools", schools, "-o", tmp_path / "o", "--year", "1066", "--as-of", AS_OF).err
    )
    assert not (tmp_path / "o").exists()
    (tmp_path / "file").write_text("a file")
    sentence = call("report", "--all-schools", schools, "-o", tmp_path / "file", "--as-of", AS_OF)
    assert sentence.status == 2
    assert "file" in sentence.err
    (tmp_path / "empty" / "x.db").write_text("none")
    last = call("report", "--all-schools", tmp_path / "empty", "-o", tmp_path / "o", "--as-of", AS_OF)
    assert last.status == 2
    assert "None of the 1 ledgers" in last.err
