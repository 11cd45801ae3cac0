"""Data goes between these two, but not for this purpose.

Purpose limitation is the heart of a notice: what was announced for statistics must not serve decisions about
a child. Record the purpose that the data was really sent for, or stop the transfer. A purpose in letters that only look
like those of a known name is not that purpose: find out what was meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.members import UNLISTED
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "undocumented-purpose"
NEEDS: Needs = "register"


def _purposes(case: Case) -> tuple[str, ...]:
    return tuple(dict.fromkeys(purpose for flow in case.pair for purpose in flow.purposes))


def check(case: Case) -> Iterator[Finding]:
    """A documented pair without the purpose; the rest is then judged by all flows of the pair."""
    purposes = _purposes(case)
    if not case.pair or case.purpose in purposes:
        return
    if case.facts.purpose != UNLISTED or case.purpose is not None:
        yield case.finding(
            ID,
            "breach",
            "not-documented",
            expected=purposes,
            found=(case.purpose or "",),
            members=("purpose",),
            limit="purposes",
        )
    elif case.lost("purpose_as_given"):
        yield case.finding(ID, "cannot-tell", "erased", expected=purposes, found=("purpose_as_given",))
    elif alike := case.alike("purpose", "purpose_as_given"):
        yield case.finding(
            ID, "cannot-tell", "looks-like", expected=alike, found=("purpose_as_given",), members=("purpose",)
        )
    else:
        yield case.finding(
            ID, "breach", "unlisted", expected=purposes, found=("purpose_as_given",), members=("purpose",)
        )


def compared(case: Case) -> Compared | str:
    """The purposes documented between the two, and the one stated."""
    if not case.pair:
        return "no-flow"
    return case.compared(_purposes(case), (case.purpose or "",), limit="purposes")
