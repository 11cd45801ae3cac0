"""The transfer relies on a lawful basis that did not exist, or no longer existed, on its day.

Schedule 2 of the Data Protection Act 1998 held from 1 March 2000 to 24 May 2018, the EU's GDPR to the end of
2020, and UK GDPR since. Correct the entry to the law of the day.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Citation, Compared, Finding

ID = "lawful-basis-not-in-force"
NEEDS: Needs = "law"


def check(case: Case) -> Iterator[Finding]:
    """Each basis not in force: a breach; in force on a part of an interval only, or unknown: cannot tell."""
    for code in case.bases:
        basis = case.context.law.basis(code)
        members = ("lawful_basis", "transferred_at")
        if basis is None:
            yield case.finding(ID, "cannot-tell", "unknown", found=(code,), members=members, law=())
            continue
        first, last = basis.in_force(case.on), basis.in_force(case.last)
        if first and last:
            continue
        until = "" if basis.in_force_until is None else basis.in_force_until.isoformat()
        yield case.finding(
            ID,
            "cannot-tell" if first or last else "breach",
            "partly" if first or last else "not-in-force",
            expected=(basis.in_force_from.isoformat(), until),
            found=(code, case.facts.transferred_at or ""),
            members=members,
            law=(Citation(basis.source, basis.label, basis.standing),),
        )


def compared(case: Case) -> Compared | str:
    """Each basis stated with its first and last day in force ("" for none), and the date."""
    bases = [basis for code in case.bases if (basis := case.context.law.basis(code)) is not None]
    if not bases:
        return "no-basis"
    expected: list[str] = []
    for basis in bases:
        until = "" if basis.in_force_until is None else basis.in_force_until.isoformat()
        expected += basis.id, basis.in_force_from.isoformat(), until
    law = tuple(Citation(basis.source, basis.label, basis.standing) for basis in bases)
    return case.compared(tuple(expected), (case.facts.transferred_at or "",), law=law)
