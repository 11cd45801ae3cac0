"""A special category of data went without a condition for it.

For sensitive data, as health and ethnic origin, a lawful basis is not enough: schedule 3 of the Data
Protection Act 1998 (article 9 since 2018) asks for a condition as well. This is critical. A figure about a year
group or a larger body of people is no individual's data: for such a transfer no condition is asked for.
Establish the condition, and correct the entry; without one, the data should not have gone.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Citation, Compared, Finding, Value

ID = "special-category-without-condition"
NEEDS: Needs = "law"

_CONDITION = Citation("Data Protection Act 1998, Schedule 3; from 2018 GDPR Article 9", "", "recalled")


def _special(case: Case) -> tuple[str, ...]:
    return tuple(sorted(case.fields & case.context.vocabularies.special_categories))


def _untold(case: Case) -> tuple[str, tuple[Value, ...]] | None:
    if case.fields_untold:
        return case.fields_untold, ()
    return ("unlisted", ("fields_as_given", case.unknown_fields)) if case.unknown_fields else None


def _conditions(case: Case) -> tuple[str, ...]:
    law = case.context.law
    known = ((code, law.basis(code)) for code in case.bases)
    return tuple(code for code, basis in known if basis is not None and basis.kind == "special-category")


def _aggregate(case: Case) -> bool:
    return case.facts.granularity not in (None, case.context.vocabularies.granularity[0].id)


def check(case: Case) -> Iterator[Finding]:
    """Special categories of individuals without a condition: critical. Not known which fields went: cannot tell."""
    if _aggregate(case) or _conditions(case):
        return
    members = ("fields", "special_category_condition")
    if special := _special(case):
        yield case.finding(
            ID, "breach", "no-condition", found=special, members=members, law=(_CONDITION,), severity="critical"
        )
    elif untold := _untold(case):
        reason, found = untold
        yield case.finding(ID, "cannot-tell", reason, found=found, members=members, law=(_CONDITION,))


def compared(case: Case) -> Compared | str:
    """The conditions stated, where special categories went or may have gone."""
    if _aggregate(case):
        return "aggregate"
    if not _special(case) and not _untold(case):
        return "not-special"
    return case.compared(found=_conditions(case), law=(_CONDITION,))
