"""Numbers by two things as a grid: a row for each series, a column for each of what is across, darker for more.

One hue from light to dark survives any colour blindness and a grey printer. Where cells are wide enough each holds its
number; where there are too many columns for that, squares grow with the number as they darken, in five steps.
"""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts.sheet import HEADED, MARGIN, QUIET, SIZE, SMALL, WIDTH, Drawing, Fill, Sheet
from reports.charts.words import printable, shortened, width
from reports.documents.figure import Figure

WIDEST_NAME = 176.0
"""Points for the names beside the grid."""

HIGHEST_NAME = 140.0
"""Points for names that stand on end above it."""

_WIDEST_CELL, _ROW = 64.0, 14.0
_SIZES = (8.0, 7.5, 7.0, 6.5, 6.0)
_STEPS = ("#9cc1e0", "#6ea5d3", "#4585be", "#1f5c9e", "#08306b")
"""Colours for numbers of one figure, of two, and so on; the last for all that are larger."""

_SHARES = (0.38, 0.54, 0.7, 0.85, 1.0)
"""How much of its cell's width a square takes, by the same steps."""


def _step(number: int) -> int:
    return min(len(str(number)), len(_STEPS)) - 1


def _said(step: int) -> str:
    low = 10**step
    return f"{low:,} or more" if step == len(_STEPS) - 1 else f"{low:,} to {low * 10 - 1:,}"


def _size(texts: Sequence[str], room: float) -> float | None:
    """The largest size at which each text fits into `room` points, None where none does."""
    return next((size for size in _SIZES if all(width(printable(one), size) <= room for one in texts)), None)


class _Plan:
    """Where everything goes."""

    def __init__(self, figure: Figure) -> None:
        self.rows = [(name, numbers) for name, numbers in figure.series if any(numbers)]
        self.most = max(max(numbers) for _, numbers in self.rows)
        self.names = min(max(width(printable(name), SIZE) for name, _ in self.rows) + 1, WIDEST_NAME)
        self.left = MARGIN + self.names + 6
        self.cell = min((WIDTH - MARGIN - self.left) / len(figure.across), _WIDEST_CELL)
        self.size = _size([f"{number:,}" for _, numbers in self.rows for number in numbers], self.cell - 3)
        self.row = _ROW if self.size is not None else max(min(self.cell, _ROW), SIZE * 1.3)
        self.level = [one.split(" ") for one in figure.across]
        self.heading = None
        if all(len(one) <= 3 for one in self.level):
            self.heading = _size([word for one in self.level for word in one], self.cell - 2)
        if self.heading is not None:
            self.above = 12.0 * max(map(len, self.level)) + 2
        else:
            self.above = min(max(width(printable(one), SMALL) for one in figure.across) + 1, HIGHEST_NAME) + 6
        self.top = HEADED + self.above
        self.right = self.left + self.cell * len(figure.across)
        self.bottom = self.top + self.row * len(self.rows)

    def across(self, place: int) -> float:
        """The middle of a column."""
        return self.left + (place + 0.5) * self.cell


def shade(share: float) -> str:
    """The colour of a number by its share, from 0 to 1."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return to_hex(colormaps["Blues"](0.08 + 0.92 * share))


def readable(colour: str) -> str:
    """Black or white, whichever is read more easily on `colour`: WCAG's contrast, which is then at least 4.5."""
    linear = [((int(colour[at : at + 2], 16) / 255 + 0.055) / 1.055) ** 2.4 for at in (1, 3, 5)]
    light = sum(part * share for part, share in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
    return "#000000" if light > 0.179 else "#ffffff"


def _headings(sheet: Sheet, plan: _Plan, figure: Figure) -> None:
    size = min(SMALL, plan.cell * 0.8)
    cut = shortened(figure.across, plan.above - 6, size)
    for place, name in enumerate(figure.across):
        x = plan.across(place)
        if plan.heading is None:
            sheet.words((x, plan.top - 4), cut[name], plan.above - 5, size=size, upright=True)
            continue
        for line, word in enumerate(reversed(plan.level[place])):
            y = plan.top - 8 - 12 * line
            sheet.words((x, y), word, plan.cell, size=plan.heading, align="center")


def _numbers(sheet: Sheet, plan: _Plan, numbers: Sequence[int], y: float, size: float) -> None:
    for place, number in enumerate(numbers):
        if number:
            # Few cells hold most: without the root all the others would be white.
            share = (number / plan.most) ** 0.5
            left = plan.left + place * plan.cell
            colour = shade(share)
            sheet.area(left, y - plan.row / 2, plan.cell, plan.row, Fill(colour))
            sheet.words(
                (plan.across(place), y), f"{number:,}", plan.cell, size=size, colour=readable(colour), align="center"
            )


def _square(sheet: Sheet, x: float, y: float, step: int, most: float) -> None:
    side = most * _SHARES[step]
    sheet.area(x - side / 2, y - side / 2, side, side, Fill(_STEPS[step]), edge="none")


def _legend(sheet: Sheet, plan: _Plan) -> None:
    y = plan.bottom + 16
    if plan.size is not None:
        sheet.words((plan.left, y), "Darker for more.", WIDTH - MARGIN - plan.left, size=SMALL, colour=QUIET)
        return
    x = plan.left
    for step in range(_step(plan.most) + 1):
        _square(sheet, x + 6, y, step, min(plan.cell, plan.row) - 2)
        wide = width(_said(step), SMALL)
        sheet.words((x + 16, y), _said(step), wide + 1, size=SMALL)
        x += wide + 30


def draw(figure: Figure) -> Drawing:
    """The grid."""
    plan = _Plan(figure)

    def on(sheet: Sheet) -> None:
        sheet.title(figure.title)
        _headings(sheet, plan, figure)
        for place in range(len(figure.across) + 1):
            x = plan.left + place * plan.cell
            sheet.line((x, plan.top), (x, plan.bottom))
        sheet.line((MARGIN, plan.top), (plan.right, plan.top))
        cut = shortened((name for name, _ in plan.rows), plan.names, SIZE)
        for place, (name, numbers) in enumerate(plan.rows):
            y = plan.top + (place + 0.5) * plan.row
            sheet.line((MARGIN, y + plan.row / 2), (plan.right, y + plan.row / 2))
            sheet.words((MARGIN, y), cut[name], plan.names + 1, size=SIZE)
            if plan.size is not None:
                _numbers(sheet, plan, numbers, y, plan.size)
                continue
            for column, number in enumerate(numbers):
                if number:
                    _square(sheet, plan.across(column), y, _step(number), min(plan.cell, plan.row) - 2)
        _legend(sheet, plan)

    return Drawing(WIDTH, plan.bottom + 16 + 12, on)
