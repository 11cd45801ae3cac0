"""Data went from a phase of school that the flow is not documented for, as from a primary school to S-cool.

The phase is the one stated, else the one that the school's own entry gives; where the two disagree and it
matters, nobody can tell (an all-through school may state any). Stop the feed from schools of other phases.
"""

from __future__ import annotations

from collections.abc import Iterator

from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Compared, Finding

ID = "phase-not-documented"
NEEDS: Needs = "flow"

ALL_THROUGH = "all-through"


def _of_schools(case: Case) -> tuple[str | None, ...]:
    """The phases that the entries of the schools give; the sender is the school where none is stated."""
    ids = case.facts.schools or (() if case.sender is None else (case.sender,))
    found = (case.context.organisation(id_) for id_ in ids)
    return tuple(None if one is None else one.phase for one in found)


def check(case: Case) -> Iterator[Finding]:
    """A phase outside the flow's: a breach; unknown, or in conflict: cannot tell."""
    assert case.flow is not None
    documented = case.flow.subjects.phases
    if not documented:
        return
    stated, own = case.facts.phase, _of_schools(case)
    known = tuple(sorted({phase for phase in own if phase is not None}))
    members = ("phase",)
    if stated is not None:
        phases: tuple[str, ...] = (stated,)
        odd = tuple(phase for phase in known if phase not in (stated, ALL_THROUGH))
        if odd and len({phase in documented for phase in (stated, *odd)}) > 1:
            yield case.finding(
                ID,
                "cannot-tell",
                "conflict",
                expected=documented,
                found=(stated, *odd),
                members=members,
                limit="phases",
            )
            return
    else:
        phases = known
    outside = tuple(phase for phase in phases if phase not in documented)
    if outside:
        yield case.finding(
            ID,
            "breach",
            "not-documented",
            expected=documented,
            found=outside,
            members=members,
            limit="phases",
        )
    elif stated is None and (not own or None in own):
        yield case.finding(ID, "cannot-tell", "not-stated", expected=documented, limit="phases")


def compared(case: Case) -> Compared | str:
    """The phases documented, and the one stated or else those of the schools."""
    assert case.flow is not None
    if not case.flow.subjects.phases:
        return "no-limit"
    stated = case.facts.phase
    own = tuple(sorted({phase for phase in _of_schools(case) if phase is not None}))
    return case.compared(case.flow.subjects.phases, own if stated is None else (stated,), limit="phases")
