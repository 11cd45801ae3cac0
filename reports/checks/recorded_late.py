"""The transfer was recorded long after its date, which then has no independent support.

More than 30 days late is shown once for an import. A transfer that uses ContactPoint, dated before its
closing but recorded after it, is shown entry by entry, because there everything hangs on the date. A
correction that keeps the date counts from when the date was first recorded. Record transfers when they
happen; keep what supports the date (a log of the system that sent it).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from reports import contactpoint
from reports.case import Case
from reports.checks.kinds import Member, Needs, Values, all_corrected_by
from reports.context import Context
from reports.finding import Compared, Finding, make

ID = "recorded-late"
NEEDS: Needs = "law"
LEAST = 1
OVER_TIME = False

DAYS = 30
"""Later than this many days after the transfer is late (DESIGN §7)."""


def _recorded_at(case: Case) -> datetime:
    return case.context.recorded_at(case.facts, case.facts.transferred_at, case.facts.recorded_at)


def days_late(case: Case) -> int:
    """How many days after the transfer its date was recorded."""
    return (case.context.day_of(_recorded_at(case)) - case.last).days


def takes(case: Case) -> bool:
    """Any case: what is late depends on the day."""
    return True


def key(case: Case) -> Values | None:
    """The import for what is late; the entry itself for ContactPoint, and for what came in no import."""
    facts = case.facts
    closing = case.context.law.contactpoint
    recorded_at = _recorded_at(case)
    closed = recorded_at >= closing.closed_at and case.last <= closing.day
    if closed and contactpoint.moment(case) == "before" and contactpoint.uses(case):
        return "contactpoint", case.recorded.seq
    if (case.context.day_of(recorded_at) - case.last).days <= DAYS:
        return None
    return ("entry", case.recorded.seq) if facts.batch is None else ("batch", facts.batch.seq)


def value(case: Case) -> Values:
    """What a group keeps of the case: its days."""
    return (days_late(case),)


def check_group(context: Context, group: Values, members: Sequence[Member]) -> Iterator[Finding]:
    """One advisory finding for the group, on all its entries; `found` is the longest and how many."""
    of = str(group[0])
    yield make(
        ID,
        "advisory",
        of,
        entries=[(member.seq, member.hash) for member in members],
        id_=None if of == "batch" else members[0].id,
        expected=() if of == "contactpoint" else (DAYS,),
        found=(max(int(member.value[0]) for member in members), len(members)),
        corrected_by=all_corrected_by(members),
    )


def compared(case: Case) -> Compared | str:
    """The days within which a transfer is to be recorded, and after how many it was."""
    return case.compared((DAYS,), (max(days_late(case), 0),), law=())
