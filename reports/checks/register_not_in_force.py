"""No adopted version of the documented purposes was in force on the day of the transfer, or not on all of its days.

Without a notice in force nobody can say what families had been told, so what went can be judged by the law alone. Adopt
the version that was in force then, or correct the date; where an interval reaches beyond a version's last day, record
what went before it and what went after as two transfers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Citation, Compared, Finding, Value

if TYPE_CHECKING:
    from ledger.source import Adopted

ID = "register-not-in-force"
NEEDS: Needs = "law"


def _nearest(case: Case) -> Adopted:
    """The version whose dates lie nearest to the day, of those as near the earliest adopted."""

    def days(version: Adopted) -> int:
        entry = version.entry
        if case.on < entry.effective_from:
            return (entry.effective_from - case.on).days
        return 0 if entry.effective_until is None else max((case.on - entry.effective_until).days, 0)

    return min(case.context.versions, key=days)


def _dates(version: Adopted) -> tuple[Value, ...]:
    until = version.entry.effective_until
    return version.entry.effective_from.isoformat(), "" if until is None else until.isoformat()


def _cited(version: Adopted) -> tuple[Citation, ...]:
    return (Citation(f"{version.register.title}, version {version.register.version}"),)


def check(case: Case) -> Iterator[Finding]:
    """Nothing where none is adopted at all: then checks do not run, and a report says so."""
    if not case.context.versions:
        return
    version = case.version
    found = (case.facts.transferred_at or "",)
    members = ("transferred_at",)
    if version is None:
        nearest = _nearest(case)
        yield case.finding(
            ID,
            "cannot-tell",
            "none",
            expected=_dates(nearest),
            found=found,
            members=members,
            law=_cited(nearest),
        )
    elif version.entry.effective_until is not None and case.last > version.entry.effective_until:
        yield case.finding(ID, "cannot-tell", "spans", expected=_dates(version), found=found, members=members)


def compared(case: Case) -> Compared | str:
    """The dates between which the version judges, and the transfer's."""
    version = case.version
    if version is None:
        return "no-register"
    return case.compared(_dates(version), (case.facts.transferred_at or "",), law=_cited(version))
