"""Numbers over time as stacked bars: findings by severity, and the uses of ContactPoint around its closing.

Each series has its own lightness and its own hatching, so that it is known without its colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.charts.svg import GRID, INK, svg
from reports.documents.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_SEVERITY = (("#5b0f2b", ""), ("#d9702b", "////"), ("#f3d9a4", "\\\\\\\\"))
_CLOSING = (("#7fb1d9", ""), ("#f3e3a4", "\\\\\\\\"), ("#5b0f2b", "////"))

MOST_LABELS = 14
"""So many names of periods fit below the bars."""


def _stack(axes: Axes, figure: Figure, styles: tuple[tuple[str, str], ...], width: float) -> None:
    from matplotlib.ticker import MaxNLocator

    below = [0] * len(figure.across)
    for (name, values), (colour, hatch) in zip(figure.series, styles, strict=True):
        there = [at for at, value in enumerate(values) if value]
        axes.bar(
            there,
            [values[at] for at in there],
            bottom=[below[at] for at in there],
            width=width,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.5,
            label=f"{name} ({sum(values):,})",
        )
        below = [low + value for low, value in zip(below, values, strict=True)]
    axes.set_xlim(-0.6, len(figure.across) - 0.4)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
    axes.yaxis.grid(visible=True, color=GRID)
    axes.set_ylim(0, max(*below, 1) * 1.12)
    axes.set_title(figure.title, loc="left", fontweight="bold", pad=10)


def severities(figure: Figure) -> str:
    """Findings by severity over time, as SVG text."""

    def on(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        _stack(axes, figure, _SEVERITY, 0.8)
        step = -(-len(figure.across) // MOST_LABELS) or 1
        axes.set_xticks(
            range(0, len(figure.across), step),
            [period.replace(" ", "\n") for period in figure.across[::step]],
        )
        axes.tick_params(axis="x", length=0)
        axes.set_ylabel("Findings")
        canvas.legend(loc="outside upper right", frameon=False, ncols=3, handlelength=1.6)

    return svg(figure.name, figure.title, figure.description, (9.5, 3.4), on)


def closing(figure: Figure) -> str:
    """Uses of ContactPoint day by day, its closing in the middle, as SVG text."""

    def on(canvas: Canvas) -> None:
        axes = canvas.add_subplot()
        _stack(axes, figure, _CLOSING, 0.9)
        middle = len(figure.across) // 2
        axes.axvline(middle, color=INK, linewidth=1.2, linestyle=(0, (4, 3)), zorder=0.9)
        axes.annotate(
            f"switched off at noon, {figure.across[middle]}",
            (middle, 1),
            (6, -4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            fontsize=8.5,
        )
        marks = [at for at in range(len(figure.across)) if (at - middle) % 7 == 0]
        axes.set_xticks(marks, [figure.across[at].replace(" ", "\n") for at in marks])
        axes.set_ylabel("Transfers")
        canvas.legend(loc="outside upper right", frameon=False, ncols=3, handlelength=1.6)

    return svg(figure.name, figure.title, figure.description, (9.5, 3.4), on)
