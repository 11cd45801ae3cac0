"""What transfers have in common: who, to whom, what for and which fields. A million of them have few shapes.

A filter by any of these is a mask over the shapes, and a count over transfers is one count by shape.
"""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

import msgspec
import numpy as np

from datasette_plugins.transfer_ledger.columns.codes import Codes, Ints, Mask
from datasette_plugins.transfer_ledger.columns.grown import Grown
from datasette_plugins.transfer_ledger.columns.read import Entry, Unreadable

_shape = attrgetter("sender", "recipient", "purpose", "channel", "fields", "lawful_basis", "schools")


class Pairs(NamedTuple):
    """Which shape has which codes, of a member that holds several."""

    shape: Ints
    code: Ints


class Shapes(msgspec.Struct, frozen=True):
    """All shapes at one moment, by their number; a code that a shape does not have is -1.

    `parties`, `purposes`, `fields`, `bases` and `channels` are how many codes there were.
    """

    count: int
    sender: Ints
    recipient: Ints
    purpose: Ints
    channel: Ints
    field: Pairs
    basis: Pairs
    school: Pairs
    parties: int
    purposes: int
    fields: int
    bases: int
    channels: int

    def having(self, pairs: Pairs, wanted: Mask) -> Mask:
        """The shapes that have one of the codes that are `wanted`."""
        found = np.zeros(self.count, np.bool_)
        found[pairs.shape[wanted[pairs.code]]] = True
        return found

    def of_parties(self, wanted: Mask) -> Mask:
        """The shapes of which a party is the sender, the recipient or a school that the data is about."""
        return _of(self.sender, wanted) | _of(self.recipient, wanted) | self.having(self.school, wanted)


def _of(codes: Ints, wanted: Mask) -> Mask:
    # -1, which means none, would be the last one.
    return np.append(wanted, False)[codes]


class ShapeTable(dict[tuple[object, ...], int]):
    """Numbers for shapes, added as they come; number 0 is that of a withdrawal, which states nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.parties, self.purposes, self.fields = Codes("party"), Codes("purpose"), Codes("field")
        self.bases, self.channels = Codes("lawful_basis"), Codes("channel")
        self._one = {name: Grown(np.int32) for name in ("sender", "recipient", "purpose", "channel")}
        self._many = {name: (Grown(np.int32), Grown(np.int32)) for name in ("field", "basis", "school")}
        self._count = 1
        for codes in self._one.values():
            codes.add([-1])

    def of(self, entry: Entry) -> int:
        """The number of a statement's shape. Raises `Unreadable` where it does not state what every one does."""
        return 0 if entry.withdrawn else self[_shape(entry)]

    def __missing__(self, shape: tuple[object, ...]) -> int:
        sender, recipient, purpose, channel, fields, bases, schools = shape
        if not (sender and recipient and purpose and fields):
            raise Unreadable
        place = self[shape] = self._count
        self._count += 1
        party, of_channel = self.parties, -1 if channel is None else self.channels[channel]  # type: ignore[index]
        one = party[sender], party[recipient], self.purposes[purpose], of_channel  # type: ignore[index]
        for column, code in zip(self._one.values(), one, strict=True):
            column.add([code])
        lists = (self.fields, fields), (self.bases, bases), (party, schools)
        for (shapes, column), (codes, texts) in zip(self._many.values(), lists, strict=True):
            several = [codes[text] for text in dict.fromkeys(texts)]  # type: ignore[call-overload]
            shapes.add([place] * len(several))
            column.add(several)
        return place

    def now(self) -> Shapes:
        """The shapes as they are."""
        sender, recipient, purpose, channel = (column.now() for column in self._one.values())
        field, basis, school = (Pairs(shapes.now(), codes.now()) for shapes, codes in self._many.values())
        of = self.parties, self.purposes, self.fields, self.bases, self.channels
        counts = [len(codes.texts) for codes in of]
        return Shapes(self._count, sender, recipient, purpose, channel, field, basis, school, *counts)
