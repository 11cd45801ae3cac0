"""Who sends to whom: senders on the left, recipients on the right, an arrow for each pair, wider for more.

Every arrow ends in a lane of its own, beside its numbers, so that no two words can meet. Where there are breaches, a
dark dashed line runs along the arrow and its numbers say how many; it is told from the pale arrow also in grey.
"""

from __future__ import annotations

from typing import NamedTuple

from reports.charts.sheet import DEEP, HEADED, MARGIN, QUIET, SIZE, SMALL, WIDTH, Drawing, Fill, Sheet
from reports.charts.words import printable, shortened, width
from reports.documents.figure import Figure

_LANE = 12.0
_GAP = 3.0
"""Points between the lanes of one recipient and those of the next."""

_SPREAD = 36.0
"""At most so many points between one sender and the next, where there is room."""

_WIDEST, _THINNEST = 9.0, 0.9
_SENDER = 148.0
_RECIPIENT = 190.0
"""Points for the names of senders, and at most for those of recipients."""

_TOP = HEADED + 32
_PALE, _NODE = "#a3c3e0", "#3b5876"
_DASHES = (4.0, 2.5)


class _Arrow(NamedTuple):
    sender: str
    recipient: str
    transfers: int
    breaches: int
    thick: float

    @property
    def wrong(self) -> str:
        if not self.breaches:
            return ""
        return f"{self.breaches:,} {'breach' if self.breaches == 1 else 'breaches'}"


def _arrows(figure: Figure) -> list[_Arrow]:
    most = max(numbers[0] for _, numbers in figure.series) or 1
    found = []
    for (_, (transfers, breaches)), (sender, recipient) in zip(figure.series, figure.ends, strict=True):
        if transfers or breaches:
            thick = max(_WIDEST * (transfers / most) ** 0.5, _THINNEST)
            found.append(_Arrow(sender, recipient, transfers, breaches, thick))
    return found


def _lanes(arrows: list[_Arrow]) -> list[float]:
    """The height of each arrow's end."""
    found: list[float] = []
    y = _TOP
    last = None
    for arrow in arrows:
        if last is not None:
            y += _LANE + (_GAP if arrow.recipient != last else 0)
        found.append(y)
        last = arrow.recipient
    return found


class _Node(NamedTuple):
    name: str
    top: float
    high: float


def _nodes(arrows: list[_Arrow], lanes: list[float]) -> list[_Node]:
    """The senders, each as near to the middle of its arrows' ends as there is room."""
    ends: dict[str, list[float]] = {}
    thick: dict[str, float] = {}
    for arrow, y in zip(arrows, lanes, strict=True):
        ends.setdefault(arrow.sender, []).append(y)
        thick[arrow.sender] = thick.get(arrow.sender, 0.0) + arrow.thick
    ordered = sorted(ends, key=lambda name: sum(ends[name]) / len(ends[name]))
    high = {name: max(thick[name], _LANE) for name in ordered}
    tops: list[float] = []
    free = _TOP - _LANE / 2
    low = lanes[-1] + _LANE / 2
    gap = min(max((low - free - sum(high.values())) / (2 * len(ordered)), _GAP), _SPREAD)
    for name in ordered:
        top = max(sum(ends[name]) / len(ends[name]) - high[name] / 2, free)
        tops.append(top)
        free = top + high[name] + gap
    free = max(low, _TOP - _LANE / 2 + sum(high.values()) + gap * (len(ordered) - 1))
    for place in reversed(range(len(ordered))):
        tops[place] = min(tops[place], free - high[ordered[place]])
        free = tops[place] - gap
    return [_Node(name, top, high[name]) for name, top in zip(ordered, tops, strict=True)]


def _legend(sheet: Sheet) -> None:
    y = HEADED + 4
    sheet.curve((MARGIN, y), (MARGIN + 24, y), _PALE, 6)
    first = "transfers (wider for more)"
    sheet.words((MARGIN + 30, y), first, 200, size=SMALL)
    x = MARGIN + 30 + width(first, SMALL) + 20
    sheet.curve((x, y), (x + 24, y), _PALE, 6)
    sheet.curve((x, y), (x + 24, y), DEEP, 1.6, _DASHES)
    sheet.words((x + 30, y), "with breaches, and how many", 300, size=SMALL)


def draw(figure: Figure) -> Drawing:
    """The graph. `series` have the transfers and the breaches of each pair, those of one recipient side by side."""
    arrows = _arrows(figure)
    lanes = _lanes(arrows)
    nodes = _nodes(arrows, lanes)
    counted = max(width(f"{one.transfers:,}", SMALL) for one in arrows) + 1
    wrong = max(width(one.wrong, SMALL, True) for one in arrows) + 1
    names = min(max(width(printable(one.recipient), SIZE) for one in arrows) + 1, _RECIPIENT)
    senders = min(max(width(printable(one.name), SIZE) for one in nodes) + 1, _SENDER)
    begin = MARGIN + senders + 5
    end = WIDTH - MARGIN - names - 12 - wrong - 8 - counted - 11
    bottom = max(lanes[-1] + _LANE / 2, nodes[-1].top + nodes[-1].high)

    def arrows_on(sheet: Sheet) -> None:
        free = {node.name: node.top + (node.high - _thickness(arrows, node.name)) / 2 for node in nodes}
        for arrow, y in zip(arrows, lanes, strict=True):
            start = (begin + 6, free[arrow.sender] + arrow.thick / 2)
            free[arrow.sender] += arrow.thick
            sheet.curve(start, (end, y), _PALE, arrow.thick)
            colour = DEEP if arrow.breaches else _NODE
            half = max(arrow.thick / 2 + 1, 2.5)
            sheet.shape([(end, y - half), (end + 7, y), (end, y + half)], colour)
        free = {node.name: node.top + (node.high - _thickness(arrows, node.name)) / 2 for node in nodes}
        for arrow, y in zip(arrows, lanes, strict=True):
            start = (begin + 6, free[arrow.sender] + arrow.thick / 2)
            free[arrow.sender] += arrow.thick
            if arrow.breaches:
                sheet.curve(start, (end, y), DEEP, 1.6, _DASHES)

    def on(sheet: Sheet) -> None:
        sheet.title(figure.title)
        _legend(sheet)
        sheet.words((begin, HEADED + 18), "From", senders, size=SMALL, colour=QUIET, align="right")
        sheet.words((WIDTH - MARGIN - names, HEADED + 18), "To", names, size=SMALL, colour=QUIET)
        arrows_on(sheet)
        cut = shortened((node.name for node in nodes), senders, SIZE)
        for node in nodes:
            sheet.area(begin, node.top, 6, node.high, Fill(_NODE), edge="none")
            sheet.words((begin - 5, node.top + node.high / 2), cut[node.name], senders + 1, align="right")
        groups: dict[str, list[float]] = {}
        for arrow, y in zip(arrows, lanes, strict=True):
            groups.setdefault(arrow.recipient, []).append(y)
            x = end + 11 + counted
            sheet.words((x, y), f"{arrow.transfers:,}", counted, size=SMALL, align="right")
            if arrow.breaches:
                sheet.words((x + 8, y), arrow.wrong, wrong, size=SMALL, bold=True, colour=DEEP)
        x = WIDTH - MARGIN - names
        cut = shortened(groups, names, SIZE)
        for name, heights in groups.items():
            low, high = heights[0], heights[-1]
            if low != high:
                sheet.line((x - 5, low - 4), (x - 5, high + 4), QUIET, 0.8)
            sheet.words((x, (low + high) / 2), cut[name], names + 1)

    return Drawing(WIDTH, bottom + MARGIN, on)


def _thickness(arrows: list[_Arrow], sender: str) -> float:
    return sum(arrow.thick for arrow in arrows if arrow.sender == sender)
