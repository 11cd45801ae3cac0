"""Make `ledger/confusables.json` from the Unicode files that it is taken from: which letters look like which others.

    python docs/confusables.py confusables.txt Scripts.txt DerivedCoreProperties.txt > ledger/confusables.json

`confusables.txt` belongs to UTS #39 (ICU carries it), the other two to the Unicode Character Database. Use files of
one version: its number goes into the table, and verdicts depend on it (docs/decisions/0010-deceptive-names.md).
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

_LATIN = re.compile(r"LATIN (?:(CAPITAL|SMALL) LETTER|LETTER SMALL CAPITAL) ([A-Z])(?: WITH .*)?")

# The prototypes of the small capitals K and M (UTS #39 takes the letter of the class with the lowest number).
_LOOKS = {"\N{LATIN SMALL LETTER KRA}": "k", "\N{LATIN SMALL LETTER TURNED W}": "m"}


def _base_letter(char: str) -> str:
    """The plain letter of a Latin one with a stroke, with a hook or in small capitals, which UTS #39 keeps apart."""
    if char in _LOOKS:
        return _LOOKS[char]
    if char.isascii() or (named := _LATIN.fullmatch(unicodedata.name(char, ""))) is None:
        return char
    return named[2] if named[1] == "CAPITAL" else named[2].lower()


def _rows(path: Path) -> Iterator[list[str]]:
    for line in path.read_text("utf-8-sig").splitlines():
        if cells := line.partition("#")[0].strip():
            yield [cell.strip() for cell in cells.split(";")]


def _ranges(path: Path) -> Iterator[tuple[int, int, str]]:
    for points, value, *_ in _rows(path):
        first, _, last = points.partition("..")
        yield int(first, 16), int(last or first, 16), value


def table(confusables: Path, scripts: Path, properties: Path) -> dict[str, object]:
    """The table as it is written."""
    version = re.search(r"Version: ([0-9.]+)", confusables.read_text("utf-8-sig"))
    if version is None or f"-{version[1]}.txt" not in scripts.read_text("utf-8")[:40]:
        raise SystemExit("The files are not of one Unicode version.")
    letters = (chr(point) for point in range(0x80, 0x3000))
    prototypes = {char: base for char in letters if (base := _base_letter(char)) != char}
    for source, prototype, _ in _rows(confusables):
        shown = "".join(chr(int(point, 16)) for point in prototype.split())
        prototypes[chr(int(source, 16))] = "".join(map(_base_letter, shown))
    kinds = {
        point: {"Inherited": "mark"}.get(script, script)
        for first, last, script in _ranges(scripts)
        if script != "Common"
        for point in range(first, last + 1)
    }
    for first, last, name in _ranges(properties):
        if name == "Default_Ignorable_Code_Point":
            kinds.update(dict.fromkeys(range(first, last + 1), "ignorable"))
    ranges: list[list[int | str]] = []
    for point, kind in sorted(kinds.items()):
        if ranges and ranges[-1][1:] == [point - 1, kind]:
            ranges[-1][1] = point
        else:
            ranges.append([point, point, kind])
    return {"unicode": version[1], "ranges": ranges, "prototypes": dict(sorted(prototypes.items()))}


if __name__ == "__main__":
    written = json.dumps(table(*map(Path, sys.argv[1:])), indent=0, separators=(",", ":"))
    # Each range on one line, so that a change of the table can be read.
    print(re.sub(r'\[\n(\d+),\n(\d+),\n("\w+")\n\]', r"[\1,\2,\3]", written))
