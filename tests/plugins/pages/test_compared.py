"""What an entry's page calls documented: only what the check that compares it passed, and never what was found wrong.

Every case of every check is shown as its page would show it. What a finding is about is what its check says that it
rests on; a table of the app's own (`questions`) is laid beside that here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from datasette_plugins.transfer_ledger.entries.beside import Beside, beside
from datasette_plugins.transfer_ledger.entries.facts import facts
from datasette_plugins.transfer_ledger.entries.judged import Judged
from datasette_plugins.transfer_ledger.entries.questions import QUESTIONS, marks
from ledger import writer
from ledger.members import Correction
from ledger.source import Recorded
from reports.case import Case
from reports.checks import CHECKS
from reports.context import Evidence
from reports.explain import Explanation, explain
from reports.finding import Finding
from reports.run import run
from reports.wording import Labels
from tests.codes import LEAD
from tests.plugins.asking import Reader, plain, site_over
from tests.plugins.browsed import RANDOM, clock, make_ledger, stated
from tests.reports.test_checks import ALL
from tests.reports.world import AS_OF, world_of

NOT_OF_AN_ITEM = {
    "documented-but-never-used", "unresolved-finding-overdue", "voluntary-field-routine", "expected-not-recorded",
}  # fmt: skip
"""Checks whose findings are on an entry that is no transfer."""

_ITEMS = {path: ask.name for ask in QUESTIONS for path in ask.members} | {
    "fields": "Data items",
    "age_min": "Ages",
    "age_max": "Ages",
    "key_stages": "Key stages and year groups",
    "year_groups": "Key stages and year groups",
    "subject_kind": "About whom",
    "subjects": "About whom",
    "agreement": "Agreement",
    "approval": "Approval",
    "opt_outs": "Opt-outs",
}
_WAYS = {"sender": "from", "recipient": "to", "purpose": "for"}


def items_of(finding: Finding, members: tuple[str, ...]) -> Iterator[str]:
    """The items that a finding is about, as its check says. ContactPoint may be only one of the three."""
    for member in members:
        if finding.check.startswith("contactpoint-") and member in _WAYS and _WAYS[member] not in finding.found:
            continue
        yield _ITEMS[member]


def shown(explanation: Explanation, label: Labels) -> Beside:
    """The comparison as the page shows it."""
    sealed = msgspec.to_builtins(explanation.recorded.facts)
    listed = facts(type(explanation.recorded.facts), sealed, label)
    return beside(Judged(explanation, True, True, 0), listed, label)


@pytest.fixture
def rests_on(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str, ...]]:
    """By the keys of findings, the members that their checks said they rest on."""
    said: dict[str, tuple[str, ...]] = {}
    make = Case.finding

    def finding(case: Case, *args: Any, **more: Any) -> Finding:
        made = make(case, *args, **more)
        said[made.key] = more.get("members", ())
        return made

    monkeypatch.setattr(Case, "finding", finding)
    return said


def earlier(evidence: Evidence, recorded: Recorded) -> list[Recorded]:
    if not isinstance(recorded.facts, Correction):
        return []
    of = recorded.facts.corrects.seq
    there = [one for one in evidence.recorded if one.facts.transferred_on is not None and one.seq < recorded.seq]
    return [
        one
        for one in there
        if of in (one.seq, one.facts.corrects.seq if isinstance(one.facts, Correction) else one.seq)
    ]


@pytest.mark.parametrize("case", ALL)
def test_nothing_is_called_documented_that_something_was_found_about(
    case: dict[str, Any], rests_on: dict[str, tuple[str, ...]]
) -> None:
    evidence = world_of(case)
    result, label = run(evidence, case.get("as_of", AS_OF)), Labels(evidence)
    for recorded in evidence.recorded:
        if recorded.facts.transferred_on is None:
            continue
        explanation = explain(recorded, evidence, result, earlier(evidence, recorded))
        page = shown(explanation, label)
        verdicts = {item.name: item.verdict for item in page.items}
        answers = {answer.check: answer for answer in explanation.answers}
        for finding in (one for answer in explanation.answers for one in answer.findings):
            by_table = {ask.name for ask in QUESTIONS if not marks(finding).isdisjoint(ask.findings)}
            assert by_table >= set(items_of(finding, rests_on.get(finding.key, ()))), finding
            assert by_table or finding.check in NOT_OF_AN_ITEM or finding.check == "correction-removes-breach"
            assert not [item for item in by_table if verdicts.get(item) == "same"], finding
            for field in page.fields:
                assert not (field.verdict == "same" and field.id in finding.found), (field, finding)
        for ask in QUESTIONS:
            # Nothing but the check that compares it calls an item documented.
            if verdicts.get(ask.name) == "same":
                assert any(answers[check].verdict == "passed" for check in ask.compared_by), ask.name


def test_a_contactpoint_transfer_in_the_afternoon_of_the_last_day_has_no_documented_date(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "l.db")
    when = "2010-08-06T15:30:00+01:00"
    with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
        of_the_flow = {"recipient": "contactpoint", "purpose": "maintain-accuracy", "fields": ["forename"]}
        receipt = ledger.append(stated(ledger, "at-1530", when, **of_the_flow))
    with site_over(path) as site:
        cell, kind = cell_of(Reader(site).get(f"/-/entries/{receipt.seq}").text, "When")
        assert "Against the law: ContactPoint was used after it was switched off." in cell
        assert kind == "other"


def test_a_minute_before_it_was_switched_off_the_date_is_documented() -> None:
    (case,) = (one.values[0] for one in ALL if one.values[0]["name"] == "a minute before noon in London")
    evidence = world_of(case)
    (recorded,) = evidence.recorded
    page = shown(explain(recorded, evidence, run(evidence, AS_OF), ()), Labels(evidence))
    assert {item.name: item.verdict for item in page.items}["When"] == "same"


def cell_of(page: str, item: str) -> tuple[str, str]:
    """What stands as compared in the row of an item, and how it is marked."""
    found = re.search(
        rf'<th scope="row">{item}</th>.*?<td data-label="Compared" class="(\w*)">(.*?)</td>', page, re.DOTALL
    )
    assert found is not None
    return plain(found[2]), found[1]


def test_every_check_that_is_named_is_one() -> None:
    known = {check.ID for check in CHECKS}
    named = {name.partition("/")[0] for ask in QUESTIONS for name in (*ask.findings, *ask.compared_by)}
    assert named <= known
    assert known - named <= NOT_OF_AN_ITEM
