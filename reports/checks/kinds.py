"""What checks are made of besides cases: what a check needs, and what is kept of each transfer for those of many."""

from __future__ import annotations

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
