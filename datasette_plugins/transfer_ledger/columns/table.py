"""Every statement of a transfer as a row of columns, in the order of the ledger; which of them stand.

As in the view `transfers` (ledger/schema.py): a correction takes the place of all statements before it of the same
transfer, and a withdrawal, which is one that states nothing, leaves none standing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from datasette_plugins.transfer_ledger.columns.codes import Ints, Mask
from datasette_plugins.transfer_ledger.columns.grown import Grown
from datasette_plugins.transfer_ledger.columns.ids import Ids, Part
from datasette_plugins.transfer_ledger.columns.read import STATED, Days, Entry, Hours, Unreadable
from datasette_plugins.transfer_ledger.columns.shapes import Shapes, ShapeTable

NO_DAY = np.iinfo(np.int32).min
"""The day of a withdrawal, which states none."""


class Rows(NamedTuple):
    """All statements at one moment. Days are numbers, as `read.day` takes them.

    `late` is how many days after the (last) day of the transfer its date was recorded, by the rule of the check
    `recorded-late`; `people` how many people's data went, -1 where nobody said.
    """

    seq: Ints
    shape: Ints
    day: Ints
    recorded: Ints
    late: Ints
    people: Ints
    corrected: Mask
    stands: Mask
    shapes: Shapes
    ids: tuple[Part, ...]

    def at(self, seqs: Ints) -> Ints:
        """The row of each of these entries, -1 for what states no transfer."""
        if not len(self.seq):
            return np.full(len(seqs), -1, np.int64)
        place = np.minimum(np.searchsorted(self.seq, seqs), len(self.seq) - 1)
        return np.where(self.seq[place] == seqs, place, -1)


class Table:
    """The statements so far, and how more are taken in."""

    def __init__(self, first: Callable[[int], Entry | None]) -> None:
        """`first` reads an entry by its seq: what a correction corrects."""
        self._first = first
        self.shapes = ShapeTable()
        self._ids = Ids()
        self._days, self._hours = Days(), Hours()
        self._seq, self._people = Grown(np.int64), Grown(np.int64)
        self._shape, self._day, self._recorded, self._late = (Grown(np.int32) for _ in range(4))
        self._corrected, self._stands = Grown(np.bool_), Grown(np.bool_)
        self._newest: dict[int, int] = {}  # of transfers that were corrected: seq of the transfer → row of the newest

    def take(self, seqs: list[int], entries: list[Entry]) -> None:
        """Adds the statements among a run of entries. Raises `Unreadable`; then use it no more."""
        run = [(seq, one) for seq, one in zip(seqs, entries, strict=True) if one.kind in STATED]
        if not run:
            return
        days, hours = self._days, self._hours
        stated = [one for _, one in run]
        shapes = [self.shapes.of(one) for one in stated]
        try:
            on = [NO_DAY if one.withdrawn else days[one.transferred_on or ""] for one in stated]
            until = [one.transferred_until or one.transferred_on or "" for one in stated]
            last = [NO_DAY if one.withdrawn else days[text] for one, text in zip(stated, until, strict=True)]
            recorded = [hours[one.recorded_at[:13]] for one in stated]
        except ValueError:
            raise Unreadable from None
        first = len(self._seq.now())
        self._seq.add([seq for seq, _ in run])
        self._shape.add(shapes)
        self._day.add(on)
        self._recorded.add(recorded)
        self._late.add([0 if one == NO_DAY else made - one for made, one in zip(recorded, last, strict=True)])
        people = [None if one.subjects is None else one.subjects.count for one in stated]
        self._people.add([-1 if count is None else count for count in people])
        self._corrected.add([one.kind == "correction" for one in stated])
        self._stands.add([not one.withdrawn for one in stated])
        self._ids.add([one.id for one in stated], first)
        corrections = [(first + place, one) for place, one in enumerate(stated) if one.kind == "correction"]
        if corrections:
            self._correct(corrections, last, first)

    def _correct(self, corrections: list[tuple[int, Entry]], last: list[int], first: int) -> None:
        # A copy: an earlier snapshot still has the statement that is taken out here.
        stands, late = Grown(np.bool_), self._late.now()
        stands.add(self._stands.now())
        seq, standing = self._seq.now(), stands.now()
        for row, one in corrections:
            if one.corrects is None:
                raise Unreadable
            root = one.corrects.seq
            place = int(np.searchsorted(seq, root))
            there = place < len(seq) and int(seq[place]) == root
            before = self._newest.get(root, place if there else None)
            if before is not None:
                standing[before] = False
            self._newest[root] = row
            if there and not one.withdrawn:
                corrected = self._first(root)
                if corrected is not None and corrected.transferred_at == one.transferred_at:
                    late[row] = int(self._recorded.now()[place]) - last[row - first]
        self._stands = stands

    def now(self) -> Rows:
        """The statements as they are."""
        return Rows(
            self._seq.now(), self._shape.now(), self._day.now(), self._recorded.now(), self._late.now(),
            self._people.now(), self._corrected.now(), self._stands.now(), self.shapes.now(), self._ids.parts,
        )  # fmt: skip
