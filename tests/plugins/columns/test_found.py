"""Findings as columns against plain Python over what the check kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from datasette_plugins.transfer_ledger.columns.found import AGES, BANDS
from datasette_plugins.transfer_ledger.columns.wanted import State, WantedFindings
from ledger.london import day_of
from ledger.members import Correction, Transfer
from ledger.source import Source
from reports.cli.check import check_ledger
from reports.finding import SEVERITIES
from reports.run import open_breaches
from reports.scope import WHOLE, parse_month, parse_year
from tests.plugins.columns.conftest import World
from tests.plugins.columns.mixture import AS_OF, Kept, findings_of, ids_of, is_closed, is_open

WANTED = st.builds(
    WantedFindings,
    state=st.sampled_from(get_args(State)),
    check=st.none() | st.sampled_from(("recorded-late", "undocumented-flow", "no-such-check")),
    severity=st.none() | st.sampled_from(("critical", "serious", "minor")),
    outcome=st.none() | st.sampled_from(("breach", "cannot-tell", "advisory")),
    recipient=st.none() | st.sampled_from(("shire", "contactpoint", "nobody")),
    sender=st.none() | st.sampled_from(("high", "low", "unlisted")),
    school=st.none() | st.sampled_from(("high", "lower")),
    period=st.sampled_from((WHOLE, parse_year("2009-10"), parse_month("2010-03"))),
    age=st.none() | st.sampled_from(tuple(AGES)),
)
DAYS = st.sampled_from((AS_OF, date(2011, 1, 31), date(2011, 1, 1), date(2030, 1, 1)))
SIMPLE = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def kept(world: World) -> list[Kept]:
    return findings_of(world.path)


@pytest.fixture(scope="module")
def facts(world: World) -> dict[int, Any]:
    """Every entry that a finding may be on, by its seq."""
    found: dict[int, Any] = {}
    with Source(world.path) as source:
        for seq in range(source.head.size):
            entry = source.entry(seq)
            assert entry is not None
            found[seq] = entry[0]
    return found


def in_state(of: Kept, state: str, today: date) -> bool:
    finding, standing = of.finding, of.state
    stands, closed, waits = finding.corrected_by is None, is_closed(of, today), standing.state != "open"
    overdue = stands and of.due is not None and of.due < today.isoformat() and not closed
    overdue = overdue and standing.state != "awaiting-confirmation"
    ever = finding.outcome == "breach" and standing.how != "restated"
    removed = not stands or finding.removed_by is not None
    return {
        "all": True,
        "open": is_open(of, today),
        "awaiting": stands and standing.state == "awaiting-confirmation",
        "undecided": stands and finding.outcome != "breach" and not waits and not overdue,
        "closed": stands and closed,
        "overdue": overdue,
        "corrected": not stands,
        "breach": ever,
        "against": ever and not standing.denied,
        "taken-back": ever and (standing.denied or removed),
        "confirmed": ever and standing.denied and standing.second_person is True,
        "unchecked": closed and standing.unchecked,
    }[state]


@SIMPLE
@given(wanted=WANTED, today=DAYS)
@example(wanted=WantedFindings("all"), today=AS_OF)
def test_which_findings_are_wanted(
    world: World, kept: list[Kept], facts: dict[int, Any], wanted: WantedFindings, today: date
) -> None:
    def concerns(seq: int) -> bool:
        one = facts[seq]
        if not isinstance(one, Transfer | Correction) or one.transferred_on is None:
            return False
        school = wanted.school and ids_of(wanted.school, world.view.organisations.values())
        return (
            wanted.period.has(one.transferred_on)
            and wanted.recipient in (None, one.recipient)
            and wanted.sender in (None, one.sender)
            and (not school or bool(school & {one.sender, one.recipient, *one.schools}))
        )

    def recorded(of: Kept) -> bool:
        least, most = AGES[wanted.age or "0-7"]
        days = max((today - day_of(facts[of.finding.entries[0]].recorded_at)).days, 0)
        return wanted.age is None or least <= days <= most

    of_transfer = (wanted.recipient, wanted.sender, wanted.school) != (None, None, None) or wanted.period != WHOLE
    expected = {
        of[0].key
        for of in kept
        if in_state(of, wanted.state, today)
        and recorded(of)
        and wanted.check in (None, of[0].check)
        and wanted.severity in (None, of[0].severity)
        and wanted.outcome in (None, of[0].outcome)
        and (not of_transfer or any(map(concerns, of[0].entries)))
    }
    places = world.view.findings(wanted, today)
    found = world.view.found
    assert [item.key for item in found.items(places)] == [found.keys[place] for place in places]
    assert set(found.keys[places].tolist()) == expected
    assert len(places) == len(expected)


def test_there_are_findings_in_every_state(world: World) -> None:
    for state in ("open", "awaiting", "undecided", "closed", "overdue", "corrected", "breach", "against", "taken-back"):
        assert len(world.view.findings(WantedFindings(state), date(2011, 1, 31)))  # type: ignore[arg-type]


def test_open_ones_are_those_of_a_report(world: World) -> None:
    expected = {one.key for one in open_breaches(check_ledger(world.path, AS_OF).result)}
    places = world.view.findings(WantedFindings("open"), AS_OF)
    assert set(world.view.found.keys[places].tolist()) == expected
    assert not any(world.view.found.item(int(place)).closed(AS_OF) for place in places)


def test_a_finding_has_what_the_check_kept(world: World, kept: list[Kept], facts: dict[int, Any]) -> None:
    rows = check_ledger(world.path, AS_OF).rows
    texts = {row.key: (row.expected, row.found, row.citation, row.next_step) for row in rows}
    assert len(world.view.found) == len(kept)
    for finding, decision, due, standing in kept:
        (item,) = world.view.found.of_keys([finding.key])
        one = facts[finding.seq]
        single = finding.id is not None
        assert (item.entries, item.id, item.check, item.reason) == (
            finding.entries, finding.id, finding.check, finding.reason,
        )  # fmt: skip
        assert (item.outcome, item.severity, item.corrected_by) == (
            finding.outcome, finding.severity, finding.corrected_by,
        )  # fmt: skip
        assert (item.expected, item.found, item.citation, item.next_step) == texts[finding.key]
        assert (item.decision, item.due and item.due.isoformat()) == (decision, due)
        assert (item.standing, item.removed_by) == (standing, finding.removed_by)
        stated = isinstance(one, Transfer | Correction)
        for name in ("sender", "recipient", "purpose"):
            assert getattr(item, name) == ((getattr(one, name) if single and stated else None) or "")
        assert item.on == (one.transferred_on if stated else None)
        assert item.recorded == one.recorded_at.date()  # in winter London's day is that of UTC


def test_keys_that_were_not_found_give_nothing(world: World) -> None:
    assert world.view.found.of_keys(["", "0" * 64]) == []


@SIMPLE
@given(wanted=WANTED, today=DAYS)
@example(wanted=WantedFindings("all"), today=AS_OF)
def test_groups_have_one_cause_and_the_worst_come_first(world: World, wanted: WantedFindings, today: date) -> None:
    found = world.view.found
    places = world.view.findings(wanted, today)
    expected = defaultdict(list)
    for item in found.items(places):
        cause = item.check, item.reason, item.outcome, item.severity, item.sender, item.recipient, item.purpose
        expected[*cause, item.expected].append(item)
    groups = found.groups(places)
    assert len(groups) == len(expected)
    assert [*found.groups(places[::-1])] == [*groups]
    assert sorted(key for one in groups for key in one.keys) == sorted(found.keys[places].tolist())
    for group in groups:
        items = found.of_keys(group.keys)
        assert group.count == len(items) == len(group.keys)
        assert items in [sorted(of, key=lambda one: one.recorded) for of in expected.values()]
        assert group.sample == items[0]
        assert group.recorded == min(one.recorded for one in items)
        days = [one.on for one in items if one.on is not None]
        assert (group.first, group.last) == ((min(days), max(days)) if days else (None, None))
    order = [(SEVERITIES.index(one.sample.severity), one.recorded) for one in groups]
    assert order == sorted(order)


@pytest.mark.parametrize("today", [AS_OF, date(2010, 12, 20), date(2010, 12, 27), date(2010, 3, 2), date(2000, 1, 1)])
def test_ages_of_open_findings(world: World, today: date) -> None:
    items = list(world.view.found.items(world.view.findings(WantedFindings("open"), today)))
    for age, (least, most, label) in zip(world.view.found.ages(today), BANDS, strict=True):
        days = [max(today - one.recorded, timedelta()).days for one in items]
        assert (age.label, age.count) == (label, sum(least <= day and (most is None or day <= most) for day in days))


def test_findings_by_entry(world: World, kept: list[Kept]) -> None:
    seqs = list(range(world.view.head.size + 2))
    by_entry = world.view.found.by_entry(seqs)
    assert list(by_entry) == seqs
    for seq in seqs:
        assert {one.key for one in by_entry[seq]} == {of.key for of, *_ in kept if seq in of.entries}
        weight = [
            (one.corrected_by is not None, ("critical", "serious", "minor").index(one.severity))
            for one in by_entry[seq]
        ]
        assert weight == sorted(weight)


def test_counts(world: World, kept: list[Kept]) -> None:
    found = world.view.found
    places = np.arange(len(found))
    counts = found.counts(places)
    assert {name: count for name, count in counts.items() if count} == Counter(
        value for of, *_ in kept for value in (of.outcome, of.severity)
    )
    assert found.by_check(places) == Counter(of.check for of, *_ in kept)
    assert sum(found.by_check(places[:10]).values()) == 10
