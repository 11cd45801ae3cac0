"""The erasable values of an entry: how many there are, which were erased, and for those who may see them, the rest."""

from __future__ import annotations

from typing import NamedTuple

from datasette_plugins.transfer_ledger.entries.facts import words
from datasette_plugins.transfer_ledger.entries.judged import erased_names
from ledger.members import ERASABLE
from ledger.source import Source
from reports.wording import Labels

_MEANINGS = {one.name: one.meaning for one in ERASABLE}


class Erased(NamedTuple):
    """One value that was erased, as is sealed: its name in words, the entry that says so, and the ground."""

    name: str
    by: int
    ground: str


class Value(NamedTuple):
    """One value that is still there: its name in words, what it means, its texts."""

    name: str
    meaning: str
    texts: tuple[str, ...]


class Erasable(NamedTuple):
    """What is sealed of an entry's erasable values: how many there were, and which were erased."""

    total: int
    erased: tuple[Erased, ...]

    @property
    def kept(self) -> int:
        """How many were not erased."""
        return self.total - len(self.erased)


class Typed(NamedTuple):
    """The values themselves. `missing` is how many are not there though nothing says that they were erased.

    `reasons` are the reasons given for the corrections of the same transfer, by their entries.
    """

    values: tuple[Value, ...]
    missing: int
    reasons: dict[int, str]


def erasable_of(source: Source, digests: tuple[str, ...], label: Labels) -> Erasable:
    """What is sealed about the erasable values behind `digests`; reads none of them."""
    erased = erased_names(source, digests).values()
    return Erasable(
        len(digests),
        tuple(Erased(words(name), by, label(ground, "erasure_ground")) for name, by, ground in sorted(erased)),
    )


def typed_of(source: Source, seq: int, sealed: Erasable, statements: tuple[int, ...]) -> Typed:
    """The values of entry `seq`, over a connection that may read them; the page has logged who asked.

    `statements` are entries whose reason is wanted beside them.
    """
    values = tuple(
        Value(words(name), _MEANINGS.get(name, ""), (value,) if isinstance(value, str) else value)
        for name, value in sorted(source.given(seq).items())
    )
    reasons = {one: reason for one in statements if isinstance(reason := source.given(one).get("reason"), str)}
    return Typed(values, max(0, sealed.kept - len(values)), reasons)


def recorded_by(source: Source, seq: int) -> str:
    """The account that recorded entry `seq` here, "" where nobody knows; over a connection that may read it."""
    value = source.given(seq).get("recorded_by")
    return value if isinstance(value, str) else ""
