"""What waits for a second person, and whether somebody may be that person: for the command and for the app alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reports.decisions import DENIALS
from reports.finding import Finding
from reports.history import History
from reports.run import Result


def unconfirmed(result: Result) -> Iterator[tuple[Finding, int]]:
    """Each finding that somebody denied and no second person has confirmed, with the entry to be confirmed."""
    for finding in result.findings:
        state = result.state(finding)
        if state.second_person is False and state.entry is not None:
            by = finding.removed_by if state.how not in DENIALS else None
            # Of several corrections the newest is confirmed: it says what holds.
            yield finding, state.entry if by is None else result.history.chain(by)[-1].seq


def own_statement(history: History, size: int, findings: Iterable[Finding], actor: str | None) -> int | None:
    """The entry of a transfer, of those that `findings` are on, that `actor` stated and so can't decide alone about.

    None where there is none, or nobody else could confirm; `size` is how many entries the ledger has.
    """
    for finding in findings:
        for seq in finding.entries:
            involved = history.stated_by(seq)
            if actor in involved and history.people.second(actor, size, None, involved) != "alone":
                return seq
    return None
