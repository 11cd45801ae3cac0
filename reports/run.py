"""From evidence to findings: every check on every transfer, from scratch and always the same.

A ledger of a hundred thousand transfers holds a few hundred shapes of transfer: the same sender, recipient,
purpose, fields and limits, on days between which no rule changed. Whether a check finds something depends on
the shape alone, so each distinct shape is judged once, by every check and every candidate flow; for a shape
that was seen before only those checks run again that found something, to give this entry's own findings.
Nothing is skipped: the memory is emptied when it grows, and a transfer that is onward of another in this
ledger is always judged in full.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Hashable
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from ledger.errors import Refused
from ledger.members import UNLISTED, Correction
from ledger.register.model import Flow
from reports.case import Case
from reports.checks import CHECKS, Check, GroupCheck
from reports.checks.kinds import Member
from reports.context import Context, Evidence
from reports.finding import OUTCOMES, SEVERITIES, Finding

SHAPES_KEPT = 20_000

CANNOT_TELL_LIMIT = 5
"""More than this percentage of transfers that cannot be told, and a report cannot say (DESIGN §8)."""

_EACH: tuple[Check, ...] = tuple(check for check in CHECKS if isinstance(check, Check))
_GROUPS: tuple[GroupCheck, ...] = tuple(check for check in CHECKS if isinstance(check, GroupCheck))
_ON_FLOW = tuple(check for check in _EACH if check.NEEDS == "flow")
_ORDER = {check.ID: place for place, check in enumerate(CHECKS)}


class CheckFailed(Refused):
    """A check broke: a bug, which is never taken for a pass."""


class CheckRun(NamedTuple):
    """Whether a check ran, and why not, or on what it did not."""

    id: str
    ran: bool
    reason: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found. `findings` are in the ledger's order, those of one entry in the order of the checks.

    `transfers` counts those that stand (no correction replaced or withdrew them), `covered` those of them
    that a version of the documented purposes judged. `counts` are of findings that stand, by outcome and by
    severity, and `corrected` of those that do not.
    """

    as_of: date
    findings: tuple[Finding, ...]
    checks: tuple[CheckRun, ...]
    counts: dict[str, int]
    transfers: int
    covered: int


class Rating(NamedTuple):
    """The overall rating and the reasons for it, codes that `wording` puts into words."""

    level: Literal["act-now", "cannot-say", "no-problem-found"]
    reasons: tuple[str, ...]


class _Judged(NamedTuple):
    """What is remembered of a shape: the flow that judges it, the checks that found something."""

    flow: Flow | None
    found: tuple[Check, ...]
    covered: bool


def _run(check: Check, case: Case) -> list[Finding]:
    try:
        return list(check.check(case))
    except Exception as error:
        raise CheckFailed(
            f"The check {check.ID} failed on entry {case.recorded.seq}: {type(error).__name__}: {error}. "
            f"This is a mistake in this program; nothing can be said about this ledger until it is mended."
        ) from error


def _shape(case: Case) -> Hashable:
    """All that a check's finding something can depend on (besides what groups compare)."""
    recorded, facts, context = case.recorded, case.facts, case.context
    given = recorded.given
    on, until = case.on, facts.transferred_until
    subjects, opt_outs, approval = facts.subjects, facts.opt_outs, facts.approval
    seq = facts.corrects.seq if isinstance(facts, Correction) else recorded.seq
    last = until or on
    return (
        context.era(on),
        sum(version.seq < seq for version in context.versions),
        # The time counts on the days on which a rule ends; an interval may span any.
        facts.transferred_at if until is not None or on in context.sharp_days else None,
        last > context.as_of or last > context.day_of(facts.recorded_at),
        facts.sender,
        given.get("sender_as_given") if facts.sender == UNLISTED else None,
        facts.recipient,
        given.get("recipient_as_given") if facts.recipient == UNLISTED else None,
        facts.purpose,
        given.get("purpose_as_given") if facts.purpose == UNLISTED else None,
        facts.schools,
        facts.fields,
        given.get("fields_as_given") if UNLISTED in facts.fields else None,
        facts.lawful_basis,
        facts.special_category_condition,
        facts.granularity,
        facts.phase,
        None
        if subjects is None
        else (
            subjects.kind,
            subjects.age_min,
            subjects.age_max,
            subjects.key_stages,
            subjects.year_groups,
        ),
        None
        if opt_outs is None
        else (
            opt_outs.checked,
            bool(opt_outs.excluded),
            bool(opt_outs.limited),
            opt_outs.limited_to,
            given.get("limited_to_as_given") if UNLISTED in opt_outs.limited_to else None,
        ),
        None
        if approval is None
        else (approval.role, approval.on is None, approval.on is not None and approval.on > on),
    )


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


def _judge(case: Case) -> tuple[_Judged, list[Finding]]:
    case = choose(case)
    covered = case.version is not None
    found: list[Finding] = []
    finders: list[Check] = []
    for check in _EACH:
        if (check.NEEDS == "register" and not covered) or (check.NEEDS == "flow" and case.flow is None):
            continue
        if of_check := _run(check, case):
            found += of_check
            finders.append(check)
    return _Judged(case.flow, tuple(finders), covered), found


class _Groups:
    """The members of every group so far."""

    def __init__(self) -> None:
        self._members: dict[str, dict[Hashable, list[Member]]] = {check.ID: {} for check in _GROUPS}

    def add(self, case: Case) -> None:
        for check in _GROUPS:
            try:
                key = check.key(case)
                if key is None:
                    continue
                recorded = case.recorded
                corrected = None if recorded.current else recorded.superseded_by
                member = Member(recorded.seq, recorded.hash, case.facts.id, corrected, check.value(case))
            except Exception as error:
                raise CheckFailed(
                    f"The check {check.ID} failed on entry {case.recorded.seq}: {type(error).__name__}: {error}."
                ) from error
            self._members[check.ID].setdefault(key, []).append(member)

    def findings(self) -> list[Finding]:
        found: list[Finding] = []
        for check in _GROUPS:
            for key, members in self._members[check.ID].items():
                try:
                    found += check.check_group(key, members)
                except Exception as error:
                    raise CheckFailed(
                        f"The check {check.ID} failed on entries from {members[0].seq}: "
                        f"{type(error).__name__}: {error}."
                    ) from error
        return found


def run(evidence: Evidence, as_of: date, done: Callable[[int], None] = lambda count: None) -> Result:
    """Every check on every transfer of `evidence`, as of the London day `as_of`.

    `done` is told now and then how many statements of transfers were judged. Raises `CheckFailed` where a
    check breaks.
    """
    context = Context(evidence, as_of)
    memory: dict[Hashable, _Judged] = {}
    groups = _Groups()
    findings: list[Finding] = []
    transfers = covered = judged_count = 0
    for recorded in evidence.recorded:
        facts = recorded.facts
        if facts.transferred_on is None:
            continue  # a withdrawal states nothing to be judged
        if not recorded.current:
            context.replaced[recorded.seq] = facts.transferred_at, facts.recorded_at
        case = Case(recorded, context)
        shape = None if facts.onward_of else _shape(case)
        judged = None if shape is None else memory.get(shape)
        if judged is None:
            judged, found = _judge(case)
            findings += found
            if shape is not None:
                if len(memory) >= SHAPES_KEPT:
                    memory.clear()
                memory[shape] = judged
        elif judged.found:
            case = case.on_flow(judged.flow)
            for check in judged.found:
                findings += _run(check, case)
        if recorded.current:
            transfers += 1
            covered += judged.covered
        groups.add(case)
        judged_count += 1
        if judged_count % 1000 == 0:
            done(judged_count)
    done(judged_count)
    findings += groups.findings()
    del groups  # which hold every transfer: sorting takes memory of its own
    findings.sort(key=lambda one: (one.entries[0], _ORDER[one.check], one.reason, one.key))
    return Result(
        as_of=as_of,
        findings=tuple(findings),
        checks=tuple(_check_runs(bool(context.versions), transfers, covered)),
        counts=_counts(findings),
        transfers=transfers,
        covered=covered,
    )


def _check_runs(adopted: bool, transfers: int, covered: int) -> list[CheckRun]:
    outside = transfers - covered
    found = []
    for check in CHECKS:
        if check.NEEDS == "law" or (adopted and not outside):
            found.append(CheckRun(check.ID, True, ""))
        elif not adopted:
            found.append(CheckRun(check.ID, False, "No register of documented purposes is adopted."))
        else:
            which = "All" if not covered else f"{outside} of {transfers}"
            reason = f"{which} transfers are dated outside the dates of every adopted register."
            found.append(CheckRun(check.ID, covered > 0, reason))
    return found


def _counts(findings: list[Finding]) -> dict[str, int]:
    standing = [finding for finding in findings if finding.corrected_by is None]
    counts: dict[str, int] = dict.fromkeys((*OUTCOMES, *SEVERITIES), 0)
    for finding in standing:
        counts[finding.outcome] += 1
        counts[finding.severity] += 1
    counts["corrected"] = len(findings) - len(standing)
    return counts


def open_breaches(result: Result, closed: Container[str] = ()) -> tuple[Finding, ...]:
    """The breaches that stand and that no decision closed; `closed` are the keys of findings that one did."""
    return tuple(
        finding
        for finding in result.findings
        if finding.outcome == "breach" and finding.corrected_by is None and finding.key not in closed
    )


def rate(result: Result, *, closed: Container[str] = (), verified: bool | None = None, missing: bool = False) -> Rating:
    """The overall rating by DESIGN §8's one rule.

    `closed` are keys of findings that a decision closed, `verified` whether the record verifies (None: not
    asked here), `missing` whether records that were expected are missing.
    """
    if open_breaches(result, closed):
        return Rating("act-now", ("open-breach",))
    untold = {
        finding.entries[0]
        for finding in result.findings
        if finding.outcome == "cannot-tell" and finding.corrected_by is None and finding.key not in closed
    }
    reasons = (
        ("check-not-run", any(not check.ran or check.reason for check in result.checks)),
        ("records-missing", missing),
        ("not-verified", verified is False),
        ("cannot-tell", len(untold) * 100 > CANNOT_TELL_LIMIT * result.transfers),
    )
    found = tuple(code for code, holds in reasons if holds)
    return Rating("cannot-say", found) if found else Rating("no-problem-found", ())
