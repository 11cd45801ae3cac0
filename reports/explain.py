"""Why one transfer was judged as it was: by which version of the documented purposes, and what each check compared.

What was found is what a run over the whole ledger found, so an explanation never says other than `check` does. Where
a check found nothing, it is asked itself what it laid side by side: a pass is explained like a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal, NamedTuple, TypeAlias

from ledger.members import Correction
from ledger.register.model import Flow
from ledger.source import Adopted, Recorded
from reports.case import Case
from reports.checks import CHECKS, AnyCheck
from reports.context import Context, Evidence
from reports.finding import Compared, Finding
from reports.judge import CheckFailed, choose
from reports.run import Result

Why: TypeAlias = Literal["before", "after", "none-adopted", "none-covers"]


class Answer(NamedTuple):
    """What one check says of the transfer.

    `findings` are there where it found something, `compared` where the transfer passed; `why` is the code of why the
    check does not apply, or did not run.
    """

    check: str
    verdict: Literal["found", "passed", "not-applicable", "not-run"]
    why: str = ""
    compared: Compared | None = None
    findings: tuple[Finding, ...] = ()


class Explanation(NamedTuple):
    """A transfer, what judged it and what every check says of it, in the order of the checks.

    `judged` is the seq by which the version was chosen: a correction's is that of the transfer that it corrects.
    `why` is the code of why it is this `version`, or of why there is none. `between` is how many flows are documented
    between the two; `flow` is the one that judges.
    """

    recorded: Recorded
    as_of: date
    judged: int
    version: Adopted | None
    why: Why
    flow: Flow | None
    between: int
    answers: tuple[Answer, ...]


def keeping(recorded: Iterable[Recorded], seq: int, kept: list[Recorded]) -> Iterator[Recorded]:
    """`recorded` as it is; what entry `seq` states is put into `kept` when it comes by."""
    for one in recorded:
        if one.seq == seq:
            kept.append(one)
        yield one


def explain(
    recorded: Recorded,
    evidence: Evidence,
    result: Result,
    earlier: Iterable[Recorded],
) -> Explanation:
    """Why `recorded` was judged as `result`, a run over `evidence`, says. Reads no more of `evidence.recorded`.

    `earlier` are the statements that `recorded`, if it is a correction, came after.
    Raises `CheckFailed` where a check breaks.
    """
    context = Context(evidence, result.as_of)
    for before in earlier:
        context.supersede(before)
    case = choose(Case(recorded, context))
    judged, why = chosen(case)
    found: dict[str, list[Finding]] = {}
    for finding in result.findings:
        if recorded.seq in finding.entries:
            found.setdefault(finding.check, []).append(finding)
    answers = tuple(answer(check, case, why, tuple(found.get(check.ID, ()))) for check in CHECKS)
    return Explanation(recorded, result.as_of, judged, case.version, why, case.flow, len(case.pair), answers)


def chosen(case: Case) -> tuple[int, Why]:
    """The seq by which the version that judges was chosen, and the code of why it is this one, or none."""
    facts, version = case.facts, case.version
    judged = facts.corrects.seq if isinstance(facts, Correction) else case.recorded.seq
    if version is None:
        return judged, "none-covers" if case.context.versions else "none-adopted"
    return judged, "before" if version.seq < judged else "after"


def answer(check: AnyCheck, case: Case, why: str, findings: tuple[Finding, ...]) -> Answer:
    """What `check` says of a case on the flow that judges it; `findings` are what a run found, `why` is `chosen`'s.

    Raises `CheckFailed` where the check breaks.
    """
    if findings:
        return Answer(check.ID, "found", findings=findings)
    if check.NEEDS != "law" and case.version is None:
        return Answer(check.ID, "not-run", why)
    if check.NEEDS == "flow" and case.flow is None:
        unknown = "unknown-recipient" if case.recipient is None else "no-flow"
        return Answer(check.ID, "not-applicable", unknown)
    try:
        compared = check.compared(case)
    except Exception as error:
        raise CheckFailed(
            f"The check {check.ID} cannot say what it compared on entry {case.recorded.seq}: "
            f"{type(error).__name__}: {error}. This is a mistake in this program."
        ) from error
    if isinstance(compared, Compared):
        return Answer(check.ID, "passed", compared=compared)
    return Answer(check.ID, "not-applicable", compared)
