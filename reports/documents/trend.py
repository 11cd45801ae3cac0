"""How counts went on over a period and the one before, by parts of it that are large enough to be shown in public.

Months are the finest parts. Where a part would be small, all are made larger: three parts of a school year, or whole
ones. Parts stand beside their sum, so that all of them are shown or none.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeAlias

from reports.documents.suppressed import whole
from reports.periods import end_of_school_year, named, school_year
from reports.scope import Period, day_in_words

MOST = 8
"""So many rows at most, those of the period before included."""

Key: TypeAlias = tuple[int, int]
"""What orders parts: a year, and a month in it."""

Day: TypeAlias = date | None
"""None for what happened on no one day."""


class Series(NamedTuple):
    """What is counted: by day, and what of it is new since the last attested report."""

    days: Mapping[Day, int]
    new: Mapping[Day, int]


class Row(NamedTuple):
    """One part of a period. `problems` is None where none of that column may be shown."""

    label: str
    transfers: int
    problems: int | None


class Part(NamedTuple):
    """A part of time, from its first day to its last."""

    key: Key
    label: str
    first: date
    last: date


def _end(first: date, months: int) -> date:
    last = first.month + months - 1
    return date(first.year, last, monthrange(first.year, last)[1])


def _month(day: date) -> Part:
    first = day.replace(day=1)
    return Part((day.year, day.month), day_in_words(day).partition(" ")[2], first, _end(first, 1))


_THIRDS = {9: ("September to December", 4), 1: ("January to March", 3), 4: ("April to August", 5)}


def _third(day: date) -> Part:
    first = date(day.year, 9 if day.month >= 9 else 1 if day.month < 4 else 4, 1)
    label, months = _THIRDS[first.month]
    return Part((day.year, first.month), f"{label} {day.year}", first, _end(first, months))


def _year(day: date) -> Part:
    first = school_year(day)
    return Part((first.year, 0), f"School year {named(first)}", first, end_of_school_year(first))


_PARTS: tuple[Callable[[date], Part], ...] = (_month, _third, _year)
_EARLIER: Key = (0, 0)
_NO_DAY: Key = (9999, 99)


def _months(first: date, last: date) -> Iterable[date]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    for place in range(first.month - 1, first.month - 1 + count):
        yield date(first.year + place // 12, place % 12 + 1, 1)


def _labels(period: Period, all_: Iterable[Series], part: Callable[[date], Part]) -> dict[Key, str]:
    days = [day for one in all_ for day in one.days if day is not None]
    first = period.first or min(days, default=None)
    last = period.last or max(days, default=None)
    if first is None or last is None:
        return {}
    parts = dict.fromkeys(part(day) for day in _months(first, last))
    if len(parts) == 1:
        return {one.key: period.label[:1].upper() + period.label[1:] for one in parts}
    return {one.key: _label(one, period.first or date.min, period.last or date.max) for one in parts}


def _label(part: Part, first: date, last: date) -> str:
    if first <= part.first and part.last <= last:
        return part.label
    return f"{day_in_words(max(first, part.first))} to {day_in_words(min(last, part.last))}"


def _cut(found: dict[Key, str], most: int) -> dict[Key, str]:
    return found if len(found) <= most else {_EARLIER: "Before that", **dict(list(found.items())[-(most - 1) :])}


def _counted(days: Mapping[Day, int], labels: Mapping[Key, str], part: Callable[[date], Part]) -> Counter[Key]:
    found: Counter[Key] = Counter()
    for day, count in days.items():
        key = _NO_DAY if day is None else part(day).key
        found[key if day is None or key in labels else _EARLIER] += count
    return found


Counted: TypeAlias = tuple[Period, Series, Series]
"""A period with its transfers and its problems."""


def _rows(periods: Sequence[Counted], part: Callable[[date], Part]) -> tuple[Row, ...]:
    labels = [_labels(period, series, part) for period, *series in periods]
    if part is _year:
        labels = [_cut(one, MOST // len(labels)) for one in labels]
    if sum(map(len, labels)) > MOST:
        return ()
    shown = [True, True]
    counts: list[list[Counter[Key]]] = []
    for (_, *series), of in zip(periods, labels, strict=True):
        counts.append([_counted(one.days, of, part) for one in series])
        for place, one in enumerate(series):
            new = _counted(one.new, of, part)
            shown[place] = shown[place] and whole(list(counts[-1][place].values()), list(new.values()))
    if not shown[0]:
        return ()
    rows: list[Row] = []
    for of, (transfers, problems) in zip(labels, counts, strict=True):
        if problems[_NO_DAY] and shown[1]:
            of = {**of, _NO_DAY: "On no one day"}
        rows += [Row(of[key], transfers[key], problems[key] if shown[1] else None) for key in of]
    return tuple(rows)


def trend(now: Counted, before: Counted | None, *, problems: bool = True) -> tuple[Row, ...]:
    """The rows of the period before, and those of `now`; none where nothing may be shown.

    As fine as everything can be shown; or else `now` alone; or else the transfers without the problems, which is all
    where the total of `problems` is not shown. A single row would be no trend.
    """
    if before is not None and not any((*before[1].days.values(), *before[2].days.values())):
        before = None
    both = [now] if before is None else [before, now]
    found = [rows for periods in (both, [now]) for part in _PARTS if len(rows := _rows(periods, part)) > 1]
    for rows in found:
        if problems and rows[0].problems is not None:
            return rows
    return tuple(row._replace(problems=None) for row in found[0]) if found else ()
