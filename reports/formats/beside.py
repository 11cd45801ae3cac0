"""Where a chart's numbers stand in a table of the same document already, no format says them again."""

from __future__ import annotations

from collections.abc import Iterable

from reports.documents.blocks import Block, Table
from reports.documents.figure import Figure


def table_with(figure: Figure, blocks: Iterable[Block]) -> Table | None:
    """The first table that has every number of the figure, by the same names; None without one."""
    return next((one for one in blocks if isinstance(one, Table) and _has(one, figure)), None)


def _has(table: Table, figure: Figure) -> bool:
    places = {column.title: place for place, column in enumerate(table.columns)}
    if not figure.table or any(name not in places for name in figure.columns):
        return False
    rows = {row[0]: row for row in table.rows}
    if len(rows) < len(table.rows):
        return False  # two rows of one name: which one is meant?
    return all(
        name in rows and tuple(rows[name][places[column]] for column in figure.columns) == numbers
        for name, numbers in figure.table
    )
