"""What a report counts of the transfers themselves, taken as they stream past on their way to the checks.

Its memory grows with the flows and the months of a ledger, not with its transfers. Only transfers that stand are
counted: not what a correction replaced or withdrew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from ledger.source import Recorded
from reports import contactpoint
from reports.case import Case
from reports.context import Context, Evidence

WINDOW = timedelta(days=45)
"""How far before and after the closing of ContactPoint its chart reaches."""


SCHOOLS = "role:school"
"""In place of an organisation's id: whichever school (an id holds no colon)."""


class Parties(NamedTuple):
    """Who sends what for what: ids of organisations, or `SCHOOLS` for all schools together."""

    sender: str
    recipient: str
    purpose: str


class Volume:
    """How much went on one flow. `people` adds up the counts that were stated, in `counted` of the transfers."""

    def __init__(self, on: date) -> None:
        self.transfers = self.people = self.counted = 0
        self.first = self.last = on
        self.senders: set[str] = set()
        self.recipients: set[str] = set()


class Tally:
    """Counts by flow and month, and the uses of ContactPoint by day. Pass transfers `through` it once."""

    def __init__(self, evidence: Evidence, as_of: date) -> None:
        self._context = Context(evidence, as_of)
        closing = evidence.law.contactpoint.day
        self._window = closing - WINDOW, closing + WINDOW
        self.flows: dict[Parties, Volume] = {}
        self.months: Counter[tuple[str, int, int]] = Counter()
        # Uses of ContactPoint that were put before the closing by the entry's own date and time.
        self.uses_before = 0
        self.uses_by_day: Counter[date] = Counter()

    def through(self, recorded: Iterable[Recorded]) -> Iterator[Recorded]:
        """`recorded` as it is, counted on the way."""
        for one in recorded:
            if one.current and one.facts.transferred_on is not None:
                self._add(one, one.facts.transferred_on)
            yield one

    def group(self, id_: str) -> str:
        """The id that stands for a party in flows and charts: its own, or `SCHOOLS` for a school."""
        organisation = self._context.organisation(id_)
        return SCHOOLS if organisation is not None and organisation.role == "school" else id_

    def _add(self, recorded: Recorded, on: date) -> None:
        facts = recorded.facts
        sender, recipient = facts.sender or "", facts.recipient or ""
        parties = Parties(self.group(sender), self.group(recipient), facts.purpose or "")
        volume = self.flows.get(parties)
        if volume is None:
            volume = self.flows[parties] = Volume(on)
        volume.transfers += 1
        volume.first, volume.last = min(volume.first, on), max(volume.last, on)
        volume.senders.add(sender)
        volume.recipients.add(recipient)
        if facts.subjects is not None and facts.subjects.count is not None:
            volume.people += facts.subjects.count
            volume.counted += 1
        self.months[recipient, on.year, on.month] += 1
        case = Case(recorded, self._context)
        if contactpoint.moment(case) == "before" and any(use.exact for use in contactpoint.uses(case)):
            self.uses_before += 1
            if self._window[0] <= on <= self._window[1]:
                self.uses_by_day[on] += 1
