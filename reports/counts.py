"""What a report counts of the transfers themselves: by SQLite, in the ledger, and only when it is asked for.

Only transfers that stand are counted: not what a correction replaced or withdrew. Memory grows with the flows, the
months and the different lists of fields of a ledger, never with its transfers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from functools import cached_property
from typing import NamedTuple

import msgspec

from ledger import london
from ledger.errors import Refused
from ledger.source import Source
from reports import contactpoint
from reports.case import Case
from reports.context import Context, Evidence
from reports.scope import Scope

SCHOOLS = "role:school"
"""In place of an organisation's id: whichever school (an id holds no colon)."""


class Parties(NamedTuple):
    """Who sends what for what: ids of organisations, or `SCHOOLS` for all schools together."""

    sender: str
    recipient: str
    purpose: str


class Volume(msgspec.Struct):
    """How much went on one flow. `people` adds up the counts that were stated, in `counted` of the transfers."""

    first: date
    last: date
    transfers: int = 0
    people: int = 0
    counted: int = 0
    senders: set[str] = msgspec.field(default_factory=set)
    recipients: set[str] = msgspec.field(default_factory=set)


class _Row(NamedTuple):
    sender: str
    recipient: str
    purpose: str
    fields: str
    month: str
    transfers: int
    people: int | None
    counted: int
    first: str
    last: str


class Counts:
    """Counts of the transfers in `scope` of an open ledger; keep `source` open while new ones are asked for."""

    def __init__(self, source: Source, evidence: Evidence, as_of: date, scope: Scope) -> None:
        self._db = source.db
        self._source = source
        self._context = Context(evidence, as_of)
        self.scope = scope
        self._where, self._values = scope.where()

    def group(self, id_: str) -> str:
        """The id that stands for a party in flows and charts: its own, or `SCHOOLS` for a school."""
        organisation = self._context.organisation(id_)
        return SCHOOLS if organisation is not None and organisation.role == "school" else id_

    @cached_property
    def _by_day(self) -> Counter[tuple[str, date]]:
        # The index has all that is asked for, unless a school is: so every statement is counted in it, and those that
        # a later one replaced, which are few, are taken away. The view would look for a later one for each of them.
        where, values = self.scope.where("e")
        states = f"e.recipient IS NOT NULL AND e.transferred_on IS NOT NULL AND {where} GROUP BY 1, 2"
        index = "" if self.scope.school else "INDEXED BY entries_recipient"
        columns = "SELECT e.recipient, e.transferred_on, count(*)"
        found: Counter[tuple[str, date]] = Counter()
        for recipient, day, count in self._db.execute(f"{columns} FROM entries AS e {index} WHERE {states}", values):
            found[recipient, london.parse_date(day)] += count
        replaced = self._db.execute(
            "WITH newest AS (SELECT corrects AS root, max(seq) AS seq FROM entries WHERE corrects IS NOT NULL "
            f"GROUP BY corrects) {columns} FROM newest CROSS JOIN entries AS e "
            f"ON e.seq = newest.root OR (e.corrects = newest.root AND e.seq < newest.seq) WHERE {states}",
            values,
        )
        for recipient, day, count in replaced:
            found[recipient, london.parse_date(day)] -= count
        return +found

    @cached_property
    def days(self) -> Counter[date]:
        """Transfers by their day."""
        found: Counter[date] = Counter()
        for (_, day), count in self._by_day.items():
            found[day] += count
        return found

    @property
    def transfers(self) -> int:
        """How many there are."""
        return self.days.total()

    @cached_property
    def months(self) -> Counter[tuple[str, int, int]]:
        """Transfers by recipient, year and month."""
        found: Counter[tuple[str, int, int]] = Counter()
        for (recipient, day), count in self._by_day.items():
            found[recipient, day.year, day.month] += count
        return found

    @cached_property
    def _rows(self) -> list[_Row]:
        rows = self._db.execute(
            "SELECT sender, recipient, purpose, fields, substr(transferred_on, 1, 7), count(*), sum(subject_count), "
            f"count(subject_count), min(transferred_on), max(transferred_on) FROM transfers AS t WHERE {self._where} "
            "GROUP BY 1, 2, 3, 4, 5",
            self._values,
        )
        return [_Row(*row) for row in rows]

    @cached_property
    def flows(self) -> dict[Parties, Volume]:
        """How much went from whom to whom for what; all schools are one."""
        found: dict[Parties, Volume] = {}
        for row in self._rows:
            first, last = london.parse_date(row.first), london.parse_date(row.last)
            parties = Parties(self.group(row.sender), self.group(row.recipient), row.purpose)
            volume = found.get(parties)
            if volume is None:
                volume = found[parties] = Volume(first, last)
            volume.first, volume.last = min(volume.first, first), max(volume.last, last)
            volume.transfers += row.transfers
            volume.people += row.people or 0
            volume.counted += row.counted
            volume.senders.add(row.sender)
            volume.recipients.add(row.recipient)
        return found

    @cached_property
    def parties(self) -> tuple[Counter[str], Counter[str]]:
        """Transfers by sender, and by recipient: each by its own id, every school on its own."""
        senders: Counter[str] = Counter()
        recipients: Counter[str] = Counter()
        for row in self._rows:
            senders[row.sender] += row.transfers
            recipients[row.recipient] += row.transfers
        return senders, recipients

    @cached_property
    def fields(self) -> Counter[tuple[str, str]]:
        """Transfers by recipient (all schools are one) and field: how many of them held the field."""
        found: Counter[tuple[str, str]] = Counter()
        for row in self._rows:
            for field in msgspec.json.decode(row.fields, type=list[str]):
                found[self.group(row.recipient), field] += row.transfers
        return found

    @cached_property
    def delays(self) -> Counter[int]:
        """Transfers by the days from the transfer (the last day of an interval) to its being recorded, in London."""
        rows = self._db.execute(
            "SELECT coalesce(e.transferred_until, e.transferred_on), e.recorded_at, count(*) FROM transfers AS t "
            f"JOIN entries AS e ON e.seq = t.seq WHERE {self._where} GROUP BY 1, 2",
            self._values,
        )
        found: Counter[int] = Counter()
        for day, recorded_at, count in rows:
            recorded = london.instant(recorded_at)
            if recorded is None:
                raise Refused(f"An entry was recorded at {recorded_at[:40]!r}, which is no time.")
            found[(london.day_of(recorded) - london.parse_date(day)).days] += count
        return found

    @cached_property
    def uses_before(self) -> Counter[date]:
        """Uses of ContactPoint that the entry's own date and time put before its closing, by day."""
        found: Counter[date] = Counter()
        for seq in self._candidates():
            recorded = self._source.statement(seq)
            if not recorded.current or recorded.facts.transferred_on is None:
                continue
            case = Case(recorded, self._context)
            if contactpoint.moment(case) == "before" and any(use.exact for use in contactpoint.uses(case)):
                found[recorded.facts.transferred_on] += 1
        return found

    def _candidates(self) -> list[int]:
        # A use that is certain names ContactPoint by an id, or passes on what another transfer brought.
        law = self._context.law.contactpoint
        ids: Collection[str] = {
            law.party,
            *law.purposes,
            *(one for one in self._context.organisations if law.party in self._context.ids(one)),
        }
        last = law.closed_at.date().isoformat()
        texts = " OR ".join(["e.entry LIKE ? ESCAPE '\\'"] * (len(ids) + 1))
        rows = self._db.execute(
            f"SELECT t.seq FROM entries AS e CROSS JOIN transfers AS t ON t.seq = e.seq WHERE ({texts}) AND "
            f"e.transferred_on <= ? AND {self._where} ORDER BY t.seq",
            [*(f'%"{_literally(id_)}"%' for id_ in sorted(ids)), '%"onward\\_of"%', last, *self._values],
        )
        return [seq for (seq,) in rows]


def _literally(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
