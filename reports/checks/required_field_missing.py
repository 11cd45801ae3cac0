"""A data item that the flow requires did not go.

The recipient cannot do its work with less, and an export that lost a column has often lost another's place.
Look at the export, and send what was missing as a transfer of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "required-field-missing"
NEEDS: Needs = "flow"


def check(case: Case) -> Iterator[Finding]:
    """Required fields that are not among those sent; cannot tell where fields are not known."""
    assert case.flow is not None
    required = case.flow.fields.required
    missing = tuple(field for field in required if field not in case.fields)
    if not missing:
        return
    if case.fields_untold:
        yield case.finding(ID, "cannot-tell", case.fields_untold, expected=missing, limit="fields")
    else:
        yield case.finding(
            ID, "breach", "missing", expected=required, found=missing, members=("fields",), limit="fields"
        )


def compared(case: Case) -> Compared | str:
    """The fields that must go."""
    assert case.flow is not None
    required = case.flow.fields.required
    return case.compared(required, limit="fields") if required else "no-limit"
