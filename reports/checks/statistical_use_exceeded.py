"""Data that was given for statistics only is used about single people, for something that is no statistics.

Where a notice lets data go for statistics only, nobody may be told apart in what is done with it. Individual rows for
any other purpose than the flow itself names, straight away or passed on over any number of steps, break that promise.
Ask the recipient to delete
them, and send an aggregate instead; where the level is not stated, find out and correct the entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding
from reports.passed_on import ancestors

if TYPE_CHECKING:
    from ledger.register.model import Flow

ID = "statistical-use-exceeded"
NEEDS: Needs = "register"

_ONLY = "statistical-only"


def _statistical(case: Case) -> bool:
    """Whether the purpose is statistics, or is not known, which other checks judge."""
    if case.purpose is None or case.version is None:
        return True
    purpose = case.version.register.purpose(case.purpose)
    return purpose is not None and purpose.statistical


def _exceeds(case: Case, flow: Flow) -> bool:
    """Whether `flow` is for statistics only, and the purpose is none of those that it names itself (as samples)."""
    return flow.use == _ONLY and case.purpose not in flow.purposes


def _came_for_statistics(source: Case) -> bool:
    """Whether every flow that may have brought it is for statistics only."""
    return bool(source.candidates) and all(flow.use == _ONLY for flow in source.candidates)


def check(case: Case) -> Iterator[Finding]:
    """By the flow that judges, and by each transfer that brought the data for statistics only."""
    level = case.facts.granularity
    if _statistical(case) or level not in (None, case.context.vocabularies.granularity[0].id):
        return
    purpose = case.purpose or ""
    if case.flow is not None and _exceeds(case, case.flow):
        yield case.finding(
            ID,
            "cannot-tell" if level is None else "breach",
            "flow-not-stated" if level is None else "flow",
            found=(purpose,),
            members=("purpose", "granularity"),
            limit="use",
        )
    for source in ancestors(case):
        if source.candidates and all(_exceeds(case, flow) for flow in source.candidates):
            yield case.finding(
                ID,
                "cannot-tell" if level is None else "breach",
                "onward-not-stated" if level is None else "onward",
                found=(purpose, source.facts.id),
                members=("purpose", "granularity", "onward_of"),
                cite=source.candidates[0].cite if source.version is case.version else (),
            )


def compared(case: Case) -> Compared | str:
    """The purpose and the level of a use of data that was for statistics only."""
    by_flow = case.flow is not None and case.flow.use == _ONLY
    if not by_flow and not any(map(_came_for_statistics, ancestors(case))):
        return "not-statistical-only"
    if case.purpose is None:
        return "purpose-unknown"
    return case.compared(found=(case.purpose, case.facts.granularity or ""), limit="use" if by_flow else None)
