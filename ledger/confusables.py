"""Names that are taken for what they are not: letters that look like others, and characters that nobody sees.

`confusables.json` holds what Unicode says of both (UTS #39 and the Unicode Character Database, one version of each),
so that a verdict does not depend on the Python that gives it; docs/decisions/0010-deceptive-names.md says how it was
made. It is read only for text that is not ASCII: recording a transfer seldom needs it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_right
from functools import cache
from pathlib import Path
from typing import NamedTuple

# Of the ASCII letters UTS #39 says the same, but case by case; names are compared without regard to case, and then an
# "I" that is written as an "l" must be found in small letters too.
_ASCII = str.maketrans({"0": "o", "1": "l", "I": "l", "i": "l", "|": "l", "m": "rn", "M": "rn"})

# Alphabets of which no letter is taken for a Latin one, in words of their own: a school may have a name in two.
_BESIDE_LATIN = frozenset(
    "Arabic Bengali Devanagari Ethiopic Gujarati Gurmukhi Hebrew Kannada Khmer Lao Malayalam Myanmar Sinhala Tamil "
    "Telugu Thai Tibetan".split()
)
# They are written together, and with Latin letters, in one word (the "highly restrictive" level of UTS #39).
_EAST_ASIAN = frozenset("Bopomofo Han Hangul Hiragana Katakana".split())

_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of writing (the property Bidi_Control): with it one name can look like another."""

# Besides what Unicode calls ignorable: separators of lines, notes between lines, and the empty Braille cell.
_UNSEEN = frozenset("\u2028\u2029\u2800\ufff9\ufffa\ufffb")


class _Table(NamedTuple):
    prototypes: dict[int, str]
    starts: list[int]
    ranges: list[tuple[int, int, str]]

    def kind(self, char: str) -> str:
        """The script of `char`, `mark` or `ignorable` for what belongs to any, and "" for what belongs to none."""
        _, last, kind = self.ranges[bisect_right(self.starts, ord(char)) - 1]
        return kind if ord(char) <= last else ""


@cache
def _table() -> _Table:
    read = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))
    prototypes = {ord(char): prototype for char, prototype in read["prototypes"].items() if not char.isascii()}
    return _Table(prototypes, [0, *(first for first, _, _ in read["ranges"])], [(0, -1, ""), *read["ranges"]])


def bidi_control(text: str) -> str | None:
    """The first character in `text` that turns the direction of writing, written as `U+202E`, or None."""
    found = _BIDI.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def deceptive(text: str) -> str | None:
    """Why a name written `text` could be taken for what it is not, as the rest of a sentence about it, or None.

    It holds an invisible character, such as one that turns the direction of writing, or letters of two alphabets of
    which one passes for the other. A name may stand in two alphabets that nobody mixes up, each in words of its own.
    """
    if text.isascii():
        return None
    kind_of = _table().kind
    for char in text:
        if char in _UNSEEN or kind_of(char) == "ignorable":
            return f"holds the invisible character U+{ord(char):04X}"
    first: dict[str, str] = {}
    for word in text.split():
        within: dict[str, str] = {}
        for char in word:
            if (kind := kind_of(char)) not in ("", "mark", *_EAST_ASIAN):
                within.setdefault(kind, char)
        first |= {kind: char for kind, char in within.items() if kind not in first}
        if len(within) > 1 or len(first.keys() - _BESIDE_LATIN) > 1:
            two = within if len(within) > 1 else first
            a, b = sorted(two, key=lambda kind: (kind != "Latin", kind))[:2]
            return f"mixes {a} and {b} letters (the {b} “{two[b]}” is U+{ord(two[b]):04X})"
    return None


def skeleton(text: str) -> str:
    """What `text` looks like: every letter as the plain one that it is taken for, without marks and unseen characters.

    Two names that look alike have one skeleton, once case and punctuation are left out (`register.names.look`). It is
    for comparing and never shown.
    """
    if not text.isascii():
        table = _table()
        shown = "".join(
            char
            for char in unicodedata.normalize("NFKD", text)
            if char not in _UNSEEN and table.kind(char) != "ignorable"
        ).translate(table.prototypes)
        text = "".join(char for char in unicodedata.normalize("NFKD", shown) if table.kind(char) != "mark")
    return text.translate(_ASCII)
