"""Findings that stand, counted by whatever a document puts together: a recipient, a sender, a check, a flow."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

import msgspec

from reports.documents.findings import Sent
from reports.documents.reading import Reading
from reports.finding import Finding

K = TypeVar("K", bound=Hashable)


class Standing(msgspec.Struct, kw_only=True):
    """How many findings stand: by severity, and the breaches among them, `open` those that are not settled."""

    critical: int = 0
    serious: int = 0
    minor: int = 0
    breaches: int = 0
    open: int = 0

    def add(self, other: Standing) -> None:
        """Those of `other` besides."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def weight(self) -> tuple[int, ...]:
        """Sorts the worst first."""
        return -self.critical, -self.serious, -self.minor

    @property
    def findings(self) -> int:
        """All of them."""
        return self.critical + self.serious + self.minor


def standing_by(reading: Reading, of: Callable[[Finding, Sent], K | None]) -> dict[K, Standing]:
    """The findings of the reading that stand, counted by what `of` says they belong to; None is nowhere."""
    found: dict[K, Standing] = {}
    for finding, sent in reading.rows.pairs():
        if finding.corrected_by is not None or (key := of(finding, sent)) is None:
            continue
        one = found.get(key)
        if one is None:
            one = found[key] = Standing()
        setattr(one, finding.severity, getattr(one, finding.severity) + 1)
        if finding.outcome == "breach":
            one.breaches += 1
            one.open += not reading.result.settled(finding)
    return found


def together(parts: Iterable[Standing]) -> Standing:
    """All of them added up."""
    found = Standing()
    for one in parts:
        found.add(one)
    return found
