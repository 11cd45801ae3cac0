"""The periods that transfers are counted in: days, weeks, months, terms and school years, and when something is due.

A week begins on Monday and a school year on 1 September; terms are those that a register states.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from ledger.register.model import Due, Period, Register

_FIRST_MONTH = 9


class Days(NamedTuple):
    """Days from the first to the last, both included."""

    first: date
    last: date


def school_year(day: date) -> date:
    """The first day of the school year that `day` lies in."""
    return date(day.year if day.month >= _FIRST_MONTH else day.year - 1, _FIRST_MONTH, 1)


def end_of_school_year(first: date) -> date:
    """The last day of the school year that begins on `first`."""
    return date(first.year + 1, _FIRST_MONTH, 1) - timedelta(days=1)


def named(first: date) -> str:
    """The school year that begins on `first` as people write it: 2009-10."""
    return f"{first.year}-{(first.year + 1) % 100:02}"


def start(day: date, per: Period, register: Register) -> date | None:
    """The first day of the period that `day` lies in; None for a day outside every term."""
    if per == "day":
        return day
    if per == "week":
        return day - timedelta(days=day.weekday())
    if per == "month":
        return day.replace(day=1)
    if per == "year":
        return school_year(day)
    term = register.term(day)
    return None if term is None else term.first


def _on(year: int, month_day: str) -> date | None:
    try:
        return date.fromisoformat(f"{year:04}-{month_day}")
    except ValueError:
        return None  # 29 February in other years


def occurrences(due: Due, first: date, last: date) -> Iterator[Days]:
    """The times that `due` comes between two days, both included: those that lie between them wholly, in order.

    A yearly one whose last day comes before its first ends in the year after; one on 29 February comes in leap years.
    """
    if len(due.first) == 10:
        once = Days(date.fromisoformat(due.first), date.fromisoformat(due.last))
        if first <= once.first and once.last <= last:
            yield once
        return
    over = due.last < due.first
    for year in range(first.year, last.year + 1):
        begins, ends = _on(year, due.first), _on(year + over, due.last)
        if begins is not None and ends is not None and first <= begins and ends <= last:
            yield Days(begins, ends)
