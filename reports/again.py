"""A second check goes on from the first: it judges what is new, and what that changes, and nothing else.

Whatever is judged anew is first judged once more as it stood when the last check was made, so that exactly what it had
added is taken away: its findings, its places in groups, its marks in tallies. Then it is judged as it stands now. So
nothing has to be remembered of why something was found, and the result is that of a check from scratch, to the byte.

What changes the judgement of an older statement: a correction of its transfer; a correction, or the late arrival, of a
transfer that it cites, through any number of steps; a version of the documented purposes that takes over its day; and
the day of the run, if it lies in that day's future. An organisation's entry and an erasure may change anything, as may
another version of this program: then everything is judged anew.

What is gone on from is a cache in the ledger's file, which whoever can write the file can alter. So a check that is to
be believed is made from scratch.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import msgspec

import ledger
import reports
from ledger.source import Recorded, Source
from reports import kept
from reports.case import Case
from reports.checks import CHECKS, DecisionCheck
from reports.checks.kinds import Values
from reports.context import Context, Evidence
from reports.evidence import Cited, evidence_of
from reports.finding import Finding
from reports.judge import TALLIES, Judge
from reports.kept import Kept
from reports.many import FUTURE, ONWARD, Place, cites, in_group, in_tallies, marks, places
from reports.run import Result, result_of

_DERIVED = frozenset(check.ID for check in CHECKS if isinstance(check, DecisionCheck) or check in TALLIES)
"""Checks whose findings are made anew each time, from what is kept."""


class Changes(NamedTuple):
    """What a check changes in what the last one kept, and how many statements it `judged`.

    `gone` are keys of findings and `new` findings; a finding whose notes alone changed is in both. `tallies` are the
    new counts, 0 for none. `reworded` is whether the sentences of the other findings may have changed.
    """

    base: Kept
    judged: int
    gone: frozenset[str]
    new: list[Finding]
    places_gone: set[Place]
    places_new: set[Place]
    tallies: dict[tuple[int, Values], int]
    transfers: int
    covered: int
    reworded: bool


@cache
def code() -> str:
    """A digest of all that decides what is found besides the ledger: this project's code and the facts of law."""
    digest = hashlib.sha256()
    for package in (ledger, reports):
        root = Path(str(package.__file__)).parent
        for path in sorted(path for end in ("py", "yml") for path in root.rglob(f"*.{end}")):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _goes_on(source: Source, of: Kept, as_of: date) -> bool:
    if of.code != code() or of.as_of > as_of or not 0 < of.size <= source.head.size:
        return False
    last = source.db.execute("SELECT hash FROM entries WHERE seq = ?", (of.size - 1,)).fetchone()
    others = (
        "SELECT 1 FROM entries WHERE kind <> 'transfer' AND kind IN ('organisation', 'erasure') AND seq >= ? LIMIT 1"
    )
    return last is not None and last[0] == of.head and source.db.execute(others, (of.size,)).fetchone() is None


class _Ledger:
    """One view of the ledger, at one size, on one day: what a statement adds to what is found."""

    def __init__(self, source: Source, context: Context, before: int | None) -> None:
        self._source, self._before = source, before
        self.context = context
        self._judge = Judge()
        self.findings: list[Finding] = []
        self.places: set[Place] = set()
        self.tallies: Counter[tuple[int, Values]] = Counter()
        self.transfers = self.covered = 0

    def add(self, recorded: Recorded) -> None:
        if recorded.facts.transferred_on is None:
            return
        for earlier in self._source.earlier(recorded, self._before):
            self.context.supersede(earlier)
        case = Case(recorded, self.context)
        shape, found = self._judge(case)
        self.findings += found
        self.places.update(places(case, shape))
        self.tallies.update(marks(case, shape))
        if recorded.current:
            self.transfers += 1
            self.covered += shape.covered

    def add_entry(self, seq: int) -> None:
        self.add(self._source.statement(seq, self._before))


def _rejudged(source: Source, size: int, before: Context, now: Context) -> Iterator[int]:
    """The older statements that another version of the documented purposes judges now, or that may be cited anew."""
    if len(before.versions) == len(now.versions):
        return
    fresh = [version for version in now.versions if version.seq >= size]
    roots = dict(source.db.execute("SELECT seq, corrects FROM entries WHERE corrects IS NOT NULL"))
    days = source.db.execute("SELECT DISTINCT transferred_on FROM entries WHERE transferred_on IS NOT NULL").fetchall()
    for (text,) in days:
        day = date.fromisoformat(text)
        if not any(version.covers(day) for version in fresh) and before.version(day, size) is not None:
            continue
        rows = source.db.execute("SELECT seq FROM entries WHERE transferred_on = ? AND seq < ?", (text, size))
        for (seq,) in rows:
            of = roots.get(seq, seq)
            if (judge := before.version(day, of)) is None or now.version(day, of) is not judge:
                yield seq


def _affected(source: Source, size: int, before: Context, now: Context) -> list[int]:
    found: set[int] = set()
    rows = source.db.execute(
        "SELECT id, corrects FROM entries WHERE kind IN ('transfer', 'correction') AND seq >= ?", (size,)
    )
    ids = set()
    for id_, corrects in rows:
        ids.add(id_)
        if corrects is not None:
            found.update(seq for seq in source.statements_of(corrects) if seq < size)
    if before.as_of != now.as_of:
        found.update(kept.members(source.db, FUTURE, b""))
    rejudged = set(_rejudged(source, size, before, now))
    found |= rejudged
    todo = [*ids, *(id_ for _, _, id_, _ in source.identities(sorted(rejudged)))]
    ids.update(todo)
    while todo:
        citing = list(kept.members(source.db, ONWARD, cites(todo.pop())))
        found.update(citing)
        fresh = {id_ for _, _, id_, _ in source.identities(citing)} - ids
        ids |= fresh
        todo += fresh
    return sorted(found)


def _in_groups(source: Source, was: _Ledger, now: _Ledger, size: int) -> None:
    """The findings in every group that a place was taken from or added to, as they were and as they are."""
    touched: dict[tuple[int, bytes], tuple[set[int], dict[int, bytes]]] = {}
    for place in was.places:
        touched.setdefault(place[:2], (set(), {}))[0].add(place[2])
    for place in now.places:
        touched.setdefault(place[:2], (set(), {}))[1][place[2]] = place[3]
    for (number, key), (gone, new) in touched.items():
        if number < 0:
            continue
        values = kept.members(source.db, number, key)
        was.findings += in_group(was.context, number, key, values, partial(source.identities, before=size))
        values = {seq: value for seq, value in values.items() if seq not in gone} | new
        now.findings += in_group(now.context, number, key, dict(sorted(values.items())), source.identities)


def check_again(
    source: Source, as_of: date, done: Callable[[int], None] = lambda count: None
) -> tuple[Evidence, Result, Changes] | None:
    """The evidence, what a check from scratch would give, and what that changes; None where all must be judged anew.

    `done` is told how many statements were judged. Raises `CheckFailed` where a check breaks.
    """
    base = kept.state(source.db)
    if base is None or not _goes_on(source, base, as_of):
        return None
    try:
        return _gone_on(source, base, as_of, done)
    except msgspec.MsgspecError:
        return None  # what was kept is a cache that somebody damaged: it is made again


def _gone_on(source: Source, base: Kept, as_of: date, done: Callable[[int], None]) -> tuple[Evidence, Result, Changes]:
    size = base.size
    evidence = evidence_of(source, since=size)
    then = replace(
        evidence,
        adopted=tuple(version for version in evidence.adopted if version.seq < size),
        transfers_by_id=Cited(source, size),
    )
    was = _Ledger(source, Context(then, base.as_of), size)
    now = _Ledger(source, Context(evidence, as_of), None)
    judged = 0
    for seq in _affected(source, size, was.context, now.context):
        was.add_entry(seq)
        now.add_entry(seq)
        judged += 1
        if judged % 1000 == 0:
            done(judged)
    for recorded in evidence.recorded:
        now.add(recorded)
        judged += 1
        if judged % 1000 == 0:
            done(judged)
    _in_groups(source, was, now, size)

    tallies = kept.tallies(source.db)
    changed = {mark for mark in {*was.tallies, *now.tallies} if was.tallies[mark] != now.tallies[mark]}
    for number, mark in changed:
        tallies[number][mark] += now.tallies[number, mark] - was.tallies[number, mark]
        if not tallies[number][mark]:
            del tallies[number][mark]
    before = kept.findings(source.db)
    gone = {finding.key for finding in was.findings}
    still = [one for one in before.values() if one.key not in gone and one.check not in _DERIVED]
    transfers = base.transfers + now.transfers - was.transfers
    covered = base.covered + now.covered - was.covered
    found = [*still, *now.findings, *in_tallies(now.context, tallies)]
    result = result_of(evidence, now.context, found, transfers, covered)
    after = {finding.key: finding for finding in result.findings}
    decided = evidence.decisions.keys()  # whose rows say so, and may have been decided since, or be overdue now
    return (
        evidence,
        result,
        Changes(
            base=base,
            judged=judged,
            gone=frozenset(key for key, one in before.items() if after.get(key) != one or key in decided),
            new=[one for key, one in after.items() if before.get(key) != one or key in decided],
            places_gone=was.places - now.places,
            places_new=now.places - was.places,
            tallies={(number, mark): tallies[number].get(mark, 0) for number, mark in changed},
            transfers=transfers,
            covered=covered,
            reworded=len(was.context.versions) != len(now.context.versions),
        ),
    )
