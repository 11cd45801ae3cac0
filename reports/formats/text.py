"""Findings as text for a terminal: the worst first, each with its rule and what to do, and the sum at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from ledger.canonical import control_character
from ledger.seal import Head
from reports.baseline import Compared
from reports.decisions import Decision
from reports.documents.findings import Decided, Row, Rows
from reports.documents.statements import QUESTIONS, complied, to_settle
from reports.run import Result, answers, rate
from reports.wording import RATING_REASONS, dated, rating_in_words


def plain(text: str) -> str:
    """`text` without what a terminal would obey, as a register's or an organisation's text may hold it."""
    if control_character(text) is None:
        return text
    return "".join("�" if control_character(one) else one for one in text)


def _which(row: Row) -> str:
    which = f"entry {row.seq}" + (f" ({row.id})" if row.id else "")
    return which + (f" and {len(row.entries) - 1:,} more" if len(row.entries) > 1 else "")


def decision_in_words(decided: Decided, sealed: Decision) -> str:
    """What was decided, why and by whom, for a terminal alone: it tells the values that can be erased."""
    why = "its reason was erased" if sealed.reason is None else sealed.reason
    by = "" if sealed.decided_by is None else f" Decided by {sealed.decided_by}."
    owner = "" if sealed.owner is None else f" To be seen to by {sealed.owner}."
    return f"{decided.words}: {why}{'' if why.endswith(('.', '!', '?')) else '.'}{by}{owner}"


def _told(row: Row, decisions: Mapping[str, Decision]) -> Iterator[str]:
    # What is about no transfer, as a flow that nobody used, is between nobody.
    between = row.sender if row.sender == row.recipient else f"{row.sender} → {row.recipient}"
    yield f"  {between}" + (f", {dated(row.on.isoformat())}" if row.on else "")
    yield f"  Expected: {row.expected}"
    yield f"  Found: {row.found}"
    if row.citation:
        yield f"  Rule: {row.citation}" + (" (limit assigned, not in the notice)" if row.assigned else "")
    yield f"  Next: {row.next_step}"
    if row.decision is not None:
        yield f"  Decision: {decision_in_words(row.decision, decisions[row.key])}"
    if row.advice is not None:
        yield f"  Advice of the data protection officer: {row.advice.words}."
    yield ""


def _lines(result: Result, rows: Rows, head: Head) -> Iterator[str]:
    for row in rows.by_weight():
        yield f"{row.severity.upper()}  {_which(row)}  {row.check}, {row.outcome}" + (
            "" if row.standing.how is None and row.decision is None else f", {row.state}"
        )
        yield from _told(row, result.decisions)
    not_run = [one for one in result.checks if one.reason]
    if not_run:
        yield "Not checked, or not everywhere:"
        yield from (f"- {one.id}: {one.reason}" for one in not_run)
        yield ""
    counts, rating, given = result.counts, rate(result), answers(result)
    yield (
        f"{result.transfers:,} transfers, as of {dated(result.as_of.isoformat())}: "
        f"{given.open:,} open breaches, {counts['cannot-tell']:,} cannot be told, "
        f"{counts['advisory']:,} advisory; {counts['corrected']:,} findings on entries corrected since"
        + (f", {counts['closed']:,} closed." if counts["closed"] else ".")
    )
    yield (
        f"All of them were read from one snapshot: {head.size:,} entries, the last with the hash {head.hash}. Run "
        "`transfer-ledger verify` to see whether anybody altered them."
    )
    for question, (said, because) in zip(QUESTIONS, (complied(given), to_settle(given)), strict=True):
        yield f"{question} {said}: {because[:1].lower()}{because[1:]}"
    why = "; ".join(RATING_REASONS[reason] for reason in rating.reasons)
    yield rating_in_words(rating.level, given.complied) + (f": {why}." if why else ".")


def since_in_words(since: Compared) -> str:
    """What is new since a baseline, in numbers."""
    of = since.baseline
    what = f"the first {of.size:,} entries" if of.keys is None else f"the check as of {dated(of.as_of) or of.as_of}"
    gone = "" if since.gone is None else f", and {since.gone:,} that it had are gone"
    return f"Since {what}: {len(since.new):,} new findings; {since.known:,} were known{gone}."


def as_text(result: Result, rows: Rows, head: Head, since: Compared | None = None) -> Iterator[str]:
    """The findings and their sum, line by line; `since` says since when `rows` are new, where they are only those."""
    more = () if since is None else (since_in_words(since),)
    return (f"{plain(line)}\n" for line in chain(_lines(result, rows, head), more))


def findings_as_text(rows: Iterable[Row], decisions: Mapping[str, Decision], length: int) -> Iterator[str]:
    """Single findings, line by line: each with the first `length` digits of its key, how it stands and why."""
    for row in rows:
        heading = f"{row.key[:length]}  {row.severity.upper()}  {_which(row)}  {row.check}, {row.outcome}, {row.state}"
        yield from (f"{plain(line)}\n" for line in (heading, *_told(row, decisions)))
