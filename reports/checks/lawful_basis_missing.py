"""No lawful basis is stated, or a special category of data went without a condition for it.

Processing needs a condition of schedule 2 of the Data Protection Act 1998 (later: a basis of article 6), and
for sensitive data, as health and ethnic origin, one of schedule 3 (article 9) as well. The latter is
critical. A figure about a year group or a larger body of people is no individual's data: for such a transfer
no condition is asked for. Establish the basis, and correct the entry; without one, the data should not have
gone.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Citation, Compared, Finding

ID = "lawful-basis-missing"
NEEDS: Needs = "law"

_BASIS = Citation("Data Protection Act 1998, Schedule 1 Part I paragraph 1; from 2018 GDPR Article 6", "", "read")
_CONDITION = Citation("Data Protection Act 1998, Schedule 3; from 2018 GDPR Article 9", "", "recalled")


def check(case: Case) -> Iterator[Finding]:
    """No basis: a breach. Special categories of individuals without a condition: critical."""
    law, vocabularies = case.context.law, case.context.vocabularies
    kinds = {basis.kind for code in case.bases if (basis := law.basis(code)) is not None}
    if not case.facts.lawful_basis:
        yield case.finding(ID, "breach", "no-basis", members=("lawful_basis",), law=(_BASIS,))
    if "special-category" in kinds or case.facts.granularity not in (None, vocabularies.granularity[0].id):
        return
    special = tuple(sorted(case.fields & vocabularies.special_categories))
    if special:
        yield case.finding(
            ID,
            "breach",
            "no-condition",
            found=special,
            members=("fields", "special_category_condition"),
            law=(_CONDITION,),
            severity="critical",
        )


def compared(case: Case) -> Compared | str:
    """The bases stated, with the conditions for special categories."""
    special = case.fields & case.context.vocabularies.special_categories
    return case.compared(found=case.bases, law=(_BASIS, _CONDITION) if special else (_BASIS,))
