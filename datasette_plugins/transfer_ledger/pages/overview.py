"""The first page: the answer first, then what waits, then what happened."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import Wanted
from datasette_plugins.transfer_ledger.decisions import checked_size
from datasette_plugins.transfer_ledger.pages import standing, verified
from datasette_plugins.transfer_ledger.pages.entries import KINDS, counts
from datasette_plugins.transfer_ledger.roles import DECIDERS, READERS
from datasette_plugins.transfer_ledger.web import Asked
from ledger.london import utc_text
from ledger.source import Source
from reports.scope import Period, term, terms, year


class Bar(NamedTuple):
    """One bar of the chart: what it stands for, how many, and its place and height in the drawing.

    `first` and `last` are the days that it counts, those of the week that lie in the period.
    """

    label: str
    first: str
    last: str
    n: int
    x: int
    height: int


class Sent(NamedTuple):
    """Transfers of the newest term or school year that has any, and as bars."""

    label: str
    option: tuple[str, str]
    total: int
    bars: tuple[Bar, ...]
    current: bool

    @property
    def most(self) -> int:
        """The highest bar's number."""
        return max((bar.n for bar in self.bars), default=0)


class Since(NamedTuple):
    """What was recorded since the last visit: each kind, in words, how many; `first` is the first entry of it."""

    at: datetime | None
    first: int
    kinds: tuple[tuple[str, str, int], ...]


def _period(view: View, today: date) -> tuple[Period | None, bool]:
    """The term that it is, or else the newest term or school year with any transfer; and whether it is now."""
    known = terms(one.register for one in view.registers)
    now = next((one for one in known if one.first <= today <= one.last), None)
    if now is not None:
        return term(now), True
    days = view.select(Wanted(), today).days()
    last = max((day for day, _ in days if day <= today), default=None)
    if last is None:
        return None, False
    for one in reversed(known):
        if one.first <= last <= one.last:
            return term(one), False
    return year(date(last.year if last.month >= 9 else last.year - 1, 9, 1)), False


_WIDTH, _HEIGHT = 720, 160


def _weeks(days: Sequence[tuple[date, int]], first: date, last: date, end: date) -> tuple[Bar, ...]:
    """A bar for each week from `first` to `last`, in a period that goes to `end`."""
    weeks: dict[date, int] = {}
    week = first - timedelta(days=first.weekday())
    while week <= last:
        weeks[week] = 0
        week += timedelta(days=7)
    for day, count in days:
        weeks[day - timedelta(days=day.weekday())] += count
    most, step = max(weeks.values(), default=0) or 1, _WIDTH // max(len(weeks), 1)
    return tuple(
        Bar(
            week.isoformat(),
            max(week, first).isoformat(),
            min(week + timedelta(days=6), end).isoformat(),
            count,
            place * step,
            round(count / most * _HEIGHT),
        )
        for place, (week, count) in enumerate(weeks.items())
    )


def sent(view: View, today: date) -> Sent | None:
    """This term's transfers, week by week; None where none was ever sent."""
    period, current = _period(view, today)
    if period is None or period.first is None or period.last is None:
        return None
    selected = view.select(Wanted(period=period), today)
    name, _, value = period.option.partition("=")
    days = selected.days()
    end = today if current or not days else days[-1][0]
    bars = _weeks(days, period.first, min(period.last, end), period.last)
    return Sent(period.label, (name, value), selected.count, bars, current)


def _first_since(db: sqlite3.Connection, size: int, at: datetime) -> int:
    """The first entry that was recorded after a moment: entries are in the order of their recording."""
    low, high, text = 0, size, utc_text(at)
    while low < high:
        middle = (low + high) // 2
        row = db.execute("SELECT recorded_at FROM entries WHERE seq = ?", (middle,)).fetchone()
        if row is None or row[0] > text:
            high = middle
        else:
            low = middle + 1
    return low


def since(source: Source, at: datetime | None) -> Since:
    """What came since somebody was last here; with None, nothing is told."""
    if at is None:
        return Since(None, 0, ())
    first = _first_since(source.db, source.head.size, at)
    found = counts(source, first)
    told = tuple((kind, words[found[kind] > 1], found[kind]) for kind, words in KINDS.items() if found.get(kind))
    return Since(at, first, told)


_WHOLE: dict[str, standing.Said] = {
    "good": standing.Said("good", "The record passed its last verification."),
    "bad": standing.Said("bad", "The record did not pass its last verification. Do not rely on it."),
    "unsure": standing.Said("unsure", "Nobody has verified the record from this app yet."),
}
"""What the first page says of verification; the page Verification has the numbers."""


def page(asked: Asked) -> Response:
    """`GET /`."""
    asked.only()
    if asked.who.role == "clerk":
        return asked.see("/-/record")
    today = asked.today
    last = asked.site.people.visit(asked.who, asked.now)
    with asked.site.reading() as source:
        view = asked.site.checked_view(source)
        genesis = source.genesis()
        last_run = verified.last_of(asked.site.runs.newest("verify"))
        now = verified.standing(source, last_run)
        happened = since(source, last)
    if asked.who.role == "governor":
        *answers, used, closed_at = standing.for_governors(view, today)
        return asked.page(
            "overview_governor.html",
            organisation=genesis.organisation,
            origin=genesis.origin,
            answers=answers,
            whole=_WHOLE[verified.now(last_run, now).kind],
            verified=last_run,
            contactpoint={"kind": used.kind, "answer": used.answer, "closed_at": closed_at},
            as_of=view.checked["as_of"],
        )
    return asked.page(
        "overview.html",
        organisation=genesis.organisation,
        origin=genesis.origin,
        answers=(standing.compliance(view, today), standing.outstanding(view, today)),
        untold=standing.findings(view, "undecided", today),
        whole=_WHOLE[verified.now(last_run, now).kind],
        verified=last_run,
        now=now,
        contactpoint=standing.contactpoint(view, today),
        ages=view.found.ages(today),
        sent=sent(view, today),
        since=happened,
        size=view.head.size,
        as_of=view.checked["as_of"],
        checked=checked_size(view),
        unchecked=standing.unchecked(view),
        transfers=view.select(Wanted(), today).count,
        reads=asked.who.role in READERS,
        decides=asked.who.role in DECIDERS,
    )
