"""Judging one transfer: every check on it, by the flow that documents it best, each distinct shape once.

A ledger of a hundred thousand transfers holds a few hundred shapes of transfer: the same sender, recipient,
purpose, fields and limits, on days between which no rule changed. Whether a check finds something depends on
the shape alone, so each distinct shape is judged once, by every check and every candidate flow; for a shape
that was seen before only those checks run again that found something, to give this entry's own findings.
Nothing is skipped: the memory is emptied when it grows, and a transfer that is onward of another in this
ledger is always judged in full.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec

from ledger.errors import Refused
from ledger.members import UNLISTED, Correction, Transfer
from ledger.register.model import Flow
from ledger.source import Adopted
from reports.case import Case
from reports.checks import CHECKS, Check, GroupCheck, TallyCheck
from reports.checks.kinds import Needs
from reports.finding import SEVERITIES, Finding

SHAPES_KEPT = 20_000

EACH: tuple[Check, ...] = tuple(check for check in CHECKS if isinstance(check, Check))
GROUPS: tuple[GroupCheck, ...] = tuple(check for check in CHECKS if isinstance(check, GroupCheck))
TALLIES: tuple[TallyCheck, ...] = tuple(check for check in CHECKS if isinstance(check, TallyCheck))
_ON_FLOW = tuple(check for check in EACH if check.NEEDS == "flow")


class CheckFailed(Refused):
    """A check broke: a bug, which is never taken for a pass."""


def failed(check: str, on: str, error: Exception) -> CheckFailed:
    """The refusal that names the check and what it was on, as `entry 5`."""
    return CheckFailed(
        f"The check {check} failed on {on}: {type(error).__name__}: {error}. "
        f"This is a mistake in this program; nothing can be said about this ledger until it is mended."
    )


class Shape(NamedTuple):
    """What is remembered of a shape: the flow that judges it, the checks that found something, those that count it.

    Those stand with their number among `GROUPS` or `TALLIES`. `shared` is what checks keep of it (`Case.once`).
    """

    flow: Flow | None
    found: tuple[Check, ...]
    groups: tuple[tuple[int, GroupCheck], ...]
    tallies: tuple[tuple[int, TallyCheck], ...]
    version: Adopted | None
    shared: dict[str, Any]

    @property
    def covered(self) -> bool:
        """Whether a version judges it."""
        return self.version is not None


def _run(check: Check, case: Case) -> list[Finding]:
    try:
        # A transfer that passes data on may be judged by two statements of one that brought it, with one result.
        return list({finding.key: finding for finding in check.check(case)}.values())
    except Exception as error:
        raise failed(check.ID, f"entry {case.recorded.seq}", error) from error


_stated = attrgetter(
    *"sender recipient purpose schools fields lawful_basis special_category_condition granularity phase".split(),
    *"country safeguard".split(),
)
_encode = msgspec.msgpack.Encoder().encode
_people = attrgetter("kind", "age_min", "age_max", "key_stages", "year_groups")


def _typed(case: Case) -> Hashable:
    """What was typed for names that nobody knew, as far as a check may look at it."""
    facts, given = case.facts, case.recorded.given
    return (
        given.get("sender_as_given") if facts.sender == UNLISTED else None,
        given.get("recipient_as_given") if facts.recipient == UNLISTED else None,
        given.get("purpose_as_given") if facts.purpose == UNLISTED else None,
        given.get("fields_as_given") if UNLISTED in facts.fields else None,
        None
        if facts.opt_outs is None or UNLISTED not in facts.opt_outs.limited_to
        else given.get("limited_to_as_given"),
    )


def _some(count: int | None) -> bool | None:
    return None if count is None else count > 0


def _seldom(case: Case) -> Hashable:
    """The same of what few transfers state."""
    facts, on = case.facts, case.on
    opt_outs, approval, agreement = facts.opt_outs, facts.approval, facts.agreement
    return (
        None
        if agreement is None or agreement.review_on is None
        else (agreement.review_on < on, agreement.review_on < case.last),
        None
        if opt_outs is None
        else (opt_outs.checked, _some(opt_outs.excluded), _some(opt_outs.limited), opt_outs.limited_to),
        None
        if approval is None
        else (approval.role, approval.on is None, approval.on is not None and approval.on > on),
        case.renamed if isinstance(facts, Correction) else (),
    )


def _shape(case: Case) -> bytes:
    """All that a check's finding something can depend on (besides what groups compare).

    As bytes, since looking up a tuple of many texts takes ten times as long.
    """
    recorded, facts, context = case.recorded, case.facts, case.context
    on, until, subjects = case.on, facts.transferred_until, facts.subjects
    seq = facts.corrects.seq if isinstance(facts, Correction) else recorded.seq
    last = until or on
    told = (
        context.epoch,
        context.era(on),
        bisect_left(context.adoptions, seq),  # how many were adopted before
        # The time counts on the days on which a rule ends; an interval may span any.
        facts.transferred_at if until is not None or on in context.sharp_days else None,
        last > context.as_of or last > context.day_of(facts.recorded_at),
        _stated(facts),
        # Only with what is unlisted is anything typed that a check looks at.
        _typed(case) if recorded.given else None,
        case.smallest_state,
        None if facts.retain_until is None else case.kept_months,
        case.names_agreement,
        None if subjects is None else _people(subjects),
        None
        if type(facts) is Transfer and not (facts.opt_outs or facts.approval or facts.agreement)
        else _seldom(case),
    )
    return _encode(told)


def choose(case: Case) -> Case:
    """The case on the candidate flow by which the fewest and lightest findings arise; ties by the register's
    order. A transfer is documented if some flow documents it."""
    candidates = case.candidates
    if len(candidates) <= 1:
        return case.on_flow(candidates[0] if candidates else None)

    def weight(flow: Flow) -> tuple[int, ...]:
        trial = case.on_flow(flow)
        found = [finding.severity for check in _ON_FLOW for finding in _run(check, trial)]
        return tuple(found.count(severity) for severity in SEVERITIES)

    return case.on_flow(min(candidates, key=weight))


def _applies(needs: Needs, case: Case) -> bool:
    return needs == "law" or (case.version is not None and (needs == "register" or case.flow is not None))


def _judge(case: Case) -> tuple[Shape, list[Finding]]:
    found: list[Finding] = []
    finders: list[Check] = []
    for check in EACH:
        if _applies(check.NEEDS, case) and (of_check := _run(check, case)):
            found += of_check
            finders.append(check)
    groups = tuple(one for one in enumerate(GROUPS) if _applies(one[1].NEEDS, case) and one[1].takes(case))
    tallies = tuple(one for one in enumerate(TALLIES) if _applies(one[1].NEEDS, case) and one[1].takes(case))
    return Shape(case.flow, tuple(finders), groups, tallies, case.version, case.shared), found


class Judge:
    """Judges cases of one context, and remembers their shapes."""

    def __init__(self) -> None:
        self._memory: dict[bytes, Shape] = {}

    def __call__(self, case: Case) -> tuple[Shape, list[Finding]]:
        """What the checks of single cases find, and the shape; `case.flow` is then the flow that judges.

        Raises `CheckFailed` where a check breaks.
        """
        shape = None if case.facts.onward_of else _shape(case)
        judged = None if shape is None else self._memory.get(shape)
        if judged is None:
            case.flow = choose(case).flow
            judged, found = _judge(case)
            if shape is not None:
                if len(self._memory) >= SHAPES_KEPT:
                    self._memory.clear()
                self._memory[shape] = judged
            return judged, found
        case.flow, case.shared = judged.flow, judged.shared
        vars(case)["version"] = judged.version  # which the shape decides: found once, it need not be found again
        return judged, [finding for check in judged.found for finding in _run(check, case)]
