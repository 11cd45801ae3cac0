"""A paragraph of article 9 is relied on without the condition of Schedule 1 that has to go with it.

Since 25 May 2018 some paragraphs of article 9 hold only together with a condition of the Data Protection Act 2018:
employment, health, public health and research with one of Part 1 of Schedule 1 (paragraphs 1 to 4), substantial
public interest with one of Part 2 (paragraphs 6 to 28), as safeguarding. Establish the condition, and correct the
entry; without one, the data should not have gone.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.register.terms import LawfulBasis
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Citation, Compared, Finding

ID = "schedule-1-condition-missing"
NEEDS: Needs = "law"

_SECTION = Citation("Data Protection Act 2018, section 10 and Schedule 1", "", "recalled")


def _stated(case: Case) -> list[LawfulBasis]:
    return [basis for code in case.bases if (basis := case.context.law.basis(code)) is not None]


def _in_force(case: Case, part: str) -> tuple[bool, bool]:
    conditions = [basis for basis in case.context.law.bases if basis.part == part]
    return any(one.in_force(case.on) for one in conditions), any(one.in_force(case.last) for one in conditions)


def check(case: Case) -> Iterator[Finding]:
    """Each paragraph without: a breach; needed on a part of an interval only: cannot tell."""
    stated = _stated(case)
    parts = {basis.part for basis in stated}
    for basis in stated:
        if basis.schedule_1 is None or basis.schedule_1 in parts:
            continue
        first, last = _in_force(case, basis.schedule_1)
        if first or last:
            whole = first and last
            yield case.finding(
                ID,
                "breach" if whole else "cannot-tell",
                basis.schedule_1 if whole else "spans",
                expected=(basis.schedule_1,),
                found=(basis.id,) if whole else (basis.id, case.facts.transferred_at or ""),
                members=("lawful_basis", "special_category_condition", "transferred_at"),
                law=(_SECTION,),
            )


def compared(case: Case) -> Compared | str:
    """The paragraphs of article 9 that need a condition, with the conditions stated."""
    stated = _stated(case)
    if not any(basis.schedule_1 is not None and any(_in_force(case, basis.schedule_1)) for basis in stated):
        return "no-schedule-1"
    return case.compared(found=tuple(one.id for one in stated if one.schedule_1 or one.part), law=(_SECTION,))
