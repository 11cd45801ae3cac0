"""Every finding as a row of data, and the first findings of each cause as tables for people.

A document stays readable, and its file small, however many findings there are: it lists so much text of findings and no
more, and its data has all of them, made one by one as they are read.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from reports.documents import links
from reports.documents.blocks import Cell, Code, Column, Data, Facts, Inline, Table, Tag, Text, Value
from reports.documents.findings import VERDICTS, Cause, Decided, Row, Rows, verdict_in_words

MOST_TEXT = 150_000
"""So many characters of findings are listed in a document, with `OVERHEAD` for each: some thirty sheets of paper."""

OVERHEAD = 400
"""What a row costs besides its texts, in characters of HTML."""

MOST_EXPECTED = 120
"""So many characters of what was expected stand in a row; a flow may document fifty fields. The data has all."""

WORTH_SAYING_TWICE = 60
"""A text longer than so many characters is said once in a table, and then which entry has it."""

COLUMNS = (
    Column("key", "Key", "code"),
    Column("check", "Check", "code"),
    Column("outcome", "Outcome"),
    Column("severity", "Severity"),
    Column("seq", "Entry", "number"),
    Column("id", "Transfer", "code"),
    Column("expected", "Expected"),
    Column("found", "Found"),
    Column("citation", "Rule"),
    Column("next_step", "What to do next"),
    Column("decision", "Decision"),
    Column("decision_due", "Decision due", "date"),
    Column("decision_entry", "Decision in entry", "number"),
    Column("decision_closed", "Decision closes it", "number"),
    Column("transferred_on", "Date of the transfer", "date"),
    Column("sender", "From"),
    Column("recipient", "To"),
    Column("purpose", "Purpose"),
    Column("assigned", "Limit assigned by the editor, because"),
    Column("corrected_by", "Corrected by entry", "number"),
    Column("state", "State"),
    Column("sender_id", "From (id)", "code"),
    Column("recipient_id", "To (id)", "code"),
)
"""Those of `check --format csv`, and then how the finding stands and the ids of its parties."""


def values(row: Row) -> tuple[Value, ...]:
    """The cells of a finding, as `COLUMNS` has them."""
    of = row.decision
    decided: tuple[Value, ...] = (None,) * 4 if of is None else (of.decision, of.due, of.seq, int(of.closed))
    return (
        row.key,
        row.check,
        row.outcome,
        row.severity,
        row.seq,
        row.id,
        row.expected,
        row.found,
        row.citation,
        row.next_step,
        *decided,
        row.on,
        row.sender,
        row.recipient,
        row.purpose,
        row.assigned,
        row.corrected_by,
        row.state,
        row.sender_id,
        row.recipient_id,
    )


class Listed:
    """The findings as rows of data, which can be gone through again and again and are kept nowhere."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        return map(values, self._rows)


def data(rows: Rows) -> Data:
    """All findings, in the ledger's order."""
    return Data("findings", "Findings", COLUMNS, Listed(rows))


def _size(row: Row, cause: Cause) -> int:
    # What all findings of a cause have in common is said once, above them.
    own = [getattr(row, name) for name in ("citation", "assigned", "next_step") if not getattr(cause, name)]
    expected = "" if cause.expected else _clipped(row.expected)
    return OVERHEAD + sum(map(len, (row.sender, row.recipient, row.shortly, expected, *own)))


def shown(causes: Sequence[Cause]) -> dict[str, tuple[Row, ...]]:
    """The findings of each cause that a document lists, by the cause's anchor: one at least.

    Causes share `MOST_TEXT` evenly; what a small one leaves over goes to the others.
    """
    sizes = {cause.anchor: [_size(row, cause) for row in cause.rows] for cause in causes}
    found: dict[str, tuple[Row, ...]] = {}
    left = MOST_TEXT
    for place, cause in enumerate(sorted(causes, key=lambda one: (sum(sizes[one.anchor]), one.anchor))):
        share = left // (len(causes) - place)
        taken = list(itertools.accumulate(sizes[cause.anchor]))
        count = max(1, sum(size <= share for size in taken))
        found[cause.anchor] = cause.rows[:count]
        left = max(left - taken[count - 1], 0)
    return found


def outcome(cause: Cause) -> Tag:
    """How certain it is, in a word or two."""
    return Tag(cause.outcome.replace("-", " "))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def rule(citation: str, assigned: str) -> Text:
    """A rule with where it is written, and whether the notice says so."""
    if not assigned:
        return (_sentence(citation),)
    before = f"{_sentence(citation)} " if citation else ""
    return before, Tag("assigned"), f" Not in the notice; the register’s editor says: {assigned}"


def facts(cause: Cause) -> Facts | None:
    """What all findings of a cause have in common; None where that is nothing."""
    items: list[tuple[str, Text]] = []
    if cause.expected:
        items.append(("Expected", (cause.expected,)))
    if cause.citation or cause.assigned:
        items.append(("Rule", rule(cause.citation, cause.assigned)))
    if cause.next_step:
        items.append(("Do next", (cause.next_step,)))
    return Facts(tuple(items)) if items else None


def entry(row: Row, app: str) -> Text:
    """The entry that a finding is about, its transfer's id, and how many more entries it is about."""
    more = f" and {len(row.entries) - 1:,} more" if len(row.entries) > 1 else ""
    id_: tuple[Inline, ...] = (" ", Code(row.id)) if row.id else ()
    return links.entry(app, row.seq), *id_, *((more,) if more else ())


def parties(row: Row) -> str:
    """Who sent and who got it, or what the finding is on instead."""
    return f"{row.sender} → {row.recipient}" if row.recipient_id else row.recipient


def _clipped(text: str) -> str:
    if len(text) <= MOST_EXPECTED:
        return text
    start = text[:MOST_EXPECTED]
    return f"{(start.rpartition(' ')[0] or start).rstrip(',')} …"


class _Said:
    """What was said in a table already, so that its rows do not repeat it."""

    def __init__(self) -> None:
        self._entries: dict[str, int] = {}

    def before(self, text: str, row: Row) -> int | None:
        """The entry of the row that has this text already, if it is a long one."""
        first = self._entries.setdefault(text, row.seq)
        return first if first != row.seq and len(text) > WORTH_SAYING_TWICE else None


def _found(row: Row, cause: Cause, said: _Said) -> Text:
    text = row.shortly
    if row.prefilled:
        text += f" Filled in by software: {', '.join(row.prefilled)}."
    if not cause.expected and row.expected:
        first = said.before(row.expected, row)
        text += f" Expected: {_clipped(row.expected) if first is None else f'as on entry {first}.'}"
    return (text,)


def _own_rule(row: Row, cause: Cause, said: _Said) -> Text:
    pieces: list[Inline] = []
    citation = "" if cause.citation else row.citation
    assigned = "" if cause.assigned else row.assigned
    next_step = "" if cause.next_step else row.next_step
    if (first := said.before("\n".join((citation, assigned, next_step)), row)) is not None:
        return (f"As on entry {first}.",)
    if citation or assigned:
        pieces += rule(citation, assigned)
    if not cause.next_step:
        if pieces:
            last = pieces[-1]
            stop = "" if isinstance(last, str) and last.endswith((".", "”")) else "."
            pieces.append(f"{stop} Do next: {row.next_step}")
        else:
            pieces.append(row.next_step)
    return tuple(pieces)


def verdict(decided: Decided) -> str:
    """What was decided, in words."""
    return _sentence(VERDICTS[decided.decision])


def decision(row: Row, app: str) -> Text:
    """What was decided about a finding, until when, where that is sealed, and how it stands since; () for nothing.

    What the data protection officer advised stands beside it.
    """
    advice: Text = ()
    if row.advice is not None:
        advice = (f"Advice: {VERDICTS[row.advice.decision]} (", links.entry(app, row.advice.seq), ")")
    if (of := row.decision) is None:
        return advice
    overdue: Text = () if of.closed else (" ", Tag("overdue", "serious"))
    beside: Text = ("; ", *advice) if advice else ()
    return f"{_sentence(verdict_in_words(of.decision, of.due))} (", links.entry(app, of.seq), ")", *overdue, *beside


def table(cause: Cause, rows: Sequence[Row], app: str) -> Table:
    """The first findings of one cause, and how many there are in all."""
    columns = [
        Column("entry", "Transfer"),
        Column("on", "Date", "date"),
        Column("parties", "From → to"),
        Column("found", "Found"),
    ]
    decided = any(row.decision is not None or row.advice is not None for row in rows)
    columns += [Column("rule", "Rule and what to do next")] if cause.own_rules else []
    columns += [Column("decision", "Decision")] if decided else []
    cells: list[tuple[Cell, ...]] = []
    expected, rules = _Said(), _Said()
    for row in rows:
        cell: list[Cell] = [entry(row, app), row.on, parties(row), _found(row, cause, expected)]
        cell += [_own_rule(row, cause, rules)] if cause.own_rules else []
        cell += [decision(row, app) or None] if decided else []
        cells.append(tuple(cell))
    many = f"{cause.count:,} {'finding' if cause.count == 1 else 'findings'} of {cause.check}"
    if cause.count > len(rows):
        many += f", the first {len(rows):,} of them; the CSV file and the spreadsheet list all"
    return Table(name(cause), many, tuple(columns), tuple(cells))


def name(cause: Cause) -> str:
    """The id of a cause's table, the same in every report."""
    return f"findings-{cause.severity}-{cause.check}-{cause.outcome}"
