"""Data items went that the flow does not document.

Only what the notice names may go. Take the item out of the export, and ask the recipient to delete what it
got. Where nobody said which items went, nobody can tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "field-not-documented"
NEEDS: Needs = "flow"


def check(case: Case) -> Iterator[Finding]:
    """Fields beyond the flow's, known and unknown ones apart; cannot tell where fields are not known."""
    assert case.flow is not None
    documented = case.flow.fields.all
    members = ("fields",)
    expected = tuple(sorted(documented))
    beyond = tuple(sorted(case.fields - documented))
    if beyond:
        yield case.finding(
            ID, "breach", "not-documented", expected=expected, found=beyond, members=members, limit="fields"
        )
    if case.unknown_fields:
        found = ("fields_as_given", case.unknown_fields)
        yield case.finding(ID, "breach", "unlisted", expected=expected, found=found, members=members, limit="fields")
    if case.fields_untold:
        yield case.finding(ID, "cannot-tell", case.fields_untold, expected=expected, limit="fields")


def compared(case: Case) -> Compared | str:
    """The fields documented, and those that went."""
    assert case.flow is not None
    return case.compared(tuple(sorted(case.flow.fields.all)), tuple(sorted(case.fields)), limit="fields")
