"""What is voluntary went with every transfer of a school year.

A data item that people may refuse to give is missing for some of them, sooner or later. Where it never is, they may
not have been told that they need not give it. At least five transfers of a flow by one sender in a school year are
looked at together. Ask how it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from reports import periods
from reports.case import Case
from reports.checks.kinds import Needs, Values
from reports.context import Context
from reports.finding import Compared, Finding
from reports.rule import on_version

ID = "voluntary-field-routine"
NEEDS: Needs = "flow"

FEWEST = 5
"""Fewer transfers than these show no routine."""


def takes(case: Case) -> bool:
    """Whether the flow has voluntary fields, and it is known which fields went."""
    return case.flow is not None and bool(case.flow.fields.voluntary) and not case.fields_untold


def _sent(case: Case) -> tuple[str, ...]:
    assert case.flow is not None
    return tuple(field for field in case.flow.fields.voluntary if field in case.fields)


def mark(case: Case) -> Values | None:
    """The version, the flow, the sender, the school year and the voluntary fields that went."""
    if case.sender is None:
        return None
    assert case.version is not None
    assert case.flow is not None
    year = periods.school_year(case.on).isoformat()
    return case.version.seq, case.flow.id, case.context.current(case.sender), year, " ".join(_sent(case))


def check_tally(context: Context, tally: Mapping[Values, int]) -> Iterator[Finding]:
    """One advisory finding for each field that was never left out; no counts, so that its key lasts."""
    counts: dict[Values, int] = {}
    always: dict[Values, set[str]] = {}
    for of, count in tally.items():
        whose, sent = of[:4], set(str(of[4]).split())
        counts[whose] = counts.get(whose, 0) + count
        always[whose] = always[whose] & sent if whose in always else sent
    for whose in sorted(counts, key=lambda of: (int(of[0]), of[1:])):
        if counts[whose] < FEWEST:
            continue
        version = context.adopted(int(whose[0]))
        flow = version.register.flow(str(whose[1]))
        assert flow is not None
        year = periods.named(date.fromisoformat(str(whose[3])))
        for field in sorted(always[whose]):
            found = (field, whose[2], year, flow.id)
            yield on_version(version, flow, ID, "advisory", "always", found=found, limit="fields")


def compared(case: Case) -> Compared | str:
    """The voluntary fields, and the school year in which the transfer counts."""
    assert case.flow is not None
    if not case.flow.fields.voluntary:
        return "no-limit"
    if case.fields_untold:
        return "fields-untold"
    if not case.recorded.current:
        return "corrected"
    year = periods.named(periods.school_year(case.on))
    return case.compared(case.flow.fields.voluntary, (year,), limit="fields")
