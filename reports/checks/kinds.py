"""What checks are made of besides cases: what a check needs, and what is kept of each transfer for those of many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

Needs: TypeAlias = Literal["law", "register", "flow"]

Values: TypeAlias = tuple[str | int, ...]
"""What a group is known by, what it keeps of each member, and what a tally counts: plain values."""


class Identity(NamedTuple):
    """A statement's seq, its hash, its transfer's id, and the seq of what replaced it."""

    seq: int
    hash: str
    id: str
    corrected_by: int | None


class Member:
    """What a group keeps of a case, so that a run over a large ledger need not keep the cases.

    Which statement it is, is asked for when it is needed: in most groups nothing is found.
    """

    __slots__ = ("_group", "_place", "seq", "value")

    def __init__(self, seq: int, value: Values, place: int, group: Group) -> None:
        self.seq, self.value, self._place, self._group = seq, value, place, group

    @property
    def hash(self) -> str:
        """The hash of its entry."""
        return self._group.identity(self._place).hash

    @property
    def id(self) -> str:
        """The transfer's id."""
        return self._group.identity(self._place).id

    @property
    def corrected_by(self) -> int | None:
        """The seq of what replaced it."""
        return self._group.identity(self._place).corrected_by


class Group:
    """The members of one group, in order of seq. `who` gives the identities of statements, in that order."""

    def __init__(self, kept: Iterable[tuple[int, Values]], who: Callable[[list[int]], Iterable[Identity]]) -> None:
        self.members = [Member(seq, value, place, self) for place, (seq, value) in enumerate(kept)]
        self._who, self._known, self._at_once = who, dict[int, Identity](), 1

    def identity(self, place: int) -> Identity:
        """Which statement the member at a place is."""
        if place not in self._known:
            # Twice as many each time, from there on: of a large import all are asked for, of others one or two.
            seqs = [member.seq for member in self.members[place : place + self._at_once]]
            self._known.update(enumerate(self._who(seqs), place))
            self._at_once = min(2 * self._at_once, 1000)
        return self._known[place]


def all_corrected_by(members: Sequence[Member]) -> int | None:
    """What corrected the last of `members`; None while one of them still holds, since a batch stays open until then."""
    corrected = [member.corrected_by for member in members]
    return None if None in corrected else corrected[-1]
