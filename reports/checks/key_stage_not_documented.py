"""Data went about a key stage, or a year group, that the flow is not documented for.

QCA's assessments run from key stage 1 to 3; data about key stage 4 has no business there. Key stages are
those stated, else those of the year groups. Leave the others out of the export.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.register.terms import YearGroup
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "key-stage-not-documented"
NEEDS: Needs = "flow"


def _key_stages(case: Case) -> tuple[str, ...]:
    subjects = case.subjects
    if subjects.key_stages:
        return subjects.key_stages
    terms = (case.context.vocabularies.term("year_group", code) for code in subjects.year_groups)
    return tuple(dict.fromkeys(term.key_stage for term in terms if isinstance(term, YearGroup)))


def check(case: Case) -> Iterator[Finding]:
    """Key stages, and then year groups, outside the flow's: a breach; not stated: cannot tell."""
    assert case.flow is not None
    if case.subjects.kind == "workforce":
        return
    limits = case.flow.subjects
    for limit, documented, found in (
        ("key_stages", limits.key_stages, _key_stages(case) if limits.key_stages else ()),
        ("year_groups", limits.year_groups, case.subjects.year_groups),
    ):
        outside = tuple(code for code in found if code not in documented)
        if documented and (outside or not found):
            yield case.finding(
                ID,
                "breach" if outside else "cannot-tell",
                ("not-documented" if outside else "not-stated") + ("" if limit == "key_stages" else "-year"),
                expected=documented,
                found=outside,
                members=("key_stages", "year_groups"),
                limit=limit,
            )


def compared(case: Case) -> Compared | str:
    """The key stages or else the year groups documented, and those stated."""
    assert case.flow is not None
    limits = case.flow.subjects
    if case.subjects.kind == "workforce":
        return "workforce"
    if limits.key_stages:
        return case.compared(limits.key_stages, _key_stages(case), limit="key_stages")
    return (
        case.compared(limits.year_groups, case.subjects.year_groups, limit="year_groups")
        if limits.year_groups
        else "no-limit"
    )
