"""A transfer that was expected is not in the record.

Some flows are due at known times: a census on its day, results every summer. Where a sender's is not recorded, either
it was not sent, or the record has a gap; then nothing that is said of the record as a whole can be relied on. Find
out which it is, and record what was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from reports import periods
from reports.case import Case
from reports.checks.kinds import Needs, Values
from reports.context import Context
from reports.finding import Compared, Finding
from reports.periods import Days
from reports.rule import on_version

if TYPE_CHECKING:
    from ledger.members import Organisation
    from ledger.register.model import Due, Flow
    from ledger.source import Adopted

ID = "expected-not-recorded"
NEEDS: Needs = "flow"


def takes(case: Case) -> bool:
    """Whether some version expects transfers by this flow."""
    id_ = "" if case.flow is None else case.flow.id
    flows = (version.register.flow(id_) for version in case.context.versions)
    return any(flow is not None and flow.expected for flow in flows)


def mark(case: Case) -> Values | None:
    """The flow, the sender, and the first and last day."""
    if case.sender is None:
        return None
    assert case.flow is not None
    return case.flow.id, case.context.current(case.sender), case.on.isoformat(), case.last.isoformat()


def _senders(context: Context, version: Adopted, flow: Flow, due: Days) -> Iterator[Organisation]:
    """The organisations that play a sender of the flow and were there on all the days, by their ids."""
    players = frozenset().union(*(version.register.players(party) for party in flow.sender))
    phases = flow.subjects.phases
    for one in sorted({one.id: one for one in context.organisations.values()}.values(), key=lambda one: one.id):
        there = (one.opened is None or one.opened <= due.first) and (one.closed is None or one.closed >= due.last)
        meant = not phases or one.phase is None or one.phase in phases
        if there and meant and not players.isdisjoint((one.id, one.role)):
            yield one


def _decides(context: Context, version: Adopted, on: date) -> bool:
    """Whether `version` is the one by which a transfer of the day `on` that was recorded on it is judged."""
    covering = [one for one in context.versions if one.covers(on)]
    before = [one for one in covering if context.day_of(one.entry.recorded_at) <= on]
    return version is (before[-1] if before else covering[0])


def _due(context: Context, version: Adopted) -> Iterator[tuple[Flow, Due, Days]]:
    """All that the version expects on days that are over, and on which it decides."""
    yesterday = context.as_of - timedelta(days=1)
    first, until = version.entry.effective_from, version.entry.effective_until
    last = yesterday if until is None else min(until, yesterday)
    for flow in version.register.flows:
        for due in flow.expected:
            for of in periods.occurrences(due, first, last):
                if _decides(context, version, of.last):
                    yield flow, due, of


def check_tally(context: Context, tally: Mapping[Values, int]) -> Iterator[Finding]:
    """One that cannot be told for each sender and each time that something was due, where nothing is recorded."""
    sent: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for flow_id, by, first, last in tally:
        sent.setdefault((str(flow_id), str(by)), []).append((str(first), str(last)))
    for version in context.versions:
        for flow, due, of in _due(context, version):
            begins, ends = of.first.isoformat(), of.last.isoformat()
            for sender in _senders(context, version, flow, of):
                days = sent.get((flow.id, sender.id), ())
                if any(first <= ends and last >= begins for first, last in days):
                    continue
                found = (sender.id, flow.id, due.label, begins, ends)
                yield on_version(
                    version,
                    flow,
                    ID,
                    "cannot-tell",
                    "missing",
                    found=found,
                    limit="expected",
                    cite=due.cite,
                    severity="serious",
                )


def compared(case: Case) -> Compared | str:
    """What is due by the flow, and the date."""
    assert case.flow is not None
    if not case.flow.expected:
        return "no-limit"
    if not case.recorded.current:
        return "corrected"
    due = tuple(due.label for due in case.flow.expected)
    return case.compared(due, (case.facts.transferred_at or "",), limit="expected")
