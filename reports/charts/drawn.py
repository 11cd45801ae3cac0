"""Which figure is drawn how."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

from reports.charts import bars, closing, graph, grid
from reports.charts.sheet import MARGIN, QUIET, SMALL, WIDTH, Drawing, Sheet
from reports.charts.svg import svg
from reports.charts.words import LACKING, printable
from reports.documents.figure import Figure

_DRAW: dict[str, Callable[[Figure], Drawing]] = {"bars": bars.draw, "grid": grid.draw, "graph": graph.draw}


_NOTE = f"{LACKING} stands for what this picture has no letter for; the table beside it has every name whole."


def drawing(figure: Figure) -> Drawing:
    """How a figure that has any number is drawn."""
    found = closing.draw(figure) if figure.style == "closing" else _DRAW[figure.kind](figure)
    names = itertools.chain(figure.across, (name for name, _ in figure.series), *figure.ends)
    return _noted(found) if any(LACKING in printable(name) for name in names) else found


def _noted(found: Drawing) -> Drawing:
    def on(sheet: Sheet) -> None:
        found.on(sheet)
        sheet.words((MARGIN, found.height + 6), _NOTE, WIDTH - 2 * MARGIN, size=SMALL, colour=QUIET)

    return Drawing(found.width, found.height + 18, on)


def drawn(figures: Iterable[Figure]) -> dict[str, str]:
    """A figure's name → its chart as SVG text; a figure without any number has none."""
    return {figure.name: svg(figure, drawing(figure)) for figure in figures if figure.table}
