"""One finding as the last check left it in the app's private file, and how it stands on a day."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

import msgspec

from ledger.london import parse_date
from reports.decisions import Decision, Verdict
from reports.documents.findings import VERDICTS, in_words
from reports.finding import Finding, Outcome, Severity
from reports.history import OPEN, State, decided_so_far

_COLUMNS = (
    "key, seq, expected, found, citation, next_step, decision, decision_due, state, how, state_entry, second_person, "
    "event, finding"
)
_read = msgspec.json.Decoder(Finding).decode


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A finding in words. Its sender, recipient and purpose are ids, "" where it is on several transfers or on none.

    `on` is the London day of its (first) transfer, None where there is none; `recorded` that of its entry's recording.
    `decision` is the newest one, `due` its day. `standing` is how it stands, as long as that day has not passed.
    `removed_by` is the correction that denies it.
    """

    key: str
    entries: tuple[int, ...]
    id: str | None
    check: str
    reason: str
    outcome: Outcome
    severity: Severity
    sender: str
    recipient: str
    purpose: str
    on: date | None
    recorded: date
    expected: str
    found: str
    citation: str
    next_step: str
    decision: Verdict | None
    due: date | None
    corrected_by: int | None
    removed_by: int | None
    standing: State

    @property
    def seq(self) -> int:
        """The entry that it is about, the first of several."""
        return self.entries[0]

    @property
    def stands(self) -> bool:
        """Whether no correction has replaced what it is about."""
        return self.corrected_by is None

    def closed(self, today: date) -> bool:
        """Whether it is settled on `today`; the due day of a decision is included."""
        return standing_on(self.standing, self.due, today).state == "settled"

    def overdue(self, today: date) -> bool:
        """Whether the day of its decision has passed."""
        return self.decision is not None and self.due is not None and self.due < today

    def state(self, today: date) -> str:
        """How it stands on `today`, in words."""
        standing = standing_on(self.standing, self.due, today)
        return in_words(standing, self.overdue(today) and standing.state == "open")


def standing_on(standing: State, due: date | None, today: date) -> State:
    """How a finding stands on `today`, of whose newest decision `due` is the last day."""
    by_decision = standing.how in VERDICTS and standing.state == "settled"
    return OPEN if by_decision and due is not None and due < today else standing


class Read(msgspec.Struct, frozen=True, gc=False):
    """A finding and its texts, as rows of `findings` hold them."""

    finding: Finding
    expected: str
    found: str
    citation: str
    next_step: str
    decision: Verdict | None
    due: date | None
    standing: State


def standing_of(state: str, how: Any, entry: int | None, second_person: int | None, event: int | None) -> State:
    """How a finding stands, from the columns of its row."""
    if state == OPEN.state:
        return OPEN
    return State(state, how, entry, None if second_person is None else bool(second_person), event)  # type: ignore[arg-type]


def with_decision(one: Read, newest: Decision) -> Read:
    """What a check left of a finding, with a decision of which it may not have known; nothing confirms that yet."""
    standing = one.standing
    if one.finding.corrected_by is None and newest.seq != standing.entry:
        decided = decided_so_far(one.finding, newest)
        if decided is not OPEN:
            standing = decided
        elif standing.how in VERDICTS:
            standing = OPEN
    return msgspec.structs.replace(one, decision=newest.decision, due=newest.due, standing=standing)


def read(db: sqlite3.Connection) -> list[Read]:
    """All findings of the last check, by their entries."""
    same: dict[Any, Any] = {}
    found = []
    rows = db.execute(f"SELECT {_COLUMNS} FROM verdicts.findings WHERE finding IS NOT NULL ORDER BY seq, position, key")
    for _, _, expected, text_found, citation, next_step, decision, due, *standing, whole in rows:
        one = _read(whole)
        # Thirty thousand findings share a few hundred texts and values.
        shared = {
            name: same.setdefault(value, value)
            for name in ("check", "reason", "expected", "found", "citations", "assigned", "prefilled", "register")
            if (value := getattr(one, name)) is not None
        }
        told, seen, cited, to_do = (same.setdefault(text, text) for text in (expected, text_found, citation, next_step))
        day = None if due is None else parse_date(due)
        of = standing_of(*standing)
        found.append(Read(msgspec.structs.replace(one, **shared), told, seen, cited, to_do, decision, day, of))
    return found
