"""An aggregate has a count so small that it could show a person.

Where two children of a year group are heavily overweight, classmates know which two. The documented purposes say
which count is the smallest that may be told; a count of 0 shows nobody. Ask the recipient to delete the figures, and
send them with small counts left out or put together.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "small-numbers"
NEEDS: Needs = "register"


def check(case: Case) -> Iterator[Finding]:
    """A count from 1 to below the smallest: a breach; the smallest count not stated: cannot tell."""
    assert case.version is not None
    state = case.smallest_state
    if state in ("few", "untold"):
        threshold = case.version.register.smallest_count or 0
        subjects = case.subjects
        few = [count for count in (subjects.smallest, subjects.count) if count is not None and 0 < count < threshold]
        # The register as a whole sets the threshold, no flow of it.
        yield case.on_flow(None).finding(
            ID,
            "breach" if few else "cannot-tell",
            "few" if few else "not-stated",
            expected=(threshold,),
            found=(min(few),) if few else (),
            members=("subjects.smallest", "subjects.count", "granularity"),
            limit="smallest_count",
        )


def compared(case: Case) -> Compared | str:
    """The smallest count that may be told, and the smallest that was."""
    assert case.version is not None
    threshold, subjects = case.version.register.smallest_count, case.subjects
    if threshold is None:
        return "no-threshold"
    if case.smallest_state is None:
        return "no-aggregate"
    told = subjects.count if subjects.smallest is None else subjects.smallest
    return case.on_flow(None).compared((threshold,), (told or 0,), limit="smallest_count")
