"""A figure: the numbers that a chart shows, and what it says to those who cannot see it.

A chart and the table beside it are made from the same figure, so that they cannot disagree.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: `series` are (name, a number for each of `across`).

    `kind` says how it is drawn: `bars` stacks the series over what is `across`, `grid` has a row for each series and a
    column for each of `across`, `graph` an arrow for each series, whose ends `ends` names in the same order. `name`
    says which figure it is and is part of file names and ids; `style` tells figures of one kind apart that have colours
    of their own. `heading` heads the first column of its table, `empty` says so where there is nothing.
    """

    name: str
    title: str
    description: str
    kind: Literal["bars", "grid", "graph"] = "bars"
    style: Literal["severity", "closing", "plain"] = "plain"
    heading: str = "When"
    across: tuple[str, ...]
    series: tuple[tuple[str, tuple[int, ...]], ...]
    ends: tuple[tuple[str, str], ...] = ()
    empty: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The headings of its table after the first: the series of bars, what is across of a grid or a graph."""
        return tuple(name for name, _ in self.series) if self.kind == "bars" else self.across

    @property
    def table(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Its table: for bars, a row for each of `across` that has any number; otherwise a row for each series."""
        if self.kind != "bars":
            return tuple((name, numbers) for name, numbers in self.series if any(numbers))
        columns = ((name, tuple(one[1][at] for one in self.series)) for at, name in enumerate(self.across))
        return tuple((name, numbers) for name, numbers in columns if any(numbers))
