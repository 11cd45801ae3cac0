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


class FixedTerm(NamedTuple):
    """One of three parts of every school year, whenever a school's own terms begin: a name, and its months."""

    name: str
    first: int
    last: int

    def of(self, year: int) -> Period:
        """This term in a calendar year."""
        months = f"{MONTHS[self.first - 1]} to {MONTHS[self.last - 1]}"
        return Period(
            date(year, self.first, 1),
            date(year, self.last, monthrange(year, self.last)[1]),
            f"the {self.name} term {year} ({months})",
            f"fixed-term={self.name}-{year}",
        )


FIXED_TERMS = (FixedTerm("autumn", 9, 12), FixedTerm("spring", 1, 3), FixedTerm("summer", 4, 8))
"""In the order of a school year. They end on the days by which compulsory school age is reckoned."""


def fixed_term(day: date) -> Period:
    """The fixed term that `day` lies in."""
    return next(one for one in FIXED_TERMS if one.first <= day.month <= one.last).of(day.year)


def fixed_terms(period: Period) -> tuple[Period, ...]:
    """The fixed terms that a school year, or a fixed term, is made of."""
    assert period.first is not None
    if period.option.startswith("fixed-term="):
        return (period,)
    return tuple(one.of(period.first.year + (one.first < 9)) for one in FIXED_TERMS)


def parse_fixed_term(text: str) -> Period:
    """The fixed term that is written as autumn-2009. `Refused` for anything else."""
    name, _, year = text.rpartition("-")
    for one in FIXED_TERMS:
        if one.name == name and len(year) == 4 and year.isascii() and year.isdecimal() and 1900 <= int(year) <= 9998:
            return one.of(int(year))
    raise Refused(f"{text[:40]} is not a fixed term; write one as autumn-2009, spring-2010 or summer-2010.")


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
    if kind == "fixed-term":
        return fixed_term(period.first - timedelta(days=1))
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


_IDS = "(SELECT value FROM json_each(?))"


def _concerns(of: str, school: tuple[str, ...]) -> tuple[str, list[str | int]]:
    """The condition in SQL that a school with these ids sent a transfer, received it, or is named in it."""
    named = (
        "EXISTS (SELECT 1 FROM entries AS of_, json_each(of_.entry, '$.schools') AS named "
        f"WHERE of_.seq = {of}.seq AND named.value IN {_IDS})"
    )
    return f"({of}.sender IN {_IDS} OR {of}.recipient IN {_IDS} OR {named})", [json.dumps(school)] * 3


class Scope(NamedTuple):
    """A period, and the ids of one school (its present and former ones), or none for everybody.

    With `since`, only what was recorded from that entry on. With `others`, the ids of the other schools, only what is
    the school's own: what it sent, and what somebody who is no school sent to it or about it, and to or about no other.
    So each transfer is one school's own at most.
    """

    period: Period
    school: tuple[str, ...] = ()
    since: int = 0
    others: tuple[str, ...] = ()

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
            concerns, ids = _concerns(of, self.school)
            if not self.others:
                conditions.append(concerns)
                values += ids
            else:
                others, ids_of_others = _concerns(of, self.others)
                conditions.append(f"({of}.sender IN {_IDS} OR ({concerns} AND NOT {others}))")
                values += [ids[0], *ids, *ids_of_others]
        return " AND ".join(conditions), values
