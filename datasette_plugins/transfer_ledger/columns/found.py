"""All findings of the last check, as columns: which are asked for, which have one cause, how old they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from datasette_plugins.transfer_ledger.columns import read as reading
from datasette_plugins.transfer_ledger.columns.codes import Codes, Ints, Mask
from datasette_plugins.transfer_ledger.columns.finding import Item, Read
from datasette_plugins.transfer_ledger.columns.table import NO_DAY, Rows
from datasette_plugins.transfer_ledger.columns.wanted import State
from reports.finding import OUTCOMES, SEVERITIES

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


class Age(msgspec.Struct, frozen=True, gc=False):
    """How many open findings are `least` to `most` days old; None leaves that end open."""

    label: str
    least: int
    most: int | None
    count: int


class Pairs(NamedTuple):
    """Which finding is on which entry, in the order of the entries; `row` is -1 for one that states no transfer."""

    finding: Ints
    seq: Ints
    row: Ints


class Findings:
    """The findings of one check, by their place. Nothing in it changes.

    `problem` says why they could not be read, "" where they were.
    """

    def __init__(self, found: Sequence[Read], rows: Rows, codes: tuple[Codes, Codes], recorded: dict[int, int]) -> None:
        """`rows` have all transfers that they are on, and `codes` are those of its parties and purposes.

        `recorded` are the days of recording, by seq, of the other entries that they are on. Raises `Unreadable` where
        they are on one that is in neither.
        """
        self.problem = ""
        self._read, self._codes = found, codes
        count = len(found)
        first = np.fromiter((one.finding.entries[0] for one in found), np.int64, count)
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
        self.decided = np.fromiter((one.decision is not None for one in found), np.bool_, count)
        due = (NEVER if one.due is None else reading.number(one.due) for one in found)
        self.due = np.fromiter(due, np.int32, count)
        self.keys: npt.NDArray[Any] = np.array([one.finding.key for one in found], object)
        self.pairs = self._pairs(rows)
        self._cause = self._causes()

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
        """Those that a decision closes on `today`."""
        found: Mask = self.decided & (self.due >= reading.number(today))
        return found

    def open(self, today: date) -> Mask:
        """The breaches that stand and that no decision closes on `today`, as reports.run.open_breaches says."""
        found: Mask = self.stands & (self.outcome == OUTCOMES.index("breach")) & ~self.closed(today)
        return found

    def in_state(self, state: State, today: date) -> Mask:
        """Those in a state of `wanted.State`."""
        found: Mask = np.ones(len(self), np.bool_)
        if state == "open":
            found = self.open(today)
        elif state == "undecided":
            found = self.stands & (self.outcome != OUTCOMES.index("breach")) & ~self.decided
        elif state == "decided":
            found = self.stands & self.closed(today)
        elif state == "overdue":
            found = self.stands & self.decided & ~self.closed(today)
        elif state == "corrected":
            found = ~self.stands
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
            corrected_by=f.corrected_by,
        )  # fmt: skip

    def items(self, places: Iterable[int]) -> Iterator[Item]:
        """The findings at these places, in their order."""
        return (self.item(place) for place in places)

    def of_keys(self, keys: Iterable[str]) -> list[Item]:
        """The findings with these keys; none for a key that the last check did not find."""
        return [self.item(self._places[key]) for key in keys if key in self._places]

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

    def oldest_first(self, places: Ints) -> Ints:
        """Places by the day of recording, the oldest first, those of one day by their entries."""
        return places[np.lexsort((places, self.recorded[places]))]

    def groups(self, places: Ints) -> tuple[Group, ...]:
        """The findings at `places` by cause: same check, reason, outcome, severity, parties, purpose and expectation.

        The group with the oldest comes first, by the day that it was recorded.
        """
        order = self.oldest_first(places)
        cause = self._cause[order]
        apart = np.argsort(cause, kind="stable")
        sorted_ = order[apart]
        starts = np.flatnonzero(np.diff(cause[apart], prepend=-1))
        ends = np.append(starts[1:], len(sorted_))
        found = []
        for start in np.argsort(apart[starts], kind="stable").tolist():
            of = sorted_[starts[start] : ends[start]]
            days = self.day[of]
            days = days[days != NO_DAY]
            found.append(
                Group(
                    sample=self.item(int(of[0])),
                    count=len(of),
                    first=reading.day(days.min()) if len(days) else None,
                    last=reading.day(days.max()) if len(days) else None,
                    recorded=reading.day(self.recorded[of[0]]),
                    keys=tuple(self.keys[of].tolist()),
                )
            )
        return tuple(found)

    def ages(self, today: date) -> tuple[Age, ...]:
        """The open findings by how long ago their transfer was recorded; one recorded after `today` is new."""
        days = np.maximum(reading.number(today) - self.recorded[self.open(today)], 0)
        return tuple(
            Age(label, least, most, int(((days >= least) & (days <= (NEVER if most is None else most))).sum()))
            for least, most, label in BANDS
        )

    def counts(self, places: Ints) -> dict[str, int]:
        """How many of those at `places` have each outcome and each severity."""
        by = np.bincount(self.outcome[places], minlength=len(OUTCOMES)).tolist()
        by += np.bincount(self.severity[places], minlength=len(SEVERITIES)).tolist()
        return dict(zip((*OUTCOMES, *SEVERITIES), by, strict=True))

    def by_check(self, places: Ints) -> Counter[str]:
        """How many of those at `places` each check found."""
        by = np.bincount(self.check[places], minlength=len(self.checks.texts)).tolist()
        return Counter({check: count for check, count in zip(self.checks.texts, by, strict=True) if count})
