"""`check` and `report` on small ledgers: exit statuses, formats, the cache, and what the report says and keeps."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sqlite3
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger.errors import Refused
from ledger.writer import Ledger
from reports import cache
from reports.charts.drawn import drawn
from reports.checks import CHECKS
from reports.cli.check import check, check_ledger
from reports.cli.report import files, report, report_on
from reports.formats.csv_ import neutral
from tests.reports.ledgers import AFTER, BEFORE, FORMULA, GOOD, SECRET, UNDOCUMENTED, UNKNOWN, UNSURE, make_ledger

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


def test_a_withdrawn_breach_is_shown_and_no_longer_open(make: Make) -> None:
    path = make(AFTER, withdraw="t0")
    result = checked(path, "--format", "json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert [one["check"] for one in told["findings"]] == ["contactpoint-closed"]
    assert told["counts"]["corrected"] == 1
    assert "corrected it since" in told["findings"][0]["found"]
    html = "".join(files(report_on(path, date(2011, 1, 31)))["report.html"])
    assert "1 more finding is on entries that were corrected or withdrawn since" in html


def test_json_has_the_promised_shape(make: Make) -> None:
    told = json.loads(checked(make(UNDOCUMENTED, AFTER), "--format", "json").stdout)
    assert list(told) == ["as_of", "findings", "checks", "counts"]
    assert told["as_of"] == AS_OF
    keys = ["key", "check", "outcome", "severity", "seq", "id", "expected", "found", "citation", "next_step"]
    assert all(list(one) == [*keys, "decision"] for one in told["findings"])
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


# -- the cache ------------------------------------------------------------------------------------------------


def test_findings_are_kept_worst_first_one_row_an_entry(make: Make) -> None:
    path = make(UNDOCUMENTED, GOOD, GOOD, AFTER)
    result = checked(path, "--format", "json")
    kept = rows(path, "SELECT check_name, severity, seq, id FROM findings ORDER BY position, seq")
    assert kept == [
        ("contactpoint-closed", "critical", 8, "t3"),
        ("field-not-documented", "serious", 5, "t0"),
        ("lawful-basis-not-documented", "serious", 5, "t0"),
        ("duplicate-transfer", "minor", 6, "t1"),
        ("duplicate-transfer", "minor", 7, "t2"),
    ]
    state = dict(rows(path, "SELECT name, value FROM checked"))
    assert (state["as_of"], state["size"], state["transfers"], state["rating"]) == (AS_OF, "9", "4", "act-now")
    assert json.loads(state["checks"]) == json.loads(result.stdout)["checks"]
    assert state["head"] == rows(path, "SELECT hash FROM entries ORDER BY seq DESC LIMIT 1")[0][0]
    checked(path)
    assert rows(path, "SELECT check_name, severity, seq, id FROM findings ORDER BY position, seq") == kept


def test_keeping_findings_changes_nothing_else(make: Make) -> None:
    path = make(UNDOCUMENTED, AFTER)
    tables = ("entries", "disclosures", "documents", "names", "sqlite_schema")
    before = [rows(path, f"SELECT * FROM {table}") for table in tables]
    assert checked(path).exit_code == 1
    assert [rows(path, f"SELECT * FROM {table}") for table in tables] == before
    with closing(sqlite3.connect(path)) as db:
        db.set_authorizer(cache._allowed)
        for sql in ("DELETE FROM names", "DROP TABLE checked", "INSERT INTO documents VALUES ('', '', '')"):
            with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
                db.execute(sql)


def test_a_ledger_that_cannot_be_written_to_is_checked_all_the_same(make: Make) -> None:
    written = make(UNDOCUMENTED)
    folder = written.parent / "Dropbox"
    folder.mkdir()
    path = written.rename(folder / "transfers.db")
    result = checked(path)
    assert result.exit_code == 1
    assert "field-not-documented" in result.stdout
    assert "not kept for browsing" in result.stderr
    assert "synchronised" in result.stderr
    assert not rows(path, "SELECT * FROM findings")


# -- the report -----------------------------------------------------------------------------------------------


def reported(path: Path) -> dict[str, bytes]:
    made = files(report_on(path, date(2011, 1, 31)))
    return {name: "".join(text).encode() for name, text in made.items()}


def test_report_writes_its_files_and_its_status(make: Make, tmp_path: Path) -> None:
    path, out = make(UNDOCUMENTED, AFTER, BEFORE), tmp_path / "deep" / "out"
    assert ran(report, path, "-o", out, "--as-of", AS_OF).exit_code == 1
    assert sorted(one.name for one in out.iterdir()) == [
        "contactpoint-closing.svg",
        "findings-by-severity.svg",
        "findings.csv",
        "report.html",
        "report.json",
        "transfers-by-recipient.svg",
    ]
    assert (out / "report.json").read_text(encoding="utf-8") == checked(path, "--format", "json").stdout
    assert (out / "findings.csv").read_text(encoding="utf-8-sig") == checked(path, "--format", "csv").stdout
    with pytest.raises(Refused, match="cannot be written there"):
        ran(report, path, "-o", path / "under-a-file")


def test_a_chart_of_an_earlier_report_does_not_stay(make: Make, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "contactpoint-closing.svg").write_text("earlier", encoding="utf-8")
    (out / "minutes.txt").write_text("not ours", encoding="utf-8")
    assert ran(report, make(GOOD), "-o", out, "--as-of", AS_OF).exit_code == 0
    assert sorted(one.name for one in out.iterdir()) == [
        "findings.csv",
        "minutes.txt",
        "report.html",
        "report.json",
        "transfers-by-recipient.svg",
    ]


def test_the_same_ledger_gives_the_same_bytes(make: Make) -> None:
    path = make(UNDOCUMENTED, AFTER, BEFORE, UNSURE, UNKNOWN)
    first = reported(path)
    checked(path)
    assert reported(path) == first


def test_html_stands_alone_and_takes_no_text_for_markup(make: Make) -> None:
    html = reported(make(UNDOCUMENTED, AFTER))["report.html"].decode()
    assert not re.search(r"<script|<link|<iframe|@import|url\(|\son\w+=", html)
    targets = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert targets
    assert all(target.startswith(("#", "data:image/svg+xml;base64,")) for target in targets)
    ids = Counter(re.findall(r'\bid="([^"]*)"', html))
    assert set(ids.values()) == {1}
    assert {target[1:] for target in targets if target.startswith("#")} <= set(ids)
    assert "<b>Council" not in html
    assert "Shire &lt;b&gt;Council&lt;/b&gt;" in html


def test_html_says_what_was_found_and_by_which_rule(make: Make) -> None:
    path = make(UNDOCUMENTED, AFTER)
    html = reported(path)["report.html"].decode()
    head = rows(path, "SELECT hash FROM entries ORDER BY seq DESC LIMIT 1")[0][0]
    for said in (
        "<strong>Act now</strong>",
        "One rule gives the rating.",
        "As of 31 January 2011",
        head,
        "All 7 entries were read and recomputed",
        "1 transfer used ContactPoint after it was switched off.",
        "Cases ¶1",
        'class="tag">assigned</span>',
        "The notice names no basis.",
        "Establish the lawful basis with the data protection officer and correct the entry.",
        f"All {len(CHECKS)} checks ran on all 2 transfers.",
        "Whether a transfer took place that nobody recorded",
    ):
        assert said in html


def test_contactpoint_is_spoken_of_even_when_all_is_well(make: Make) -> None:
    made = report_on(make(GOOD, {**BEFORE, "transferred_at": "2010-05-04"}), date(2011, 1, 31))
    assert (made.rating.level, made.contactpoint.before, made.contactpoint.after) == ("no-problem-found", 1, 0)
    html = "".join(files(made)["report.html"])
    assert "No recorded transfer used ContactPoint after it was switched off." in html
    assert "switched off on 6 August 2010 at 12:00 London time" in html
    assert "No check found anything on a transfer that stands." in html


def test_contactpoint_that_cannot_be_told_is_not_called_clean(make: Make) -> None:
    made = report_on(make(UNSURE), date(2011, 1, 31))
    assert (made.contactpoint.after, made.contactpoint.untold) == (0, 1)
    assert made.contactpoint.statement.startswith("No transfer certainly used ContactPoint")
    assert made.contactpoint.causes[0].title.startswith("Cannot be told: ")


def test_without_a_register_the_report_says_what_did_not_run(make: Make) -> None:
    made = report_on(make(GOOD, adopted=False), date(2011, 1, 31))
    needing = sum(check.NEEDS != "law" for check in CHECKS)
    assert (made.rating.level, len(made.not_run)) == ("cannot-say", needing)
    html = "".join(files(made)["report.html"])
    assert html.count("did not run: No register of documented purposes is adopted.") == needing
    assert "only the facts of law judged these transfers" in html


def test_no_erasable_text_gets_into_a_report(make: Make) -> None:
    path = make(UNKNOWN)
    made = report_on(path, date(2011, 1, 31))
    assert [row.recipient for row in made.rows] == ["Not a known name (unlisted)"]
    contents = "".join("".join(text) for text in files(made).values()).encode() + checked(path).stdout_bytes
    assert SECRET.encode() not in contents
    assert SECRET not in str(rows(path, "SELECT * FROM findings"))


def test_flows_and_recipients_add_up(make: Make) -> None:
    more = {**GOOD, "transferred_at": "2010-05-01", "subjects": {"kind": "pupil"}}
    made = report_on(make(GOOD, UNDOCUMENTED, more, AFTER), date(2011, 1, 31))
    assert [(one.recipient, one.transfers, one.people, one.counted) for one in made.flows] == [
        ("Shire <b>Council</b>", 3, 240, 2),
        ("ContactPoint", 1, None, 0),
    ]
    assert [(one.name, one.transfers, one.severities) for one in made.recipients] == [
        ("ContactPoint", 1, (1, 0, 0)),
        ("Shire <b>Council</b>", 3, (0, 2, 0)),
    ]


def test_schools_are_one_party_in_flows_and_chart(make: Make) -> None:
    to_school = {**GOOD, "sender": "shire", "recipient": "high"}
    also = {**GOOD, "sender": "shire", "recipient": "low", "transferred_at": "2010-04-01"}
    made = report_on(make(to_school, also), date(2011, 1, 31))
    assert [(one.sender, one.recipient, one.transfers) for one in made.flows] == [
        ("Shire <b>Council</b>", "2\N{NO-BREAK SPACE}schools", 2)
    ]
    assert made.figures[2].series == (("Schools", (1, 1)),)
    assert made.figures[2].description.startswith("2 transfers to 2 recipients from Mar 2010 to Apr 2010.")
    assert {one.name for one in made.recipients} == {FORMULA, "Low School"}


def test_an_altered_record_cannot_be_rated_clean(make: Make, tmp_path: Path) -> None:
    path = make(GOOD)
    trigger = "SELECT sql FROM sqlite_schema WHERE name = 'entries_no_update'"
    with closing(sqlite3.connect(path)) as db, db:
        (sql,) = db.execute(trigger).fetchone()
        db.execute("DROP TRIGGER entries_no_update")
        db.execute("UPDATE entries SET entry = replace(entry, '120', '121') WHERE seq = 5")
        db.execute(sql)
    made = report_on(path, date(2011, 1, 31))
    assert made.rating == ("cannot-say", ("not-verified",))
    assert "does NOT verify" in "".join(files(made)["report.html"])
    result = ran(report, path, "-o", tmp_path / "out", "--as-of", AS_OF)
    assert result.exit_code == 1
    assert "does NOT verify" in result.stderr


# -- figures and charts ---------------------------------------------------------------------------------------


def test_charts_are_pictures_that_say_what_they_show(make: Make) -> None:
    made = report_on(make(UNDOCUMENTED, AFTER, BEFORE, UNSURE), date(2011, 1, 31))
    charts = drawn(made.figures)
    assert len(charts) == 3
    for figure in made.figures:
        root = ET.fromstring(charts[figure.name])
        svg = "{http://www.w3.org/2000/svg}"
        assert root.get("role") == "img"
        title, description = root[0], root[1]
        assert (title.tag, title.text) == (f"{svg}title", figure.title)
        assert (description.tag, description.text) == (f"{svg}desc", figure.description)
        assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert not list(root.iter(f"{svg}text"))
        assert "DOCTYPE" not in charts[figure.name]
        assert "<dc:date>" not in charts[figure.name]
    closing_figure = made.figures[0]
    assert dict(closing_figure.table) == {"6 Aug": (1, 1, 1)}
    assert "1 transfers used it before the closing, of 1 it cannot be told" in closing_figure.description


def test_checking_writes_nothing_by_itself(make: Make) -> None:
    path = make(UNDOCUMENTED)
    assert len(check_ledger(path, date(2011, 1, 31)).rows) == 2
    assert not rows(path, "SELECT * FROM findings")


def test_a_finding_on_no_transfer_is_shown_as_one_on_the_documented_purposes(make: Make) -> None:
    path = make(GOOD)
    with Ledger(path, lambda: datetime(2010, 3, 2, 9, tzinfo=UTC), os.urandom) as ledger:
        ledger.add_organisations([{"id": "ash", "name": "Ash Hospital", "role": "health-body"}])
    text = checked(path).stdout
    assert "was due from Ash Hospital between 20 January 2010 and 22 January 2010" in text
    made = report_on(path, date.fromisoformat(AS_OF))
    row = next(one for one in made.rows if one.check == "expected-not-recorded")
    assert (row.id, row.on, row.sender_id, row.sender) == (None, None, "", "The documented purposes")
    html = "".join(files(made)["report.html"])
    assert "records that were expected are missing" in html
    assert "Several, in one import" not in html
