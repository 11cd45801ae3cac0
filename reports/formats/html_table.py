"""Tables as HTML lays them out: what each cell says, how wide a column has to be, and what fits on a sheet of paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from markupsafe import Markup

from reports.documents.blocks import Cell, Column, Table
from reports.documents.figure import Figure
from reports.formats.html_text import LONGEST, Writer, number, words
from reports.scope import day_in_words

UPRIGHT_FROM = 7
"""With so many columns of numbers their headings stand on end."""

_ROOM = ((45, "narrow"), (100, ""), (120, "snug"), (170, "wide"))
"""Up to how many letters beside each other a table needs which room: A4 upright has 100, in smaller letters 120; A4
across, which ends the page before it, 170."""

_MOST = 200
"""A4 across has no more, in the smallest letters. What needs more comes in parts, one below the other."""

_GAP = 2
"""The room between columns, in letters."""

_UPRIGHT_LINE = 30
"""So many letters of a heading on end stand in one line."""

_LONGEST_UPRIGHT = 80
"""A longer heading would be wider on end than lying."""

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


def _says(value: Cell) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case date():
            return day_in_words(value)
        case tuple():
            return "".join(one if isinstance(one, str) else one.text for one in value)
        case _:
            return number(value)


class _Measured(NamedTuple):
    # A column: its longest cell and the longest word of one, both in letters, and whether it has a day.
    column: Column
    longest: int
    word: int
    days: bool

    @property
    def upright(self) -> bool:
        return self.column.upright and len(self.column.title) <= _LONGEST_UPRIGHT

    @property
    def whole(self) -> bool:
        # Whether its cells stay on one line each.
        return self.longest <= _SHORT or (self.days and self.longest <= LONGEST)

    @property
    def letters(self) -> int:
        # How wide it is at least, since words wrap.
        cells = self.longest if self.whole else max(self.word, _SHORT)
        if self.upright:
            return max(cells, 2 * -(-len(self.column.title) // _UPRIGHT_LINE)) + 1
        return max(cells, _word(self.column.title)) + _GAP

    @property
    def styles(self) -> tuple[str, str]:
        # Of its heading, and of its cells.
        whole = "whole" if self.whole else ""
        if self.upright:
            return "upright", f"mark {whole}".strip()
        if self.column.kind == "number":
            return "n", f"n {whole}".strip()
        return "" if self.whole else "much" if self.longest > 60 else "some", whole

    @property
    def head(self) -> Head:
        return Head(words(self.column.title), *self.styles, self.upright)


def _word(text: str) -> int:
    # The longest that does not break.
    return max((len(one) for one in text.split() if len(one) <= LONGEST), default=0)


def _measured(table: Table) -> list[_Measured]:
    found = []
    for at, column in enumerate(table.columns):
        texts = {_says(row[at]) for row in table.rows}
        longest, word = max(map(len, texts), default=0), max(map(_word, texts), default=0)
        found.append(_Measured(column, longest, word, any(isinstance(row[at], date) for row in table.rows)))
    return found


def _shared(first: int, others: list[int]) -> list[list[int]]:
    # The places of the other columns, by the part in which they come: about as wide as each other.
    count = -(-sum(others) // (_MOST - first)) or 1
    most = min(_MOST - first, sum(others) / count + max(others, default=0))
    shared: list[list[int]] = [[]]
    room = most
    for at, letters in enumerate(others, 1):
        if letters > room and shared[-1]:
            shared.append([])
            room = most
        shared[-1].append(at)
        room -= letters
    return shared


def parts(table: Table, write: Writer) -> Iterator[Part]:
    """The table in parts that each fit on paper, each with the column that names the rows; nearly always it is one."""
    columns = _measured(table)
    shared = _shared(columns[0].letters, [one.letters for one in columns[1:]])
    for others in shared:
        shown = [0, *others]
        letters = sum(columns[at].letters for at in shown)
        styles = ["matrix"] if any(columns[at].upright for at in shown) else []
        styles.append(next((room for most, room in _ROOM if letters <= most), "wide dense"))
        caption = words(table.caption)
        if len(shared) > 1:
            caption += f" (columns {others[0]:,} to {others[-1]:,} of {len(columns) - 1:,})"
        yield Part(
            caption,
            tuple(columns[at].head for at in shown),
            tuple(tuple(write.cell(row[at], table.columns[at]) for at in shown) for row in table.rows),
            " ".join(filter(None, styles)),
        )
