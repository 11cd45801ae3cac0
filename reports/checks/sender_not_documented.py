"""Nobody knows the sender, or the documented purposes let it send nothing to anybody.

A notice says who gives data away. Somebody whom it does not name as a sender has no business with the data at all,
whoever got it. If it is an organisation that plays a documented role, make it known with `organisation add`; if it is
documented under another name, add the name; otherwise the data protection officer must decide. A name in letters that
only look like those of a known name is not that name: find out who was meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.members import UNLISTED
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "sender-not-documented"
NEEDS: Needs = "register"


def check(case: Case) -> Iterator[Finding]:
    """A sender without a known id, or that sends in no flow; cannot tell where its text was erased or looks known."""
    if case.sends:
        return
    if case.sender is not None:
        yield case.finding(ID, "breach", "sends-nothing", found=(case.sender,), members=("sender",))
    elif case.facts.sender == UNLISTED and case.lost("sender_as_given"):
        yield case.finding(ID, "cannot-tell", "erased", found=("sender_as_given",))
    elif alike := case.alike("party", "sender_as_given"):
        found_as = ("sender_as_given",)
        yield case.finding(ID, "cannot-tell", "looks-like", expected=alike, found=found_as, members=("sender",))
    else:
        yield case.finding(ID, "breach", "unlisted", found=("sender_as_given",), members=("sender",))


def compared(case: Case) -> Compared | str:
    """The sender, who sends in some flow."""
    return case.compared(found=(case.sender or "",))
