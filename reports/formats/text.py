"""Findings as text for a terminal: the worst first, each with its rule and what to do, and the sum at the end."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from ledger.canonical import control_character
from reports.documents.findings import Row, Rows
from reports.run import Result, open_breaches, rate
from reports.wording import RATING_REASONS, RATINGS, dated


def plain(text: str) -> str:
    """`text` without what a terminal would obey, as a register's or an organisation's text may hold it."""
    if control_character(text) is None:
        return text
    return "".join("�" if control_character(one) else one for one in text)


def _which(row: Row) -> str:
    which = f"entry {row.seq}" + (f" ({row.id})" if row.id else "")
    return which + (f" and {len(row.entries) - 1:,} more" if len(row.entries) > 1 else "")


def _told(row: Row) -> Iterator[str]:
    yield f"  {row.sender} → {row.recipient}" + (f", {dated(row.on.isoformat())}" if row.on else "")
    yield f"  Expected: {row.expected}"
    yield f"  Found: {row.found}"
    if row.citation:
        yield f"  Rule: {row.citation}" + (" (limit assigned, not in the notice)" if row.assigned else "")
    yield f"  Next: {row.next_step}"
    yield ""


def _lines(result: Result, rows: Rows) -> Iterator[str]:
    for row in rows.by_weight():
        yield f"{row.severity.upper()}  {_which(row)}  {row.check}, {row.outcome}"
        yield from _told(row)
    not_run = [one for one in result.checks if one.reason]
    if not_run:
        yield "Not checked, or not everywhere:"
        yield from (f"- {one.id}: {one.reason}" for one in not_run)
        yield ""
    counts, rating = result.counts, rate(result)
    yield (
        f"{result.transfers:,} transfers, as of {dated(result.as_of.isoformat())}: "
        f"{len(open_breaches(result)):,} open breaches, {counts['cannot-tell']:,} cannot be told, "
        f"{counts['advisory']:,} advisory; {counts['corrected']:,} findings on entries corrected since."
    )
    why = "; ".join(RATING_REASONS[reason] for reason in rating.reasons)
    yield RATINGS[rating.level] + (f": {why}." if why else ".")


def as_text(result: Result, rows: Rows) -> Iterator[str]:
    """The findings and their sum, line by line."""
    return (f"{plain(line)}\n" for line in _lines(result, rows))


def findings_as_text(rows: Iterable[Row], opened: Container[str], length: int) -> Iterator[str]:
    """Single findings, line by line: each with the first `length` digits of its key and whether it is in `opened`."""
    for row in rows:
        state = "open" if row.key in opened else "corrected" if row.corrected_by is not None else "not open"
        heading = f"{row.key[:length]}  {row.severity.upper()}  {_which(row)}  {row.check}, {row.outcome}, {state}"
        yield from (f"{plain(line)}\n" for line in (heading, *_told(row)))
