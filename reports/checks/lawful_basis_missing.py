"""No lawful basis is stated.

Processing needs a condition of schedule 2 of the Data Protection Act 1998 (later: a basis of article 6).
Establish the basis, and correct the entry; without one, the data should not have gone.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Citation, Compared, Finding

ID = "lawful-basis-missing"
NEEDS: Needs = "law"

_BASIS = Citation("Data Protection Act 1998, Schedule 1 Part I paragraph 1; from 2018 GDPR Article 6", "", "read")


def check(case: Case) -> Iterator[Finding]:
    """No basis: a breach."""
    if not case.facts.lawful_basis:
        yield case.finding(ID, "breach", "no-basis", members=("lawful_basis",), law=(_BASIS,))


def compared(case: Case) -> Compared | str:
    """The bases stated, with the conditions for special categories."""
    return case.compared(found=case.bases, law=(_BASIS,))
