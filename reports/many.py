"""What the checks of many transfers keep of each, and what they find in it: groups of members, and tallies.

A million transfers do not fit into memory beside one another, so members are written to a file of their own, which the
system clears away, and read back sorted by group. Tallies are few, and stay in memory.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

import msgspec

from ledger.errors import Refused
from reports.case import Case
from reports.checks import GroupCheck
from reports.checks.kinds import Member, Values
from reports.context import Context
from reports.finding import Finding
from reports.history import History
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
        if check.OVER_TIME:
            return _over_time(check, context, _decode(key), members)
        return list(check.check_group(context, _decode(key), members))
    except Exception as error:
        raise failed(check.ID, f"entries from {members[0].seq}", error) from error


_MOST_MOMENTS = 200


def _over_time(check: GroupCheck, context: Context, group: Values, members: Sequence[Member]) -> list[Finding]:
    """What the check finds among the statements that hold, and the breaches that it found before a correction.

    The group is judged as it stood right before each correction that took a member out of it, the latest first; what
    is found there and not afterwards was removed by that correction.
    """
    history = context.history
    ends = {
        member.seq: after[0].seq if (after := history.after(member.seq)) else member.corrected_by
        for member in members
        if member.corrected_by is not None
    }
    holding = [member for member in members if member.seq not in ends]
    found = list(check.check_group(context, group, holding)) if len(holding) >= check.LEAST else []
    known = {_breach(finding, history) for finding in found}
    moments = sorted({end for end in ends.values() if end is not None}, reverse=True)
    if len(moments) > _MOST_MOMENTS:
        # Of corrections in a row, as when an import is undone, the first alone is looked at: before it all were there.
        seqs = [member.seq for member in members]
        moments = [
            end
            for end, before in zip(moments, [*moments[1:], -1], strict=True)
            if bisect_left(seqs, end) != bisect_left(seqs, before) or before == -1
        ]
    for end in moments:
        then = [member for member in members if member.seq < end and (ends.get(member.seq) or end) >= end]
        if len(then) < check.LEAST:
            continue
        for finding in check.check_group(context, group, then):
            of = _breach(finding, history)
            if finding.outcome == "breach" and of not in known:
                known.add(of)
                found.append(msgspec.structs.replace(finding, corrected_by=end, removed_by=end))
    return found


def _breach(finding: Finding, history: History) -> tuple[int, str, str]:
    return history.root(finding.seq), finding.check, finding.reason


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
