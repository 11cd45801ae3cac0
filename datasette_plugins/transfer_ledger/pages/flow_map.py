"""All flows as a drawing: who sends on the left, who receives on the right, a line for each two, wider for more.

The drawing is of the same rows as the table beside it, in the same order. Schools are one node, however many they are:
what a map is for is who else gets anything. No two words meet, since every line ends in a lane of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from datasette_plugins.transfer_ledger.columns.selected import Flow
from datasette_plugins.transfer_ledger.columns.view import View
from reports.documents.findings import named

SCHOOLS = "schools"
"""What stands for all schools together."""

MOST_LINES = 60
"""So many lines are drawn, those with the most transfers; the table has every one."""

_LANE, _GAP, _TOP = 22, 10, 14
_LEFT, _RIGHT, WIDTH = 250, 510, 760
_WIDEST, _THINNEST = 12.0, 1.2
_LETTERS = 34
"""So many letters of a name fit beside the lines; the whole name stands in the table and on hover."""


class Between(NamedTuple):
    """What went from one to another: how many transfers, of which so many with an open breach."""

    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    transfers: int
    first: str
    last: str
    open: int


class Node(NamedTuple):
    """One end of lines: its name, shortened and whole, and the height at which it stands."""

    id: str
    name: str
    whole: str
    y: float


class Line(NamedTuple):
    """One line of the drawing, as SVG has it; `text` says it in words."""

    path: str
    width: float
    open: bool
    text: str


class Map(NamedTuple):
    """The drawing. `left_out` is how many rows of the table it has no line for."""

    senders: tuple[Node, ...]
    recipients: tuple[Node, ...]
    lines: tuple[Line, ...]
    height: float
    left_out: int


def _group(view: View, id_: str) -> str:
    organisation = view.organisations.get(id_)
    return SCHOOLS if organisation is not None and organisation.role == "school" else id_


def between(view: View, flows: Sequence[Flow]) -> tuple[Between, ...]:
    """The flows by who sends and who receives, all schools counted as one; those with the most transfers first."""
    found: dict[tuple[str, str], list[Flow]] = {}
    for flow in flows:
        found.setdefault((_group(view, flow.sender), _group(view, flow.recipient)), []).append(flow)
    rows = [
        Between(
            sender,
            _name(view, sender),
            recipient,
            _name(view, recipient),
            sum(one.count for one in those),
            min(one.first for one in those).isoformat(),
            max(one.last for one in those).isoformat(),
            sum(one.open for one in those),
        )
        for (sender, recipient), those in found.items()
    ]
    return tuple(sorted(rows, key=lambda one: (-one.transfers, one.sender, one.recipient)))


def _name(view: View, id_: str) -> str:
    return "Schools" if id_ == SCHOOLS else named(id_, view.labels)


def _short(text: str) -> str:
    return text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1].rstrip()}…"


def drawn(rows: Sequence[Between]) -> Map:
    """The drawing of the rows."""
    shown = rows[:MOST_LINES]
    ends: dict[str, list[Between]] = {}
    for one in shown:
        ends.setdefault(one.recipient, []).append(one)
    order = sorted(ends, key=lambda id_: (-sum(one.transfers for one in ends[id_]), id_))
    lanes: dict[tuple[str, str], float] = {}
    recipients, y = [], float(_TOP)
    for id_ in order:
        top = y
        for one in ends[id_]:
            lanes[one.sender, id_] = y
            y += _LANE
        name = ends[id_][0].recipient_name
        recipients.append(Node(id_, _short(name), name, (top + y - _LANE) / 2))
        y += _GAP
    height = y
    senders = _senders(shown, lanes, height)
    at = {one.id: one.y for one in senders}
    most = max((one.transfers for one in shown), default=1)
    lines = tuple(_line(one, at[one.sender], lanes[one.sender, one.recipient], most) for one in shown)
    return Map(senders, tuple(recipients), lines, height, len(rows) - len(shown))


def _senders(shown: Sequence[Between], lanes: dict[tuple[str, str], float], height: float) -> tuple[Node, ...]:
    # Each beside the middle of its own lines, as far as no name covers the one before.
    own: dict[str, list[float]] = {}
    names = {one.sender: one.sender_name for one in shown}
    for (sender, _), lane in lanes.items():
        own.setdefault(sender, []).append(lane)
    middle = {sender: sum(ys) / len(ys) for sender, ys in own.items()}
    found, least = [], float(_TOP)
    left = len(middle)
    for sender in sorted(middle, key=lambda id_: (middle[id_], id_)):
        left -= 1
        y = min(max(middle[sender], least), max(height - _GAP - left * _LANE - _LANE, least))
        found.append(Node(sender, _short(names[sender]), names[sender], y))
        least = y + _LANE
    return tuple(found)


def _line(one: Between, start: float, end: float, most: int) -> Line:
    bend = (_LEFT + _RIGHT) / 2
    path = f"M{_LEFT} {start:.1f} C{bend} {start:.1f} {bend} {end:.1f} {_RIGHT} {end:.1f}"
    wide = max(_WIDEST * (one.transfers / most) ** 0.5, _THINNEST)
    wrong = f", {one.open:,} with an open breach" if one.open else ""
    text = f"{one.sender_name} to {one.recipient_name}: {one.transfers:,} transfers{wrong}"
    return Line(path, round(wide, 1), bool(one.open), text)
