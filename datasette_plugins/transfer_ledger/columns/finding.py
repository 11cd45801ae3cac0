"""One finding as the last check left it in the app's private file, and how it stands on a day."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

import msgspec

from ledger.london import parse_date
from reports.decisions import Verdict
from reports.finding import Finding, Outcome, Severity

_COLUMNS = "key, seq, expected, found, citation, next_step, decision, decision_due, finding"
_read = msgspec.json.Decoder(Finding).decode


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A finding in words. Its sender, recipient and purpose are ids, "" where it is on several transfers or on none.

    `on` is the London day of its (first) transfer, None where there is none; `recorded` that of its entry's recording.
    `decision` is the newest one that was sealed when the check was made, `due` its day.
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

    @property
    def seq(self) -> int:
        """The entry that it is about, the first of several."""
        return self.entries[0]

    @property
    def stands(self) -> bool:
        """Whether no correction has replaced what it is about."""
        return self.corrected_by is None

    def closed(self, today: date) -> bool:
        """Whether a decision closes it on `today`; the due day of one is included."""
        return self.decision is not None and (self.due is None or today <= self.due)

    def open(self, today: date) -> bool:
        """Whether it is a breach that stands and that no decision closes on `today`."""
        return self.outcome == "breach" and self.stands and not self.closed(today)


class Read(msgspec.Struct, frozen=True, gc=False):
    """A finding and its texts, as rows of `findings` hold them."""

    finding: Finding
    expected: str
    found: str
    citation: str
    next_step: str
    decision: Verdict | None
    due: date | None


def read(db: sqlite3.Connection) -> list[Read]:
    """All findings of the last check, by their entries."""
    same: dict[Any, Any] = {}
    found = []
    rows = db.execute(f"SELECT {_COLUMNS} FROM verdicts.findings WHERE finding IS NOT NULL ORDER BY seq, position, key")
    for _, _, expected, text_found, citation, next_step, decision, due, whole in rows:
        one = _read(whole)
        # Thirty thousand findings share a few hundred texts and values.
        shared = {
            name: same.setdefault(value, value)
            for name in ("check", "reason", "expected", "found", "citations", "assigned", "prefilled", "register")
            if (value := getattr(one, name)) is not None
        }
        told, seen, cited, to_do = (same.setdefault(text, text) for text in (expected, text_found, citation, next_step))
        day = None if due is None else parse_date(due)
        found.append(Read(msgspec.structs.replace(one, **shared), told, seen, cited, to_do, decision, day))
    return found
