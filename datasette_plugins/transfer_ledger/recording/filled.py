"""What came back with a form: its cells by column, and all that is wrong with them, as the command finds it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from datasette_plugins.transfer_ledger.recording.boxes import Box, boxes
from datasette_plugins.transfer_ledger.web import Asked
from ledger import canonical
from ledger.errors import Refused
from ledger.intake.draft import Cell, Problems, Stated, from_cells
from ledger.intake.person import persons_in
from ledger.settle import Content

OTHER = "other_"
"""Beside a list of codes, the text box of this name and the column takes what is not in the list."""


def line(text: str) -> str:
    """A text in one line: a box of several lines is for reading, and what is kept has none."""
    return " ".join(text.split())


def _cell(asked: Asked, box: Box) -> Cell:
    if box.form == "many":
        typed = [one.strip() for one in asked.field(OTHER + box.column).split(";")]
        return tuple(dict.fromkeys((*asked.fields(box.column), *filter(None, typed))))
    if box.form in ("one", "purpose", "when"):
        return line(asked.field(OTHER + box.column)) or line(asked.field(box.column))
    return line(asked.field(box.column))


def cells(asked: Asked) -> dict[str, Cell]:
    """What the form states, by column; empty boxes say nothing."""
    found = {column: _cell(asked, box) for column, box in boxes().items()}
    return {column: cell for column, cell in found.items() if cell}


class Wrong(Refused):
    """All that is wrong with a form: `found` by column, "" for the form as a whole."""

    def __init__(self, found: Iterable[tuple[str, str]]) -> None:
        self.found: dict[str, str] = {}
        for column, text in found:
            self.found[column] = f"{self.found[column]} {text}" if column in self.found else text
        super().__init__(" ".join(self.found.values()))


def stated(given: Mapping[str, Cell]) -> Stated:
    """The transfer that cells state. Raises `Wrong`, as `record` refuses it: forms, and what looks like a person."""
    try:
        found = from_cells(given)
    except Problems as error:
        raise Wrong(error.found) from None
    no_persons(found)
    return found


def no_persons(found: Stated) -> None:
    """Raises `Wrong` where something that is kept looks like a person and none belongs there."""
    if persons := persons_in(found):
        raise Wrong(persons)


def placed(error: Refused) -> Wrong:
    """What the ledger refused, at its box where its sentence begins with one."""
    text = str(error)
    column, mark, sentence = text.partition(": ")
    return Wrong([(column, sentence) if mark and column in boxes() else ("", text)])


class Unlisted(NamedTuple):
    """Names that nobody knows, which would be kept as erasable text: (column, texts), and the digest of all.

    Who records agrees to just these: the digest is what the box to tick carries.
    """

    found: tuple[tuple[str, tuple[str, ...]], ...]
    digest: str


def unlisted(content: Content) -> Unlisted | None:
    """What of a transfer's `content` would be kept as unlisted, None for nothing."""
    texts = {
        name.removesuffix("_as_given"): (value,) if isinstance(value, str) else value
        for name, value in content.texts.items()
        if name.endswith("_as_given")
    }
    if not texts:
        return None
    found = tuple(sorted(({"limited_to": "opt_outs_limited_to"}.get(name, name), one) for name, one in texts.items()))
    told = canonical.encode([[name, list(one)] for name, one in found])
    return Unlisted(found, hashlib.sha256(told).hexdigest()[:16])


class NotKnown(Refused):
    """Names that nobody knows stand in the form, and nobody agreed to keep them as they are."""

    def __init__(self, found: Unlisted) -> None:
        self.found = found
        super().__init__("Some names are not known here.")
