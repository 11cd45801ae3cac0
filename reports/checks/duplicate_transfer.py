"""Two transfers are alike in everything but their id.

The same file recorded twice counts twice in every figure; or it was really sent twice, which somebody should
know. If it was recorded twice, withdraw one of the two by a correction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from operator import attrgetter

import msgspec

from ledger.members import Facts
from reports.case import Case
from reports.checks.kinds import Member, Needs, Values
from reports.context import Context
from reports.finding import Compared, Finding, make

ID = "duplicate-transfer"
NEEDS: Needs = "law"
LEAST = 2
OVER_TIME = False

_APART = frozenset(("seq", "prev", "salt", "recorded_at", "sd", "batch", "offset_assumed", "prefilled"))
_compared = attrgetter(*(name for name in Facts.__struct_fields__ if name not in _APART))
_TYPED = (
    "sender_as_given",
    "recipient_as_given",
    "purpose_as_given",
    "fields_as_given",
    "schools_as_given",
    "limited_to_as_given",
    "payload_sha256",
    "request_reference",
)
_ERASABLE = frozenset(_TYPED)
_encode = msgspec.msgpack.Encoder().encode


def takes(case: Case) -> bool:
    """Any case may be alike another."""
    return True


def key(case: Case) -> Values | None:
    """A digest of all that says what went; what a correction replaced takes no part."""
    if not case.recorded.current:
        return None
    facts, given = case.facts, case.recorded.given
    typed = [given.get(name) for name in _TYPED] if not _ERASABLE.isdisjoint(given) else None
    digest = hashlib.blake2b(_encode((_compared(facts), typed)), digest_size=16).digest()
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:], "big")


def value(case: Case) -> Values:
    """Nothing is kept of the case."""
    return ()


def check_group(context: Context, group: Values, members: Sequence[Member]) -> Iterator[Finding]:
    """One advisory finding for each later transfer, on it and the first."""
    first = members[0]
    for later in members[1:]:
        yield make(
            ID,
            "advisory",
            "alike",
            entries=[(later.seq, later.hash), (first.seq, first.hash)],
            id_=later.id,
            found=(first.id,),
        )


def compared(case: Case) -> Compared | str:
    """Nothing but the rule: what is alike was compared with all other transfers."""
    return case.compared(law=()) if case.recorded.current else "corrected"
