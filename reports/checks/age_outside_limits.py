"""Data went about people younger or older than the flow is documented for.

Ages are those stated, else those that the year groups or key stages can have within a school year; a year
group that is only partly within the limits cannot be told. Whether beyond the limit is a breach or cannot be
told is the register's word (ContactPoint also held some who were over 18 by choice). Check who was in the
file, and have the others' data deleted.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.register.terms import KeyStage, YearGroup
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding, Value

ID = "age-outside-limits"
NEEDS: Needs = "flow"


def _derived(case: Case) -> tuple[int, int] | None:
    """The youngest and oldest age that the year groups, or else the key stages, can have."""
    vocabularies, subjects = case.context.vocabularies, case.subjects
    for kind, codes in (("year_group", subjects.year_groups), ("key_stage", subjects.key_stages)):
        if codes:
            terms = [vocabularies.term(kind, code) for code in codes]
            known = [term for term in terms if isinstance(term, YearGroup | KeyStage)]
            if len(known) == len(codes):
                return min(term.age_min for term in known), max(term.age_max for term in known)
    return None


def _ages(case: Case) -> tuple[int | None, int | None, bool]:
    """The youngest and the oldest, and whether that is derived from levels."""
    low, high = case.subjects.age_min, case.subjects.age_max
    if low is None and high is None and (ages := _derived(case)) is not None:
        return (*ages, True)
    return low, high, False


def _side(age: int | None) -> Value:
    return "" if age is None else age


def check(case: Case) -> Iterator[Finding]:
    """Stated ages outside, or derived ones that are all outside: as the register says; else cannot tell."""
    assert case.flow is not None
    limits = case.flow.subjects.ages
    if limits is None or case.subjects.kind == "workforce":
        return
    expected: tuple[Value, ...] = (_side(limits.min), _side(limits.max))
    floor = -1 if limits.min is None else limits.min
    ceiling = 1000 if limits.max is None else limits.max
    low, high, derived = _ages(case)
    # One age stated alone is both the youngest and the oldest that is known of.
    known = [age for age in (low, high) if age is not None]
    found: tuple[Value, ...] = (_side(low), _side(high))
    members = ("age_min", "age_max", "year_groups", "key_stages")
    if derived and known and floor <= known[-1] and known[0] <= ceiling:
        if known[0] < floor or known[-1] > ceiling:
            yield case.finding(
                ID, "cannot-tell", "partly", expected=expected, found=found, members=members, limit="ages"
            )
    elif any(age < floor or age > ceiling for age in known):
        reason = "outside" if limits.beyond == "breach" else "beyond"
        yield case.finding(ID, limits.beyond, reason, expected=expected, found=found, members=members, limit="ages")
    elif (limits.min is not None and low is None) or (limits.max is not None and high is None):
        yield case.finding(ID, "cannot-tell", "not-stated", expected=expected, found=found, limit="ages")


def compared(case: Case) -> Compared | str:
    """The youngest and the oldest documented, and those that went ("" for none)."""
    assert case.flow is not None
    limits = case.flow.subjects.ages
    if limits is None:
        return "no-limit"
    if case.subjects.kind == "workforce":
        return "workforce"
    low, high, _ = _ages(case)
    return case.compared((_side(limits.min), _side(limits.max)), (_side(low), _side(high)), limit="ages")
