"""Findings as rows for people: in sentences, with who sent what to whom, and the order in which to read them.

The checks give values; here they meet the names of the ledger's parties and the date of their transfer. What a
party was called by whoever typed an unknown name is erasable and is not shown: such a party is `unlisted`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from ledger.members import UNLISTED
from ledger.source import Source
from reports.checks import CHECKS
from reports.finding import SEVERITIES, Finding, Outcome, Severity
from reports.run import Result
from reports.wording import Labels, word

SEVERAL = "Several, in one import"
"""Named in place of a party where a finding is about a whole import."""

NOT_KNOWN = "Not a known name (unlisted)"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One finding in words. `recipient_id` and `sender_id` are "" where it concerns several transfers at once.

    `found` is the whole sentence, with notes on assigned limits, on what software filled in and on corrections;
    `shortly` is the same without the notes. `assigned` is the editor's reason for a limit that the notice does not
    state, "" where the notice does. `on` is the London day of the transfer, an interval's first.
    """

    key: str
    check: str
    reason: str
    outcome: Outcome
    severity: Severity
    seq: int
    id: str | None
    entries: tuple[int, ...]
    on: date | None
    sender_id: str
    sender: str
    recipient_id: str
    recipient: str
    purpose: str
    expected: str
    found: str
    shortly: str
    citation: str
    assigned: str
    prefilled: tuple[str, ...]
    next_step: str
    corrected_by: int | None

    @property
    def weight(self) -> tuple[bool, int]:
        """Sorts what stands before what was corrected, and the worst first."""
        return self.corrected_by is not None, SEVERITIES.index(self.severity)


def by_weight(rows: Iterable[Row]) -> list[Row]:
    """The rows with the worst first and the corrected last, otherwise as they were."""
    return sorted(rows, key=lambda row: row.weight)


def title(check: str) -> str:
    """What a check finds, in its own words: the first sentence of its documentation."""
    for one in CHECKS:
        if check == one.ID and one.__doc__:
            return one.__doc__.partition("\n")[0].rstrip(".")
    return check


def named(id_: str | None, label: Labels) -> str:
    """The name of a party or a purpose, "" for none."""
    if id_ is None:
        return ""
    return NOT_KNOWN if id_ == UNLISTED else label(id_)


def _row(finding: Finding, source: Source, label: Labels, same: dict[str, str]) -> Row:
    # A finding on one transfer names its parties; one on an import (it has no id) has many.
    on, sender, recipient, purpose = source.db.execute(
        "SELECT transferred_on, sender, recipient, purpose FROM entries WHERE seq = ?", (finding.seq,)
    ).fetchone()
    several = finding.id is None
    words = word(finding, label)
    shortly = words.found
    if finding.assigned or finding.prefilled or finding.corrected_by is not None:
        bare = msgspec.structs.replace(finding, assigned="", prefilled=(), corrected_by=None)
        shortly = word(bare, label).found
    return Row(
        key=finding.key,
        check=finding.check,
        reason=finding.reason,
        outcome=finding.outcome,
        severity=finding.severity,
        seq=finding.seq,
        id=finding.id,
        entries=finding.entries,
        on=None if on is None else date.fromisoformat(on),
        sender_id="" if several else sender or "",
        sender=SEVERAL if several else named(sender, label),
        recipient_id="" if several else recipient or "",
        recipient=SEVERAL if several else named(recipient, label),
        purpose="" if several else named(purpose, label),
        expected=same.setdefault(words.expected, words.expected),
        found=same.setdefault(words.found, words.found),
        shortly=same.setdefault(shortly, shortly),
        citation=same.setdefault(finding.citation, finding.citation),
        assigned=finding.assigned,
        prefilled=finding.prefilled,
        next_step=same.setdefault(words.next_step, words.next_step),
        corrected_by=finding.corrected_by,
    )


def rows_of(source: Source, result: Result, label: Labels) -> tuple[Row, ...]:
    """The findings of a run over `source`, in the run's order."""
    # A hundred thousand findings share a few hundred sentences: each is kept once.
    same: dict[str, str] = {}
    return tuple(_row(finding, source, label, same) for finding in result.findings)


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Findings that have one cause: the same check and the same outcome.

    `expected`, `citation`, `assigned` and `next_step` are what all its rows have in common, and "" where they
    differ: then each row says its own. `own_rules` is whether any row has a rule or a next step of its own.
    """

    anchor: str
    title: str
    check: str
    outcome: Outcome
    severity: Severity
    expected: str
    citation: str
    assigned: str
    next_step: str
    own_rules: bool
    rows: tuple[Row, ...]


def common(texts: Iterable[str]) -> str:
    """The text that all `texts` are, or "" where they differ."""
    found = set(texts)
    return found.pop() if len(found) == 1 else ""


def _cause(place: int, group: Sequence[Row]) -> Cause:
    first = group[0]
    shared = {
        name: common(getattr(row, name) for row in group) for name in ("expected", "citation", "assigned", "next_step")
    }
    return Cause(
        anchor=f"cause-{place}",
        title=f"Cannot be told: {title(first.check)}" if first.outcome == "cannot-tell" else title(first.check),
        check=first.check,
        outcome=first.outcome,
        severity=first.severity,
        own_rules=any(
            getattr(row, name) != shared[name] for row in group for name in ("citation", "assigned", "next_step")
        ),
        rows=tuple(group),
        **shared,
    )


def causes_of(rows: Sequence[Row]) -> tuple[Cause, ...]:
    """Rows put together by cause, the worst first, then those with the most findings."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.severity, row.check, row.outcome), []).append(row)
    ordered = sorted(groups.values(), key=lambda group: (SEVERITIES.index(group[0].severity), -len(group)))
    return tuple(_cause(place, group) for place, group in enumerate(ordered, start=1))
