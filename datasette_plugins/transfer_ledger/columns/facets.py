"""How many of a selection have which value of what it can be narrowed by.

Each facet is counted over the selection without that facet's own filter, so that people can change their mind.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from datasette_plugins.transfer_ledger.columns import filters, read
from datasette_plugins.transfer_ledger.columns.codes import Codes, Ints, Mask
from datasette_plugins.transfer_ledger.columns.table import NO_DAY
from reports.checks import recorded_late
from reports.documents.findings import title
from reports.finding import SEVERITIES
from reports.periods import named, school_year
from reports.scope import terms

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.columns.filters import Filters

MOST = 30
"""So many values of a facet are given, and the chosen one."""

HAVING = {"any": "Any finding", "open": "An open breach", "none": "No finding"}
"""What may be asked about a transfer's findings, in words."""

LATE = {"1": f"Recorded more than {recorded_late.DAYS} days after", "0": f"Recorded within {recorded_late.DAYS} days"}
"""What may be asked about a transfer's lateness, in words."""

CORRECTED = {"1": "As a correction states it", "0": "As it was first recorded"}
"""What may be asked about a transfer's corrections, in words."""


class Facet(msgspec.Struct, frozen=True, gc=False):
    """One value of a facet: as an address has it, as people call it, how many, and whether it is asked for."""

    value: str
    label: str
    count: int
    chosen: bool


class Facets(NamedTuple):
    """The values of a facet, and how many others there are."""

    values: tuple[Facet, ...]
    more: int


def _most(found: Iterable[Facet]) -> Facets:
    """Those with the highest counts; of one count by their names."""
    there = [one for one in found if one.count or one.chosen]
    there.sort(key=lambda one: (-one.count, one.label, one.value))
    shown = [one for place, one in enumerate(there) if place < MOST or one.chosen]
    return Facets(tuple(shown), len(there) - len(shown))


def _in_time(found: list[Facet]) -> Facets:
    """The newest of those that there are any of; `found` has the newest first."""
    there = [one for one in found if one.count or one.chosen]
    shown = [one for place, one in enumerate(there) if place < MOST or one.chosen]
    return Facets(tuple(shown), len(there) - len(shown))


def _by_code(of: Filters, codes: Codes, counts: Ints, chosen: str | None) -> Facets:
    called, there = of.view.called, np.flatnonzero(counts).tolist()
    if chosen is not None and 0 <= (code := codes.find(chosen)) < len(counts) and not counts[code]:
        there.append(code)
    texts = ((codes.texts[code], int(counts[code])) for code in there)
    found = [Facet(text, called.name(codes.kind, text), count, text == chosen) for text, count in texts]
    if chosen is not None and not any(one.chosen for one in found):
        found.append(Facet(chosen, called.name(codes.kind, chosen), 0, True))
    return _most(found)


def _summed(codes: Ints, weights: Ints, count: int) -> Ints:
    return np.bincount(codes, weights=weights, minlength=count).astype(np.int64)


def of_shapes(of: Filters) -> dict[str, Facets]:
    """The facets that one count by shape gives."""
    view, wanted = of.view, of.wanted
    shapes, table, schools = view.rows.shapes, view.table, view.schools
    whole = np.bincount(view.rows.shape[of.row_mask()], minlength=shapes.count)

    def counts(without: str) -> Ints:
        mask = of.shape_mask(without)
        return whole if mask is None else whole * mask

    def one(name: str, column: Ints, codes: Codes, count: int) -> Facets:
        # Shape 0, a withdrawal's, has no code and no row that stands.
        return _by_code(of, codes, _summed(column[1:], counts(name)[1:], count), getattr(wanted, name))

    by_field = _summed(shapes.field.code, counts("field")[shapes.field.shape], shapes.fields)
    by_school = _summed(schools.of_school, counts("school")[schools.of_shape], len(schools.ids)).tolist()
    chosen = None if wanted.school is None else schools.present(wanted.school)
    of_schools = dict(zip(schools.ids, by_school, strict=True))
    if chosen is not None:
        of_schools.setdefault(chosen, int((counts("school") * schools.mask(chosen)).sum()))
    names = ((id_, view.called.name("party", id_), count) for id_, count in of_schools.items())
    return {
        "sender": one("sender", shapes.sender, table.parties, shapes.parties),
        "recipient": one("recipient", shapes.recipient, table.parties, shapes.parties),
        "purpose": one("purpose", shapes.purpose, table.purposes, shapes.purposes),
        "field": _by_code(of, table.fields, by_field, wanted.field),
        "school": _most(Facet(id_, name, count, id_ == chosen) for id_, name, count in names),
    }


def by_day(days: Ints) -> tuple[Ints, Ints]:
    """The days that there are any of, in order, and how many of each."""
    days = days[days != NO_DAY]
    if not len(days):
        return days, days
    first = days.min()
    counts = np.bincount(days - first)
    there = np.flatnonzero(counts)
    return there + first, counts[there]


def of_days(of: Filters) -> dict[str, Facets]:
    """The school years and the terms, the newest first."""
    days, counts = by_day(of.view.rows.day[of.mask(filters.PERIOD)])
    until = np.concatenate(([0], np.cumsum(counts)))
    option = of.wanted.period.option
    years: dict[str, int] = {}
    for number, count in zip(days[::-1].tolist(), counts[::-1].tolist(), strict=True):
        year = named(school_year(read.day(number)))
        years[year] = years.get(year, 0) + count
    if option.startswith("year="):
        years.setdefault(option.removeprefix("year="), 0)
    in_order = sorted(years.items(), reverse=True)
    of_terms = []
    for term in reversed(terms(one.register for one in of.view.registers)):
        first, last = np.searchsorted(days, (read.number(term.first), read.number(term.last) + 1))
        count = int(until[last] - until[first])
        of_terms.append(Facet(term.id, term.label, count, option == f"term={term.id}"))
    return {
        "year": _in_time([Facet(year, year, count, option == f"year={year}") for year, count in in_order]),
        "term": _in_time(of_terms),
    }


def of_findings(of: Filters) -> dict[str, Facets]:
    """How many have any finding, an open one or none, and of which severity and check."""
    wanted, found = of.wanted, of.view.found
    base, pairs = of.mask(filters.FINDINGS), found.pairs
    there = pairs.row >= 0
    there[there] = base[pairs.row[there]]
    row, finding = pairs.row[there], pairs.finding[there]

    def rows(mask: Mask) -> int:
        return len(np.unique(row[mask[finding]]))

    matching = of.matching_findings(state=False)
    having = {"any": rows(matching), "open": rows(matching & found.open(of.today))}
    alone = wanted.severity is None and wanted.check is None
    having["none"] = int(base.sum()) - rows(found.stands) if alone else 0
    any_severity, any_check = of.matching_findings(severity=False), of.matching_findings(check=False)
    if wanted.findings == "none":
        any_severity, any_check = np.zeros_like(any_severity), np.zeros_like(any_check)
    severities = [rows(any_severity & (found.severity == place)) for place in range(len(SEVERITIES))]
    keys = any_check[finding]
    checks = np.unique(row[keys] * max(len(found.checks), 1) + found.check[finding[keys]]) % max(len(found.checks), 1)
    by_check = dict(zip(found.checks.texts, np.bincount(checks, minlength=len(found.checks)).tolist(), strict=True))
    if wanted.check is not None:
        by_check.setdefault(wanted.check, 0)
    shown = [Facet(value, HAVING[value], count, value == wanted.findings) for value, count in having.items()]
    severity = [
        Facet(value, value.capitalize(), count, value == wanted.severity)
        for value, count in zip(SEVERITIES, severities, strict=True)
    ]
    return {
        "findings": Facets(tuple(shown), 0),
        "severity": Facets(tuple(severity), 0),
        "check": _most(Facet(id_, title(id_), count, id_ == wanted.check) for id_, count in by_check.items()),
    }


def of_flags(of: Filters) -> dict[str, Facets]:
    """How many were recorded late and in time, and how many a correction states."""
    rows = of.view.rows
    flags = (
        (filters.LATE, rows.late > recorded_late.DAYS, LATE, of.wanted.late),
        (filters.CORRECTED, rows.corrected, CORRECTED, of.wanted.corrected),
    )
    found = {}
    for name, flag, words, wanted in flags:
        base = of.mask(name)
        yes = int((base & flag).sum())
        counts = {"1": yes, "0": int(base.sum()) - yes}
        chosen = None if wanted is None else str(int(wanted))
        found[name] = Facets(tuple(Facet(v, words[v], count, v == chosen) for v, count in counts.items()), 0)
    return found
