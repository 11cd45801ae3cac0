"""The purpose is so vague that nobody can tell what it permits.

"Administration" or "business purposes" fits whatever is done with the data, so it limits nothing and tells a family
nothing. Say what the data is really used for: correct the entry, and where the notice itself is vague, have it changed.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.members import UNLISTED
from ledger.register.names import fold
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Citation, Compared, Finding

ID = "purpose-vague"
NEEDS: Needs = "register"


def _text(case: Case) -> str | None:
    """The label of a purpose that is known, or else what was typed."""
    if case.purpose is None:
        return case.text("purpose_as_given")
    purpose = None if case.version is None else case.version.register.purpose(case.purpose)
    legal = (one.label for one in case.context.law.purposes if one.id == case.purpose)
    return next(legal, case.purpose) if purpose is None else purpose.label


def _told(case: Case) -> str:
    return "purpose_as_given" if case.facts.purpose == UNLISTED and case.purpose is None else case.purpose or ""


def _citation(case: Case) -> tuple[Citation, ...]:
    vague = case.context.law.vague_purposes
    return (Citation(vague.source, "", vague.standing),)


def check(case: Case) -> Iterator[Finding]:
    """A purpose that says no more than one of the vague phrases."""
    text = _text(case)
    if text is not None and fold(text) in case.context.law.vague_purposes.folded:
        yield case.finding(ID, "advisory", "vague", found=(_told(case),), members=("purpose",), law=_citation(case))


def compared(case: Case) -> Compared | str:
    """The purpose, which says more."""
    return "name-erased" if _text(case) is None else case.compared(found=(_told(case),), law=_citation(case))
