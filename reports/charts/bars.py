"""Numbers as bars, several series stacked: findings over time, open breaches by age, time to recording."""

from __future__ import annotations

from reports.charts.sheet import HEADED, MARGIN, QUIET, SMALL, WIDTH, Drawing, Sheet
from reports.charts.stack import Scale, fills, legend, stacked
from reports.charts.words import printable, width, wrap
from reports.documents.figure import Figure

_HIGH = 150.0
_LINES = 3
_WIDEST = 56.0


def _labels(figure: Figure, slot: float) -> tuple[int, list[list[str]]]:
    """Every how many bars one is named, and the lines of each name."""
    for step in range(1, len(figure.across) + 1):
        room = slot * step - 4
        texts = figure.across[::step]
        if all(width(word, SMALL) <= room for text in texts for word in printable(text).split(" ")):
            return step, [wrap(text, room, SMALL, _LINES) for text in texts]
    return 1, [wrap(text, slot - 4, SMALL, _LINES) for text in figure.across]


def draw(figure: Figure) -> Drawing:
    """The bars. One series alone needs no line that names it."""
    named = len(figure.series) > 1
    top = HEADED + (30 if named else 24)
    columns = [[numbers[at] for _, numbers in figure.series] for at in range(len(figure.across))]
    totals = [sum(column) for column in columns]
    scale = Scale(max(totals), top, top + _HIGH)
    left = MARGIN + scale.room + 8
    slot = (WIDTH - MARGIN - left) / len(columns)
    wide = min(slot * 0.8, _WIDEST)
    step, labels = _labels(figure, slot)
    lines = max(map(len, labels))

    def on(sheet: Sheet) -> None:
        sheet.title(figure.title)
        if named:
            legend(sheet, figure)
        else:
            sheet.words((MARGIN, HEADED + 2), figure.series[0][0], WIDTH - 2 * MARGIN, size=SMALL, colour=QUIET)
        scale.draw(sheet, left)
        for at, column in enumerate(columns):
            middle = left + (at + 0.5) * slot
            high = stacked(sheet, scale, middle - wide / 2, wide, column, fills(figure))
            if totals[at] and width(f"{totals[at]:,}", SMALL) <= slot - 2:
                sheet.words((middle, high - 6), f"{totals[at]:,}", slot, size=SMALL, align="center")
        for place, text in enumerate(labels):
            half = max(width(one, SMALL) for one in text) / 2
            x = min(left + (place * step + 0.5) * slot, WIDTH - 2 - half)
            for line, one in enumerate(text):
                sheet.words((x, scale.bottom + 10 + 11 * line), one, slot * step, size=SMALL, align="center")

    return Drawing(WIDTH, scale.bottom + 10 + 11 * lines + 2, on)
