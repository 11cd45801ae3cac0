"""A register as a picture: who sends on the left, who gets on the right, and between them an arrow for each flow.

Plain SVG, written here: the same register gives the same bytes. Every party has a row of its own on either side, so
that no two names meet; flows run to points spread along its box.
"""

from __future__ import annotations

from html import escape

from ledger.register.model import Flow, Register

_WIDTH, _BOX, _TOP, _STEP, _GAP = 1180, 320, 64, 15, 12
_COLOURS = ("#1f5a96", "#9a3b26", "#2f6b3a", "#6a3d8f", "#8a6100", "#0e6a73")


def _short(text: str, longest: int = 44) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _rows(ids: list[str]) -> tuple[dict[str, tuple[int, int]], int]:
    """Each party → (top, height), by how many arrows it has; and where the column ends."""
    rows: dict[str, tuple[int, int]] = {}
    top = _TOP
    for id_ in dict.fromkeys(ids):
        height = max(26, _STEP * ids.count(id_) + 8)
        rows[id_] = top, height
        top += height + _GAP
    return rows, top


def draw(register: Register) -> str:
    """The flows of `register` as the text of an SVG file, with its title and description."""
    arrows = [(one, left, right) for one in register.flows for left in one.sender for right in one.recipient]
    senders, low = _rows([left for _, left, _ in arrows])
    # Who gets most from the uppermost senders stands uppermost: fewer arrows cross.
    order = {id_: number for number, id_ in enumerate(senders)}
    sides: dict[str, list[int]] = {}
    for _, left, right in arrows:
        sides.setdefault(right, []).append(order[left])
    arrows.sort(key=lambda one: (order[one[1]], sum(sides[one[2]]) / len(sides[one[2]]), one[2]))
    by_recipient = sorted(arrows, key=lambda one: (sum(sides[one[2]]) / len(sides[one[2]]), one[2], order[one[1]]))
    recipients, low_right = _rows([right for _, _, right in by_recipient])
    height = max(low, low_right) + 12
    known = {party.id: party.name for party in register.parties}
    about = (
        f"{len(register.flows)} flows: "
        + "; ".join(
            f"{', '.join(known.get(i, i) for i in one.sender)} to {', '.join(known.get(i, i) for i in one.recipient)}"
            for one in register.flows
        )
        + "."
    )
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'role="img" aria-labelledby="flows-title flows-desc" font-family="DejaVu Sans, Verdana, sans-serif" '
        'font-size="12">',
        f'<title id="flows-title">{escape(register.title)}</title>',
        f'<desc id="flows-desc">{escape(about)}</desc>',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="12" y="24" font-size="15" font-weight="bold">{escape(_short(register.title, 110))}</text>',
        '<text x="12" y="50" fill="#5c6470">sends</text>',
        f'<text x="{_WIDTH - _BOX - 12}" y="50" fill="#5c6470">gets</text>',
        *(_arrows(arrows, by_recipient, senders, recipients)),
    ]
    for x, rows in ((12, senders), (_WIDTH - _BOX - 12, recipients)):
        for id_, (top, tall) in rows.items():
            name = known.get(id_, id_)
            lines.append(
                f'<rect x="{x}" y="{top}" width="{_BOX}" height="{tall}" rx="4" fill="#eef2f7" stroke="#5c6470"/>'
                f'<text x="{x + 8}" y="{top + tall / 2 + 4:g}" fill="#1f2430">{escape(_short(name))}'
                f"<title>{escape(name)}</title></text>"
            )
    return "\n".join((*lines, "</svg>")) + "\n"


def _arrows(
    arrows: list[tuple[Flow, str, str]],
    by_recipient: list[tuple[Flow, str, str]],
    senders: dict[str, tuple[int, int]],
    recipients: dict[str, tuple[int, int]],
) -> list[str]:
    def heights(ordered: list[tuple[Flow, str, str]], rows: dict[str, tuple[int, int]], side: int) -> dict[int, float]:
        count: dict[str, int] = {}
        found: dict[int, float] = {}
        many: dict[str, int] = {}
        for one in ordered:
            many[str(one[side])] = many.get(str(one[side]), 0) + 1
        for one in ordered:
            id_ = str(one[side])
            count[id_] = count.get(id_, 0) + 1
            top, tall = rows[id_]
            found[id(one)] = top + tall * count[id_] / (many[id_] + 1)
        return found

    starts, ends = heights(arrows, senders, 1), heights(by_recipient, recipients, 2)
    colours = {id_: _COLOURS[number % len(_COLOURS)] for number, id_ in enumerate(senders)}
    begin, end = 12 + _BOX, _WIDTH - _BOX - 12
    middle = (begin + end) / 2
    lines = []
    for one in arrows:
        flow, left, _ = one
        y, to = starts[id(one)], ends[id(one)]
        lines.append(
            f'<g stroke="{colours[left]}" fill="{colours[left]}"><title>{escape(flow.label)} [{flow.id}]</title>'
            f'<path d="M{begin} {y:.1f}C{middle:g} {y:.1f} {middle:g} {to:.1f} {end - 8} {to:.1f}" fill="none" '
            f'stroke-width="1.3" stroke-opacity="0.75"/>'
            f'<path d="M{end} {to:.1f}l-9 -3.5v7z" stroke="none"/></g>'
        )
    return lines
