"""Tables as HTML lays them out: what each cell says, how wide a column has to be, and what fits on a sheet of paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from markupsafe import Markup

from reports.documents.blocks import Cell, Column, Table
from reports.documents.figure import Figure
from reports.formats.html_text import Writer, words

MOST_COLUMNS = 40
"""A table with more is laid out in parts below each other, each with the column that names the rows: A4 across holds no more."""

UPRIGHT_FROM = 7
"""With so many columns of numbers their headings stand on end."""

_ROOM = ((45, "narrow"), (100, ""), (170, "wide"))
"""Up to how many letters beside each other a table needs which room: A4 upright has 100, A4 across 170."""

_DATE = len("30 September 2010")
_SHORT = 16
"""What is no longer stays on one line."""


class Head(NamedTuple):
    """A heading of a column; `styles` are its CSS classes, and those of the cells below it `cells`."""

    title: Markup
    styles: str
    cells: str
    upright: bool


class Part(NamedTuple):
    """A table, or a part of it: `rows` are the cells' markup, and `styles` its CSS classes."""

    caption: Markup
    heads: tuple[Head, ...]
    rows: tuple[tuple[Markup, ...], ...]
    styles: str


def of_figure(figure: Figure) -> Table:
    """The numbers of a chart as the table that stands beside it."""
    upright = len(figure.columns) >= UPRIGHT_FROM
    columns = [Column(f"c{at}", title, "number", upright) for at, title in enumerate(figure.columns)]
    return Table(
        id=figure.name,
        caption=f"{figure.title}: the numbers",
        columns=(Column("name", figure.heading), *columns),
        rows=tuple((name, *numbers) for name, numbers in figure.table),
        empty=figure.empty,
    )


def _length(value: Cell) -> int:
    match value:
        case str():
            return len(value)
        case date():
            return _DATE
        case tuple():
            return sum(len(one if isinstance(one, str) else one.text) for one in value)
        case None:
            return 0
        case _:
            return len(str(value))


def _styles(column: Column, longest: int, has_days: bool) -> tuple[str, str]:
    # Of a heading, and of the cells below it.
    if column.upright:
        return "upright", "mark"
    if column.kind == "number":
        return "n", "n"
    if has_days or longest <= _SHORT:
        return "", "nowrap"
    return "much" if longest > 60 else "some", ""


def _letters(column: Column, longest: int) -> int:
    # How many letters' width it takes on paper at least: words wrap, and a sheet across breaks off the page before it.
    if column.upright:
        return min(longest, 7) + 2
    if column.kind == "number":
        return max(min(longest, 7), min(len(column.title), 10)) + 2
    return max(min(longest, _SHORT), min(len(column.title), 12)) + 2


def parts(table: Table, write: Writer) -> Iterator[Part]:
    """The table in parts that each fit on paper; one part for nearly every table."""
    longest = [max((_length(row[at]) for row in table.rows), default=0) for at in range(len(table.columns))]
    days = [any(isinstance(row[at], date) for row in table.rows) for at in range(len(table.columns))]
    heads = [
        Head(words(column.title), *_styles(column, longest[at], days[at]), column.upright)
        for at, column in enumerate(table.columns)
    ]
    others = range(1, len(table.columns))
    count = -(-len(others) // MOST_COLUMNS) or 1
    size = -(-len(others) // count)
    for number in range(count):
        shown = [0, *others[number * size : (number + 1) * size]]
        letters = sum(_letters(table.columns[at], longest[at]) for at in shown)
        room = next((styles for most, styles in _ROOM if letters <= most), "wide dense")
        matrix = ["matrix"] if any(table.columns[at].upright for at in shown) else []
        caption = words(table.caption)
        if count > 1:
            caption += f" (columns {shown[1]:,} to {shown[-1]:,} of {len(others):,})"
        yield Part(
            caption,
            tuple(heads[at] for at in shown),
            tuple(tuple(write.cell(row[at], table.columns[at]) for at in shown) for row in table.rows),
            " ".join([*matrix, room]).strip(),
        )
