"""The documented purposes know no flow from this sender to this recipient, or only one that had ended.

A notice says who gives data to whom. A transfer between two that it does not connect was not announced to
anybody. Stop it, or have the notice changed before it happens again.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports import contactpoint
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "undocumented-flow"
NEEDS: Needs = "register"


def check(case: Case) -> Iterator[Finding]:
    """No flow between the two; an unknown recipient, a sender that sends in no flow at all, and ContactPoint's end are
    other checks' findings."""
    if case.recipient is None or case.sender is None or not case.sends:
        return
    if not case.pair:
        yield case.finding(
            ID, "breach", "no-flow", found=(case.sender, case.recipient), members=("sender", "recipient")
        )
    elif case.flow is not None and case.flow.permitted_until and not contactpoint.uses(case):
        ended = case.ended(case.flow)
        if ended != "no":
            yield case.finding(
                ID,
                "breach" if ended == "yes" else "cannot-tell",
                "ended" if ended == "yes" else "ending",
                expected=(case.flow.permitted_until,),
                found=(case.facts.transferred_at or "",),
                members=("transferred_at",),
                limit="permitted_until",
            )


def compared(case: Case) -> Compared | str:
    """The two, and when the permission ends, if ever and if no other check judges that."""
    if case.recipient is None:
        return "unknown-recipient"
    if not case.sends:
        return "no-sender"
    until = None if case.flow is None or contactpoint.uses(case) else case.flow.permitted_until
    return case.compared(
        () if until is None else (until,), (case.sender or "", case.recipient), limit="permitted_until"
    )
