"""What verification reached, said plainly: the problems, what was not checked, and what remains possible."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from ledger import entry
from ledger.errors import NotGenuine, Refused
from ledger.fileset import Snapshot
from ledger.members import Genesis
from ledger.tlog import cosignature, note
from ledger.verify import database, names, wal
from ledger.verify.evidence import Evidence
from ledger.verify.levels import NOTHING, Brought, Head, Levels, Reached, kept
from ledger.verify.published import verify_published
from ledger.verify.record import Found, walk

NOT_CHECKED = (
    "Whether a transfer took place that nobody recorded: no ledger can show that.",
    "Whether the whole ledger was rewritten: no checkpoint that you kept was compared.",
    "Whether entries were cut off at the end: no checkpoint that you kept was compared.",
)
"""What `consistent` leaves open (DESIGN section 4)."""

_TABLES = tuple(
    f"The table {name} " for name in ("entries", "disclosures", "documents", "tiles", "checkpoints", "names")
)
"""What is read. In the place of any of these a view could run for ever, or show whatever its author likes."""

MOST_PROBLEMS = 10_000
"""After so many problems of single entries the walk goes on counting, but keeps no more of their sentences."""


class Report(NamedTuple):
    """What `verify` found. `assurance` is `none` where a problem was found, or the highest that was reached.

    That is `consistent`, `signed`, `anchored`, `witnessed`, or the last two together; `reached` tells them one by one.
    `log` says what was read of the write-ahead log and what of it was not: that changes from one moment to the next,
    and so stands beside `not_checked`.

    `head` is the hash of the last entry, as recomputed; `warnings` do not count against the ledger.
    """

    assurance: str
    size: int
    head: str | None
    origin: str | None
    problems: list[Found]
    warnings: list[Found]
    not_checked: list[str]
    reached: Reached
    log: tuple[str | None, str | None] = (None, None)


def _keep(found: Iterator[Found], problems: list[Found], warnings: list[Found]) -> int:
    beyond = 0
    for one in found:
        kept = warnings if one.warning else problems
        if len(kept) < MOST_PROBLEMS:
            kept.append(one)
        else:
            beyond += 1
    return beyond


def verify(
    path: Path,
    done: Callable[[int], None] = lambda count: None,
    brought: Brought = NOTHING,
    snapshot: Snapshot | None = None,
) -> Report:
    """Everything that can be checked of the ledger at `path`, by itself and by what the verifier `brought`.

    `snapshot` is one of it that is open already, for whoever reads on in the very state that was verified.

    `Refused` where it, or something that was brought, cannot be read; where its files must not be read together, or
    were replaced meanwhile; and where it is an incomplete copy, as far as that can be told.
    """
    if snapshot is None:
        with database.snapshot(path) as opened:
            return verify(path, done, brought, opened)
    with database.text_as(bytes, snapshot.db):
        report = _verify(path, snapshot, done, brought)
    snapshot.files.unchanged()
    return report


def _verify(path: Path, snapshot: Snapshot, done: Callable[[int], None], brought: Brought) -> Report:
    problems: list[Found] = []
    warnings: list[Found] = []
    not_checked = [NOT_CHECKED[0]]
    log = wal.sentence(snapshot.files.log)
    size, head, origin, reached = 0, None, None, Reached((), 0, None, [])
    db = snapshot.db
    with ExitStack() as beside:
        problems += database.schema_problems(db)
        integrity: Callable[[], list[Found]] = list
        if problems:
            not_checked.append("The indexes' contents: with another schema SQLite is not trusted to compare them.")
            if any(found.message.startswith(_TABLES) for found in problems):
                not_checked.append("The entries themselves: a table that is read is not as this version creates it.")
                return Report("none", 0, None, None, problems, warnings, [*not_checked, *NOT_CHECKED[1:]], reached, log)
        else:
            integrity = beside.enter_context(database.integrity_problems(snapshot.other))
        try:
            size = db.execute("SELECT count(*) FROM entries NOT INDEXED").fetchone()[0]
            if size == 0:
                problems.append(
                    Found(None, "empty", "The ledger has no entries, not even its first; an empty ledger is no record.")
                )
            first = db.execute("SELECT entry FROM entries WHERE seq = 0").fetchone()
            genesis = entry.read(first[0])[0] if first else None
            origin = genesis.origin if isinstance(genesis, Genesis) else None
            evidence = Evidence(db, origin, brought)
            if beyond := _keep(walk(db, size, done, evidence.add, brought.now), problems, warnings):
                not_checked.append(f"{beyond:,} more problems were found and are not listed.")
            problems += evidence.problems()
            _bring(evidence.levels, problems, not_checked)
            _keep(names.problems(db), problems, warnings)
            if not problems and not integrity():
                reached = evidence.levels.reached()
            row = db.execute("SELECT entry FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
            head = entry.leaf_hash(row[0]) if row else None
        except (sqlite3.DatabaseError, TypeError) as error:
            # Pages of two states mixed, as in a copy without its log, and nothing that is otherwise than it was sealed.
            if not problems and getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CORRUPT:
                snapshot.files.refuse_without_log(f"SQLite cannot read it to its end ({error}).")
            problems.append(Found(None, "unreadable", f"The file cannot be read to its end: {error}."))
        problems[:0] = integrity()
    not_checked += _open(reached)
    assurance = "none" if problems else " and ".join(reached.levels[-2:]) or "consistent"
    return Report(assurance, size, head, origin, problems, warnings, not_checked, reached, log)


def verify_publication(
    target: str, done: Callable[[int], None] = lambda count: None, brought: Brought = NOTHING
) -> Report:
    """Everything that can be checked of a ledger that was published at `target` (a folder, or a URL), without its file.

    `Refused` where the place, or something that was brought, cannot be read.
    """
    sizes = {tree.size for _, _, tree in kept(brought)}
    found = verify_published(target, sizes, done, brought.now)
    problems, warnings = list(found.problems), list(found.warnings)
    roots = {**found.roots, found.tree.size: found.tree.root}
    levels = Levels(brought, found.tree.origin, found.tree.size, roots, found.keys)
    reached = Reached((), 0, None, [])
    try:
        signed = note.parse(found.note)
        if found.keys:
            problems += levels.key_problems()
            own = [cosignature.verifier(key) for key in levels.keys_at(found.tree.size)]
            if not note.verified(signed, own):
                problems.append(
                    Found(None, "checkpoint", "Its checkpoint is not signed by the key that the ledger names.")
                )
        levels.add(Head("The published checkpoint", False, found.tree, signed))
    except NotGenuine as error:
        problems.append(Found(None, "checkpoint", f"Its checkpoint: {error}"))
    not_checked = [NOT_CHECKED[0], *found.not_checked]
    _bring(levels, problems, not_checked)
    if not problems:
        reached = levels.reached()
    not_checked += _open(reached)
    assurance = "none" if problems else " and ".join(reached.levels[-2:]) or "consistent"
    origin = found.tree.origin
    return Report(assurance, found.tree.size, found.head, origin, problems, warnings, not_checked, reached)


def _bring(levels: Levels, problems: list[Found], not_checked: list[str]) -> None:
    # Where something is wrong already, that a kept checkpoint names another ledger must not hide it: of a ledger
    # whose first entry is gone or was altered, nothing says which it is.
    try:
        problems += levels.brought_problems()
    except Refused as error:
        if not problems:
            raise
        not_checked.append(f"What you brought: {error}")


def _open(reached: Reached) -> list[str]:
    # What remains possible, plainly, at the levels that were reached.
    found = list(reached.remarks)
    if "anchored" not in reached.levels and "witnessed" not in reached.levels:
        found.append(NOT_CHECKED[1])
        found.append(NOT_CHECKED[2])
    else:
        found.append("Whether entries were cut off after the newest checkpoint that you got from elsewhere.")
    if "witnessed" not in reached.levels:
        found.append(
            "Whether others were shown another ledger: no policy with witnesses was given, or none saw this one."
        )
    return found


def missed(report: Report, require: str | None) -> str | None:
    """Why what was asked for, a level or a fresh time, was not reached, or None; for a ledger without problems."""
    if report.reached.stale is not None:
        return report.reached.stale
    if require in (None, "consistent") or require in report.reached.levels:
        return None
    return (
        f"The level {require} was not reached, with no sign of alteration: {' '.join(report.reached.remarks)}".rstrip(
            ": "
        )
    )
