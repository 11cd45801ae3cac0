"""Times at which somebody else saw the ledger, and the gaps between them.

A signature of the ledger's own key carries no time, and the entries' times are the ledger's own word. Only a witness's
cosignature or an authority's timestamp shows that there were at least so many entries by then, to whoever brings the
key or the certificate that it verifies with; until somebody does, it is a claim like any other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Literal, NamedTuple

from ledger.london import day_of

LONG = 31
"""Days; a longer gap is marked. A school that has its ledger witnessed once a month has none."""


class Heartbeat(NamedTuple):
    """At `at`, says `by`, the ledger had at least its first `size` entries. `clock` is when the last of these was
    recorded by the ledger's own clock, None where the ledger has no so many entries.
    """

    at: datetime
    size: int
    kind: Literal["cosignature", "timestamp"]
    by: str
    clock: datetime | None

    @property
    def clock_ahead(self) -> bool:
        """Whether the ledger says that it recorded later what was seen earlier: one of the two clocks was wrong."""
        return self.clock is not None and self.clock > self.at


class Gap(NamedTuple):
    """Time in which nobody else saw the ledger, between London days; `before` and `after` are entries seen by then.

    `begins` and `ends` say what stands at its ends where that is no heartbeat.
    """

    first: date
    last: date
    before: int
    after: int
    begins: str = ""
    ends: str = ""

    @property
    def days(self) -> int:
        """How many days from its first to its last."""
        return (self.last - self.first).days

    @property
    def long(self) -> bool:
        """Whether it is longer than it should be."""
        return self.days > LONG


FIRST_ENTRY = "the first entry, by the ledger's own clock"
AS_OF = "the day that this report speaks of"


def gaps(heartbeats: Sequence[Heartbeat], began: datetime, size: int, as_of: date) -> list[Gap]:
    """The gaps of a day or more, the longest first: from the first entry (`began`) on, and up to `as_of`.

    Where there is no heartbeat at all, the whole time is one gap.
    """
    points: list[tuple[date, int, str]] = [(day_of(began), 0, FIRST_ENTRY)]
    seen = 0
    for one in sorted(heartbeats):
        seen = max(seen, one.size)
        points.append((day_of(one.at), seen, ""))
    points.append((as_of, size, AS_OF))
    found = (Gap(first[0], last[0], first[1], last[1], first[2], last[2]) for first, last in itertools.pairwise(points))
    return sorted((gap for gap in found if gap.days > 0), key=lambda gap: (-gap.days, gap.first))


def newest(heartbeats: Iterable[Heartbeat]) -> Heartbeat | None:
    """The one with the latest time, or None."""
    return max(heartbeats, default=None)
