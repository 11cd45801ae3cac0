"""Transfers by month and recipient, as a grid: one row a recipient, one column a month, darker for more.

One hue from light to dark survives any colour blindness and a grey printer; every cell has its number besides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.charts.svg import INK, svg
from reports.documents.figure import Figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

LONGEST = 34
"""Characters of a recipient's name that fit beside the grid."""


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else name[: LONGEST - 1].rstrip() + "…"


def draw(figure: Figure) -> str:
    """The grid as SVG text."""

    def on(canvas: Canvas) -> None:
        from matplotlib import colormaps
        from matplotlib.colors import PowerNorm

        axes = canvas.add_subplot()
        numbers = [values for _, values in figure.series]
        # Few months are busy: without the root, all the others would be white.
        norm = PowerNorm(0.5, 0, max(map(max, numbers)))
        colours = colormaps["Blues"]
        axes.pcolormesh(numbers, cmap=colours, norm=norm, edgecolors="white", linewidth=1.5)
        for y, values in enumerate(numbers):
            for x, value in enumerate(values):
                if value:
                    ink = "white" if norm(value) > 0.55 else INK
                    axes.text(x + 0.5, y + 0.5, f"{value:,}", ha="center", va="center", fontsize=7.5, color=ink)
        axes.set_yticks([y + 0.5 for y in range(len(numbers))], [_short(name) for name, _ in figure.series])
        axes.set_xticks(
            [x + 0.5 for x in range(len(figure.across))],
            [period.replace(" ", "\n") for period in figure.across],
        )
        axes.invert_yaxis()
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_title(figure.title, loc="left", fontweight="bold", pad=10)

    size = (9.5, 1.2 + 0.3 * max(len(figure.series), 3))
    return svg(figure.name, figure.title, figure.description, size, on)
