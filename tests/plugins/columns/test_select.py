"""Every selection, count, order and page against plain Python over the same ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from datasette_plugins.transfer_ledger.columns.facets import MOST, Facets
from datasette_plugins.transfer_ledger.columns.order import SORTS
from datasette_plugins.transfer_ledger.columns.wanted import Wanted
from ledger.errors import Refused
from reports.checks.recorded_late import DAYS
from reports.periods import named, school_year
from reports.scope import WHOLE, between, find_term, parse_month, parse_year, terms
from tests.plugins.columns.conftest import World
from tests.plugins.columns.mixture import AS_OF, Seen, has, ids_of, is_open, plain

SIMPLE = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
PARTIES = ("high", "low", "lower", "shire", "connexions", "unlisted", "dfe", "never-seen")
CHECKS = ("recorded-late", "undocumented-flow", "special-category-without-condition", "no-such-check")
WORDS = tuple("r t ecole École shire council name r1 R1 r1. 10 171 visits unlisted x %".split())
PERIODS = (
    WHOLE,
    parse_year("2009-10"),
    parse_year("2001-02"),
    parse_month("2010-03"),
    between(date(2010, 3, 1), None),
    between(None, date(2009, 12, 31)),
)


VALUES: dict[str, tuple[Any, ...]] = {
    "period": PERIODS,
    "school": ("high", "low", "lower", "nowhere"),
    "sender": PARTIES,
    "recipient": PARTIES,
    "purpose": ("visits", "statistics", "unlisted", "nothing"),
    "field": ("forename", "upn", "unlisted", "nothing"),
    "basis": ("dpa1998-sch2-5", "dpa1998-sch2-3", "nothing"),
    "channel": ("post", "nothing"),
    "findings": ("any", "open", "none"),
    "severity": ("critical", "serious", "minor"),
    "check": CHECKS,
    "late": (True, False),
    "corrected": (True, False),
    "words": (*WORDS, *(f"{one} r" for one in WORDS)),
}
WANTED = st.fixed_dictionaries({}, optional={name: st.sampled_from(of) for name, of in VALUES.items()}).map(
    lambda given_: Wanted(**given_)
)
FEW = st.lists(st.sampled_from([(name, value) for name, of in VALUES.items() for value in of]), max_size=3).map(
    lambda pairs: Wanted(**dict(pairs))
)
"""At most three filters at once: more leave nothing of a small ledger."""


def naive(world: World, wanted: Wanted, today: date = AS_OF) -> list[Seen]:
    return [one for one in world.seen if has(one, wanted, world.view, today)]


def counts(facets: Facets) -> dict[str, int]:
    return {one.value: one.count for one in facets.values if one.count}


def test_the_ledger_has_what_can_be_asked_for(world: World) -> None:
    for wanted in (Wanted(late=True), Wanted(late=False), Wanted(findings="none"), Wanted(corrected=True)):
        assert len(naive(world, wanted)) > 5
    assert len(naive(world, Wanted(findings="open"))) < len(naive(world, Wanted(findings="any"))) < len(world.seen)
    assert len(world.view.rows.seq) > len(world.seen) + 20


def test_each_filter_alone(world: World) -> None:
    alone = [Wanted(**{name: value}) for name, of in VALUES.items() for value in of]
    of_findings = [
        Wanted(findings=having, severity=severity, check=check)
        for having in (None, *VALUES["findings"])
        for severity in (None, *VALUES["severity"])
        for check in (None, *CHECKS)
    ]
    for wanted in alone + of_findings:
        found = [seq for run in world.view.select(wanted, AS_OF).seqs("-recorded") for seq in run]
        assert found == [one.seq for one in naive(world, wanted)], wanted


@SIMPLE
@given(wanted=FEW | WANTED, sort=st.sampled_from(SORTS), turned=st.booleans())
@example(wanted=Wanted(), sort="day", turned=False)
def test_what_is_selected_and_in_which_order(world: World, wanted: Wanted, sort: str, turned: bool) -> None:
    selected, expected = world.view.select(wanted, AS_OF), naive(world, wanted)
    label = world.view.labels

    def name(kind: str, code: str) -> tuple[str, str]:
        return plain("Not a known name (unlisted)" if code == "unlisted" else label(code, kind)), code

    keys: dict[str, Callable[[Seen], Any]] = {
        "day": lambda one: -one.on.toordinal(),
        "recorded": lambda one: 0,
        "recipient": lambda one: name("party", one.text("recipient")),
        "sender": lambda one: name("party", one.text("sender")),
        "purpose": lambda one: name("purpose", one.text("purpose")),
        "count": lambda one: (
            1 if one.facts.subjects is None or one.facts.subjects.count is None else -one.facts.subjects.count
        ),
        "findings": lambda one: -sum(of.corrected_by is None for of, *_ in one.findings),
    }
    in_order = [one.seq for one in sorted(expected, key=lambda one: (keys[sort](one), -one.seq))]
    if turned:
        in_order.reverse()
    assert selected.count == len(expected)
    assert [seq for run in selected.seqs(f"-{sort}" if turned else sort) for seq in run] == in_order
    assert selected.months() == sorted(Counter(one.on.isoformat()[:7] for one in expected).items())
    assert selected.days() == sorted(Counter(one.on for one in expected).items())


@SIMPLE
@given(wanted=FEW)
@example(wanted=Wanted())
def test_facets_count_without_their_own_filter(world: World, wanted: Wanted) -> None:
    facets = world.view.select(wanted, AS_OF).facets()

    def without(*names: str) -> list[Seen]:
        return naive(world, wanted._replace(**{name: Wanted._field_defaults[name] for name in names}))

    for name in ("sender", "recipient", "purpose"):
        assert counts(facets[name]) == Counter(one.text(name) for one in without(name))
    assert counts(facets["field"]) == Counter(field for one in without("field") for field in one.facts.fields)
    in_period = without("period")
    assert counts(facets["year"]) == Counter(named(school_year(one.on)) for one in in_period)
    for term in terms(one.register for one in world.view.registers):
        expected = sum(term.first <= one.on <= term.last for one in in_period)
        assert counts(facets["term"]).get(term.id, 0) == expected
    schools = world.view.organisations.values()
    for school in ("high", "low", "lower"):
        of = ids_of(school, schools)
        expected = sum(bool(of & {o.facts.sender, o.facts.recipient, *o.facts.schools}) for o in without("school"))
        assert counts(facets["school"]).get(school, 0) == expected
    for value in ("any", "open", "none"):
        asked = wanted._replace(findings=value)
        assert counts(facets["findings"]).get(value, 0) == len(naive(world, asked))
    for value in ("critical", "serious", "minor"):
        assert counts(facets["severity"]).get(value, 0) == len(naive(world, wanted._replace(severity=value)))
    for check in CHECKS:
        assert counts(facets["check"]).get(check, 0) == len(naive(world, wanted._replace(check=check)))
    for name in ("late", "corrected"):
        for flag in (True, False):
            expected = len(naive(world, wanted._replace(**{name: flag})))
            assert counts(facets[name]).get(str(int(flag)), 0) == expected
    for name, chosen in wanted._asdict().items():
        if name in facets and chosen is not None:
            value = str(int(chosen)) if isinstance(chosen, bool) else chosen
            assert [one.chosen for one in facets[name].values if one.value == value] == [True]


@SIMPLE
@given(wanted=FEW, sort=st.sampled_from(SORTS), turned=st.booleans(), size=st.integers(1, 60))
def test_pages_go_through_everything_there_and_back(
    world: World, wanted: Wanted, sort: str, turned: bool, size: int
) -> None:
    selected, order = world.view.select(wanted, AS_OF), f"-{sort}" if turned else sort
    everything = [seq for run in selected.seqs(order) for seq in run]
    page, pages = selected.page(order, size=size), []
    while True:
        assert page.first_rank == sum(len(one.seqs) for one in pages)
        pages.append(page)
        if page.older is None:
            break
        page = selected.page(order, after=page.older, size=size)
    assert [seq for one in pages for seq in one.seqs] == everything
    assert pages[0].newer is None
    while page.newer is not None:
        page = selected.page(order, before=page.newer, size=size)
        assert page == pages[page.first_rank // size]
    assert page == pages[0]


def test_a_page_that_would_begin_before_the_first_is_the_first(world: World) -> None:
    selected = world.view.select(Wanted(), AS_OF)
    first = selected.page(size=10)
    assert selected.page(before=first.seqs[3], size=10) == first


def test_a_page_goes_on_after_a_transfer_that_is_no_longer_selected(world: World) -> None:
    rows = world.view.rows
    gone = int(rows.seq[np.flatnonzero(~rows.stands & (rows.shape > 0))[-1]])
    page = world.view.select(Wanted(), AS_OF).page("recorded", after=gone, size=500)
    assert page.seqs == sorted((one.seq for one in world.seen if one.seq < gone), reverse=True)


@pytest.mark.parametrize("token", [0, 1, -1, 10**15, 2**63, 2**70, -(2**70)])
def test_a_token_that_is_no_transfer_is_refused(world: World, token: int) -> None:
    for way in ("after", "before"):
        with pytest.raises(Refused, match=r"^This link leads nowhere any more: .+\.$"):
            world.view.select(Wanted(), AS_OF).page(**{way: token})


def test_a_withdrawal_is_no_token(world: World) -> None:
    withdrawn = int(world.view.rows.seq[np.flatnonzero(world.view.rows.shape == 0)[0]])
    with pytest.raises(Refused, match="leads nowhere"):
        world.view.select(Wanted(), AS_OF).page(after=withdrawn)


@pytest.mark.parametrize("sort", ["", "-", "--day", "day ", "rowid", "seq; drop table entries", "-" * 1000])
def test_an_unknown_order_is_refused_shortly(world: World, sort: str) -> None:
    selected = world.view.select(Wanted(), AS_OF)
    for ask in (selected.page, selected.seqs):
        with pytest.raises(Refused, match=r"^There is no order .*; sort by day, .+\.$") as refused:
            ask(sort)
        assert len(str(refused.value)) < 250


def test_both_ways_at_once_and_no_rows_are_refused(world: World) -> None:
    selected = world.view.select(Wanted(), AS_OF)
    for wrong in ({"after": 10, "before": 12}, {"size": 0}, {"size": -1}):
        with pytest.raises(Refused):
            selected.page(**wrong)


@SIMPLE
@given(wanted=FEW)
@example(wanted=Wanted())
def test_transfers_together(world: World, wanted: Wanted) -> None:
    selected, expected = world.view.select(wanted, AS_OF), naive(world, wanted)

    def told(of: list[Seen]) -> tuple[int, date, date, int]:
        found = sum(any(f.corrected_by is None for f, *_ in one.findings) for one in of)
        return len(of), min(one.on for one in of), max(one.on for one in of), found

    for what in ("recipient", "sender", "purpose"):
        by = selected.by(what)
        groups = {
            code: [one for one in expected if one.text(what) == code] for code in {o.text(what) for o in expected}
        }
        assert {b.code: (b.count, b.first, b.last, b.with_findings) for b in by} == {
            k: told(v) for k, v in groups.items()
        }
        assert [one.count for one in by] == sorted((one.count for one in by), reverse=True)
    assert selected.matrix() == Counter((o.text("recipient"), field) for o in expected for field in o.facts.fields)
    flows = {(f.sender, f.recipient, f.purpose): f for f in selected.flows()}
    assert len(flows) == len(selected.flows())
    assert flows.keys() == {(o.text("sender"), o.text("recipient"), o.text("purpose")) for o in expected}
    for key, flow in flows.items():
        of = [o for o in expected if (o.text("sender"), o.text("recipient"), o.text("purpose")) == key]
        assert (flow.count, flow.first, flow.last, flow.with_findings) == told(of)
        assert flow.open == sum(any(is_open(f, AS_OF) for f in one.findings) for one in of)


def test_a_decision_no_longer_closes_from_the_day_after_its_due_day(world: World) -> None:
    for today in (date(2011, 1, 31), date(2011, 2, 1), date(2020, 1, 1), date(2010, 1, 1)):
        asked = Wanted(findings="open")
        selected = world.view.select(asked, today)
        assert selected.count == len(naive(world, asked, today))
    assert world.view.select(Wanted(findings="open"), date(2011, 1, 31)).count < selected.count + 5


def test_late_is_later_than_the_limit_of_the_check(world: World) -> None:
    late = [seq for run in world.view.select(Wanted(late=True), AS_OF).seqs("-recorded") for seq in run]
    assert late == [one.seq for one in world.seen if one.late > DAYS]
    kept = {one.seq for one in world.seen if any(of.check == "recorded-late" for of, *_ in one.findings)}
    assert set(late) <= kept  # the check shows transfers that use ContactPoint though they are not late


def test_a_term_is_a_period_like_another(world: World) -> None:
    known = terms(one.register for one in world.view.registers)
    wanted = Wanted(period=find_term("spring-2010", known))
    assert world.view.select(wanted, AS_OF).count == len(naive(world, wanted)) > 0
    facet = world.view.select(wanted, AS_OF).facets()["term"]
    assert [one.value for one in facet.values if one.chosen] == ["spring-2010"]


def test_every_transfer_is_found_by_its_number_and_by_its_id(world: World) -> None:
    for one in world.seen[::6]:
        for words in (str(one.seq), one.id, one.id.swapcase()):
            found = [seq for run in world.view.select(Wanted(words=words), AS_OF).seqs() for seq in run]
            assert one.seq in found
            assert found == [
                o.seq for o in sorted(naive(world, Wanted(words=words)), key=lambda o: (-o.on.toordinal(), -o.seq))
            ]


def test_at_most_so_many_values_and_the_chosen_one() -> None:
    from datasette_plugins.transfer_ledger.columns.facets import Facet, _most

    all_ = [Facet(str(n), str(n), 100 - n, n == 70) for n in range(90)]
    facets = _most(all_)
    assert [one.value for one in facets.values] == [*map(str, range(MOST)), "70"]
    assert facets.more == 90 - MOST - 1
