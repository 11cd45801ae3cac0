"""What a correction changed: the statement before it and its own, member by member."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from datasette_plugins.transfer_ledger.entries.facts import Fact, Shown, facts
from ledger import canonical
from ledger.members import Correction, Transfer
from ledger.source import Source
from reports.wording import Labels

MOST = 20
"""So many statements of one transfer are listed, the first and the newest; the others are counted."""

_OF_THE_CORRECTION = ("corrects.seq", "corrects.hash", "withdrawn")


class Statement(NamedTuple):
    """One statement of a transfer: the first, a correction of it, or its withdrawal."""

    seq: int
    kind: str
    recorded_at: str


class Change(NamedTuple):
    """One member in two statements. `how` is `same`, `changed`, `added` or `left out`."""

    name: str
    meaning: str
    before: tuple[Shown, ...]
    after: tuple[Shown, ...]
    how: Literal["same", "changed", "added", "left out"]


class Corrections(NamedTuple):
    """All statements of a transfer (at most `MOST`, of `total`), and how two that follow each other differ.

    `after` is None where no correction is told of, and `withdrawn` says that it states nothing.
    """

    statements: tuple[Statement, ...]
    total: int
    before: int | None
    after: int | None
    withdrawn: bool
    changes: tuple[Change, ...]


def _facts(source: Source, seq: int, label: Labels) -> dict[str, Fact]:
    found = source.entry(seq)
    if found is None:
        return {}
    sealed: Any = canonical.decode(found[1].encode())
    listed = facts(type(found[0]), sealed, label)
    return {fact.path: fact for fact in listed if fact.path not in _OF_THE_CORRECTION}


def _how(before: tuple[Shown, ...], after: tuple[Shown, ...]) -> Literal["same", "changed", "added", "left out"]:
    if before == after:
        return "same"
    return "added" if not before else "left out" if not after else "changed"


def _changes(before: dict[str, Fact], after: dict[str, Fact]) -> tuple[Change, ...]:
    found = []
    for path in dict.fromkeys((*before, *after)):
        was, now = before.get(path), after.get(path)
        one = was or now
        assert one is not None
        values = was.values if was else (), now.values if now else ()
        found.append(Change(one.name, one.meaning, *values, _how(*values)))
    return tuple(found)


_KIND = "CASE WHEN withdrawn THEN 'withdrawal' ELSE kind END"


def corrections(source: Source, one: Transfer | Correction, label: Labels) -> Corrections | None:
    """The statements of the transfer that `one` states, and what changed; None where it was never corrected.

    A correction is laid beside the statement before it, a transfer beside its first correction.
    """
    root = one.corrects.seq if isinstance(one, Correction) else one.seq
    db = source.db
    count = db.execute("SELECT count(*) FROM entries WHERE corrects = ?", (root,)).fetchone()[0]
    if count == 0:
        return None
    rows = db.execute(f"SELECT seq, {_KIND}, recorded_at FROM entries WHERE seq = ?", (root,)).fetchall()
    newest = f"SELECT seq, {_KIND}, recorded_at FROM entries WHERE corrects = ? ORDER BY seq DESC LIMIT ?"
    rows += reversed(db.execute(newest, (root, MOST - 1)).fetchall())
    if isinstance(one, Correction):
        of = "SELECT max(seq) FROM entries WHERE corrects = ? AND seq < ?"
        earlier = db.execute(of, (root, one.seq)).fetchone()[0]
        before, after = root if earlier is None else earlier, one.seq
    else:
        before, after = root, db.execute("SELECT min(seq) FROM entries WHERE corrects = ?", (root,)).fetchone()[0]
    said = source.entry(after)
    withdrawn = said is not None and isinstance(said[0], Correction) and bool(said[0].withdrawn)
    changes = () if withdrawn else _changes(_facts(source, before, label), _facts(source, after, label))
    statements = tuple(Statement(*row) for row in rows)
    return Corrections(statements, count + 1, before, after, withdrawn, changes)
