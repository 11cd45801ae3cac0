"""The decisions and the advice that were sealed about a finding, in full: over all time, the newest first."""

from __future__ import annotations

from collections.abc import Iterator

from datasette_plugins.transfer_ledger.decisions import Decisions
from datasette_plugins.transfer_ledger.entries.judged import Given
from ledger.members import Review
from ledger.source import Source
from reports.decisions import Decision

MOST = 50
"""So many decisions on one finding are shown, the newest; the others are counted."""


def _text(given: Given, name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) else None


def _read(source: Source, seqs: list[int], typed: bool) -> Iterator[Decision]:
    for seq in seqs:
        found = source.entry(seq)
        if found is not None and isinstance(found[0], Review):
            one, given = found[0], source.given(seq) if typed else {}
            yield Decision(
                seq=seq,
                hash=found[2],
                finding=one.finding,
                check=one.check,
                decision=one.decision,
                due=one.due,
                recorded_at=one.recorded_at,
                reason=_text(given, "reason"),
                decided_by=_text(given, "decided_by"),
                owner=_text(given, "owner"),
                actor=one.actor,
                advice=bool(one.advice),
            )


def decisions_on(
    source: Source, sealed: Decisions, key: str, *, typed: bool = False
) -> tuple[tuple[Decision, ...], int]:
    """The decisions and advice on the finding `key`, the newest first (at most `MOST`), and how many there are.

    `sealed` knows where they are, and takes in what is new. With `typed`, over a connection that may, their erasable
    values are read too.
    """
    sealed.take_in(source)
    seqs = sealed.about(key, source.head.size)
    return tuple(_read(source, seqs[:MOST], typed)), len(seqs)
