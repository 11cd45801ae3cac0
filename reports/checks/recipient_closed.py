"""The recipient had closed when the data went.

A body that no longer exists cannot receive data; somebody else did, or nobody looks after it. The notice may
still name it: the notice and the calendar then disagree, and the finding rests on the calendar, whose source
it cites and whether that was read or recalled. Find out who got the data, and send to the successor.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Citation, Compared, Finding

ID = "recipient-closed"
NEEDS: Needs = "law"


def _closings(case: Case, recipient: str) -> Iterator[tuple[date, Citation, tuple[str, ...]]]:
    for id_ in sorted(case.context.ids(recipient)):
        party = case.context.law.party(id_)
        if party is not None and party.closed is not None and id_ != case.context.law.contactpoint.party:
            closed = party.closed
            yield closed.on, Citation(closed.source, party.name, closed.standing), party.successors
    organisation = case.context.organisation(recipient)
    if organisation is not None and organisation.closed is not None:
        yield organisation.closed, Citation(f"this ledger's entry {organisation.seq}"), ()


def check(case: Case) -> Iterator[Finding]:
    """After the recipient's last day: a breach; an interval that goes beyond it: cannot tell."""
    recipient = case.recipient
    if recipient is None or recipient == case.context.law.contactpoint.party:
        return
    closings = sorted(_closings(case, recipient), key=lambda closing: closing[0])
    for closed, citation, successors in closings[:1]:
        if case.last > closed:
            yield case.finding(
                ID,
                "breach" if case.on > closed else "cannot-tell",
                "closed" if case.on > closed else "spans",
                expected=(closed.isoformat(), *successors),
                found=(recipient, case.facts.transferred_at or ""),
                members=("recipient", "transferred_at"),
                law=(citation,),
            )


def compared(case: Case) -> Compared | str:
    """The recipient's last day, and the date."""
    if case.recipient is None:
        return "unknown-recipient"
    if case.recipient == case.context.law.contactpoint.party:
        return "contactpoint"
    for closed, citation, _ in sorted(_closings(case, case.recipient), key=lambda closing: closing[0]):
        found = case.recipient, case.facts.transferred_at or ""
        return case.compared((closed.isoformat(),), found, law=(citation,))
    return "not-closed"
