"""What checks are made of besides cases: what a check needs, and what is kept of each transfer for those of many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

Needs: TypeAlias = Literal["law", "register", "flow"]

Values: TypeAlias = tuple[str | int, ...]
"""What a group is known by, what it keeps of each member, and what a tally counts: plain values, kept in a cache."""


class Member(NamedTuple):
    """What a group keeps of a case, so that a run over a large ledger need not keep the cases."""

    seq: int
    hash: str
    id: str
    corrected_by: int | None
    value: Values


def all_corrected_by(members: Sequence[Member]) -> int | None:
    """What corrected the last of `members`; None while one of them still holds, since a batch stays open until then."""
    corrected = [member.corrected_by for member in members]
    return None if None in corrected else corrected[-1]
