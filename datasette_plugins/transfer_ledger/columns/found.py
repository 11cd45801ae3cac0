"""All findings of the last check, as columns: which are asked for, which have one cause, how old they are."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, overload

import msgspec
import numpy as np
import numpy.typing as npt

from datasette_plugins.transfer_ledger.columns import read as reading
from datasette_plugins.transfer_ledger.columns.codes import Codes, Ints, Mask
from datasette_plugins.transfer_ledger.columns.finding import Item, Read, with_decision
from datasette_plugins.transfer_ledger.columns.table import NO_DAY, Rows
from datasette_plugins.transfer_ledger.columns.wanted import State
from reports.decisions import Decision
from reports.documents.findings import VERDICTS
from reports.finding import OUTCOMES, SEVERITIES
from reports.history import OPEN

NEVER = np.iinfo(np.int32).max
"""The due day of a decision that is never to be looked at again, and of no decision."""

BANDS = ((0, 7, "Up to 7 days"), (8, 30, "8 to 30 days"), (31, 90, "31 to 90 days"), (91, None, "More than 90 days"))
"""Ages of open findings, in days since their transfer was recorded."""


class Group(msgspec.Struct, frozen=True, gc=False):
    """Findings that have one cause: `keys` are those of all, the oldest first, and `sample` is that one.

    `first` and `last` are the days of their transfers, None where they are on none; `recorded` is the day on which the
    oldest was recorded.
    """

    sample: Item
    count: int
    first: date | None
    last: date | None
    recorded: date
    keys: tuple[str, ...]


_STATES: tuple[str, ...] = ("open", "awaiting-confirmation", "settled")
_OPEN, _AWAITING, _SETTLED = range(3)


class Age(msgspec.Struct, frozen=True, gc=False):
    """How many open findings are `least` to `most` days old; None leaves that end open."""

    label: str
    least: int
    most: int | None
    count: int

    @property
    def name(self) -> str:
        """What an address calls it."""
        return band(self.least, self.most)


def band(least: int, most: int | None) -> str:
    """What an address calls the findings of `least` to `most` days."""
    return f"{least}-{'' if most is None else most}"


AGES: Mapping[str, tuple[int, int]] = {
    band(least, most): (least, NEVER if most is None else most) for least, most, _ in BANDS
}
"""The least and the most days of each band, by its name."""


def _undecided(one: Read, newest: Decision | None) -> Read:
    """What a check left of a finding, without every decision but the `newest`."""
    if one.decision is None or (newest is not None and newest.seq == one.standing.entry):
        return one
    standing = OPEN if one.standing.how in VERDICTS else one.standing
    return msgspec.structs.replace(one, decision=None, due=None, standing=standing)


class Pairs(NamedTuple):
    """Which finding is on which entry, in the order of the entries; `row` is -1 for one that states no transfer."""

    finding: Ints
    seq: Ints
    row: Ints


class Groups(Sequence[Group]):
    """Groups of findings, each made when it is asked for: thirty thousand findings may have ten thousand causes."""

    def __init__(self, found: Findings, order: Ints, cause: Ints) -> None:
        """`order` are the places of the findings, the worst first, and `cause` has the cause of every place."""
        self._found = found
        of = cause[order]
        apart = np.argsort(of, kind="stable")
        self._sorted = order[apart]
        starts = np.flatnonzero(np.diff(of[apart], prepend=-1))
        by_oldest = np.argsort(apart[starts], kind="stable")
        self._starts = starts[by_oldest]
        self._ends = np.append(starts[1:], len(order))[by_oldest] if len(starts) else starts

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, place: int) -> Group: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Group, ...]: ...
    def __getitem__(self, place: int | slice) -> Group | tuple[Group, ...]:
        if isinstance(place, slice):
            return tuple(self._group(one) for one in range(*place.indices(len(self))))
        return self._group(range(len(self))[place])

    def places(self, place: int) -> Ints:
        """The places of the findings of a group, the oldest first."""
        return self._sorted[self._starts[place] : self._ends[place]]

    def in_order(self) -> Ints:
        """The places of all findings, group after group."""
        return np.concatenate([self.places(one) for one in range(len(self))]) if len(self) else self._sorted

    def _group(self, place: int) -> Group:
        found, of = self._found, self.places(place)
        days = found.day[of]
        days = days[days != NO_DAY]
        return Group(
            sample=found.item(int(of[0])),
            count=len(of),
            first=reading.day(days.min()) if len(days) else None,
            last=reading.day(days.max()) if len(days) else None,
            recorded=reading.day(found.recorded[of[0]]),
            keys=tuple(found.keys[of].tolist()),
        )


class Findings:
    """The findings of one check, by their place. Nothing in it changes.

    `first` are the entries that they are about.
    """

    def __init__(self, found: Sequence[Read], rows: Rows, codes: tuple[Codes, Codes], recorded: dict[int, int]) -> None:
        """`rows` have all transfers that they are on, and `codes` are those of its parties and purposes.

        `recorded` are the days of recording, by seq, of the other entries that they are on. Raises `Unreadable` where
        they are on one that is in neither.
        """
        self._read, self._codes = found, codes
        count = len(found)
        self.first = first = np.fromiter((one.finding.entries[0] for one in found), np.int64, count)
        self.row = rows.at(first)
        on_one = (self.row >= 0) & np.fromiter((one.finding.id is not None for one in found), np.bool_, count)
        shape = np.where(on_one, rows.shape[self.row], 0) if len(rows.shape) else np.zeros(count, np.int32)
        self.sender, self.recipient, self.purpose = (
            column[shape] for column in (rows.shapes.sender, rows.shapes.recipient, rows.shapes.purpose)
        )
        there = self.row >= 0
        self.day, self.recorded = np.full(count, NO_DAY, np.int32), np.zeros(count, np.int32)
        self.day[there], self.recorded[there] = rows.day[self.row[there]], rows.recorded[self.row[there]]
        for place in np.flatnonzero(~there).tolist():
            if int(first[place]) not in recorded:
                raise reading.Unreadable
            self.recorded[place] = recorded[int(first[place])]
        self.checks = Codes("check")
        self.check = np.fromiter((self.checks[one.finding.check] for one in found), np.int32, count)
        self.outcome = np.fromiter((OUTCOMES.index(one.finding.outcome) for one in found), np.int32, count)
        self.severity = np.fromiter((SEVERITIES.index(one.finding.severity) for one in found), np.int32, count)
        self.stands = np.fromiter((one.finding.corrected_by is None for one in found), np.bool_, count)
        removed = (one.finding.corrected_by is not None or one.finding.removed_by is not None for one in found)
        self.removed = np.fromiter(removed, np.bool_, count)
        self.keys: npt.NDArray[Any] = np.array([one.finding.key for one in found], object)
        self.pairs = self._pairs(rows)
        self._cause = self._causes()
        self._stand()

    def _stand(self) -> None:
        """Works out how each stands; `due` is until when what settles it does."""
        read, count = self._read, len(self._read)
        self.state = np.fromiter((_STATES.index(one.standing.state) for one in read), np.int8, count)
        self.denied = np.fromiter((one.standing.denied for one in read), np.bool_, count)
        self.restated = np.fromiter((one.standing.how == "restated" for one in read), np.bool_, count)
        self.second_person = np.fromiter((one.standing.second_person is True for one in read), np.bool_, count)
        self.unchecked = np.fromiter((one.standing.unchecked for one in read), np.bool_, count)
        self.decided = np.fromiter((one.decision is not None for one in read), np.bool_, count)
        by_decision = (one.due if one.standing.how in VERDICTS else None for one in read)
        due = (NEVER if day is None else reading.number(day) for day in by_decision)
        self.due = np.fromiter(due, np.int32, count)

    def _pairs(self, rows: Rows) -> Pairs:
        counts = [len(one.finding.entries) for one in self._read]
        seq = np.fromiter((seq for one in self._read for seq in one.finding.entries), np.int64, sum(counts))
        finding = np.repeat(np.arange(len(self._read), dtype=np.int32), counts)
        order = np.argsort(seq, kind="stable")
        return Pairs(finding[order], seq[order], rows.at(seq[order]))

    def _causes(self) -> Ints:
        numbers: dict[object, int] = {}
        of = zip(self._read, self.sender.tolist(), self.recipient.tolist(), self.purpose.tolist(), strict=True)
        causes = (
            (f.check, f.reason, f.outcome, f.severity, sender, recipient, purpose, one.expected)
            for one, sender, recipient, purpose in of
            for f in (one.finding,)
        )
        return np.fromiter((numbers.setdefault(cause, len(numbers)) for cause in causes), np.int32, len(self._read))

    def __len__(self) -> int:
        return len(self._read)

    # -- how they stand on a day -----------------------------------------------------------------------------

    def closed(self, today: date) -> Mask:
        """Those that are settled on `today`."""
        found: Mask = (self.state == _SETTLED) & (self.due >= reading.number(today))
        return found

    def open(self, today: date) -> Mask:
        """What is still to be settled on `today`, as reports.run.open_breaches says."""
        found: Mask = self.stands & (self.breach | (self.state == _AWAITING)) & ~self.closed(today)
        return found

    @property
    def breach(self) -> Mask:
        """Those of a breach."""
        found: Mask = self.outcome == OUTCOMES.index("breach")
        return found

    def in_state(self, state: State, today: date) -> Mask:
        """Those in a state of `wanted.State`."""
        found: Mask = np.ones(len(self), np.bool_)
        if state == "open":
            found = self.open(today)
        elif state == "awaiting":
            found = self.stands & (self.state == _AWAITING)
        elif state == "undecided":
            found = self.stands & ~self.breach & (self.state == _OPEN) & ~self.overdue(today)
        elif state == "closed":
            found = self.stands & self.closed(today)
        elif state == "overdue":
            found = self.stands & self.overdue(today)
        elif state == "corrected":
            found = ~self.stands
        elif state == "breach":
            found = self.breach & ~self.restated
        elif state == "against":
            found = self.breach & ~self.restated & ~self.denied
        elif state == "taken-back":
            found = self.breach & ~self.restated & (self.denied | self.removed)
        elif state == "confirmed":
            found = self.breach & self.denied & self.second_person
        elif state == "unchecked":
            found = self.unchecked & self.closed(today)
        return found

    def overdue(self, today: date) -> Mask:
        """Those of whose newest decision the day has passed, and that nothing else settles."""
        past = np.fromiter((one.due is not None and one.due < today for one in self._read), np.bool_, len(self._read))
        found: Mask = past & self.decided & (self.state != _AWAITING) & ~self.closed(today)
        return found

    def with_decisions(self, newest: Mapping[str, Decision], *, only: bool = False) -> Findings:
        """The same findings with these decisions, by key, in place of those that the check saw.

        `only` is whether the other findings have none then. What the last check did not find is passed over.
        """
        found = copy.copy(self)
        read = [_undecided(one, newest.get(one.finding.key)) for one in self._read] if only else [*self._read]
        for key in newest.keys() & self._places.keys():
            place = self._places[key]
            read[place] = with_decision(read[place], newest[key])
        found._read = read
        found._stand()
        return found

    # -- one by one ------------------------------------------------------------------------------------------

    def item(self, place: int) -> Item:
        """The finding at a place."""
        one, place = self._read[place], int(place)
        f, (parties, purposes) = one.finding, self._codes
        sender, recipient, purpose = int(self.sender[place]), int(self.recipient[place]), int(self.purpose[place])
        on = int(self.day[place])
        return Item(
            key=f.key, entries=f.entries, id=f.id, check=f.check, reason=f.reason, outcome=f.outcome,
            severity=f.severity, sender="" if sender < 0 else parties.texts[sender],
            recipient="" if recipient < 0 else parties.texts[recipient],
            purpose="" if purpose < 0 else purposes.texts[purpose], on=None if on == NO_DAY else reading.day(on),
            recorded=reading.day(int(self.recorded[place])), expected=one.expected, found=one.found,
            citation=one.citation, next_step=one.next_step, decision=one.decision, due=one.due,
            corrected_by=f.corrected_by, removed_by=f.removed_by, standing=one.standing,
        )  # fmt: skip

    def read(self, place: int) -> Read:
        """The finding at a place, as the check left it, with its newest decision."""
        return self._read[place]

    def places_of(self, keys: Iterable[str]) -> list[int]:
        """Where the findings with these keys are; none for a key that the last check did not find."""
        return [self._places[key] for key in keys if key in self._places]

    def items(self, places: Iterable[int]) -> Iterator[Item]:
        """The findings at these places, in their order."""
        return (self.item(place) for place in places)

    def of_keys(self, keys: Iterable[str]) -> list[Item]:
        """The findings with these keys; none for a key that the last check did not find."""
        return [self.item(place) for place in self.places_of(keys)]

    @property
    def _places(self) -> dict[str, int]:
        found: dict[str, int] | None = self.__dict__.get("_by_key")
        if found is None:
            found = self.__dict__["_by_key"] = {key: place for place, key in enumerate(self.keys.tolist())}
        return found

    def by_entry(self, seqs: Sequence[int]) -> dict[int, list[Item]]:
        """The findings on each of these entries, those that stand first, then the worst; [] where there are none."""
        pairs, found = self.pairs, {}
        for seq in seqs:
            first, last = np.searchsorted(pairs.seq, (seq, seq + 1)).tolist()
            places = pairs.finding[first:last].tolist()
            places.sort(key=lambda place: (not self.stands[place], int(self.severity[place]), place))
            found[seq] = [self.item(place) for place in places]
        return found

    # -- many ------------------------------------------------------------------------------------------------

    def worst_first(self, places: Ints) -> Ints:
        """Places by severity, the worst first, then by the day of recording, the oldest first, then by entry."""
        return places[np.lexsort((places, self.recorded[places], self.severity[places]))]

    def groups(self, places: Ints) -> Groups:
        """The findings at `places` by cause: same check, reason, outcome, severity, parties, purpose and expectation.

        The worst group comes first, of those as bad the one with the oldest, by the day that it was recorded.
        """
        return Groups(self, self.worst_first(places), self._cause)

    def ages(self, today: date) -> tuple[Age, ...]:
        """The open findings by how long ago their transfer was recorded; one recorded after `today` is new."""
        open_ = self.open(today)
        return tuple(
            Age(label, least, most, int((open_ & self.aged(band(least, most), today)).sum()))
            for least, most, label in BANDS
        )

    def aged(self, name: str, today: date) -> Mask:
        """Those whose (first) entry was recorded so many days ago as the band of this name says."""
        days, (least, most) = np.maximum(reading.number(today) - self.recorded, 0), AGES[name]
        found: Mask = (days >= least) & (days <= most)
        return found

    def days(self) -> list[date]:
        """The days of the transfers that they are on, each once."""
        return [reading.day(day) for day in np.unique(self.day[self.day != NO_DAY]).tolist()]

    def counts(self, places: Ints) -> dict[str, int]:
        """How many of those at `places` have each outcome and each severity."""
        by = np.bincount(self.outcome[places], minlength=len(OUTCOMES)).tolist()
        by += np.bincount(self.severity[places], minlength=len(SEVERITIES)).tolist()
        return dict(zip((*OUTCOMES, *SEVERITIES), by, strict=True))

    def by_check(self, places: Ints) -> Counter[str]:
        """How many of those at `places` each check found."""
        by = np.bincount(self.check[places], minlength=len(self.checks.texts)).tolist()
        return Counter({check: count for check, count in zip(self.checks.texts, by, strict=True) if count})
