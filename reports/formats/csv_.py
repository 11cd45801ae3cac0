"""Findings, and any whole table of a document, as CSV for a spreadsheet, in which no cell can become a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

from reports.documents.blocks import Data
from reports.documents.findings import Row
from reports.formats.json_ import KEYS

_DECISION = ("decision", "decision_due", "decision_entry", "decision_closed")

_SENT = ("transferred_on", "sender", "recipient", "purpose")

COLUMNS = (*KEYS, *_DECISION, *_SENT, "assigned", "corrected_by", "state")
"""Those of the JSON, then whose transfer it was and what to know about the finding."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutral(value: object) -> object:
    """`value` as a cell: a text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _cell(value: object) -> object:
    # Which version of Python wrote it decides whether a lone CR is put between quotes; without them it ends a row.
    cell = neutral(value)
    return cell.replace("\r\n", "\n").replace("\r", "\n") if isinstance(cell, str) else cell


class _Line:
    def write(self, text: str) -> str:
        return text


def as_csv(rows: Iterable[Row]) -> Iterator[str]:
    """The findings as CSV text with a heading, line by line."""
    line = csv.writer(_Line(), lineterminator="\n").writerow  # gives what `write` gives
    yield str(line(COLUMNS))
    for row in rows:
        of = row.decision
        told = (None,) * len(_DECISION) if of is None else (of.decision, of.due, of.seq, int(of.closed))
        more = {"transferred_on": row.on, "state": row.standing.state, **dict(zip(_DECISION, told, strict=True))}
        cells = [more[name] if name in more else getattr(row, name) for name in COLUMNS]
        yield str(line([_cell(cell) for cell in cells]))


def line_of(*cells: object) -> str:
    """One line of CSV text."""
    return str(csv.writer(_Line(), lineterminator="\n").writerow([_cell(cell) for cell in cells]))


def table_as_csv(data: Data) -> Iterator[str]:
    """A whole table as CSV text with a heading, row by row: days as 2010-08-06, an empty cell where there is nothing.

    A byte order mark, by which a spreadsheet knows UTF-8, is for whoever writes the file.
    """
    line = csv.writer(_Line(), lineterminator="\n").writerow
    yield str(line([_cell(column.title) for column in data.columns]))
    for row in data.rows:
        yield str(line([_cell(cell) for cell in row]))
