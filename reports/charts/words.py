"""Words in a picture: only letters that its font has, as long as there is room for, measured as they are drawn.

Names come from a ledger and can hold anything. What the font lacks is shown as a box, what would change how other
letters are drawn is left out, and the whole name stands in the table beside the picture.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

LACKING = "\N{WHITE SQUARE}"
"""In place of a letter that the font lacks."""

_LONGEST = 300
"""No more of a text is looked at: so many letters never fit."""


@cache
def font(size: float, bold: bool = False) -> FontProperties:
    """DejaVu Sans as matplotlib itself brings it, so that no other version that a machine has is measured instead."""
    from pathlib import Path

    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return FontProperties(fname=str(Path(mpl.get_data_path()) / "fonts" / "ttf" / name), size=size)


@cache
def _letters(bold: bool) -> frozenset[str]:
    from matplotlib.font_manager import get_font

    file = font(9, bold).get_file()
    assert file is not None
    return frozenset(map(chr, get_font(file).get_charmap()))


@lru_cache(4096)
def printable(text: str, bold: bool = False) -> str:
    """`text` on one line, in letters that the font has: at most one mark on each, and none that is invisible."""
    letters, found = _letters(bold), ""
    marked = True
    for letter in unicodedata.normalize("NFC", " ".join(text[:_LONGEST].split())):
        kind = unicodedata.category(letter)
        if kind in ("Mn", "Me"):
            if not marked and letter in letters:
                found += letter
                marked = True
        elif kind not in ("Cc", "Cf"):
            # A letter of the private area has a shape that means nothing.
            found += letter if letter in letters and kind != "Co" else LACKING
            marked = False
    # A name of which nothing is left is a name all the same.
    return found if found.strip() else LACKING


@lru_cache(4096)
def width(text: str, size: float, bold: bool = False) -> float:
    """How many points wide a printable text is."""
    from matplotlib.textpath import text_to_path

    if not text:
        return 0.0
    found: float = text_to_path.get_text_width_height_descent(text, font(size, bold), False)[0]
    return found


def _cut(whole: str, count: int, middle: bool) -> str:
    if not middle:
        return whole[:count].rstrip() + "…"
    tail = count // 2
    return whole[: count - tail].rstrip() + "…" + whole[len(whole) - tail :].lstrip()


def fit(text: str, room: float, size: float, bold: bool = False, middle: bool = False) -> str:
    """As much of `text` as `room` points hold, in printable letters; an ellipsis says that there is more.

    What is left out is its end, or, with `middle`, its middle.
    """
    whole = printable(text, bold)
    if len(text) <= _LONGEST and width(whole, size, bold) <= room:
        return whole
    least, most = 0, len(whole)
    while least < most:
        count = (least + most + 1) // 2
        if width(_cut(whole, count, middle), size, bold) <= room:
            least = count
        else:
            most = count - 1
    return _cut(whole, least, middle)


def shortened(names: Iterable[str], room: float, size: float) -> dict[str, str]:
    """Each name as it fits; those that would look the same keep their ends too, where the difference often is."""
    found = {name: fit(name, room, size) for name in names}
    times = Counter(found.values())
    return {name: fit(name, room, size, middle=True) if times[cut] > 1 else cut for name, cut in found.items()}


def wrap(text: str, room: float, size: float, most: int) -> list[str]:
    """`text` on at most so many lines, each as long as `room` points; the last one holds what is left, or begins to.

    Where it does not fit on one line, a bracket begins another, if the rest has room too.
    """
    head, bracket, tail = printable(text).partition(" (")
    if bracket and width(f"{head} ({tail}", size) > room:
        both = [*_wrap(head, room, size, most), *_wrap(f"({tail}", room, size, most)]
        if len(both) <= most:
            return both
    return _wrap(printable(text), room, size, most)


def _wrap(text: str, room: float, size: float, most: int) -> list[str]:
    lines: list[str] = []
    words = text.split(" ")
    while words:
        count = 1
        while count < len(words) and width(" ".join(words[: count + 1]), size) <= room:
            count += 1
        if len(lines) == most - 1:
            count = len(words)
        lines.append(fit(" ".join(words[:count]), room, size))
        words = words[count:]
    return lines
