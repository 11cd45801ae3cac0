"""Findings as CSV for a spreadsheet, one row each, in which no cell can become a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from reports.documents.findings import Row
from reports.formats.json_ import KEYS

COLUMNS = (*KEYS, "transferred_on", "sender", "recipient", "purpose", "assigned", "corrected_by")
"""Those of the JSON, then whose transfer it was and what to know about the finding."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def neutral(value: object) -> object:
    """`value` as a cell: a text that a spreadsheet would take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def as_csv(rows: Sequence[Row]) -> str:
    """The findings as CSV text with a heading."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = [row.on if name == "transferred_on" else getattr(row, name) for name in COLUMNS]
        writer.writerow([neutral(cell) for cell in cells])
    return out.getvalue()
