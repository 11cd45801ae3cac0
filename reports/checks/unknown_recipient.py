"""Neither the documented purposes, nor the ledger's organisations, nor the law know the recipient.

Families were not told of it. If it is an organisation that plays a documented role, make it known with
`organisation add`; if it is documented under another name, add the name; otherwise the transfer was not
documented and the data protection officer must decide. A name in letters that look like those of a known name (a Greek
“ο” in “Connexiοns”) is not that name: find out who was meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.members import UNLISTED
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "unknown-recipient"
NEEDS: Needs = "register"


def check(case: Case) -> Iterator[Finding]:
    """A recipient without a known id; once its text is erased, or where it looks like a known name, nobody can tell."""
    if case.recipient is not None:
        return
    if case.facts.recipient != UNLISTED:
        found: str = case.facts.recipient or ""
        yield case.finding(ID, "breach", "unknown", found=(found,), members=("recipient",))
    elif case.lost("recipient_as_given"):
        yield case.finding(ID, "cannot-tell", "erased", found=("recipient_as_given",))
    elif alike := case.alike("party", "recipient_as_given"):
        found_as = ("recipient_as_given",)
        yield case.finding(ID, "cannot-tell", "looks-like", expected=alike, found=found_as, members=("recipient",))
    else:
        yield case.finding(ID, "breach", "unlisted", found=("recipient_as_given",), members=("recipient",))


def compared(case: Case) -> Compared | str:
    """The recipient, who is known."""
    return case.compared(found=(case.recipient or "",))
