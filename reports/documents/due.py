"""Findings whose decision names a day: those whose day is past, and those whose day comes soon."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

from reports.documents import links, listed
from reports.documents.blocks import Cell, Column, Table, Tag, Text
from reports.documents.findings import Decided, Row, title
from reports.documents.reading import Reading

SOON = timedelta(days=30)
"""So long before its day a decision is due soon; the day itself counts as soon, the day after as overdue."""

MOST_ROWS = 100
"""So many have a row in a document."""


class Due(NamedTuple):
    """Findings that stand, by the day of their newest decision, the earliest first."""

    overdue: tuple[Row, ...]
    soon: tuple[Row, ...]


def due(reading: Reading) -> Due:
    """The findings of the reading whose decision was due before its day, or is due within `SOON` from it."""
    overdue, soon = set(), set()
    for finding in reading.result.findings:
        decision = reading.result.decisions.get(finding.key)
        if decision is None or decision.due is None or finding.corrected_by is not None:
            continue
        if decision.due < reading.as_of:
            overdue.add(finding.key)
        elif decision.due - reading.as_of <= SOON:
            soon.add(finding.key)
    return Due(*(tuple(sorted(reading.rows.only(frozenset(keys)), key=_day)) for keys in (overdue, soon)))


def _decided(row: Row) -> tuple[Decided, date]:
    assert row.decision is not None
    assert row.decision.due is not None
    return row.decision, row.decision.due


def _day(row: Row) -> tuple[date, int, str]:
    return _decided(row)[1], row.seq, row.key


def table(id_: str, caption: str, empty: str, rows: Sequence[Row], reading: Reading) -> Table:
    """The first `MOST_ROWS` of them, with how many days lie between their day and the day that is spoken of."""
    columns = (
        Column("finding", "Finding"),
        Column("severity", "Severity"),
        Column("what", "What was found"),
        Column("parties", "From → to"),
        Column("decision", "Decision"),
        Column("due", "Due", "date"),
        Column("days", "Days past" if id_ == "overdue" else "Days left", "number"),
    )
    cells: list[tuple[Cell, ...]] = []
    for row in rows[:MOST_ROWS]:
        decision, day = _decided(row)
        verdict: Text = (
            f"{listed.verdict(decision)} (",
            links.entry(reading.app, decision.seq),
            ")",
        )
        cells.append(
            (
                (links.entry(reading.app, row.seq),),
                (Tag(row.severity, row.severity),),
                title(row.check),
                listed.parties(row),
                verdict,
                day,
                abs((reading.as_of - day).days),
            )
        )
    if len(rows) > MOST_ROWS:
        caption += f": the first {MOST_ROWS} of {len(rows):,}; the CSV file and the spreadsheet list all"
    return Table(id_, caption, columns, tuple(cells), empty)
