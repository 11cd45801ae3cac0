"""The findings that a page asks for, put together by cause, with what people call it all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import parse_qs, parse_qsl

import numpy as np

from datasette_plugins.transfer_ledger.columns import read
from datasette_plugins.transfer_ledger.columns.asked import address_of_findings, wanted_findings_of
from datasette_plugins.transfer_ledger.columns.codes import Ints
from datasette_plugins.transfer_ledger.columns.finding import Item
from datasette_plugins.transfer_ledger.columns.found import Age, Group, Groups
from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import State, WantedFindings
from datasette_plugins.transfer_ledger.decisions import Decisions, Seen
from ledger.source import Source
from reports.decisions import Decision
from reports.documents.findings import ON_NO_TRANSFER, SEVERAL, named, title

STATES: dict[State, str] = {
    "open": "Open",
    "awaiting": "Needs a second person",
    "undecided": "Details missing, and advice",
    "closed": "Closed",
    "overdue": "Past its date",
    "corrected": "Corrected",
    "all": "All",
}
"""What may be asked about how findings stand, in words, in the order of the page."""


EVER: dict[State, str] = {
    "breach": "Every breach ever found",
    "against": "Breaches that count",
    "taken-back": "Breaches withdrawn, changed or denied since",
    "confirmed": "Mistakes that a second person confirmed",
    "unchecked": "Closed, and not checked by anybody else",
}
"""The same for what numbers elsewhere count: what was ever found, however it stands now."""


class About(NamedTuple):
    """From whom to whom for what, as ids ("" for none) and in words."""

    sender_id: str
    recipient_id: str
    purpose_id: str
    sender: str
    recipient: str
    purpose: str


class Line(NamedTuple):
    """One finding of a group. `value` is what a form says of it: its key, with the decision and advice that are shown.

    `state` is how it stands, in words; `advice` is the newest of the data protection officer.
    """

    item: Item
    value: str
    decided: Decision | None
    advice: Decision | None
    state: str


class Cause(NamedTuple):
    """A group as a page shows it: `lines` are some of its `count` findings, from the `place`th on.

    `found` is what was found where that is one sentence for all, "" where each has its own. `standing` is how many of
    them a correction has not replaced.
    """

    id: str
    title: str
    about: About
    group: Group
    found: str
    lines: tuple[Line, ...]
    place: int
    standing: int


class Answer(NamedTuple):
    """How many findings are open, since which day the oldest is recorded, and how old they are."""

    open: int
    oldest: date | None
    days: int
    ages: tuple[Age, ...]


def findings_asked(query: Mapping[str, Sequence[str]], view: View) -> WantedFindings:
    """The findings that an address asks for, whatever else it says. `Refused` for what cannot be."""
    return wanted_findings_of({name: list(values) for name, values in query.items()}, view)


def findings_of(address: str, view: View) -> WantedFindings:
    """The findings that the part of an address after the `?` asks for. `Refused` for what cannot be."""
    return findings_asked(parse_qs(address, keep_blank_values=True, max_num_fields=20), view)


def query_of(wanted: WantedFindings) -> dict[str, str]:
    """What is wanted as the parameters of an address."""
    return dict(parse_qsl(address_of_findings(wanted)))


def group_id(view: View, place: int) -> str:
    """What an address calls the group of the finding at `place`: the same whenever its cause is the same."""
    found = view.found
    one, item = found.read(place), found.item(place)
    cause = (item.check, item.reason, item.outcome, item.severity, item.sender, item.recipient, item.purpose)
    return hashlib.sha256(json.dumps([*cause, one.expected]).encode()).hexdigest()[:16]


def find_group(view: View, groups: Groups, id_: str) -> int | None:
    """Which of the groups is called so; None where none is."""
    return next((one for one in range(len(groups)) if group_id(view, int(groups.places(one)[0])) == id_), None)


def kinds_of(view: View, places: Iterable[int], source: Source) -> dict[int, str]:
    """The kinds of the entries that findings at `places` are on, where these state no transfer, by seq."""
    found = view.found
    seqs = {int(found.first[place]) for place in places if found.row[place] < 0}
    rows = source.db.execute(
        "SELECT seq, kind FROM entries WHERE seq IN (SELECT value FROM json_each(?))", (json.dumps(sorted(seqs)),)
    )
    return dict(rows.fetchall())


def about(view: View, item: Item, kinds: Mapping[int, str]) -> About:
    """From whom to whom for what a finding is, as reports.documents.findings has it."""
    if (kind := kinds.get(item.seq)) in ON_NO_TRANSFER:
        nobody = ON_NO_TRANSFER[str(kind)]  # from both ends, as in reports
        return About("", "", "", nobody, nobody, "")
    if item.id is None:
        return About("", "", "", SEVERAL, SEVERAL, "")
    ids = item.sender, item.recipient, item.purpose
    sender, recipient, purpose = (named(one, view.labels) if one else "" for one in ids)
    return About(*ids, sender, recipient, purpose)


def answer(view: View, today: date) -> Answer:
    """How the open findings stand on a day, whatever a page is narrowed by."""
    found = view.found
    recorded = found.recorded[found.open(today)]
    oldest = read.day(int(recorded.min())) if len(recorded) else None
    days = 0 if oldest is None else max((today - oldest).days, 0)
    return Answer(len(recorded), oldest, days, found.ages(today))


def by_state(view: View, wanted: WantedFindings, today: date) -> dict[State, Ints]:
    """The places of what is wanted in each state, whichever of them is wanted."""
    places = view.findings(wanted._replace(state="all"), today)
    states = [*STATES, *([wanted.state] if wanted.state in EVER else [])]
    return {state: places[view.found.in_state(state, today)[places]] for state in states}


class Reading(NamedTuple):
    """What a page is made from: the moment, the decisions until it had `size` entries, the ledger, the day."""

    view: View
    decisions: Decisions
    source: Source
    size: int
    today: date

    def lines(self, places: Iterable[int]) -> tuple[Line, ...]:
        """The findings at these places."""
        items = self.view.found.items(places)
        return tuple(map(self._line, items))

    def _line(self, item: Item) -> Line:
        decided, advice = (self.decisions.newest(item.key, self.size, advice=of) for of in (False, True))
        seen = Seen(decided and decided.seq, advice and advice.seq)
        return Line(item, seen.value(item.key), decided, advice, item.state(self.today))

    def cause(self, groups: Groups, number: int, first: int, most: int) -> Cause:
        """A group, with at most so many of its findings from the `first` on."""
        found, places = self.view.found, groups.places(number)
        group, oldest = groups[number], found.read(int(places[0])).found
        return Cause(
            id=group_id(self.view, int(places[0])),
            title=title(group.sample.check),
            about=about(self.view, group.sample, kinds_of(self.view, places[:1].tolist(), self.source)),
            group=group,
            found=oldest if all(found.read(one).found == oldest for one in places.tolist()) else "",
            lines=self.lines(places[first : first + most].tolist()),
            place=first,
            standing=int(np.count_nonzero(found.stands[places])),
        )
