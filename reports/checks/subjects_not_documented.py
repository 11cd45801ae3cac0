"""Data about the wrong kind of people: the workforce's to a recipient documented for pupils, or the reverse.

Staff have their own notice. Ask the recipient to delete the data, or have the flow documented. Where the
kind is not stated, a key stage or a year group tells that it is pupils.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "subjects-not-documented"
NEEDS: Needs = "flow"


def _kind(case: Case) -> str | None:
    subjects = case.subjects
    return subjects.kind or ("pupil" if subjects.key_stages or subjects.year_groups else None)


def check(case: Case) -> Iterator[Finding]:
    """A kind that the flow does not list: a breach; one that nobody stated: cannot tell."""
    assert case.flow is not None
    documented, kind = case.flow.subjects.kinds, _kind(case)
    if not documented or kind in documented:
        return
    yield case.finding(
        ID,
        "cannot-tell" if kind is None else "breach",
        "not-stated" if kind is None else "not-documented",
        expected=documented,
        found=() if kind is None else (kind,),
        members=("subject_kind", "subjects"),
        limit="kinds",
    )


def compared(case: Case) -> Compared | str:
    """Whom the data may be about, and whom it is about."""
    assert case.flow is not None
    documented, kind = case.flow.subjects.kinds, _kind(case)
    return case.compared(documented, () if kind is None else (kind,), limit="kinds") if documented else "no-limit"
