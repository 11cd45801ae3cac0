"""From evidence to findings: every check on every transfer, from scratch and always the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from tempfile import TemporaryFile
from typing import Literal, NamedTuple

import msgspec

from ledger.source import Recorded
from reports.case import Case
from reports.checks import CHECKS, DecisionCheck, correction_removes_breach, expected_not_recorded
from reports.checks.kinds import Identity
from reports.context import Context, Evidence
from reports.decisions import Decision
from reports.finding import OUTCOMES, SEVERITIES, Finding
from reports.groups import PARTITIONS, Places, in_groups, in_tallies
from reports.history import OPEN, Answers, History, State, answer, states, touches_contactpoint
from reports.judge import Judge, failed

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
    `decisions` are the newest on each finding, by its key, those on findings that are no longer found too. `states`
    has how each finding stands, by its key, where that is not open.
    """

    as_of: date
    findings: tuple[Finding, ...]
    checks: tuple[CheckRun, ...]
    counts: dict[str, int]
    transfers: int
    covered: int
    decisions: Mapping[str, Decision]
    states: Mapping[str, State]
    history: History

    def state(self, finding: Finding) -> State:
        """How a finding of this run stands."""
        return self.states.get(finding.key, OPEN)

    def settled(self, finding: Finding) -> bool:
        """Whether nothing is left to be done about a finding of this run."""
        return self.state(finding).state == "settled"

    @property
    def standing(self) -> Iterator[Finding]:
        """The findings that count: no later statement took their place, and no second person agreed that it did."""
        return (finding for finding in self.findings if finding.corrected_by is None)


class Rating(NamedTuple):
    """The overall rating and the reasons for it, codes that `wording` puts into words."""

    level: Literal["act-now", "cannot-say", "no-problem-found"]
    reasons: tuple[str, ...]


def _on_decisions(
    context: Context, findings: list[Finding], decisions: Mapping[str, Decision], told: Mapping[str, State]
) -> list[Finding]:
    found: list[Finding] = []
    for check in _DECISIONS:
        try:
            found += check.check_decisions(context, findings, decisions, told)
        except Exception as error:
            raise failed(check.ID, "the decisions", error) from error
    return found


class Judged(NamedTuple):
    """Of how many transfers that stand a run judged the statement, and how many of these by some version."""

    transfers: int
    covered: int


def judge(
    recorded: Iterable[Recorded],
    context: Context,
    places: Places,
    take: Callable[[list[Finding]], object],
    done: Callable[[int], None] = lambda count: None,
) -> Judged:
    """Judges statements one by one: `take` gets what is found on each, and `places` what is compared later.

    `done` is told now and then how many were judged. Raises `CheckFailed` where a check breaks.
    """
    judge_one = Judge()
    transfers = covered = count = 0
    for one in recorded:
        if one.facts.transferred_on is None:
            continue  # a withdrawal states nothing to be judged
        if not one.current:
            context.supersede(one)
        case = Case(one, context)
        shape, found = judge_one(case)
        if found:
            take(found)
        if one.current:
            transfers += 1
            covered += shape.covered
        places.add(case, shape)
        count += 1
        if count % 1000 == 0:
            done(count)
    done(count)
    places.end()
    return Judged(transfers, covered)


def run(evidence: Evidence, as_of: date, done: Callable[[int], None] = lambda count: None) -> Result:
    """Every check on every transfer of `evidence`, as of the London day `as_of`, in this process.

    `done` is told now and then how many statements of transfers were judged. Raises `CheckFailed` where a
    check breaks.
    """
    context = Context(evidence, as_of)
    findings: list[Finding] = []
    who: dict[int, Identity] = {}

    def noted() -> Iterator[Recorded]:
        for one in evidence.recorded:
            who[one.seq] = Identity(one.seq, one.hash, one.facts.id, one.superseded_by)
            yield one

    with TemporaryFile() as file:
        places = Places(file)
        recorded = evidence.recorded if evidence.identities is not None else noted()
        judged = judge(recorded, context, places, findings.extend, done)
        asked = evidence.identities or (lambda seqs: (who[seq] for seq in seqs))
        findings += in_groups(context, [(file, places.index)], range(PARTITIONS), asked)
    findings += in_tallies(context, places.tallies)
    return result_of(evidence, context, findings, judged)


def _place(finding: Finding) -> tuple[object, ...]:
    return finding.entries[0], _ORDER[finding.check], finding.reason, finding.key


def result_of(evidence: Evidence, context: Context, findings: list[Finding], judged: Judged) -> Result:
    """The result: `findings` in their order, with those on decisions. Raises `CheckFailed` where a check breaks."""
    findings.sort(key=_place)  # whoever found them, and in which order
    findings, told = states(findings, evidence.history, evidence.decisions, context.as_of)
    about = _on_decisions(context, findings, evidence.decisions, told)
    told |= {one.key: state for one in about if (state := correction_removes_breach.state(one, told)) is not None}
    findings += about
    findings.sort(key=_place)
    return Result(
        as_of=context.as_of,
        findings=tuple(findings),
        checks=tuple(_check_runs(bool(context.versions), *judged)),
        counts=_counts(findings, told),
        transfers=judged.transfers,
        covered=judged.covered,
        decisions=evidence.decisions,
        states=told,
        history=evidence.history,
    )


def narrowed(result: Result, findings: list[Finding], transfers: int, covered: int | None, *, adopted: bool) -> Result:
    """A result that speaks of some of the transfers only: of `transfers`, `covered` of them by a register, and of these
    of its findings. Where `covered` is None, whether checks ran is said of all transfers, as before.
    """
    return Result(
        as_of=result.as_of,
        findings=tuple(findings),
        checks=result.checks if covered is None else tuple(_check_runs(adopted, transfers, covered)),
        counts=_counts(findings, result.states),
        transfers=transfers,
        covered=transfers if covered is None else covered,
        decisions=result.decisions,
        states=result.states,
        history=result.history,
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


def _counts(findings: list[Finding], told: Mapping[str, State]) -> dict[str, int]:
    standing = [finding for finding in findings if finding.corrected_by is None]
    counts: dict[str, int] = dict.fromkeys((*OUTCOMES, *SEVERITIES), 0)
    for finding in standing:
        counts[finding.outcome] += 1
        counts[finding.severity] += 1
    counts["corrected"] = len(findings) - len(standing)
    counts["closed"] = sum(told.get(finding.key, OPEN).state == "settled" for finding in standing)
    return counts


def open_breaches(result: Result) -> tuple[Finding, ...]:
    """What is still to be settled on the day of the run: open breaches, and whatever awaits confirmation."""
    return tuple(
        finding
        for finding in result.standing
        if not result.settled(finding)
        and (finding.outcome == "breach" or result.state(finding).state == "awaiting-confirmation")
    )


def rate(result: Result, *, verified: bool | None = None) -> Rating:
    """The overall rating by DESIGN §8's one rule. `verified` is whether the record verifies (None: not asked here)."""
    if open_breaches(result):
        return Rating("act-now", ("open-breach",))
    reasons = missing_for_yes(result, verified=verified)
    return Rating("cannot-say", reasons) if reasons else Rating("no-problem-found", ())


def answers(result: Result, *, verified: bool | None = None) -> Answers:
    """The answers to the two questions (DESIGN section 3). `verified` is as in `rate`."""
    cannot_say = bool(missing_for_yes(result, verified=verified))
    return answer(result.findings, result.states, result.history, cannot_say=cannot_say)


def missing_for_yes(result: Result, *, verified: bool | None = None) -> tuple[str, ...]:
    """What is missing before anybody can say that all is well: codes that `wording` puts into words."""
    open_ = [finding for finding in result.standing if finding.outcome == "cannot-tell" and not result.settled(finding)]
    missing = any(finding.check == expected_not_recorded.ID for finding in open_)
    # What is missing is no transfer that cannot be told, and a finding on it is on the register's entry.
    untold = (finding.entries[0] for finding in open_ if finding.check != expected_not_recorded.ID)
    reasons = (
        ("check-not-run", any(not check.ran or check.reason for check in result.checks)),
        ("records-missing", missing),
        ("not-verified", verified is False),
        ("cannot-tell", sum(1 for _ in groupby(untold)) * 100 > CANNOT_TELL_LIMIT * result.transfers),
        ("contactpoint-unclear", any(map(touches_contactpoint, open_))),
        ("value-erased", any(finding.reason == "erased" for finding in open_)),
    )
    return tuple(code for code, holds in reasons if holds)
