"""`check` and `report` on small ledgers: exit statuses, formats, and what the report says and keeps."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
import zipfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from ledger import disclosure, store
from ledger.errors import Refused
from ledger.writer import Ledger, create
from reports.checks import CHECKS
from reports.cli.check import check, check_ledger
from reports.formats.csv_ import neutral
from tests.codes import LEAD
from tests.ledger.cli.called import Said, call, refused
from tests.ledger.test_checkpoints import edit
from tests.ledger.test_faults import filled, mounted
from tests.ledger.verify.tampered import Base, build
from tests.ledger.verify.test_tamper import CASES, done
from tests.reports.ledgers import (
    AFTER,
    BEFORE,
    FORMULA,
    GOOD,
    SECRET,
    UNDOCUMENTED,
    UNKNOWN,
    UNSURE,
    confirm,
    make_ledger,
)  # fmt: skip
from tests.reports.test_pdf import read as read_pdf

AS_OF = "2011-01-31"

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a ledger of the transfers given."""
    return partial(make_ledger, tmp_path / "transfers.db")


def ran(command: Any, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=False)


def checked(path: Path, *more: str) -> Result:
    return ran(check, path, "--as-of", AS_OF, *more)


def rows(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


# -- check ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("transfers", "adopted", "status"),
    [
        ([GOOD, BEFORE], True, 0),
        ([], True, 0),
        ([GOOD, UNSURE], True, 0),
        ([UNDOCUMENTED], True, 1),
        ([UNDOCUMENTED], False, 2),
        ([BEFORE], False, 2),
        ([AFTER], False, 1),
        ([{**GOOD, "transferred_at": "2008-03-01"}], True, 2),
    ],
)
def test_exit_status(make: Make, transfers: list[dict[str, Any]], adopted: bool, status: int) -> None:
    result = checked(make(*transfers, adopted=adopted))
    assert result.exit_code == status
    assert ("did not run" in result.stderr) == (not adopted or status == 2)


def test_a_withdrawn_breach_is_open_until_a_second_person_confirms(make: Make, tmp_path: Path) -> None:
    path = make(AFTER, withdraw="t0")
    result = checked(path, "--format", "json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [(one["check"], one["state"]) for one in told["findings"]] == [
        ("contactpoint-closed", "awaiting-confirmation"),
        ("correction-removes-breach", "open"),
    ]
    assert told["counts"]["corrected"] == 0
    confirm(path, 6)
    result = checked(path, "--format", "json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert [(one["check"], one["state"]) for one in told["findings"]] == [
        ("contactpoint-closed", "settled"),
        ("correction-removes-breach", "settled"),
    ]
    assert told["findings"][0]["settled"] == {"how": "withdrawn", "entry": 6, "second_person": True}
    assert told["counts"]["corrected"] == 1
    assert "corrected it since" in told["findings"][0]["found"]
    assert (
        "1 more finding is on entries that were corrected or withdrawn since"
        in reported(path, "dpo", "md", tmp_path).decode()
    )


def test_json_has_the_promised_shape(make: Make) -> None:
    told = json.loads(checked(make(UNDOCUMENTED, AFTER), "--format", "json").stdout)
    assert list(told) == ["as_of", "findings", "checks", "answers", "counts", "head"]
    assert told["as_of"] == AS_OF
    keys = ["key", "check", "outcome", "severity", "seq", "id", "expected", "found", "citation", "next_step"]
    assert all(list(one) == [*keys, "state", "settled", "decision", "advice"] for one in told["findings"])
    assert [(one["id"], one["check"], one["severity"]) for one in told["findings"]] == [
        ("t0", "field-not-documented", "serious"),
        ("t0", "lawful-basis-not-documented", "serious"),
        ("t1", "contactpoint-closed", "critical"),
    ]
    assert len(told["checks"]) == len(CHECKS)
    assert all(one["ran"] and not one["reason"] for one in told["checks"])
    assert told["counts"]["breach"] == 3


def test_text_says_rule_next_step_and_rating(make: Make) -> None:
    text = checked(make(UNDOCUMENTED)).stdout
    assert "Rule: Cases ¶1 (limit assigned, not in the notice)" in text
    assert "Next: Ask the recipient to delete what it should not have, and mend the export." in text
    assert text.endswith("Act now: at least one breach is open.\n")


def test_no_cell_becomes_a_formula(make: Make) -> None:
    for start in ("=", "+", "-", "@", "\t", "\r"):
        assert neutral(f"{start}1") == f"'{start}1"
    assert neutral("a=1") == "a=1"
    assert neutral(-1) == -1
    (found, *_) = csv.DictReader(io.StringIO(checked(make(UNDOCUMENTED), "--format", "csv").stdout))
    assert found["sender"] == f"'{FORMULA}"
    assert (found["seq"], found["transferred_on"], found["check"]) == ("5", "2010-03-01", "field-not-documented")


def test_a_day_that_is_none_is_refused(make: Make) -> None:
    with pytest.raises(Refused, match=r"--as-of: '30/09/2010' is not a date"):
        ran(check, make(GOOD), "--as-of", "30/09/2010")


# -- what it leaves alone --------------------------------------------------------------------------------------


def test_checking_writes_nothing(make: Make) -> None:
    path = make(UNDOCUMENTED, AFTER)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.read_bytes()
    path.chmod(0o444)
    assert checked(path).exit_code == 1
    assert path.read_bytes() == before


def test_a_finding_on_no_transfer_is_shown_as_one_on_the_documented_purposes(make: Make, tmp_path: Path) -> None:
    path = make(GOOD)
    with Ledger(path, lambda: datetime(2010, 3, 2, 9, tzinfo=UTC), os.urandom, LEAD) as ledger:
        ledger.add_organisations([{"id": "ash", "name": "Ash Hospital", "role": "health-body"}])
    text = checked(path).stdout
    assert "was due from Ash Hospital between 20 January 2010 and 22 January 2010" in text
    made = json.loads(reported(path, "dpo", "json", tmp_path))
    row = next(one for one in made["data"]["findings"]["rows"] if one["check"] == "expected-not-recorded")
    assert (row["id"], row["transferred_on"], row["sender"]) == (None, None, "The documented purposes")
    assert "records that were expected are missing" in reported(path, "dpo", "md", tmp_path).decode()


# -- the report -----------------------------------------------------------------------------------------------

ENDINGS = ("html", "pdf", "csv", "xlsx", "json", "md")
SET = {
    "index.html",
    "findings.csv",
    *(f"governors.{ending}" for ending in ("html", "pdf", "md")),
    *(f"report.{ending}" for ending in ("html", "pdf", "xlsx", "json")),
    *(f"auditor.{ending}" for ending in ("html", "pdf", "json")),
}


def told(path: Path, output: Path, *more: object) -> Said:
    return call("report", path, "-o", output, "--as-of", AS_OF, *more)


def reported(path: Path, kind: str, ending: str, folder: Path, *more: object) -> bytes:
    """The bytes of one report on everything recorded, or for governors on the school year."""
    named = any(one in more for one in ("--year", "--from", "--month", "--term"))
    period = () if named else ("--year", "2009-10") if kind == "governors" else ("--whole",)
    said = told(path, folder / f"out.{ending}", "--for", kind, "--format", ending, *period, *more)
    assert said.status in (0, 1, 2), said
    assert said.out.startswith("Wrote "), said
    return (folder / f"out.{ending}").read_bytes()


def entries(path: Path) -> int:
    return int(rows(path, "SELECT count(*) FROM entries")[0][0])


def files(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir()}


def plain(data: bytes, ending: str, folder: Path) -> str:
    """All that a report shows, as text."""
    if ending == "pdf":
        return read_pdf(data, folder, "-raw")
    if ending == "xlsx":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "\n".join(archive.read(one).decode() for one in archive.namelist())
    return data.decode("utf-8-sig")


@pytest.mark.slow
def test_the_set_has_its_files_and_an_index_of_them(make: Make, tmp_path: Path) -> None:
    path, out = make(UNDOCUMENTED, AFTER, BEFORE), tmp_path / "deep" / "out"
    before = entries(path)
    assert told(path, out).status == 1
    made = files(out)
    charts = {name for name in made if name.endswith(".svg")}
    assert set(made) - charts == SET
    assert {"contactpoint-closing.svg", "findings-by-severity.svg"} <= charts
    index = made["index.html"].decode()
    for name, data in made.items():
        if name != "index.html":
            assert f'href="./{name}"' in index
            assert hashlib.sha256(data).hexdigest() in index
    told_of = list(csv.DictReader(io.StringIO(made["findings.csv"].decode("utf-8-sig"))))
    assert [one["Check"] for one in told_of] == [one["check"] for one in as_checked(path)]
    assert entries(path) == before


def as_checked(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(checked(path, "--format", "json").stdout)["findings"]
    return found


def test_what_an_earlier_report_left_does_not_stay(make: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name in ("contactpoint-closing.svg", "evidence.zip", "governors.html"):
        (out / name).write_text("earlier", encoding="utf-8")
    (out / "minutes.txt").write_text("not ours", encoding="utf-8")
    assert told(make({**GOOD, "transferred_at": "2010-10-04"}), out, "--year", "2010-11").status == 0
    made = files(out)
    assert made["minutes.txt"] == b"not ours"
    assert {"contactpoint-closing.svg", "evidence.zip"}.isdisjoint(made)
    assert made["governors.html"] != b"earlier"
    assert not [name for name in made if name.startswith(".")]


@pytest.mark.parametrize(
    ("transfers", "adopted", "period", "status"),
    [
        ([GOOD, BEFORE], True, "--year=2009-10", 0),
        ([], True, "--year=2009-10", 0),
        ([UNDOCUMENTED], True, "--year=2009-10", 1),
        ([UNDOCUMENTED], True, "--term=autumn-2009", 0),
        ([UNDOCUMENTED], False, "--year=2009-10", 2),
        ([AFTER], False, "--year=2009-10", 1),
    ],
)
@pytest.mark.parametrize("kind", ["governors", "dpo", "auditor"])
def test_the_status_of_a_report(
    make: Make, tmp_path: Path, transfers: list[dict[str, Any]], adopted: bool, period: str, status: int, kind: str
) -> None:
    path = make(*transfers, adopted=adopted)
    said = told(path, tmp_path / "r.md", "--for", kind, period)
    assert said.status == status, said
    assert ("did not run" in said.err) == (status == 2 or not adopted)


@pytest.mark.slow
def test_the_same_ledger_gives_the_same_bytes(make: Make, tmp_path: Path) -> None:
    path = make(UNDOCUMENTED, AFTER, BEFORE, UNSURE, UNKNOWN)
    told(path, tmp_path / "a")
    checked(path)
    told(path, tmp_path / "b")
    assert files(tmp_path / "a") == files(tmp_path / "b")


@pytest.mark.slow
def test_only_attest_appends(make: Make, tmp_path: Path) -> None:
    path = make(UNDOCUMENTED, AFTER)
    before = rows(path, "SELECT * FROM entries ORDER BY seq")
    out = tmp_path / "r.html"
    for more in (
        (), ("--for", "governors"), ("--since-last", "--for", "dpo"), ("--school", "high", "--for", "auditor"),
        ("--app", "http://127.0.0.1:8001/", "--format", "json"), ("--term", "autumn-2009", "--format", "md"),
    ):  # fmt: skip
        told(path, out if more else tmp_path / "set", *more)
    assert call("verify-report", out, path).status == 1
    call("sample", path, "--seed", "1", "-o", tmp_path / "s.csv")
    call("export", path, "ropa", "-o", tmp_path / "r.csv")
    call("check", path, "--as-of", AS_OF)
    assert rows(path, "SELECT * FROM entries ORDER BY seq") == before
    assert told(path, out, "--for", "dpo", "--attest").status == 1
    assert entries(path) == len(before) + 1


def test_all_schools_attests_nothing(make: Make, tmp_path: Path) -> None:
    path = make(GOOD)
    folder = tmp_path / "schools"
    folder.mkdir()
    path.rename(folder / "a.db")
    assert "nothing else" in refused("report", "--all-schools", folder, "--attest", "-o", tmp_path / "out")
    assert call("report", "--all-schools", folder, "--as-of", AS_OF, "-o", tmp_path / "out").status == 0
    assert entries(folder / "a.db") == 6


# -- what is said ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["governors", "dpo", "auditor"])
def test_html_stands_alone_and_takes_no_text_for_markup(make: Make, tmp_path: Path, kind: str) -> None:
    html = reported(make(UNDOCUMENTED, AFTER), kind, "html", tmp_path).decode()
    assert not re.search(r"<script|<iframe|@import|url\((?!data:)|\son\w+=", html)
    targets = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert targets
    assert all(target.startswith(("#", "data:")) for target in targets)
    ids = Counter(re.findall(r'\bid="([^"]*)"', html))
    assert set(ids.values()) <= {1}
    assert {target[1:] for target in targets if target.startswith("#")} <= set(ids)
    assert "<b>Council" not in html
    assert "&lt;b&gt;Council&lt;/b&gt;" in html


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["governors", "dpo", "auditor"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_no_erasable_text_gets_into_a_report(make: Make, tmp_path: Path, kind: str, ending: str) -> None:
    path = make(UNKNOWN, GOOD)
    with Ledger(path, lambda: datetime(2010, 3, 2, 9, tzinfo=UTC), os.urandom, LEAD) as ledger:
        texts = {"note": f"{SECRET} note", "operator": f"{SECRET} operator"}
        members = {**GOOD, "id": "told", "transferred_on": date(2010, 3, 1)}
        ledger.append(ledger.settle(members, texts))
        ledger.correct("told", f"{SECRET} reason", None, {"recorded_by": f"{SECRET} clerk"})
        key = next(iter(check_ledger(path, date(2011, 1, 31)).rows)).key
        ledger.review(key, "unknown-recipient", "accepted", None, None, {"reason": SECRET, "owner": SECRET})
    values = [disclosure.read(text).value for (text,) in rows(path, "SELECT disclosure FROM disclosures")]
    assert sum(SECRET in value for value in values) == 7
    text = plain(reported(path, kind, ending, tmp_path), ending, tmp_path)
    assert "Jayden" not in text
    assert "Smithson" not in text


@pytest.mark.parametrize("kind", ["governors", "dpo", "auditor"])
def test_contactpoint_is_spoken_of_even_when_all_is_well(make: Make, tmp_path: Path, kind: str) -> None:
    path = make(GOOD, {**BEFORE, "transferred_at": "2010-05-04"})
    text = reported(path, kind, "md", tmp_path).decode()
    assert "ContactPoint" in text
    assert "No problem found" in text
    assert reported(make_ledger(tmp_path / "n.db", AFTER), kind, "md", tmp_path).decode().count("Act now") >= 1


def test_contactpoint_that_cannot_be_told_is_not_called_clean(make: Make, tmp_path: Path) -> None:
    path = make(UNSURE)
    numbers = json.loads(reported(path, "dpo", "json", tmp_path))["numbers"]
    assert (numbers["contactpoint-after"]["value"], numbers["contactpoint-untold"]["value"]) == (0, 1)
    text = reported(path, "governors", "md", tmp_path).decode()
    assert "No problem found**" not in text
    assert "Cannot say" in text


def test_without_a_register_each_reader_is_told(make: Make, tmp_path: Path) -> None:
    path = make(GOOD, adopted=False)
    needing = sum(one.NEEDS != "law" for one in CHECKS)
    made = json.loads(reported(path, "dpo", "json", tmp_path))
    assert (
        sum("No register of documented purposes is adopted." in str(one) for one in made["data"]["checks"]["rows"])
        == needing
    )
    assert "Our privacy notice is not in the record" in reported(path, "governors", "md", tmp_path).decode()
    assert "No register" in reported(path, "auditor", "md", tmp_path).decode()
    for kind in ("governors", "dpo"):
        assert "Cannot say" in reported(path, kind, "md", tmp_path).decode()


def test_a_period_before_the_ledger_is_said(make: Make, tmp_path: Path) -> None:
    path = make(GOOD)
    for kind in ("dpo", "auditor"):
        assert (
            "The ledger was begun on 1 January 2010"
            in reported(path, kind, "md", tmp_path, "--year", "2009-10").decode()
        )
        assert (
            "No transfer that stands is recorded" in reported(path, kind, "md", tmp_path, "--year", "1990-91").decode()
        )


@pytest.mark.parametrize("kind", ["governors", "dpo", "auditor"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_genesis_alone_is_reported_on(tmp_path: Path, kind: str, ending: str) -> None:
    path = tmp_path / "l.db"
    create(
        path, "shire.example/transfers", "Shire", lambda: datetime(2010, 1, 1, 9, tzinfo=UTC), os.urandom, actor=LEAD
    )
    said = told(path, tmp_path / f"r.{ending}", "--for", kind)
    assert said.status == 2
    assert "did not run" in said.err
    assert call("verify-report", tmp_path / f"r.{ending}", path).status == 1


def test_what_is_no_ledger_is_refused(tmp_path: Path) -> None:
    empty, text, folder = tmp_path / "e.db", tmp_path / "t.db", tmp_path / "f.db"
    empty.touch()
    text.write_text("not a ledger" * 100)
    folder.mkdir()
    store.create(tmp_path / "none.db").close()
    (tmp_path / "r.html").write_text("a report")
    for path in (empty, text, folder, tmp_path / "none.db", tmp_path / "missing.db"):
        said = refused("report", path, "-o", tmp_path / "out")
        assert said.count("\n") == 1
        assert refused("verify-report", tmp_path / "r.html", path).count("\n") == 1
        assert not (tmp_path / "out").exists()
    for file in (tmp_path / "missing", folder):
        assert "cannot be read" in refused("verify-report", file, empty)


def test_what_was_recorded_since_a_check_is_reported(make: Make, tmp_path: Path) -> None:
    path = make(GOOD)
    checked(path)
    with Ledger(path, lambda: datetime(2010, 9, 2, 9, tzinfo=UTC), os.urandom, LEAD) as ledger:
        ledger.append(ledger.settle({**AFTER, "id": "late", "transferred_on": date(2010, 8, 6)}, {}))
    for kind in ("governors", "dpo"):
        assert "Act now" in reported(path, kind, "md", tmp_path).decode()


# -- options -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "says"),
    [
        (("--from", "2010-05-01", "--to", "2010-04-01"), "before it begins"),
        (("--year", "2009-10", "--month", "2010-01"), "Name one period"),
        (("--whole", "--to", "2010-01-01"), "Name one period"),
        (("--year", "2009-2010"), "no school year"),
        (("--year", ""), "no school year"),
        (("--month", "2010-13"), "no month"),
        (("--term", "summer-2010"), "they state autumn-2009, spring-2010"),
        (("--term", "a,whole"), "letters, digits and hyphens"),
        (("--term", "a=b"), "letters, digits and hyphens"),
        (("--school", "nope"), "knows no organisation nope"),
        (("--school", "x" * 3000), "knows no organisation"),
        (("--app", "javascript:alert(1)"), "--app"),
        (("--app", "http://"), "--app"),
        (("--app", "http:///a"), "--app"),
        (("--app", "http://a b"), "--app"),
        (("--app", "http://h\u00e9"), "--app"),
        (("--app", "http://h/?q=1"), "--app"),
        (("--app", "http://" + "h" * 200), "150"),
        (("--as-of", "31/01/2011"), "--as-of"),
        (("--as-of", "9999-12-31"), "--as-of"),
        (("--for", "parents"), "parents"),
        (("--format", "docx"), "docx"),
    ],
)  # fmt: skip
def test_an_odd_option_is_refused_in_a_sentence(make: Make, tmp_path: Path, more: tuple[str, ...], says: str) -> None:
    path = make(GOOD)
    said = call("report", path, "-o", tmp_path / "r.html", *(() if "--for" in more else ("--for", "dpo")), *more)
    assert (said.status, says in said.err) == (2, True), said
    assert not (tmp_path / "r.html").exists()


def test_an_address_of_the_app_is_text_too(make: Make, tmp_path: Path) -> None:
    odd = "http://h/\"><script>alert(1)</script>'"
    path = make(UNDOCUMENTED)
    html = reported(path, "dpo", "html", tmp_path, "--app", odd).decode()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    for ending in ENDINGS[1:]:
        assert reported(path, "dpo", ending, tmp_path, "--app", odd)


def test_a_school_is_found_by_each_id_that_it_had(make: Make, tmp_path: Path) -> None:
    path = make(UNDOCUMENTED)
    academy = {
        "id": "academy",
        "name": "High Academy",
        "role": "school",
        "phase": "secondary",
        "former_ids": ["old-high"],
    }
    with Ledger(path, lambda: datetime(2010, 9, 2, 9, tzinfo=UTC), os.urandom, LEAD) as ledger:
        ledger.add_organisations([academy])
        members = {**UNDOCUMENTED, "id": "a", "sender": "old-high", "transferred_on": date(2010, 3, 1)}
        ledger.append(ledger.settle(members, {}))
    now = reported(path, "dpo", "json", tmp_path, "--school", "academy")
    assert reported(path, "dpo", "json", tmp_path, "--school", "old-high") == now
    made = json.loads(now)
    assert made["numbers"]["transfers"]["value"] == 1
    assert "school=academy" in made["made"]["options"]
    assert "High Academy" in made["about"]


# -- where it is written -----------------------------------------------------------------------------------------


def test_a_report_is_never_written_over_a_record(make: Make, tmp_path: Path) -> None:
    path = make(GOOD)
    link, key = tmp_path / "link.html", tmp_path / "ledger.key"
    link.symlink_to(path)
    assert call("key", "new", "--name", "shire.example/transfers", "-o", key).status == 0
    secret, sealed = key.read_bytes(), rows(path, "SELECT * FROM entries ORDER BY seq")
    with closing(sqlite3.connect(path)) as db:  # which keeps the files beside it there
        db.execute("SELECT count(*) FROM entries").fetchone()
        for output in (path, link, tmp_path / "transfers.db-wal", tmp_path / "transfers.db-shm", key):
            for more in ((), ("--attest",)):
                said = told(path, output, "--for", "dpo", *more)
                assert (said.status, "not written over it" in said.err) == (2, True), said
    assert link.is_symlink()
    assert key.read_bytes() == secret
    assert rows(path, "SELECT * FROM entries ORDER BY seq") == sealed
    assert call("verify", path).status == 0
    assert "is a file" in told(path, path).err


def test_what_stands_in_the_way_is_said(make: Make, tmp_path: Path) -> None:
    path, file = make(GOOD), tmp_path / "file"
    file.write_text("mine")
    (tmp_path / "out" / "report.html").mkdir(parents=True)
    for output, more, says in (
        (file, (), "is a file"),
        (file / "under", (), "cannot be made"),
        (file / "under.html", ("--for", "dpo"), "cannot be written"),
        (tmp_path / "no" / "r.html", ("--for", "dpo"), "cannot be written"),
        (tmp_path / "out", ("--for", "dpo"), "is a folder"),
        (tmp_path / "out", (), "is a folder"),
        (tmp_path / ("x" * 300), ("--for", "dpo"), "cannot be written"),
    ):
        said = told(path, output, *more)
        assert (said.status, says in said.err, said.err.count("\n")) == (2, True, 1), said
    assert file.read_text() == "mine"
    assert [one.name for one in (tmp_path / "out").iterdir()] == ["report.html"]


def test_a_link_to_a_report_stays_a_link_and_a_private_one_private(make: Make, tmp_path: Path) -> None:
    path, kept, link = make(GOOD), tmp_path / "kept.md", tmp_path / "link.md"
    kept.write_text("earlier")
    kept.chmod(0o600)
    link.symlink_to(kept)
    assert told(path, link, "--for", "dpo").status == 0
    assert link.is_symlink()
    assert kept.read_text().startswith("# ")
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_cannot_be_written_to(make: Make, tmp_path: Path) -> None:
    path = make(GOOD)
    with mounted(tmp_path / "disk", "size=400k") as disk:
        (disk / "r.md").write_text("earlier")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        for output, more in ((disk / "r.md", ("--for", "dpo")), (disk / "out", ()), (disk, ())):
            said = told(path, output, *more)
            assert (said.status, "Read-only" in said.err, said.err.count("\n")) == (2, True, 1), said
        assert files(disk) == {"r.md": b"earlier"}


@pytest.mark.slow
def test_on_a_full_disk_an_earlier_set_stays_whole(make: Make, tmp_path: Path) -> None:
    path = make(GOOD, UNDOCUMENTED, AFTER)
    with mounted(tmp_path / "disk", "size=8m") as disk:
        assert told(path, disk / "out").status == 1
        before = files(disk / "out")
        kept = tmp_path / "more.db"
        shutil.copy(path, kept)
        with Ledger(kept, lambda: datetime(2010, 9, 2, 9, tzinfo=UTC), os.urandom, LEAD) as ledger:
            ledger.append(ledger.settle({**AFTER, "id": "late", "transferred_on": date(2010, 8, 6)}, {}))
        for leave in (0, 4096, 100_000):
            with filled(disk, leave):
                for output, more in ((disk / "out", ()), (disk / "out" / "report.xlsx", ("--for", "dpo", "--attest"))):
                    if leave == 100_000 and more:
                        continue  # there it fits
                    said = told(kept, output, *more)
                    assert (said.status, "No space left" in said.err, said.err.count("\n")) == (2, True, 1), said
                    assert files(disk / "out") == before
        assert entries(kept) == entries(path) + 1
        assert told(kept, disk / "out").status == 1
        assert files(disk / "out").keys() == before.keys()


@pytest.mark.slow
@pytest.mark.parametrize(
    "ending", ["csv", pytest.param("html", marks=pytest.mark.slow), pytest.param("pdf", marks=pytest.mark.slow)]
)
def test_a_pipe_gets_the_report_and_nothing_else(make: Make, tmp_path: Path, ending: str) -> None:
    path = make(GOOD)
    asked = ("report", path, "--for", "dpo", "--format", ending, "--as-of", AS_OF)
    assert call(*asked, "-o", tmp_path / "r").status == 0
    wanted = (tmp_path / "r").read_bytes()
    command = [sys.executable, "-m", "ledger.cli", *map(str, asked), "-o", "/dev/stdout"]
    piped = subprocess.run(command, capture_output=True, check=False)
    assert (piped.returncode, piped.stdout) == (0, wanted)
    assert b"Wrote /dev/stdout" in piped.stderr
    with (tmp_path / "to").open("wb") as file:
        assert subprocess.run(command, stdout=file, stderr=subprocess.DEVNULL, check=False).returncode == 0
    assert (tmp_path / "to").read_bytes() == wanted
    assert Path("/dev/stdout").is_symlink()


@pytest.mark.slow
def test_killed_while_writing_nothing_half_written_takes_its_place(make: Make, tmp_path: Path) -> None:
    path, out = make(GOOD, UNDOCUMENTED, AFTER), tmp_path / "out"
    assert told(path, out).status == 1
    before = files(out)
    command = [sys.executable, "-m", "ledger.cli", "report", str(path), "-o", str(out), "--as-of", AS_OF, "--attest"]
    states: set[str] = set()
    for step in range(12):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(0.2 * step + 0.3)
        process.kill()
        process.wait()
        now = {name: data for name, data in files(out).items() if not name.startswith(".")}
        assert now.keys() == before.keys()
        for name, data in now.items():
            states.add("same" if data == before[name] else "new")
            if name.endswith(".json"):
                json.loads(data)
            if name.endswith((".html", ".pdf")):
                assert data.rstrip().endswith((b"</html>", b"%%EOF"))
        assert call("verify", path).status == 0
    assert states >= {"same"}
    assert told(path, out, "--attest").status == 1
    assert call("verify-report", out / "auditor.json", path).status == 0


# -- a record that does not verify -------------------------------------------------------------------------------


def altered(path: Path) -> Path:
    edit(path, "UPDATE entries SET entry = replace(entry, '120', '121') WHERE seq = 5")
    return path


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["governors", "dpo", "auditor"])
@pytest.mark.parametrize("ending", ENDINGS)
def test_an_altered_record_is_said_first_and_cannot_be_rated_clean(
    make: Make, tmp_path: Path, kind: str, ending: str
) -> None:
    path = altered(make(GOOD))
    before = entries(path)
    out = tmp_path / f"r.{ending}"
    said = told(path, out, "--for", kind, "--year", "2009-10", "--attest")
    assert said.status == 1
    assert "does not verify" in said.err
    assert "not attested" in said.err
    assert entries(path) == before
    text = plain(out.read_bytes(), ending, tmp_path)
    warning = "Do not rely on this report" if kind == "governors" else "does NOT verify"
    if ending == "html":
        body = re.sub(r"<[^>]*>|\s+", " ", text[text.index("<body>") :]).split()
        assert body[0] == "Warning"
        assert warning in " ".join(body[:40])
    elif ending == "json":
        assert warning in json.loads(text)["warning"]
        assert text.index(warning) < text.index('"made"')
    elif ending == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(out.read_bytes())).worksheets[0]
        assert warning in str(sheet["A1"].value)
    elif ending == "pdf":
        assert warning in " ".join(text.split())[:200]
    else:
        assert warning in text.splitlines()[0]
    assert "No problem found" not in re.sub(r"No problem found:|Otherwise, no problem|, no problem", "", text)
    assert call("verify-report", out, path).status == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", [one for one in CASES if str(one["consistent"]).startswith("1")], ids=lambda one: one["name"]
)
def test_however_it_was_tampered_with_a_report_says_so_first(
    case: dict[str, Any], tampered_base: Base, tmp_path: Path
) -> None:
    path = done(case, tampered_base, tmp_path)
    for kind in ("governors", "dpo", "auditor"):
        out = tmp_path / f"{kind}.md"
        said = told(path, out, "--for", kind, "--year", "2009-10", "--attest")
        if said.status == 2:
            assert said.err.count("\n") == 1, said
            assert not out.exists()
        else:
            assert said.status == 1, said
            assert out.read_text().splitlines()[0].startswith("> **")
            assert "not attested" in said.err
    (tmp_path / "f").write_text("x")
    assert call("verify-report", tmp_path / "f", path).status in (1, 2)


@pytest.fixture(scope="module")
def tampered_base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return build(tmp_path_factory.mktemp("base"))


# -- many, and hostile, names ------------------------------------------------------------------------------------

HOSTILE = (
    "=cmd|'/C calc'!A0", "+1", "-1", "@SUM(1)", "</td><script>alert(1)</script>", "]] #panic(\"x\") $x^2$ \\ @a <b>",
    "| a | b |\n# heading",
    "\N{RIGHT-TO-LEFT OVERRIDE}gnp.exe", "\u0645\u062f\u0631\u0633\u0629 \u0627\u0644\u0646\u0648\u0631",
    "W" * 150, "a " * 70, "\u202e\u2066abc", "&amp;&lt;", "![x](http://evil.example/)", "`code` *b* _i_",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["governors", *(pytest.param(one, marks=pytest.mark.slow) for one in ("dpo", "auditor"))]
)
def test_hostile_names_stay_text(tmp_path: Path, kind: str) -> None:
    path = make_ledger(tmp_path / "l.db", adopted=True)
    known = []
    with Ledger(path, lambda: datetime(2010, 3, 2, 9, tzinfo=UTC), os.urandom, LEAD) as ledger:
        for place, name in enumerate(HOSTILE):
            try:
                ledger.add_organisations([{"id": f"s{place}", "name": name, "role": "school", "phase": "secondary"}])
            except Refused:
                continue
            known.append(name)
            members = {**UNDOCUMENTED, "id": f"h{place}", "sender": f"s{place}", "transferred_on": date(2010, 3, 1)}
            ledger.append(ledger.settle(members, {}))
    assert len(known) > 8
    found = {ending: reported(path, kind, ending, tmp_path) for ending in ENDINGS}
    assert b"<script" not in found["html"]
    assert b"](http://evil" not in found["md"]
    for row in csv.reader(io.StringIO(found["csv"].decode("utf-8-sig"))):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@")) and not cell[1:].isdigit()]
    json.loads(found["json"])
    book = openpyxl.load_workbook(io.BytesIO(found["xlsx"]))
    assert all(cell.data_type != "f" for sheet in book for row in sheet for cell in row)
    assert found["pdf"].startswith(b"%PDF")
    out = tmp_path / "set"
    assert told(path, out).status == 1
    for file in out.glob("*.svg"):
        ET.parse(file)


@pytest.mark.slow
def test_of_100_000_findings_the_document_tells_some_and_the_csv_all(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "l.db")
    with Ledger(path, lambda: datetime(2010, 3, 2, 9, tzinfo=UTC), os.urandom, LEAD) as ledger:
        many = ({**UNDOCUMENTED, "id": f"m{n}", "transferred_on": date(2010, 3, 1)} for n in range(50_000))
        ledger.append_many(ledger.settle(one, {}) for one in many)
    found = sum(1 for _ in csv.reader(io.StringIO(reported(path, "dpo", "csv", tmp_path).decode("utf-8-sig")))) - 1
    assert found >= 100_000
    assert len(reported(path, "dpo", "html", tmp_path)) < 3_000_000
    assert len(reported(path, "governors", "html", tmp_path)) < 200_000
    assert len(reported(path, "auditor", "pdf", tmp_path)) < 20_000_000
