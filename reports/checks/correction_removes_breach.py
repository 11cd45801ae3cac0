"""A correction or withdrawal removes a breach from the record.

What was first recorded broke a rule, and what took its place does not. That may put an honest mistake right, and it
may cover something up, so the breach counts until a second person confirms the correction. Look at what supports the
change, and have somebody confirm it who neither recorded nor corrected the transfer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reports.case import Case
from reports.checks.kinds import Needs
from reports.context import Context
from reports.decisions import Decision
from reports.finding import Compared, Finding, make
from reports.history import OPEN, State, Statement

ID = "correction-removes-breach"
NEEDS: Needs = "law"

_COMPARED = ("transferred_at", "recipient", "purpose")


def check_decisions(
    context: Context, findings: Iterable[Finding], decisions: Mapping[str, Decision], states: Mapping[str, State]
) -> Iterator[Finding]:
    """One advisory finding for each such correction, serious while it awaits confirmation.

    It is on the statement that was corrected, with the correction as its second entry; `found` is that entry and
    what it changed.
    """
    removed: dict[int, list[Finding]] = {}
    for finding in findings:
        by = _removed_by(finding, states)
        if by is not None:
            removed.setdefault(by, []).append(finding)
    for by, gone in removed.items():
        chain = context.history.chain(by)
        place = next(place for place, statement in enumerate(chain) if statement.seq == by)
        correction, before = chain[place], chain[place - 1]
        waits = any(states.get(finding.key, OPEN).state != "settled" for finding in gone)
        yield make(
            ID,
            "advisory",
            "withdrawn" if correction.withdrawn else "changed",
            entries=[(before.seq, before.hash), (correction.seq, correction.hash)],
            id_=gone[0].id,
            expected=tuple(sorted({finding.check for finding in gone})),
            found=(correction.seq, *_changed(before, correction)),
            severity="serious" if waits else "minor",
        )


def _removed_by(finding: Finding, states: Mapping[str, State]) -> int | None:
    if finding.removed_by is not None:
        return finding.removed_by
    state = states.get(finding.key, OPEN)
    # What a second person confirmed no longer counts, and still shows what the correction did.
    return state.entry if state.second_person and state.how in ("corrected", "withdrawn") else None


def _changed(before: Statement, correction: Statement) -> tuple[str, ...]:
    if correction.withdrawn:
        return ("withdrawn",)
    changed = tuple(name for name in _COMPARED if getattr(before, name) != getattr(correction, name))
    return changed or ("other",)


def state(finding: Finding, states: Mapping[str, State]) -> State | None:
    """How a finding of this check stands: settled once every breach that the correction removed is."""
    if finding.check != ID or finding.severity == "serious":
        return None
    return State("settled", "corrected", finding.entries[1], None)


def compared(case: Case) -> Compared | str:
    """Nothing: it judges what became of findings, and no transfer."""
    return "on-decisions"
