"""A finding as a page shows it: in words, with where its rule is written, and every decision about it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import msgspec

from datasette_plugins.transfer_ledger.columns.finding import Read, standing_of, standing_on, with_decision
from datasette_plugins.transfer_ledger.decisions import Decisions
from datasette_plugins.transfer_ledger.entries.decisions import decisions_on
from datasette_plugins.transfer_ledger.verdicts import state
from ledger.london import parse_date
from ledger.source import Source
from reports.decisions import Decision
from reports.documents.findings import VERDICTS, in_words, title
from reports.finding import Citation, Finding
from reports.formats.json_ import settled_as_json
from reports.history import State

MOST = 50
"""So many findings on one entry are shown with it; the others are counted."""

MOST_ENTRIES = 20
"""So many entries that one finding concerns are linked."""

STANDINGS = {
    "read": "checked against its source",
    "recalled": "recalled, not checked against its source",
    None: "from the documented purposes",
}
"""How it is known where a rule is written."""

_COLUMNS = (
    "f.expected, f.found, f.citation, f.next_step, f.decision, f.decision_due, f.state, f.how, f.state_entry, "
    "f.second_person, f.event, whole.finding"
)
_WHOLE = "verdicts.findings AS f JOIN verdicts.findings AS whole ON whole.key = f.key AND whole.finding IS NOT NULL"
_finding = msgspec.json.Decoder(Finding).decode


def kind_in_words(finding: Finding) -> str:
    """What kind of finding it is, as people read it: "breach" is kept for incidents."""
    if finding.outcome == "breach":
        return "Against the law" if finding.register is None else "Not covered by our notice"
    return {"cannot-tell": "Details missing", "advisory": "Advice"}[finding.outcome]


def headline(finding: Finding) -> str:
    """What was found, in a line; a title that begins with a name keeps its capital after the colon."""
    text = title(finding.check)
    first = text.partition(" ")[0]
    goes_on = text[:1].lower() + text[1:] if first[1:].islower() or len(first) == 1 else text
    return f"{kind_in_words(finding)}: {goes_on}"


class Found(NamedTuple):
    """One finding. The sentences are the last check's; how it stands is as of now, with decisions made since.

    `entries` are the first of the entries that it concerns, `concerned` how many there are. `value` is what a form
    says of it (`decisions.Seen`). `changed_by` is a correction that came after the last check, which it may change.
    """

    key: str
    check: str
    title: str
    kind: str
    headline: str
    outcome: str
    severity: str
    expected: str
    found: str
    citation: str
    citations: tuple[Citation, ...]
    next_step: str
    assigned: str
    entries: tuple[int, ...]
    concerned: int
    corrected_by: int | None
    removed_by: int | None
    changed_by: int | None
    standing: State
    state: str
    decisions: tuple[Decision, ...]
    decided: int
    value: str

    @property
    def seq(self) -> int:
        """The entry that it is about, the first of several."""
        return self.entries[0]

    @property
    def settled(self) -> bool:
        """Whether nothing is left to be done about it."""
        return self.standing.state == "settled"

    def as_json(self) -> dict[str, Any]:
        """The finding for programs; nothing of it is erasable."""
        newest = next((one for one in self.decisions if not one.advice), None)
        return {
            "key": self.key,
            "check": self.check,
            "outcome": self.outcome,
            "severity": self.severity,
            "seq": self.seq,
            "entries": self.concerned,
            "expected": self.expected,
            "found": self.found,
            "citation": self.citation,
            "assigned": self.assigned,
            "next_step": self.next_step,
            "state": self.standing.state,
            "settled": settled_as_json(self.standing),
            "corrected_by": self.corrected_by,
            "decision": newest and decision_as_json(newest),
        }


def decision_as_json(one: Decision) -> dict[str, Any]:
    """A decision for programs, without what was typed."""
    return {
        "seq": one.seq,
        "decision": one.decision,
        "words": VERDICTS[one.decision],
        "due": one.due and one.due.isoformat(),
        "advice": one.advice,
        "recorded_at": one.recorded_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _changed_by(source: Source, one: Finding, size: int) -> int | None:
    if one.id is None:
        return None
    newest = next((seq for _, _, _, seq in source.identities([one.seq])), None)
    return newest if newest is not None and newest >= size else None


def _found(source: Source, sealed: Decisions, row: tuple[Any, ...], today: date, typed: bool) -> Found:
    expected, found, citation, next_step, decided_as, due, *standing, text = row
    checked = state(source.db)
    size = 0 if checked is None else checked.size
    read = Read(
        _finding(text),
        expected,
        found,
        citation,
        next_step,
        decided_as,
        due and parse_date(due),
        standing_of(*standing),
    )
    one = read.finding
    decisions, decided = decisions_on(source, sealed, one.key, typed=typed)
    if (newest := sealed.between(size, source.head.size).get(one.key)) is not None:
        read = with_decision(read, newest)
    stands = standing_on(read.standing, read.due, today)
    overdue = stands.state == "open" and read.due is not None and read.due < today
    return Found(
        key=one.key,
        check=one.check,
        title=title(one.check),
        kind=kind_in_words(one),
        headline=headline(one),
        outcome=one.outcome,
        severity=one.severity,
        expected=expected,
        found=found,
        citation=citation,
        citations=one.citations,
        next_step=next_step,
        assigned=one.assigned,
        entries=one.entries[:MOST_ENTRIES],
        concerned=len(one.entries),
        corrected_by=one.corrected_by,
        removed_by=one.removed_by,
        changed_by=_changed_by(source, one, size),
        standing=stands,
        state=in_words(stands, overdue),
        decisions=decisions,
        decided=decided,
        value=sealed.seen([one.key], source.head.size)[one.key].value(one.key),
    )


def _all(source: Source, sealed: Decisions, rows: sqlite3.Cursor, today: date, typed: bool) -> Iterator[Found]:
    for row in rows.fetchall():
        yield _found(source, sealed, row, today, typed)


def found_on(
    source: Source, sealed: Decisions, seq: int, today: date, *, typed: bool = False
) -> tuple[tuple[Found, ...], int]:
    """What the last check found that concerns an entry, the worst first (at most `MOST`), and how many there are.

    With `typed`, over a connection that may, with the reasons of the decisions.
    """
    rows = source.db.execute(
        f"SELECT {_COLUMNS} FROM {_WHOLE} WHERE f.seq = ? ORDER BY f.position, f.key LIMIT ?", (seq, MOST)
    )
    count: int = source.db.execute("SELECT count(*) FROM verdicts.findings WHERE seq = ?", (seq,)).fetchone()[0]
    return tuple(_all(source, sealed, rows, today, typed)), count


def found_by(source: Source, sealed: Decisions, key: str, today: date) -> Found | None:
    """The finding with this key; None where the last check found none."""
    rows = source.db.execute(f"SELECT {_COLUMNS} FROM {_WHOLE} WHERE f.key = ? LIMIT 1", (key,))
    return next(_all(source, sealed, rows, today, False), None)
