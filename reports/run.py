"""From evidence to findings: every check on every transfer, from scratch and always the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from reports.case import Case
from reports.checks import CHECKS, DecisionCheck, expected_not_recorded
from reports.context import Context, Evidence
from reports.decisions import Decision, closed
from reports.finding import OUTCOMES, SEVERITIES, Finding
from reports.judge import Judge, failed
from reports.many import Identity, Many

CANNOT_TELL_LIMIT = 5
"""More than this percentage of transfers that cannot be told, and a report cannot say (DESIGN §8)."""

_DECISIONS: tuple[DecisionCheck, ...] = tuple(check for check in CHECKS if isinstance(check, DecisionCheck))
_ORDER = {check.ID: place for place, check in enumerate(CHECKS)}


class CheckRun(NamedTuple):
    """Whether a check ran, and why not, or on what it did not."""

    id: str
    ran: bool
    reason: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found. `findings` are in the ledger's order, those of one entry in the order of the checks.

    `transfers` counts those that stand (no correction replaced or withdrew them), `covered` those of them
    that a version of the documented purposes judged. `counts` are of findings that stand, by outcome and by
    severity, `corrected` of those that do not, and `closed` of those that stand and that a decision closed.
    `decisions` are the newest on each finding, by its key, those on findings that are no longer found too.
    """

    as_of: date
    findings: tuple[Finding, ...]
    checks: tuple[CheckRun, ...]
    counts: dict[str, int]
    transfers: int
    covered: int
    decisions: Mapping[str, Decision]


class Rating(NamedTuple):
    """The overall rating and the reasons for it, codes that `wording` puts into words."""

    level: Literal["act-now", "cannot-say", "no-problem-found"]
    reasons: tuple[str, ...]


def _on_decisions(context: Context, findings: list[Finding], decisions: Mapping[str, Decision]) -> list[Finding]:
    standing = [finding for finding in findings if finding.corrected_by is None]
    found: list[Finding] = []
    for check in _DECISIONS:
        try:
            found += check.check_decisions(context, standing, decisions)
        except Exception as error:
            raise failed(check.ID, "the decisions", error) from error
    return found


def run(evidence: Evidence, as_of: date, done: Callable[[int], None] = lambda count: None) -> Result:
    """Every check on every transfer of `evidence`, as of the London day `as_of`.

    `done` is told now and then how many statements of transfers were judged. Raises `CheckFailed` where a
    check breaks.
    """
    context, judge = Context(evidence, as_of), Judge()
    findings: list[Finding] = []
    who: dict[int, Identity] = {}
    transfers = covered = judged_count = 0
    with closing(Many()) as many:
        for recorded in evidence.recorded:
            facts = recorded.facts
            if facts.transferred_on is None:
                continue  # a withdrawal states nothing to be judged
            if not recorded.current:
                context.supersede(recorded)
            case = Case(recorded, context)
            shape, found = judge(case)
            findings += found
            if recorded.current:
                transfers += 1
                covered += shape.covered
            many.add(case, shape)
            if evidence.identities is None:
                who[recorded.seq] = recorded.seq, recorded.hash, facts.id, recorded.superseded_by
            judged_count += 1
            if judged_count % 1000 == 0:
                done(judged_count)
        done(judged_count)
        findings += many.findings(context, evidence.identities or (lambda seqs: (who[seq] for seq in seqs)))
    return result_of(evidence, context, findings, transfers, covered)


def result_of(evidence: Evidence, context: Context, findings: list[Finding], transfers: int, covered: int) -> Result:
    """The result: `findings` in their order, with those on decisions. Raises `CheckFailed` where a check breaks."""
    findings += _on_decisions(context, findings, evidence.decisions)
    findings.sort(key=lambda one: (one.entries[0], _ORDER[one.check], one.reason, one.key))
    return Result(
        as_of=context.as_of,
        findings=tuple(findings),
        checks=tuple(_check_runs(bool(context.versions), transfers, covered)),
        counts=_counts(findings, closed(evidence.decisions, context.as_of)),
        transfers=transfers,
        covered=covered,
        decisions=evidence.decisions,
    )


def narrowed(result: Result, findings: list[Finding], transfers: int, covered: int | None, *, adopted: bool) -> Result:
    """A result that speaks of some of the transfers only: of `transfers`, `covered` of them by a register, and of these
    of its findings. Where `covered` is None, whether checks ran is said of all transfers, as before.
    """
    return Result(
        as_of=result.as_of,
        findings=tuple(findings),
        checks=result.checks if covered is None else tuple(_check_runs(adopted, transfers, covered)),
        counts=_counts(findings, closed(result.decisions, result.as_of)),
        transfers=transfers,
        covered=transfers if covered is None else covered,
        decisions=result.decisions,
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


def _counts(findings: list[Finding], decided: frozenset[str]) -> dict[str, int]:
    standing = [finding for finding in findings if finding.corrected_by is None]
    counts: dict[str, int] = dict.fromkeys((*OUTCOMES, *SEVERITIES), 0)
    for finding in standing:
        counts[finding.outcome] += 1
        counts[finding.severity] += 1
    counts["corrected"] = len(findings) - len(standing)
    counts["closed"] = sum(finding.key in decided for finding in standing)
    return counts


def open_breaches(result: Result) -> tuple[Finding, ...]:
    """The breaches that stand and that no decision closes on the day of the run."""
    decided = closed(result.decisions, result.as_of)
    return tuple(
        finding
        for finding in result.findings
        if finding.outcome == "breach" and finding.corrected_by is None and finding.key not in decided
    )


def rate(result: Result, *, verified: bool | None = None) -> Rating:
    """The overall rating by DESIGN §8's one rule. `verified` is whether the record verifies (None: not asked here)."""
    if open_breaches(result):
        return Rating("act-now", ("open-breach",))
    decided = closed(result.decisions, result.as_of)
    open_ = [
        finding
        for finding in result.findings
        if finding.outcome == "cannot-tell" and finding.corrected_by is None and finding.key not in decided
    ]
    missing = any(finding.check == expected_not_recorded.ID for finding in open_)
    # What is missing is no transfer that cannot be told, and a finding on it is on the register's entry.
    untold = {finding.entries[0] for finding in open_ if finding.check != expected_not_recorded.ID}
    reasons = (
        ("check-not-run", any(not check.ran or check.reason for check in result.checks)),
        ("records-missing", missing),
        ("not-verified", verified is False),
        ("cannot-tell", len(untold) * 100 > CANNOT_TELL_LIMIT * result.transfers),
    )
    found = tuple(code for code, holds in reasons if holds)
    return Rating("cannot-say", found) if found else Rating("no-problem-found", ())
