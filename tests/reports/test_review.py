"""`review`: a decision closes its finding, for as long as it says, and every report shows both."""

from __future__ import annotations

import csv
import io
import json
import os
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger import store, writer
from ledger.errors import Conflict, Refused
from ledger.verify.assurance import verify
from ledger.writer import Judged
from reports.cli.check import check, check_ledger
from reports.cli.explain import explain
from reports.cli.findings import findings
from reports.cli.review import review
from tests.codes import DPO, LEAD
from tests.reports.ledgers import AFTER, GOOD, UNDOCUMENTED, make_ledger
from tests.reports.opened import texts
from tests.reports.test_report import AS_OF, Make
from tests.reports.world import AS_OF as DAY

REASON, BY, OWNER = "agreed in the audit of spring", "Robin Decider", "Kim Owner"
TYPED = (REASON, BY, OWNER)
ONE_TOO_MANY = {**GOOD, "fields": ["forename", "upn"]}  # whose one finding is a breach that may be accepted


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a ledger of the transfers given."""
    return partial(make_ledger, tmp_path / "transfers.db")


def ran(command: Any, *arguments: object, as_of: str = AS_OF) -> Result:
    return CliRunner().invoke(command, [*map(str, arguments), "--as-of", as_of], catch_exceptions=False)


def decide(path: Path, *which: object, decision: str = "accepted", **options: str) -> Result:
    options = {"reason": REASON, **({"due": "2011-03-01"} if decision == "accepted" else {}), **options}
    more = [text for name, value in options.items() for text in (f"--{name}", value)]
    result = ran(review, path, *which, "--decision", decision, *more)
    assert result.exit_code == 0
    return result


def key_of(path: Path, name: str) -> str:
    (found,) = (one.key for one in check_ledger(path, DAY).result.findings if one.check == name)
    return found


def writing(path: Path) -> writer.Ledger:
    return writer.Ledger(path, lambda: datetime(2011, 2, 1, tzinfo=UTC), lambda size: b"\7" * size, LEAD)


def test_a_decision_closes_its_finding_until_its_day_has_passed(make: Make) -> None:
    path = make(ONE_TOO_MANY)
    assert ran(check, path).exit_code == 1
    result = decide(path, 5, "field-not-documented", due="2011-03-01", by=BY, owner=OWNER)
    assert result.stdout.startswith("entry 6  ")
    assert "is closed: continue until 1 March 2011. It is open again the day after." in result.stdout
    closed = ran(check, path)
    assert closed.exit_code == 0
    assert "field-not-documented, breach, closed: may continue for a time\n" in closed.stdout
    told = f"Decision: continue until 1 March 2011 (entry 6): {REASON}. Decided by {BY}. To be seen to by {OWNER}."
    assert told in closed.stdout
    assert "0 open breaches" in closed.stdout
    assert "1 closed." in closed.stdout
    assert "No: 1 breach was found." in closed.stdout
    assert closed.stdout.endswith("\nNothing is open.\n")
    assert ran(check, path, as_of="2011-03-01").exit_code == 0
    overdue = ran(check, path, as_of="2011-03-02")
    assert overdue.exit_code == 1
    assert "decision overdue\n" in overdue.stdout
    assert "(entry 6), which has passed: " in overdue.stdout
    shown = ran(findings, "show", path, 5)
    assert told in shown.stdout
    assert told in ran(explain, path, 5).stdout
    assert ran(findings, "list", path, "--open").stdout.startswith("0 of 1 findings")
    assert not verify(path).problems


def ran_findings(path: Path, *more: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ran(check, path, "--format", "json", *more).stdout)["findings"]
    return found


def test_one_decision_closes_one_finding(make: Make) -> None:
    path = make(UNDOCUMENTED, GOOD)
    decide(path, key_of(path, "field-not-documented")[:8], decision="remedied")
    one, other = ran_findings(path)
    assert one["decision"] == {"decision": "remedied", "due": None, "entry": 7, "closed": True}
    assert (other["check"], other["decision"]) == ("lawful-basis-not-documented", None)
    assert ran(check, path).exit_code == 1
    decide(path, 5, "lawful-basis-not-documented", decision="remedied")
    assert ran(check, path).exit_code == 0
    # A correction that goes wrong in the same way is another entry, and its finding another one.
    with writing(path) as ledger:
        facts = {**UNDOCUMENTED, "transferred_on": date(2010, 3, 1), "lawful_basis": ["dpa1998-sch2-5"]}
        ledger.correct("t0", "typed wrong", ledger.settle(facts, {}), {})
    assert ran(check, path).exit_code == 1


def test_who_decides_has_seen_what_they_replace(make: Make) -> None:
    path = make(ONE_TOO_MANY)
    key = key_of(path, "field-not-documented")
    decide(path, key)
    size = check_ledger(path, DAY).head.size
    with writing(path) as ledger:
        with pytest.raises(Conflict, match=r"entry 6 decided about the finding \w{8} meanwhile; nothing was recorded"):
            ledger.review(key, "field-not-documented", "remedied", None, None, {"reason": REASON})
        with pytest.raises(Conflict, match="entry 6 decided"):
            ledger.review(key, "field-not-documented", "remedied", None, 5, {"reason": REASON})
        with pytest.raises(Conflict, match="entry 6 decides nothing"):
            ledger.review("0" * 64, "contactpoint-closed", "remedied", None, 6, {"reason": REASON})
    assert check_ledger(path, DAY).head.size == size
    decide(path, key, decision="remedied")
    with closing(sqlite3.connect(path)) as db:
        (first, last) = db.execute("SELECT hash, entry FROM entries WHERE kind = 'review' ORDER BY seq").fetchall()
    assert json.loads(last[1])["replaces"] == {"seq": 6, "hash": first[0]}
    assert check_ledger(path, DAY).result.decisions[key].decision == "remedied"
    assert not verify(path).problems


def test_of_many_decided_about_at_once_those_decided_meanwhile_are_left(make: Make) -> None:
    path = make(UNDOCUMENTED, GOOD)
    first, second = (key_of(path, name) for name in ("field-not-documented", "lawful-basis-not-documented"))
    decide(path, first)
    size = check_ledger(path, DAY).head.size
    judged = [Judged(first, "field-not-documented", None), *[Judged(second, "lawful-basis-not-documented", None)] * 2]
    with writer.Ledger(path, lambda: datetime(2011, 2, 1, tzinfo=UTC), os.urandom, LEAD) as ledger:
        seen, sealed, again = ledger.review_many(judged, "remedied", date(2011, 3, 1), {"reason": REASON})
        assert isinstance(seen, Conflict)
        assert isinstance(sealed, writer.Receipt)
        assert sealed.seq == size
        assert isinstance(again, Conflict)
        assert f"entry {size} decided" in str(again)
        replaced = [Judged(key, "any", seq) for key, seq in ((first, size - 1), (second, size))]
        found = ledger.review_many(replaced, "accepted", None, {"reason": REASON})
        assert [one.seq for one in found if isinstance(one, writer.Receipt)] == [size + 1, size + 2]
        (third,) = ledger.review_many([Judged(first, "any", size + 1)], "remedied", None, {"reason": REASON})
    assert isinstance(third, writer.Receipt)
    assert not verify(path).problems


def test_an_erased_reason_shows_as_erased(make: Make) -> None:
    path = make(AFTER)
    decide(path, 5, decision="remedied")
    with writing(path) as ledger:
        ledger.erase(6, "reason", "request-of-person", {})
    told = ran(check, path)
    assert told.exit_code == 0
    assert "Decision: fixed (entry 6): its reason was erased.\n" in told.stdout
    assert REASON not in told.stdout
    assert not verify(path).problems


def test_no_file_holds_what_can_be_erased(make: Make) -> None:
    path = make(ONE_TOO_MANY)
    decide(path, 5, due="2011-03-01", by=BY, owner=OWNER)
    made = texts(path, DAY, "html", "csv", "json", "md")
    made["check.json"] = ran(check, path, "--format", "json").stdout
    assert {name: [one for one in TYPED if one in text] for name, text in made.items()} == {name: [] for name in made}
    assert "Continue until 1 March 2011 (Entry 6)" in made["md"]
    (row,) = csv.DictReader(io.StringIO(made["csv"].removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")))
    told = [row[name] for name in ("Decision", "Decision due", "Decision in entry", "Decision closes it")]
    assert told == ["accepted", "2011-03-01", "6", "1"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("which", "options", "why"),
    [
        (("5",), {}, r"5 means 2 findings, and .* by its key: \w{8} \(field-not-documented\), \w{8} \(lawful"),
        (("abcdefab",), {}, "no finding's key begins with abcdefab"),
        (("4",), {}, "nothing was found on entry 4"),
        (("5", "too-granular"), {}, "nothing was found by the check too-granular on entry 5"),
        (("5", "no-such"), {}, "No check is named"),
        (("5", "field-not-documented"), {"due": "soon"}, "--due: 'soon' is not a date"),
        (("5", "field-not-documented"), {"due": "2011-01-30"}, "--due: 2011-01-30 is before 2011-01-31"),
        (("5", "field-not-documented"), {"reason": "  "}, "--reason: It is empty"),
        (("5", "field-not-documented"), {"by": ""}, "--by: It is empty"),
        (("5", "field-not-documented"), {"reason": "a\x1b[2Jb"}, "--reason: reason holds the control character"),
        (("5", "field-not-documented"), {"owner": "a\nb"}, "--owner: owner holds the control character"),
        (("5", "field-not-documented"), {"reason": "asked by jo@example.org"}, "It looks like an e-mail address"),
    ],
)
def test_bad_input_is_a_sentence(make: Make, which: tuple[str, ...], options: dict[str, str], why: str) -> None:
    path = make(UNDOCUMENTED)
    size = check_ledger(path, DAY).head.size
    with pytest.raises(Refused, match=why):
        decide(path, *which, **options)
    assert check_ledger(path, DAY).head.size == size


@pytest.mark.parametrize("decision", ["remedied", "recording-mistake"])
def test_what_was_withdrawn_is_decided_about_until_that_is_confirmed(make: Make, decision: str) -> None:
    path = make(AFTER, withdraw="t0")
    decide(path, 5, "contactpoint-closed", decision=decision)
    with writing(path) as ledger:
        ledger.add_person(DPO, "dpo")
    with writing(path) as ledger, ledger.acting(DPO):
        ledger.confirm([6], store.head(ledger.db), {})
    with pytest.raises(Refused, match="entry 6 corrected what the finding"):
        decide(path, 5, "contactpoint-closed", decision=decision)


def test_what_is_against_the_law_is_not_accepted(make: Make) -> None:
    path = make(AFTER)
    with pytest.raises(Refused, match="What is against the law can't be continued"):
        decide(path, 5)


def test_what_is_accepted_has_a_last_day(make: Make) -> None:
    path = make(ONE_TOO_MANY)
    with pytest.raises(Refused, match='--due: "accepted" needs the last day'):
        ran(review, path, 5, "--decision", "accepted", "--reason", REASON)
