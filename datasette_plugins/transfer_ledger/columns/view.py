"""One moment of the ledger, in memory: what a request is answered from, whatever is recorded meanwhile."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np

from datasette_plugins.transfer_ledger.columns import filters
from datasette_plugins.transfer_ledger.columns.codes import Called, Ints
from datasette_plugins.transfer_ledger.columns.found import Findings
from datasette_plugins.transfer_ledger.columns.schools import Schools
from datasette_plugins.transfer_ledger.columns.selected import Selected
from datasette_plugins.transfer_ledger.columns.shapes import ShapeTable
from datasette_plugins.transfer_ledger.columns.table import Rows
from datasette_plugins.transfer_ledger.columns.wanted import Wanted, WantedFindings
from ledger.members import Organisation
from ledger.seal import Head
from ledger.source import Adopted
from reports.decisions import Decision
from reports.finding import OUTCOMES, SEVERITIES
from reports.wording import Labels


class Known(NamedTuple):
    """What the ledger knows besides transfers: made again when a register or an organisation is added."""

    registers: tuple[Adopted, ...]
    organisations: Mapping[str, Organisation]
    called: Called


class View:
    """A snapshot; it stays as it is, and any thread may ask it.

    `head` is the ledger's size and the hash of its last entry. `checked` are the rows of the table `checked` that the
    findings are of, {} where none are kept; `found` are the findings.
    """

    def __init__(
        self,
        head: Head,
        rows: Rows,
        table: ShapeTable,
        known: Known,
        schools: Schools,
        found: Findings,
        checked: Mapping[str, str],
    ) -> None:
        self.head: Head = head
        self.rows: Rows = rows
        self.table: ShapeTable = table
        self.schools: Schools = schools
        self.registers: tuple[Adopted, ...] = known.registers
        self.organisations: Mapping[str, Organisation] = known.organisations
        self.called: Called = known.called
        self.found: Findings = found
        self.checked: Mapping[str, str] = checked

    @property
    def labels(self) -> Labels:
        """The names for people."""
        return self.called.label

    @cached_property
    def findings_on(self) -> Ints:
        """How many findings that stand there are on each row."""
        pairs = self.found.pairs
        row = pairs.row[self.found.stands[pairs.finding] & (pairs.row >= 0)]
        return np.bincount(row, minlength=len(self.rows.seq))

    def with_decisions(self, newest: Mapping[str, Decision], *, only: bool = False) -> View:
        """The same moment with these decisions about its findings, as `Findings.with_decisions` says."""
        found = copy.copy(self)
        found.found = self.found.with_decisions(newest, only=only)
        return found

    def select(self, wanted: Wanted, today: date) -> Selected:
        """The transfers that are wanted. On the London day `today` decisions close findings, or do no longer."""
        return Selected(self, wanted, today)

    def findings(self, wanted: WantedFindings, today: date) -> Ints:
        """The places in `found` of the findings that are wanted, in the order of their entries."""
        found = self.found
        mask = found.in_state(wanted.state, today)
        if wanted.check is not None:
            mask = mask & (found.check == found.checks.find(wanted.check))
        if wanted.severity is not None:
            mask = mask & (found.severity == SEVERITIES.index(wanted.severity))
        if wanted.outcome is not None:
            mask = mask & (found.outcome == OUTCOMES.index(wanted.outcome))
        if wanted.age is not None:
            mask = mask & found.aged(wanted.age, today)
        asked = Wanted(wanted.period, wanted.school, wanted.sender, wanted.recipient)
        if asked != Wanted():
            of = filters.Filters(self, asked, today)
            rows = np.ones(len(self.rows.seq), np.bool_)
            for one in of.rows.values():
                rows &= one
            shapes = of.shape_mask()
            rows = rows if shapes is None else rows & shapes[self.rows.shape]
            pairs, concerned = found.pairs, np.zeros(len(found), np.bool_)
            there = pairs.row >= 0
            there[there] = rows[pairs.row[there]]
            concerned[pairs.finding[there]] = True
            mask = mask & concerned
        return np.flatnonzero(mask)
