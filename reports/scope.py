"""What a report speaks of: the days of its period, one school or everybody, and the day that it is made for.

A transfer lies in a period by its London day, one over an interval by its first. It is a school's where the school sent
it, received it, or is named in it as one whose pupils or staff it is about.
"""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from ledger.errors import Refused
from ledger.london import parse_date
from ledger.register.model import Register, Term
from ledger.source import Source
from reports.periods import end_of_school_year, named, school_year
from reports.wording import MONTHS


class Period(NamedTuple):
    """Days from the first to the last, both included; None leaves that end open. `label` names it in a sentence.

    `option` is how an attestation writes it down, "" for everything recorded.
    """

    first: date | None
    last: date | None
    label: str
    option: str

    def has(self, day: date) -> bool:
        """Whether it includes `day`."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


WHOLE = Period(None, None, "everything recorded", "whole")
"""Everything that the ledger holds, whenever it was."""


def day_in_words(day: date) -> str:
    """A day as people write it: 6 August 2010."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def year(first: date) -> Period:
    """The school year that begins on `first`, a 1 September."""
    name = named(first)
    return Period(first, end_of_school_year(first), f"the school year {name}", f"year={name}")


def parse_year(text: str) -> Period:
    """The school year that is written as 2009-10. `Refused` for anything else."""
    start = text[:4]
    if len(text) == 7 and start.isascii() and start.isdecimal() and 1900 <= int(start) <= 9998:
        first = date(int(start), 9, 1)
        if named(first) == text:
            return year(first)
    raise Refused(f"{text[:40]} is no school year; write one as 2009-10, which begins on 1 September 2009.")


def month(first: date) -> Period:
    """The month that begins on `first`."""
    last = first.replace(day=monthrange(first.year, first.month)[1])
    return Period(first, last, f"{MONTHS[first.month - 1]} {first.year}", f"month={first.isoformat()[:7]}")


def parse_month(text: str) -> Period:
    """The month that is written as 2010-05. `Refused` for anything else."""
    try:
        return month(parse_date(f"{text}-01"))
    except Refused:
        raise Refused(f"{text[:40]} is no month; write one as 2010-05.") from None


def term(one: Term) -> Period:
    """A school term."""
    return Period(one.first, one.last, f"the {one.label}", f"term={one.id}")


def terms(registers: Iterable[Register]) -> list[Term]:
    """All terms that the registers state, in order; of one id, as the newest register states it."""
    found = {one.id: one for register in registers for one in register.terms}
    return sorted(found.values(), key=lambda one: (one.first, one.id))


def find_term(text: str, known: list[Term]) -> Period:
    """The term with the id `text` among those `known`. `Refused` where it is not there."""
    for one in known:
        if one.id == text:
            return term(one)
    there = ", ".join(one.id for one in known)
    raise Refused(
        f"The adopted registers state no term {text[:64]}; "
        + (f"they state {there}." if there else "they state none at all: `terms:` in a register gives their dates.")
    )


def between(first: date | None, last: date | None) -> Period:
    """The days from `first` to `last`, both included; an end that is None is open. `Refused` where last comes first."""
    if first is None and last is None:
        return WHOLE
    if first is not None and last is not None and last < first:
        raise Refused(f"The period ends on {last.isoformat()}, before it begins on {first.isoformat()}.")
    if first is None:
        assert last is not None
        return Period(None, last, f"the time up to {day_in_words(last)}", f"to={last.isoformat()}")
    if last is None:
        return Period(first, None, f"the time from {day_in_words(first)} on", f"from={first.isoformat()}")
    label = f"{day_in_words(first)} to {day_in_words(last)}"
    return Period(first, last, label, f"from={first.isoformat()},to={last.isoformat()}")


def before(period: Period, known: list[Term]) -> Period | None:
    """The period before this one, to compare with: the year, term or month before, or as many days. None for none."""
    if period.first is None:
        return None
    kind = period.option.partition("=")[0]
    if kind == "year":
        return year(period.first.replace(year=period.first.year - 1))
    if kind == "month":
        return month((period.first - timedelta(days=1)).replace(day=1))
    if kind == "term":
        earlier = [one for one in known if one.last < period.first]
        return term(earlier[-1]) if earlier else None
    if period.last is None or period.first.toordinal() <= (period.last - period.first).days + 1:
        return None
    days = (period.last - period.first).days + 1
    return between(period.first - timedelta(days=days), period.first - timedelta(days=1))


def last_school_year(source: Source, as_of: date) -> Period:
    """The school year to report on where none is named: the last that ended by `as_of`, or, where nothing was sent in
    it, the one that `as_of` lies in.
    """
    ended = year(school_year(school_year(as_of) - timedelta(days=1)))
    if end_of_school_year(school_year(as_of)) == as_of:
        ended = year(school_year(as_of))
    found = source.db.execute(
        "SELECT 1 FROM transfers WHERE transferred_on BETWEEN ? AND ? LIMIT 1",
        (str(ended.first), str(ended.last)),
    ).fetchone()
    return ended if found else year(school_year(as_of))


class Scope(NamedTuple):
    """A period, and the ids of one school (its present and former ones), or none for everybody.

    With `since`, only what was recorded from that entry on.
    """

    period: Period
    school: tuple[str, ...] = ()
    since: int = 0

    def where(self, of: str = "t") -> tuple[str, list[str | int]]:
        """The condition in SQL on a row `of` the view `transfers` or the table `entries`, and its parameters."""
        conditions: list[str] = ["1"]
        values: list[str | int] = []
        if self.since:
            conditions.append(f"{of}.seq >= ?")
            values.append(self.since)
        if self.period.first is not None:
            conditions.append(f"{of}.transferred_on >= ?")
            values.append(self.period.first.isoformat())
        if self.period.last is not None:
            conditions.append(f"{of}.transferred_on <= ?")
            values.append(self.period.last.isoformat())
        if self.school:
            ids = json.dumps(self.school)
            of_school = "(SELECT value FROM json_each(?))"
            conditions.append(
                f"({of}.sender IN {of_school} OR {of}.recipient IN {of_school} OR EXISTS (SELECT 1 FROM entries AS "
                "of_, "
                f"json_each(of_.entry, '$.schools') AS named WHERE of_.seq = {of}.seq AND named.value IN {of_school}))"
            )
            values += [ids] * 3
        return " AND ".join(conditions), values
