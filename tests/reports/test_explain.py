"""`explain`: what is said of a transfer, what judged it and why, and that it never contradicts `check`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ledger.errors import Refused
from ledger.members import Correction
from ledger.register.read import read_register
from ledger.writer import Ledger, create
from reports.case import Case
from reports.checks import CHECKS, Check
from reports.cli.explain import explain as command
from reports.context import Context, Evidence, replaced_by
from reports.explain import Answer, explain
from reports.finding import Compared
from reports.judge import choose
from reports.run import run
from reports.sentences import NOT_APPLICABLE, PASSES
from reports.wording import NOT_JUDGED, Labels, transfer_in_words, word_passed
from tests.codes import LEAD
from tests.reports.ledgers import AFTER, BEFORE, GOOD, HERE, SECRET, UNDOCUMENTED, UNKNOWN, make_ledger
from tests.reports.test_checks import ALL
from tests.reports.test_report import AS_OF, Make
from tests.reports.world import AS_OF as DAY
from tests.reports.world import evidence, world_of

ROOT = HERE.parents[1]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a ledger of the transfers given."""
    return partial(make_ledger, tmp_path / "transfers.db")


def ran(path: Path, *more: object) -> Result:
    arguments = [str(path), *map(str, more), "--as-of", AS_OF]
    return CliRunner().invoke(command, arguments, catch_exceptions=False)


def told(path: Path, *more: object) -> Any:
    result = ran(path, *more, "--format", "json")
    assert result.exit_code == 0
    return json.loads(result.stdout)


# -- the laws, on every case of every check ------------------------------------------------------------------------


def _explained(case: dict[str, Any]) -> list[tuple[Evidence, Case, tuple[Answer, ...]]]:
    found = world_of(case)
    as_of = case.get("as_of", DAY)
    result = run(found, as_of)
    explained = []
    for one in found.recorded:
        if one.facts.transferred_on is None:
            continue
        corrects = one.facts.corrects.seq if isinstance(one.facts, Correction) else None
        first = [
            before
            for before in found.recorded
            if before.seq < one.seq and corrects is not None and replaced_by(before).root == corrects
        ]
        context = Context(found, as_of)
        explained.append((found, choose(Case(one, context)), explain(one, found, result, first).answers))
    return explained


@pytest.mark.slow
@pytest.mark.parametrize("case", ALL)
def test_every_check_answers_and_says_what_the_check_itself_says(case: dict[str, Any]) -> None:
    for found, judged, answers in _explained(case):
        assert [one.check for one in answers] == [check.ID for check in CHECKS]
        label = Labels(found)
        for check, answer in zip(CHECKS, answers, strict=True):
            if answer.verdict == "found":
                assert answer.findings
            elif answer.verdict == "passed":
                assert answer.compared is not None
                words = word_passed(answer.check, answer.compared, label)
                assert all(text[0].isupper() or text[0].isdigit() for text in words), words
                assert not any("{" in text or " ." in text or ": ." in text for text in words), words
            else:
                assert answer.why in (NOT_JUDGED if answer.verdict == "not-run" else NOT_APPLICABLE)
            if isinstance(check, Check) and answer.verdict in ("passed", "not-applicable") and (
                check.NEEDS != "flow" or judged.flow is not None
            ):  # fmt: skip
                assert not list(check.check(judged))


@pytest.mark.parametrize("case", ALL)
def test_a_pass_names_the_limit_that_a_finding_would_name(case: dict[str, Any]) -> None:
    same = {"field-not-documented", "too-granular", "age-outside-limits", "subjects-not-documented",
            "lawful-basis-not-documented", "phase-not-documented", "approval-missing", "contactpoint-closed",
            "undocumented-purpose", "special-category-without-condition", "small-numbers", "retention-missing",
            "retention-exceeded", "agreement-missing", "agreement-overdue"}  # fmt: skip
    for _, judged, answers in _explained(case):
        for check, answer in zip(CHECKS, answers, strict=True):
            if check.ID in same and answer.findings:
                compared = check.compared(judged)
                assert isinstance(compared, Compared)
                for finding in answer.findings:
                    assert finding.expected == compared.expected
                    assert (finding.citations, finding.assigned) == (compared.citations, compared.assigned)


def test_every_check_has_its_sentences_for_a_pass() -> None:
    assert sorted(PASSES) == sorted(check.ID for check in CHECKS)


# -- the command ---------------------------------------------------------------------------------------------------


def test_a_transfer_that_passed_is_explained_too(make: Make) -> None:
    path = make(GOOD)
    text = ran(path, "t0").stdout
    assert "Entry 5 (t0), recorded 1 March 2010 at 20:00 London time:\n" in text
    assert "=HYPERLINK(1) sent data to Shire <b>Council</b>, 1 March 2010, for “" in text
    assert "About 120 pupils.\n" in text
    assert "the newest that was adopted before the transfer was recorded (entry 5)" in text
    (one,) = told(path, 5, "field-not-documented")["checks"]
    assert one["verdict"] == "passed"
    assert one["expected"].startswith("Nothing but ")
    assert one["found"].startswith("These went: Forename and Surname.")
    assert one["citation"] == "Cases ¶1"
    assert ran(path, "t0").stdout == text


def test_what_was_found_is_what_check_finds(make: Make) -> None:
    path = make(GOOD, UNDOCUMENTED, AFTER, BEFORE)
    one = told(path, "t1")
    found = {of["check"]: of for of in one["checks"] if of["verdict"] == "found"}
    assert list(found) == ["field-not-documented", "lawful-basis-not-documented"]
    text = ran(path, "t1").stdout
    assert "BREACH  field-not-documented: " in text
    assert f"(serious, {found['field-not-documented']['findings'][0]['key'][:8]})\n" in text
    assert "  Next: Ask the recipient to delete" in text
    verdicts = [told(path, of, "contactpoint-closed")["checks"][0]["verdict"] for of in ("t0", "t2", "t3")]
    assert verdicts == ["not-applicable", "found", "passed"]


def test_the_closing_of_contactpoint_is_judged_once(make: Make) -> None:
    path = make(AFTER, BEFORE)
    for of in ("t0", "t1"):
        (one,) = told(path, of, "undocumented-flow")["checks"]
        assert (one["verdict"], one["expected"]) == ("passed", "A flow that the documented purposes describe.")


@pytest.mark.slow
def test_a_refusal_is_one_sentence_and_exit_status_2(make: Make) -> None:
    path = str(make(GOOD))
    for arguments in (["explain", path, "nobody"], ["findings", "show", path, "99"], ["findings", "list", path + "x"]):
        done = subprocess.run(
            [sys.executable, "-m", "ledger.cli", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("transfer-ledger: ")
        assert done.stderr.count("\n") == 1


def test_without_a_register_checks_are_not_run_rather_than_passed(make: Make) -> None:
    path = make(GOOD, adopted=False)
    one = told(path, "t0")
    assert (one["register"], one["flow"]) == (None, None)
    assert one["why"] == "No register of documented purposes is adopted."
    assert {of["verdict"] for of in one["checks"]} == {"not-run", "passed", "not-applicable"}
    assert "NOT RUN  too-granular: " in ran(path, "t0").stdout


def test_outside_the_dates_of_every_register(make: Make) -> None:
    one = told(make({**GOOD, "transferred_at": "2008-03-01"}), "t0")
    assert one["why"] == "No adopted register of documented purposes covers the day of the transfer."


def test_a_register_that_was_adopted_afterwards_says_so(tmp_path: Path) -> None:
    path, random = tmp_path / "late.db", count(1)

    def entropy(size: int) -> bytes:
        return next(random).to_bytes(size, "big")

    def clock() -> datetime:
        return datetime(2010, 3, 2, 9, tzinfo=UTC)

    create(path, "shire.example/transfers", "Shire", clock, entropy, actor=LEAD)
    with Ledger(path, clock, entropy, LEAD) as ledger:
        stated = {"id": "t0", "transferred_on": date(2010, 3, 1), **GOOD}
        ledger.append(ledger.settle(stated, {}))
        text = (HERE / "register.yml").read_text(encoding="utf-8")
        read = read_register(text, "register.yml")
        ledger.adopt(read, text, (read.effective_from, read.effective_until, False))
    one = told(path, "t0")
    assert one["register"]["seq"] == 2
    assert "it is the earliest that was adopted afterwards" in one["why"]


def test_corrections_and_withdrawals(make: Make) -> None:
    path = make(AFTER, withdraw="t0")
    one = told(path, "t0")
    assert (one["transfer"]["seq"], one["transfer"]["corrected_by"]) == (5, 6)
    assert "Entry 6 corrected it since.\n" in ran(path, 5).stdout
    with pytest.raises(Refused, match="entry 6 withdraws the transfer t0 and states none; explain entry 5 instead"):
        ran(path, 6)


def test_a_correction_is_compared_with_the_newest_statement_before_it(make: Make) -> None:
    path = make(GOOD)
    with Ledger(path, lambda: datetime(2010, 3, 2, 9, tzinfo=UTC), os.urandom, LEAD) as ledger:
        for recipient in (SECRET, "advice", "advice"):
            stated = {**GOOD, "id": "t0", "transferred_on": date(2010, 3, 1), "recipient": recipient}
            ledger.correct("t0", "a mistake", ledger.settle(stated, {}), {})
    verdicts = []
    for seq in (5, 6, 7, 8):
        (one,) = told(path, seq, "correction-changes-recipient")["checks"]
        verdicts.append(one["verdict"])
    assert verdicts == ["not-applicable", "found", "found", "passed"]
    assert SECRET not in ran(path, 7).stdout


def test_a_finding_about_another_transfer_is_told_as_that(make: Make) -> None:
    path = make(GOOD, GOOD)
    assert "  A finding about t1 that concerns this entry too.\n" in ran(path, "t0", "duplicate-transfer").stdout
    assert "concerns this entry too" not in ran(path, "t1", "duplicate-transfer").stdout


def test_what_was_typed_stays_unsaid(make: Make) -> None:
    path = make(UNKNOWN)
    for of in ((), ("--format", "json")):
        result = ran(path, "t0", *of)
        assert SECRET not in result.stdout
        assert "somebody whose name is not a known one" in result.stdout


def test_the_words_say_what_nobody_stated() -> None:
    (one,) = evidence([{"from": "connexions", "fields": ["not-stated"], "subjects": None}]).recorded
    assert transfer_in_words(one.facts).endswith(": nobody said which data items went.")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("nobody",), "no transfer has the id nobody."),
        (("99",), "there is no entry 99; the last one is 5."),
        (("1",), "entry 1 is no transfer, but of the kind register."),
        (("t0", "no-such"), "No check is named 'no-such'"),
    ],
)
def test_bad_input_is_a_sentence(make: Make, arguments: tuple[str, ...], why: str) -> None:
    with pytest.raises(Refused, match=re.escape(why)):
        ran(make(GOOD), *arguments)
