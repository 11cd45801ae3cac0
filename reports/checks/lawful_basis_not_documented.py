"""The transfer relies on a lawful basis that is not the one documented for the flow.

A basis may not be swapped for a more convenient one: people's rights (to object, to withdraw consent) hang
on it. Correct the entry if the wrong one was written down, or ask the data protection officer. Mostly the
notice leaves the basis unsaid and the register's editor assigned it; the finding then says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "lawful-basis-not-documented"
NEEDS: Needs = "flow"


def check(case: Case) -> Iterator[Finding]:
    """Stated bases that the flow does not list; conditions count only where the flow lists conditions."""
    assert case.flow is not None
    documented = case.flow.lawful_bases
    law = case.context.law

    def kind(code: str) -> str:
        basis = law.basis(code)
        return "basis" if basis is None else basis.kind

    limited = {kind(code) for code in documented}
    found = tuple(code for code in case.bases if code not in documented and kind(code) in limited)
    if found:
        yield case.finding(
            ID,
            "breach",
            "not-documented",
            expected=documented,
            found=found,
            members=("lawful_basis", "special_category_condition"),
            limit="lawful_bases",
        )


def compared(case: Case) -> Compared | str:
    """The bases documented, and those stated."""
    assert case.flow is not None
    if not case.flow.lawful_bases:
        return "no-limit"
    if not case.bases:
        return "no-basis"
    return case.compared(case.flow.lawful_bases, case.bases, limit="lawful_bases")
