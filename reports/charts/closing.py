"""Uses of ContactPoint day by day around its closing, the day of the closing itself in three: before noon, not to be
told, and after noon.
"""

from __future__ import annotations

from reports.charts.sheet import HEADED, INK, MARGIN, SMALL, WIDTH, Drawing, Fill, Sheet
from reports.charts.stack import Scale, fills, legend, stacked
from reports.charts.words import width
from reports.documents.figure import Figure

_HIGH = 150.0
_PART = 40.0
"""Points for each part of the day of the closing."""

_WEEK = 7
_PARTS = ("before noon", "not told", "after noon")


def draw(figure: Figure) -> Drawing:
    """The bars, with noon in the middle. The figure's days are as many before the closing as after it."""
    top = HEADED + 34
    columns = [[numbers[at] for _, numbers in figure.series] for at in range(len(figure.across))]
    totals = [sum(column) for column in columns]
    scale = Scale(max(totals), top, top + _HIGH)
    left = MARGIN + scale.room + 8
    days = (len(columns) - len(_PARTS)) // 2
    slot = (WIDTH - MARGIN - left - _PART * len(_PARTS)) / (2 * days)
    first = left + days * slot

    def where(at: int) -> tuple[float, float]:
        """Where a column begins, and how wide it is."""
        if at < days:
            return left + at * slot, slot
        if at < days + len(_PARTS):
            return first + (at - days) * _PART, _PART
        return first + _PART * len(_PARTS) + (at - days - len(_PARTS)) * slot, slot

    def on(sheet: Sheet) -> None:
        sheet.title(figure.title)
        legend(sheet, figure)
        sheet.area(first, top - 14, _PART * len(_PARTS), _HIGH + 14, Fill("#eef1f4"), edge="none")
        scale.draw(sheet, left)
        noon = first + _PART * len(_PARTS) / 2
        sheet.line((noon, top - 14), (noon, scale.at(totals[days + 1]) - 12), INK, 1.0, (4, 3))
        for at, column in enumerate(columns):
            x, wide = where(at)
            bar = min(wide * 0.8, 22)
            high = stacked(sheet, scale, x + (wide - bar) / 2, bar, column, fills(figure))
            if totals[at] and width(f"{totals[at]:,}", 6) <= wide - 0.5:
                sheet.words((x + wide / 2, high - 5), f"{totals[at]:,}", wide, size=6, align="center")
        day = figure.across[days].rpartition(",")[0]
        for place, part in enumerate(_PARTS):
            for line, word in enumerate(part.split(" ")):
                x = first + (place + 0.5) * _PART
                sheet.words((x, scale.bottom + 10 + 10 * line), word, _PART - 4, size=SMALL, align="center")
        sheet.words((noon, scale.bottom + 32), day, 3 * _PART, size=SMALL, bold=True, align="center")
        for at in (*range(days - _WEEK, -1, -_WEEK), *range(days + len(_PARTS) + _WEEK - 1, len(columns), _WEEK)):
            x, wide = where(at)
            for line, word in enumerate(figure.across[at].split(" ")):
                place_ = (x + wide / 2, scale.bottom + 10 + 10 * line)
                sheet.words(place_, word, slot * _WEEK - 4, size=SMALL, align="center")

    return Drawing(WIDTH, scale.bottom + 42, on)
