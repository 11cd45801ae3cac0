"""A correction names another recipient, or another sender, than the statement that it replaces.

Who got the data is what a record of transfers is for. A mistyped name is corrected like that, and so is a trace
covered: both statements stay in the ledger, and somebody other than who corrected it should look at why. Keep what
shows who really got the data; if these were two transfers, record each.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.members import UNLISTED, Correction
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "correction-changes-recipient"
NEEDS: Needs = "law"


def _told(id_: str | None, member: str) -> str:
    return f"{member}_as_given" if id_ == UNLISTED else id_ or ""


def check(case: Case) -> Iterator[Finding]:
    """One finding for each of the two that differs from the newest statement before."""
    before = case.replaced
    if before is None:
        return
    for member in case.renamed:
        was, now = (before.recipient, case.facts.recipient) if member == "recipient" else (
            before.sender, case.facts.sender)  # fmt: skip
        yield case.finding(
            ID, "advisory", member, expected=(_told(was, member),), found=(_told(now, member),), members=(member,),
            law=(),
        )  # fmt: skip


def compared(case: Case) -> Compared | str:
    """Sender and recipient, which stay."""
    if not isinstance(case.facts, Correction):
        return "no-correction"
    if case.replaced is None:
        return "not-replaced"
    facts = case.facts
    found = (_told(facts.sender, "sender"), _told(facts.recipient, "recipient"))
    return case.compared(found, found, law=())
