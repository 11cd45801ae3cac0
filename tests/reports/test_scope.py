"""Periods as people name them, what comes before each, and which transfers and findings lie in a scope."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refused
from ledger.register.model import Term
from ledger.source import Source
from reports import scope
from reports.counts import Counts
from reports.evidence import evidence_of
from reports.scope import WHOLE, Period, Scope
from tests.reports.ledgers import GOOD, make_ledger

AUTUMN = Term(id="autumn-2009", label="autumn term 2009", first=date(2009, 9, 3), last=date(2009, 12, 18))
INTERVAL = {"transferred_at": "2010-08-31/2010-09-04", "transferred_until": date(2010, 9, 4)}
SPRING = Term(id="spring-2010", label="spring term 2010", first=date(2010, 1, 4), last=date(2010, 3, 26))


@pytest.mark.parametrize(
    ("period", "first", "last", "option", "label"),
    [
        (scope.parse_year("2009-10"), "2009-09-01", "2010-08-31", "year=2009-10", "the school year 2009-10"),
        (scope.parse_year("1999-00"), "1999-09-01", "2000-08-31", "year=1999-00", "the school year 1999-00"),
        (scope.parse_month("2012-02"), "2012-02-01", "2012-02-29", "month=2012-02", "February 2012"),
        (
            scope.find_term("spring-2010", [AUTUMN, SPRING]),
            "2010-01-04", "2010-03-26", "term=spring-2010", "the spring term 2010",
        ),
        (
            scope.between(date(2010, 1, 1), date(2010, 1, 31)),
            "2010-01-01", "2010-01-31", "from=2010-01-01,to=2010-01-31", "1 January 2010 to 31 January 2010",
        ),
    ],
)  # fmt: skip
def test_a_period_has_its_days_its_name_and_its_option(
    period: Period, first: str, last: str, option: str, label: str
) -> None:
    assert (str(period.first), str(period.last), period.option, period.label) == (first, last, option, label)


@pytest.mark.parametrize("text", ["2009-11", "2009", "2009-10 ", "２００９-10", "209-10", "2009/10", "", "9999-00"])
def test_what_is_no_school_year_gets_a_sentence(text: str) -> None:
    with pytest.raises(Refused, match="no school year"):
        scope.parse_year(text)


@pytest.mark.parametrize("text", ["2010-13", "2010-1", "May 2010", "2010-05-01"])
def test_what_is_no_month_gets_a_sentence(text: str) -> None:
    with pytest.raises(Refused, match="no month"):
        scope.parse_month(text)


def test_a_term_that_no_register_states_is_refused_with_those_that_are() -> None:
    with pytest.raises(Refused, match="autumn-2009, spring-2010"):
        scope.find_term("summer-2010", [AUTUMN, SPRING])
    with pytest.raises(Refused, match="none at all"):
        scope.find_term("summer-2010", [])
    with pytest.raises(Refused, match="before it begins"):
        scope.between(date(2010, 2, 1), date(2010, 1, 1))


def test_before_a_period_comes_the_one_of_its_kind() -> None:
    known = [AUTUMN, SPRING]
    assert scope.before(scope.parse_year("2009-10"), known) == scope.parse_year("2008-09")
    assert scope.before(scope.parse_month("2010-01"), known) == scope.parse_month("2009-12")
    assert scope.before(scope.term(SPRING), known) == scope.term(AUTUMN)
    assert scope.before(scope.term(AUTUMN), known) is None
    assert scope.before(WHOLE, known) is None


@given(st.dates(date(1950, 1, 1), date(2900, 1, 1)), st.integers(0, 900))
def test_before_some_days_come_as_many(first: date, days: int) -> None:
    period = scope.between(first, first + timedelta(days=days))
    earlier = scope.before(period, [])
    assert earlier is not None
    assert earlier.first is not None
    assert earlier.last is not None
    assert earlier.last + timedelta(days=1) == period.first
    assert (earlier.last - earlier.first).days == days


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Transfers of two schools on the edges of a school year, and one over an interval."""
    return make_ledger(
        tmp_path_factory.mktemp("scope") / "transfers.db",
        {**GOOD, "transferred_at": "2009-08-31"},
        {**GOOD, "transferred_at": "2009-09-01"},
        {**GOOD, "sender": "shire", "recipient": "qca", "schools": ["low", "high"], "transferred_at": "2010-01-04"},
        {**GOOD, "sender": "shire", "recipient": "qca", "schools": ["low"], "transferred_at": "2010-01-05"},
        {**GOOD, "sender": "shire", "recipient": "high", **INTERVAL},
        {**GOOD, "transferred_at": "2010-09-01"},
        withdraw="t5",
    )


@pytest.mark.parametrize(
    ("of", "count"),
    [
        (Scope(WHOLE), 5),
        (Scope(scope.parse_year("2009-10")), 4),
        (Scope(scope.parse_year("2009-10"), ("high",)), 3),
        (Scope(scope.parse_year("2009-10"), ("low",)), 2),
        (Scope(WHOLE, ("nobody",)), 0),
        (Scope(WHOLE, ("nobody", "low")), 2),
        (Scope(scope.between(None, date(2009, 8, 31))), 1),
        (Scope(scope.between(date(2010, 1, 5), None)), 2),
        (Scope(WHOLE, (), 9), 1),
    ],
)
def test_a_scope_has_the_transfers_of_its_days_and_its_school(ledger: Path, of: Scope, count: int) -> None:
    with Source(ledger) as source:
        counts = Counts(source, evidence_of(source), date(2010, 10, 1), of)
        assert counts.transfers == count
        assert counts.months.total() == count
        assert sum(volume.transfers for volume in counts.flows.values()) == count
        assert counts.delays.total() == count


@pytest.mark.parametrize(
    ("as_of", "name"),
    [
        (date(2010, 8, 31), "2009-10"),
        (date(2010, 8, 30), "2008-09"),
        (date(2010, 9, 1), "2009-10"),
        (date(2011, 9, 1), "2011-12"),
    ],
)
def test_without_a_period_it_is_the_last_school_year(ledger: Path, as_of: date, name: str) -> None:
    with Source(ledger) as source:
        assert scope.last_school_year(source, as_of) == scope.parse_year(name)
