"""What all charts of bars share: their looks, a scale with round numbers, stacked bars and the line that names them.

Each series has its own lightness and its own hatching, so that it is known without its colour.
"""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts.sheet import DEEP, GRID, HEADED, MARGIN, SIZE, SMALL, WIDTH, Fill, Sheet
from reports.charts.words import printable, width
from reports.documents.figure import Figure

FILLS = {
    "severity": (Fill(DEEP), Fill("#d9702b", "////"), Fill("#f6dfb0", "\\\\\\\\", "#a3771c")),
    "closing": (Fill("#7fb1d9"), Fill("#f6e9b8", "\\\\\\\\", "#94801f"), Fill(DEEP, "////")),
    "plain": (Fill("#2866a5"), Fill("#8db8dc", "////"), Fill("#dbe7f3", "\\\\\\\\", "#5b7ea3")),
}
"""The looks of the series by a figure's style, in their order; a further series begins again."""

LEAST = 2.5
"""Points that the smallest number is high: one critical finding must not vanish beside a thousand others."""

_STEPS = 5


def fills(figure: Figure) -> list[Fill]:
    """How each series of the figure looks."""
    known = FILLS[figure.style]
    return [known[place % len(known)] for place in range(len(figure.series))]


class Scale:
    """A scale from nothing, at `bottom`, to at least `most`, at `top`, with few round numbers on it."""

    def __init__(self, most: int, top: float, bottom: float) -> None:
        step = 1
        while step * _STEPS < most:
            # 1, 2, 5, 10, 20, 50, …
            step = step * 5 // 2 if str(step)[0] == "2" else step * 2
        self.marks = range(0, -(-most // step) * step + 1, step)
        self._per, self.bottom, self.top = (bottom - top) / max(self.marks[-1], 1), bottom, top

    def high(self, number: int) -> float:
        """How many points high a number is."""
        return max(number * self._per, LEAST) if number else 0.0

    def at(self, mark: int) -> float:
        """Where a mark lies."""
        return self.bottom - mark * self._per

    @property
    def room(self) -> float:
        """How many points wide its numbers are."""
        return max(width(f"{mark:,}", SMALL) for mark in self.marks)

    def draw(self, sheet: Sheet, left: float) -> None:
        """Its lines, and its numbers beside them."""
        for mark in self.marks:
            y = self.at(mark)
            sheet.line((left, y), (WIDTH - MARGIN, y), GRID if mark else "#8a919c", 0.6 if mark else 0.9)
            sheet.words((left - 5, y), f"{mark:,}", self.room + 1, size=SMALL, align="right")


def stacked(
    sheet: Sheet, scale: Scale, left: float, wide: float, numbers: Sequence[int], looks: Sequence[Fill]
) -> float:
    """One bar; gives where its top is."""
    top = scale.bottom
    for number, fill in zip(numbers, looks, strict=True):
        if number:
            high = scale.high(number)
            top -= high
            sheet.area(left, top, wide, high, fill)
    return top


def legend(sheet: Sheet, figure: Figure, y: float = HEADED + 4) -> None:
    """Which look is which series, and how much it comes to."""
    x = MARGIN
    most = (WIDTH - 2 * MARGIN) / len(figure.series) - 42
    for (name, numbers), fill in zip(figure.series, fills(figure), strict=True):
        text = f"{name} ({sum(numbers):,})"
        wide = min(width(printable(text), SIZE), most)
        sheet.area(x, y - 5, 16, 10, fill)
        sheet.words((x + 21, y), text, wide + 1)
        x += wide + 42
