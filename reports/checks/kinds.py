"""What checks are made of besides cases: what a check needs, and what a group keeps of each member."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Needs: TypeAlias = Literal["law", "register", "flow"]


class Member(NamedTuple):
    """What a group keeps of a case, so that a run over a large ledger need not keep the cases."""

    seq: int
    hash: str
    id: str
    corrected_by: int | None
    value: int
