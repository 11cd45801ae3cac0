"""What the checks of many transfers keep of each, and what they find in it: groups of members, and tallies.

A million transfers do not fit into memory beside one another, so members are written to a file of their own, which the
system clears away, and read back sorted by group. Tallies are few, and stay in memory.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

import msgspec

from ledger.errors import Refused
from reports.case import Case
from reports.checks.kinds import Member, Values
from reports.context import Context
from reports.finding import Finding
from reports.judge import GROUPS, TALLIES, Shape, failed

_RUN = 5_000
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str | int, ...]).decode


Place: TypeAlias = tuple[int, bytes, int, bytes]
"""One transfer's place in one group: the group's number among `judge.GROUPS`, its key, the seq, what is kept."""

Identity: TypeAlias = tuple[int, str, str, int | None]
"""A statement's seq, its hash, its transfer's id, and the seq of what replaced it."""

Identities: TypeAlias = Callable[[list[int]], Iterable[Identity]]
"""Gives the identities of statements, in order of seq."""


def places(case: Case, shape: Shape) -> list[Place]:
    """Where a judged case belongs. Raises `CheckFailed` where a check breaks."""
    seq = case.recorded.seq
    found: list[Place] = []
    for number, check in shape.groups:
        try:
            key = check.key(case)
            if key is not None:
                found.append((number, _encode(key), seq, _encode(check.value(case))))
        except Exception as error:
            raise failed(check.ID, f"entry {seq}", error) from error
    return found


def marks(case: Case, shape: Shape) -> Iterator[tuple[int, Values]]:
    """What a judged case that stands counts as, each with the tally's number among `judge.TALLIES`."""
    if not case.recorded.current:
        return
    for number, tally in shape.tallies:
        try:
            mark = tally.mark(case)
        except Exception as error:
            raise failed(tally.ID, f"entry {case.recorded.seq}", error) from error
        if mark is not None:
            yield number, mark


def in_group(context: Context, number: int, key: bytes, values: Mapping[int, bytes], who: Identities) -> list[Finding]:
    """What the check finds in one group: `values` by seq, in order of seq. Raises `CheckFailed` where it breaks."""
    check = GROUPS[number]
    if len(values) < check.LEAST:
        return []
    members = [
        Member(seq, hash_, id_, corrected, _decode(values[seq])) for seq, hash_, id_, corrected in who(list(values))
    ]
    try:
        return list(check.check_group(context, _decode(key), members))
    except Exception as error:
        raise failed(check.ID, f"entries from {members[0].seq}", error) from error


def in_tallies(context: Context, tallies: Mapping[int, Mapping[Values, int]]) -> list[Finding]:
    """What the checks find in the tallies, by number. Raises `CheckFailed` where one breaks."""
    found: list[Finding] = []
    for number, check in enumerate(TALLIES):
        try:
            found += check.check_tally(context, tallies.get(number, {}))
        except Exception as error:
            raise failed(check.ID, "the counts of all transfers", error) from error
    return found


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Refused(
            f"There is no room to put aside what the check compares ({error}); make room for temporary files (in the "
            "folder that SQLITE_TMPDIR or TMPDIR names) and check again."
        ) from None


class Many:
    """All places and marks of a run, as they come."""

    def __init__(self) -> None:
        # An empty name: SQLite's own temporary file, gone when the connection is.
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute("PRAGMA cache_size=-8000")
        self._db.execute("CREATE TABLE places (number INTEGER, key BLOB, seq INTEGER, value BLOB)")
        self._db.execute("BEGIN")
        self._run: list[Place] = []
        self.tallies: dict[int, Counter[Values]] = {number: Counter() for number in range(len(TALLIES))}

    def add(self, case: Case, shape: Shape) -> None:
        """One judged case."""
        self._run += places(case, shape)
        if len(self._run) >= _RUN:
            self._keep()
        if shape.tallies:
            for number, mark in marks(case, shape):
                self.tallies[number][mark] += 1

    def _keep(self) -> None:
        with _room():
            self._db.executemany("INSERT INTO places VALUES (?, ?, ?, ?)", self._run)
        self._run = []

    def places(self) -> Iterator[Place]:
        """Every place, by group, key and seq."""
        self._keep()
        with _room():
            rows = self._db.execute("SELECT * FROM places ORDER BY number, key, seq")
            while run := rows.fetchmany(_RUN):
                yield from run

    def findings(self, context: Context, who: Identities) -> list[Finding]:
        """What all groups and tallies show."""
        found: list[Finding] = []
        for (number, key), members in groupby(self.places(), key=itemgetter(0, 1)):
            found += in_group(context, number, key, {seq: value for _, _, seq, value in members}, who)
        return found + in_tallies(context, self.tallies)

    def close(self) -> None:
        """Lets go of the file."""
        self._db.close()
