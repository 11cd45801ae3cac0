"""From what is wanted to which rows have it: each filter on its own, so that a facet can be counted without its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from datasette_plugins.transfer_ledger.columns import ids, read
from datasette_plugins.transfer_ledger.columns.codes import Codes, Ints, Mask, fold
from datasette_plugins.transfer_ledger.columns.wanted import Wanted
from reports.checks import recorded_late
from reports.finding import SEVERITIES
from reports.scope import Period

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.columns.view import View

_SEQ = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)

PERIOD, FINDINGS, LATE, CORRECTED, WORDS = "period", "findings", "late", "corrected", "words"


def within(days: Ints, period: Period) -> Mask:
    """Which of `days`, as columns hold them, the period has."""
    found = np.ones(len(days), np.bool_)
    if period.first is not None:
        found &= days >= read.number(period.first)
    if period.last is not None:
        found &= days <= read.number(period.last)
    return found


class Filters:
    """The masks of one selection: over the rows by the filter's name, and over the shapes by the filter's name."""

    def __init__(self, view: View, wanted: Wanted, today: date) -> None:
        self.view, self.wanted, self.today = view, wanted, today
        self.rows: dict[str, Mask] = dict(self._rows())
        self.shapes: dict[str, Mask] = dict(self._shapes())
        self._add_words()

    def _rows(self) -> Iterator[tuple[str, Mask]]:
        rows, wanted = self.view.rows, self.wanted
        if wanted.period.first is not None or wanted.period.last is not None:
            yield PERIOD, within(rows.day, wanted.period)
        if wanted.findings == "none":
            standing = self.on_rows(self.matching_findings())
            yield FINDINGS, ~standing if (wanted.severity, wanted.check) == (None, None) else np.zeros_like(standing)
        elif (wanted.findings, wanted.severity, wanted.check) != (None, None, None):
            yield FINDINGS, self.on_rows(self.matching_findings())
        if wanted.late is not None:
            yield LATE, (rows.late > recorded_late.DAYS) == wanted.late
        if wanted.corrected is not None:
            yield CORRECTED, rows.corrected == wanted.corrected

    def matching_findings(self, *, severity: bool = True, check: bool = True, state: bool = True) -> Mask:
        """The findings that stand and are as wanted, without the filters that are False."""
        found, wanted = self.view.found, self.wanted
        matching = found.open(self.today) if state and wanted.findings == "open" else found.stands
        if severity and wanted.severity is not None:
            matching = matching & (found.severity == SEVERITIES.index(wanted.severity))
        if check and wanted.check is not None:
            matching = matching & (found.check == found.checks.find(wanted.check))
        return matching

    def on_rows(self, findings: Mask) -> Mask:
        """The rows that one of these findings is on."""
        pairs, found = self.view.found.pairs, np.zeros(len(self.view.rows.seq), np.bool_)
        found[pairs.row[findings[pairs.finding] & (pairs.row >= 0)]] = True
        return found

    def _shapes(self) -> Iterator[tuple[str, Mask]]:
        wanted, table, shapes = self.wanted, self.view.table, self.view.rows.shapes
        one = (
            ("sender", table.parties, shapes.sender),
            ("recipient", table.parties, shapes.recipient),
            ("purpose", table.purposes, shapes.purpose),
            ("channel", table.channels, shapes.channel),
        )
        for name, codes, column in one:
            if (text := getattr(wanted, name)) is not None:
                # -1 stands for none: a code that never came is no shape's.
                yield name, column == (-2 if (code := codes.find(text)) < 0 else code)
        many = (
            ("field", table.fields, shapes.field, shapes.fields),
            ("basis", table.bases, shapes.basis, shapes.bases),
        )
        for name, codes, pairs, count in many:
            if (text := getattr(wanted, name)) is not None:
                yield name, shapes.having(pairs, np.arange(count) == codes.find(text))
        if wanted.school is not None:
            yield "school", self.view.schools.mask(wanted.school)

    def _add_words(self) -> None:
        rows, by_shape = self.view.rows, np.ones(self.view.rows.shapes.count, np.bool_)
        found: Mask | None = None
        words = sorted(set(fold(self.wanted.words).split()))
        for word in words:
            in_names = self._in_names(word)
            others = self._by_number_or_id(word)
            if not len(others):
                by_shape &= in_names
                continue
            one = in_names[rows.shape]
            one[others] = True
            found = one if found is None else found & one
        if words:
            self.shapes[WORDS] = by_shape
        if found is not None:
            self.rows[WORDS] = found

    def _in_names(self, word: str) -> Mask:
        called, table, shapes = self.view.called, self.view.table, self.view.rows.shapes

        def matching(codes: Codes, count: int) -> Mask:
            return called.matching(codes, count, word)

        parties, purposes = matching(table.parties, shapes.parties), matching(table.purposes, shapes.purposes)
        found: Mask = shapes.of_parties(parties) | shapes.having(shapes.field, matching(table.fields, shapes.fields))
        found |= np.append(purposes, False)[shapes.purpose]
        return found

    def _by_number_or_id(self, word: str) -> Ints:
        rows = self.view.rows
        found = ids.beginning(rows.ids, word)
        found = found[found < len(rows.seq)]
        if _SEQ.fullmatch(word):
            place = rows.at(np.array([int(word)], np.int64))
            found = np.concatenate((found, place[place >= 0]))
        return found

    def row_mask(self, without: str | None = None) -> Mask:
        """The rows that stand and have all that is asked of rows, but for the filter `without`. Not to be changed."""
        found = self.view.rows.stands
        for name, mask in self.rows.items():
            if name != without:
                found = found & mask
        return found

    def shape_mask(self, without: str | None = None) -> Mask | None:
        """The shapes that have all that is asked of shapes, but for the filter `without`; None for all of them."""
        found: Mask | None = None
        for name, mask in self.shapes.items():
            if name != without:
                found = mask if found is None else found & mask
        return found

    def mask(self, without: str | None = None) -> Mask:
        """The rows that have all that is asked, but for the filter `without`. Not to be changed."""
        rows, shapes = self.row_mask(without), self.shape_mask(without)
        return rows if shapes is None else rows & shapes[self.view.rows.shape]
