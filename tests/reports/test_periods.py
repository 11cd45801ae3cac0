"""Periods: where each begins, and the times that something is due."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from ledger.register.model import Due, Period, Term
from reports.periods import end_of_school_year, named, occurrences, school_year, start
from tests.reports.world import register

AUTUMN = msgspec.convert({"id": "a", "label": "Autumn", "from": "2009-09-03", "until": "2009-12-18"}, Term)


@pytest.mark.parametrize(
    ("day", "per", "first"),
    [
        ("2009-12-18", "day", "2009-12-18"),
        ("2010-01-03", "week", "2009-12-28"),  # a Sunday
        ("2010-01-04", "week", "2010-01-04"),
        ("2010-01-31", "month", "2010-01-01"),
        ("2010-08-31", "year", "2009-09-01"),
        ("2010-09-01", "year", "2010-09-01"),
        ("2009-12-18", "term", "2009-09-03"),
        ("2009-12-19", "term", None),
    ],
)
def test_where_a_period_begins(day: str, per: Period, first: str | None) -> None:
    of = msgspec.structs.replace(register().register, terms=(AUTUMN,))
    assert start(date.fromisoformat(day), per, of) == (first and date.fromisoformat(first))


def test_school_years() -> None:
    assert end_of_school_year(school_year(date(2010, 1, 1))) == date(2010, 8, 31)
    assert [named(date(year, 9, 1)) for year in (2009, 1999, 1998)] == ["2009-10", "1999-00", "1998-99"]


@pytest.mark.parametrize(
    ("due", "found"),
    [
        (("2010-01-10", "2010-01-20"), ["2010-01-10"]),
        (("2012-12-10", "2013-01-20"), []),
        (("01-10", "01-20"), ["2010-01-10", "2011-01-10", "2012-01-10"]),
        (("12-10", "01-05"), ["2009-12-10", "2010-12-10", "2011-12-10"]),
        (("02-29", "03-05"), ["2012-02-29"]),
        (("08-31", "09-01"), ["2010-08-31", "2011-08-31", "2012-08-31"]),
    ],
)
def test_when_something_is_due(due: tuple[str, str], found: list[str]) -> None:
    between = date(2009, 9, 1), date(2012, 12, 31)
    stated = msgspec.convert({"label": "Census", "from": due[0], "until": due[1]}, Due)
    assert [one.first.isoformat() for one in occurrences(stated, *between)] == found
