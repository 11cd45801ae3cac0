"""The sample: drawn again with SQLite and SHA-256 alone, the same for everybody, and never over somebody's notes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import sqlite3
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import Refused
from ledger.source import Source
from reports.documents.sample import MOST, draw
from reports.scope import WHOLE, Scope, parse_month
from tests.ledger.cli.called import call, refused
from tests.reports.audited import NOTE, Kept, audited_ledger, kept_ledger
from tests.reports.ledgers import FORMULA, GOOD, SECRET, UNDOCUMENTED, make_ledger

EVIDENCE = ("Evidence asked for", "Evidence seen", "Seen by", "Seen on", "Conclusion")


@pytest.fixture(scope="module")
def thirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    transfers = [{**GOOD, "transferred_at": f"2010-03-{1 + n % 28:02}", "channel": "post"} for n in range(30)]
    transfers[3] |= {"sender": "low"}
    return make_ledger(tmp_path_factory.mktemp("thirty") / "l.db", *transfers, withdraw="t5")


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return audited_ledger(tmp_path_factory.mktemp("audited"))


def table(path: Path) -> list[dict[str, str]]:
    data = path.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def sampled(path: Path, to: Path, seed: object = 7, *more: object) -> list[dict[str, str]]:
    said = call("sample", path, "--seed", seed, "-o", to, "--as-of", "2010-10-01", *more)
    assert (said.status, said.err) == (0, ""), said
    return table(to)


def by_hand(path: Path, seed: str, count: int, month: str = "") -> list[int]:
    """The numbers of the entries that are drawn, from nothing but SQLite's rows, JSON and SHA-256."""
    db = sqlite3.connect(path)
    rows = db.execute("SELECT entry FROM entries ORDER BY seq").fetchall()
    db.close()
    standing: dict[int, tuple[int, str, dict[str, Any]]] = {}
    for (text,) in rows:
        one = json.loads(text)
        if one["kind"] in ("transfer", "correction"):
            hash_ = hashlib.sha256(b"\0" + text.encode()).hexdigest()
            standing[one.get("corrects", {"seq": one["seq"]})["seq"]] = one["seq"], hash_, one
    drawn = sorted(
        (hashlib.sha256(f"{seed}:{hash_}".encode("ascii")).hexdigest(), seq)
        for seq, hash_, one in standing.values()
        if "withdrawn" not in one and one["transferred_on"].startswith(month)
    )
    return [seq for _, seq in drawn[:count]]


@pytest.mark.parametrize(("seed", "count"), [("7", 5), ("0", 1), ("8", 25), ("9" * 40, 12)])
def test_anybody_draws_the_same_by_hand(thirty: Path, tmp_path: Path, seed: str, count: int) -> None:
    drawn = [int(row["Entry"]) for row in sampled(thirty, tmp_path / "s.csv", seed, "--count", count)]
    assert drawn == by_hand(thirty, seed, count)
    assert len(drawn) == count


def test_a_correction_stands_for_its_transfer_and_a_withdrawal_for_nothing(audited: Kept, tmp_path: Path) -> None:
    path = audited.path
    rows = sampled(path, tmp_path / "s.csv", 1, "--count", 5)
    assert [int(row["Entry"]) for row in rows] == by_hand(path, "1", 5)
    assert sorted(row["Transfer"] for row in rows) == ["t0", "t1", "t3", "u", "x"]
    (corrected,) = (row for row in rows if row["Transfer"] == "t1")
    assert (corrected["Entry"], corrected["Data items"]) == ("13", "Forename")


def test_only_what_is_asked_for_is_drawn_from(tmp_path: Path) -> None:
    kept = kept_ledger(tmp_path)
    months = [f"2010-{1 + n % 4:02}-05" for n in range(12)]
    kept.record("2010-05-01T20:00:00Z", *({**GOOD, "id": f"m{n}", "transferred_at": on} for n, on in enumerate(months)))
    kept.record("2010-05-01T20:00:00Z", {**GOOD, "id": "low", "sender": "low", "transferred_at": "2010-02-07"})
    kept.record("2010-05-01T20:00:00Z", {**GOOD, "id": "old", "transferred_at": "2009-06-01"})
    assert len(sampled(kept.path, tmp_path / "all.csv", 3)) == 14
    drawn = [int(row["Entry"]) for row in sampled(kept.path, tmp_path / "m.csv", 3, "--month", "2010-02")]
    assert drawn == by_hand(kept.path, "3", 25, "2010-02")
    assert len(drawn) == 4
    days = sampled(kept.path, tmp_path / "d.csv", 3, "--from", "2010-02-01", "--to", "2010-02-28")
    assert [int(row["Entry"]) for row in days] == drawn
    assert len(sampled(kept.path, tmp_path / "y.csv", 3, "--year", "2009-10")) == 13
    assert [row["Transfer"] for row in sampled(kept.path, tmp_path / "o.csv", 3, "--school", "low")] == ["low"]


def test_every_transfer_is_as_likely_as_another(thirty: Path) -> None:
    # 29 stand; over 600 seeds each is drawn 600 * 5 / 29 = 103 times, give or take four standard deviations.
    drawn = Counter[int]()
    with Source(thirty) as source:
        for seed in range(600):
            found = draw(source, Scope(WHOLE), source.head.size, str(seed), 5)
            drawn.update(one.seq for one in found.drawn)
    assert found.among == len(drawn) == 29
    assert all(65 < times < 142 for times in drawn.values()), drawn


def test_the_row_says_what_was_sent_and_leaves_room_for_the_evidence(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "l.db", UNDOCUMENTED)
    (row,) = sampled(path, tmp_path / "s.csv")
    assert row["Recipient"] == "Shire <b>Council</b>"
    assert row["Sender"] == f"'{FORMULA}"
    assert row["Purpose"] == "The authority's functions"
    assert row["Transferred at"] == "2010-03-01"
    assert "(breach, open)" in row["Findings"]
    assert [row[name] for name in EVIDENCE] == [""] * 5
    with Source(path) as source:
        assert row["Hash of the entry"] == source.statement(int(row["Entry"])).hash
    (heading,) = (name for name in row if name.startswith("SHA-256"))
    assert heading == "SHA-256 of 7:HASH; the smallest are drawn"
    assert row[heading] == hashlib.sha256(f"7:{row['Hash of the entry']}".encode()).hexdigest()


def test_no_erasable_value_is_shown(tmp_path: Path) -> None:
    kept: Kept = kept_ledger(tmp_path)
    kept.record("2010-03-01T20:00:00Z", {**GOOD, "id": "n", "recipient": SECRET}, note=NOTE, operator="J. Clerk")
    (row,) = sampled(kept.path, tmp_path / "s.csv")
    assert row["Recipient"] == "Not a known name (unlisted)"
    assert not any(secret in (tmp_path / "s.csv").read_text() for secret in (SECRET, NOTE, "J. Clerk"))


def test_the_workbook_says_how_it_was_drawn(thirty: Path, tmp_path: Path) -> None:
    to = tmp_path / "s.xlsx"
    said = call("sample", thirty, "--seed", 7, "--count", 3, "-o", to, "--as-of", "2010-10-01")
    assert (said.status, said.out) == (0, f"{to}: 3 of 29 transfers, drawn with the seed 7.\n")
    with zipfile.ZipFile(to) as book:
        text = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert "the SHA-256 of the text 7:HASH" in text
    assert "seed=7" in text
    again = tmp_path / "again.xlsx"
    call("sample", thirty, "--seed", 7, "--count", 3, "-o", again, "--as-of", "2010-10-01")
    assert to.read_bytes() == again.read_bytes()


def test_where_there_are_fewer_all_are_drawn_and_it_is_said(thirty: Path, tmp_path: Path) -> None:
    said = call("sample", thirty, "--seed", 7, "--count", 100, "-o", tmp_path / "s.csv", "--as-of", "2010-10-01")
    assert (said.status, len(table(tmp_path / "s.csv"))) == (0, 29)
    assert said.out.endswith(
        "29 of 29 transfers, drawn with the seed 7; there are no more, so 100 could not be drawn.\n"
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--seed", "7", "--count", 0], "a sample has 1 to 10,000 transfers, not 0"),
        (["--seed", "7", "--count", -5], "a sample has 1 to 10,000 transfers, not -5"),
        (["--seed", "7", "--count", MOST + 1], "not 10,001"),
        (["--seed", "007"], "is no whole number in 1 to 40 digits, without leading zeros"),
        (["--seed", "-7"], "is no whole number"),
        (["--seed", "٧"], "is no whole number"),
        (["--seed", "7\n"], "is no whole number"),
        (["--seed", "9" * 41], "is no whole number"),
        (["--seed", ""], "is no whole number"),
        (["--seed", "7", "--year", "2009-10", "--from", "2010-01-01"], "Name one period"),
        (["--seed", "7", "--year", "2001-02"], "No transfer stands in the school year 2001-02"),
        (["--seed", "7", "--term", "x"], "state no term x"),
        (["--seed", "7", "--school", "nowhere"], "knows no organisation nowhere"),
        ([], "Missing option '--seed'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(thirty: Path, tmp_path: Path, options: list[object], says: str) -> None:
    assert says in refused("sample", thirty, "-o", tmp_path / "s.csv", "--as-of", "2010-10-01", *options)
    assert not (tmp_path / "s.csv").exists()


def test_notes_are_not_written_over_and_other_files_not_written(thirty: Path, tmp_path: Path) -> None:
    to = tmp_path / "s.csv"
    to.write_text("my notes")
    assert "exists already, and may hold evidence" in refused("sample", thirty, "--seed", 7, "-o", to)
    assert to.read_text() == "my notes"
    assert "written as .csv or .xlsx" in refused("sample", thirty, "--seed", 7, "-o", tmp_path / "s.pdf")
    assert "cannot be written" in refused(
        "sample", thirty, "--seed", 7, "-o", tmp_path / "no" / "s.csv", "--as-of", "2010-10-01"
    )


def test_a_record_that_does_not_verify_is_sampled_and_it_is_said(thirty: Path, tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    path.write_bytes(thirty.read_bytes())
    db = sqlite3.connect(path, isolation_level=None)
    sql = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'entries_no_update'").fetchone()[0]
    db.execute("DROP TRIGGER entries_no_update")
    db.execute("UPDATE entries SET entry = replace(entry, '\"post\"', '\"fax\"') WHERE seq = 9")
    db.execute(sql)
    db.close()
    said = call("sample", path, "--seed", 7, "-o", tmp_path / "s.xlsx", "--as-of", "2010-10-01")
    assert said.status == 1
    assert "The record does NOT verify" in said.err
    with zipfile.ZipFile(tmp_path / "s.xlsx") as book:
        assert any("does NOT verify" in book.read(name).decode() for name in book.namelist())


def test_a_ledger_that_goes_on_gives_the_same_sample_of_its_first_entries(audited: Kept, tmp_path: Path) -> None:
    kept = audited._replace(path=Path(shutil.copy(audited.path, tmp_path / "l.db")))
    with Source(kept.path) as source:
        before = draw(source, Scope(WHOLE), 23, "5", 4)
    kept.record("2010-09-01T09:00:00Z", *({**GOOD, "id": f"z{n}"} for n in range(20)))
    with kept.at("2010-09-02T09:00:00Z") as ledger:
        ledger.correct("t0", "it never went", None, {})
    with Source(kept.path) as source:
        assert draw(source, Scope(WHOLE), 23, "5", 4) == before
        assert draw(source, Scope(WHOLE), source.head.size, "5", 4) != before


def test_nothing_in_scope(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "l.db", GOOD)
    with Source(path) as source, pytest.raises(Refused, match="No transfer stands in May 2010"):
        draw(source, Scope(parse_month("2010-05")), source.head.size, "1", 1)
