"""The transfers that are asked for: how many, by what they can be narrowed by, by month, by flow; page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from datasette_plugins.transfer_ledger.columns import facets, order, read
from datasette_plugins.transfer_ledger.columns.codes import Codes, Ints, Mask
from datasette_plugins.transfer_ledger.columns.facets import Facets
from datasette_plugins.transfer_ledger.columns.filters import Filters
from datasette_plugins.transfer_ledger.columns.order import Rows
from datasette_plugins.transfer_ledger.columns.wanted import Wanted

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.columns.view import View

_LATEST, _EARLIEST = np.iinfo(np.int32).max, np.iinfo(np.int32).min


class By(msgspec.Struct, frozen=True, gc=False):
    """Transfers that have one code in common: how many, from which day to which, and how many have a finding."""

    code: str
    count: int
    first: date
    last: date
    with_findings: int


class Flow(msgspec.Struct, frozen=True, gc=False):
    """Transfers between the same two for one purpose; `open` is how many have an open breach."""

    sender: str
    recipient: str
    purpose: str
    count: int
    first: date
    last: date
    with_findings: int
    open: int


class _Tally(msgspec.Struct, frozen=True):
    """By shape, or by what shapes have in common."""

    count: Ints
    first: Ints
    last: Ints
    found: Ints
    open: Ints

    def grouped(self, of: Ints, groups: int) -> _Tally:
        """The same by group; `of` has the group of each."""
        first, last = np.full(groups, _LATEST, np.int32), np.full(groups, _EARLIEST, np.int32)
        np.minimum.at(first, of, self.first)
        np.maximum.at(last, of, self.last)
        sums = (np.bincount(of, one, groups).astype(np.int64) for one in (self.count, self.found, self.open))
        count, found, open_ = sums
        return _Tally(count, first, last, found, open_)


class Selected:
    """What one selection of a view has. Everything is worked out when it is first asked for."""

    def __init__(self, view: View, wanted: Wanted, today: date) -> None:
        self._view = view
        self._filters = Filters(view, wanted, today)

    @cached_property
    def _mask(self) -> Mask:
        return self._filters.mask()

    @cached_property
    def _rows(self) -> Ints:
        return np.flatnonzero(self._mask)

    @property
    def count(self) -> int:
        """How many transfers."""
        return int(np.count_nonzero(self._mask))

    def facets(self) -> dict[str, Facets]:
        """The values of each facet: year, term, sender, recipient, purpose, field, school, findings, severity, check,
        late and corrected; at most `facets.MOST` of each, and the chosen one.
        """
        of = self._filters
        return {**facets.of_days(of), **facets.of_shapes(of), **facets.of_findings(of), **facets.of_flags(of)}

    def days(self) -> list[tuple[date, int]]:
        """The days on which any was sent, in order, and how many."""
        days, counts = facets.by_day(self._view.rows.day[self._rows])
        return [(read.day(day), count) for day, count in zip(days.tolist(), counts.tolist(), strict=True)]

    def months(self) -> list[tuple[str, int]]:
        """The months (YYYY-MM) in which any was sent, in order, and how many."""
        found: dict[str, int] = {}
        for day, count in self.days():
            month = day.isoformat()[:7]
            found[month] = found.get(month, 0) + count
        return list(found.items())

    def page(self, sort: str = "day", after: int | None = None, before: int | None = None, size: int = 50) -> Rows:
        """A page in the order `sort` (see `order.SORTS`; "-" before it turns it round). `Refused` as `order.page`."""
        return order.page(self._view, self._rows, sort, after, before, size)

    def seqs(self, sort: str = "day") -> Iterator[list[int]]:
        """The seqs of all of them in order, in runs of at most 1000. `Refused` for an unknown order."""
        return order.in_order(self._view, self._rows, sort)

    # -- together --------------------------------------------------------------------------------------------

    @cached_property
    def _by_shape(self) -> _Tally:
        of, rows, view = self._rows, self._view.rows, self._view
        filters = self._filters
        shape, day, shapes = rows.shape[of], rows.day[of], rows.shapes.count
        first, last = np.full(shapes, _LATEST, np.int32), np.full(shapes, _EARLIEST, np.int32)
        np.minimum.at(first, shape, day)
        np.maximum.at(last, shape, day)
        standing, open_ = view.found.stands, view.found.open(filters.today)
        found, not_closed = (
            np.bincount(rows.shape[filters.on_rows(one) & self._mask], minlength=shapes) for one in (standing, open_)
        )
        return _Tally(np.bincount(shape, minlength=shapes), first, last, found, not_closed)

    def by(self, what: Literal["recipient", "sender", "purpose"]) -> list[By]:
        """The recipients, senders or purposes that there are, those with the most transfers first."""
        shapes, table = self._view.rows.shapes, self._view.table
        codes: Codes = table.purposes if what == "purpose" else table.parties
        groups = shapes.purposes if what == "purpose" else shapes.parties
        # The last group is that of shape 0, which has no code and no transfer.
        tally = self._by_shape.grouped(getattr(shapes, what) % (groups + 1), groups + 1)
        found = [
            By(
                codes.texts[code],
                int(tally.count[code]),
                read.day(tally.first[code]),
                read.day(tally.last[code]),
                int(tally.found[code]),
            )
            for code in np.flatnonzero(tally.count).tolist()
        ]
        return sorted(found, key=lambda one: (-one.count, one.code))

    def matrix(self) -> dict[tuple[str, str], int]:
        """How many transfers went to which recipient with which field, by both ids."""
        shapes, table = self._view.rows.shapes, self._view.table
        pairs, width = shapes.field, max(shapes.fields, 1)
        keys = shapes.recipient[pairs.shape].astype(np.int64) * width + pairs.code
        there, of = np.unique(keys, return_inverse=True)
        counts = np.bincount(of, self._by_shape.count[pairs.shape], len(there)).astype(np.int64).tolist()
        return {
            (table.parties.texts[key // width], table.fields.texts[key % width]): count
            for key, count in zip(there.tolist(), counts, strict=True)
            if count
        }

    def flows(self) -> list[Flow]:
        """Who sent to whom for what, those with the most transfers first."""
        shapes, table = self._view.rows.shapes, self._view.table
        parties, purposes = shapes.parties + 1, shapes.purposes + 1
        one = (shapes.sender.astype(np.int64) % parties) * parties + shapes.recipient % parties
        keys, of = np.unique(one * purposes + shapes.purpose % purposes, return_inverse=True)
        tally = self._by_shape.grouped(of, len(keys))
        found = []
        for place in np.flatnonzero(tally.count).tolist():
            between, purpose = divmod(int(keys[place]), purposes)
            sender, recipient = divmod(between, parties)
            found.append(
                Flow(
                    table.parties.texts[sender],
                    table.parties.texts[recipient],
                    table.purposes.texts[purpose],
                    int(tally.count[place]),
                    read.day(tally.first[place]),
                    read.day(tally.last[place]),
                    int(tally.found[place]),
                    int(tally.open[place]),
                )
            )
        return sorted(found, key=lambda one: (-one.count, one.sender, one.recipient, one.purpose))
