"""Reading a ledger: for checking, reporting and browsing, and never for verifying.

A `Source` opens the file read-only, with what lies beside it (`fileset`), and gives what was sealed as the structures
of `members`, with the erasable values that are still there. What it gives is as true as the file; whether the file
is true, `verify` says.

Sealed text is read as bytes, whatever they are: what an attacker left that is no text is refused with its entry.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from ledger import disclosure, entry
from ledger.errors import Refused
from ledger.fileset import FileSet, Snapshot
from ledger.header import header_problem
from ledger.members import (
    AnyEntry,
    Attestation,
    Confirmation,
    Correction,
    Erasure,
    Genesis,
    Organisation,
    Person,
    Register,
    Review,
    Transfer,
)
from ledger.people import People
from ledger.schema import differs
from ledger.seal import Head
from ledger.store import altered, head, sentences

if TYPE_CHECKING:
    from ledger.register import model


_Entry = TypeVar("_Entry", bound=AnyEntry)

_RUN = 256
"""So many entries are read together."""

_MORE = "`transfer-ledger verify` says more."
_OF = "kind <> 'transfer' AND kind = ?"
"""Entries of one kind, so put that the partial index on the kinds other than transfers serves it."""

_ENTRY, _HASH, _DISCLOSURE = (f"CAST({name} AS BLOB)" for name in ("entry", "hash", "disclosure"))


class Recorded(NamedTuple):
    """One statement of a transfer: the transfer itself or a correction of it, with its erasable values."""

    seq: int
    hash: str
    facts: Transfer | Correction
    given: dict[str, str | tuple[str, ...]]
    erased: frozenset[str]
    current: bool
    superseded_by: int | None


class Adopted(NamedTuple):
    """A version of the documented purposes, as it was adopted."""

    seq: int
    hash: str
    entry: Register
    register: model.Register

    def covers(self, day: date) -> bool:
        """Whether it judges transfers of `day`: its first and its last day are included."""
        until = self.entry.effective_until
        return self.entry.effective_from <= day and (until is None or day <= until)


def _open(path: Path) -> tuple[FileSet, sqlite3.Connection]:
    if (why := header_problem(path)) is not None:
        raise Refused(f"{path} {why}")
    with sentences(path):
        files = FileSet(path)
        return files, files.connect()


def connect(path: Path) -> sqlite3.Connection:
    """The ledger at `path`, read-only, in a read transaction; also from a folder where nothing can be written."""
    return _open(path)[1]


class Source:
    """A ledger opened for reading; use it as a context manager. One snapshot from opening to closing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._erasures: dict[int, frozenset[str]] | None = None
        self.files, self.db = _open(path)
        # What is not evidence (a column of `entries`) may hold bytes that are no text, and is shown.
        self.db.text_factory = lambda data: str(data, "utf-8", "replace")
        with sentences(path):
            if found := differs(self.db):
                self.db.close()
                raise Refused(
                    f"{path}: {len(found)} of its tables, views or triggers are not those that this version creates; "
                    f"`transfer-ledger verify` says which."
                )
            self.head: Head = head(self.db)
        if self.head.size == 0:
            raise Refused(f"{path}: the ledger has no entries, not even its first; it cannot be read.")

    def __enter__(self) -> Source:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Closes. Raises `Refused` where the files were replaced meanwhile, or, with its seq, an entry is no JSON."""
        try:
            if isinstance(error, sqlite3.OperationalError) and (why := altered(error)) is not None:
                seq = self.db.execute("SELECT min(seq) FROM entries WHERE NOT json_valid(entry)").fetchone()[0]
                raise Refused(
                    f"{self.path} {why}" if seq is None else f"{self.path}: entry {seq} is no JSON; {_MORE}"
                ) from None
            if error is None:
                self.files.unchanged()
        finally:
            self.db.close()

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """What is read here, for `verify` too: this very state. It may be newer than the one before, as `head` is."""
        with sentences(self.path), closing(self.files.connect_with(self.db)) as other:
            self.head = head(self.db)
            yield Snapshot(self.files, self.db, other)

    def _read(self, seq: int, data: bytes) -> AnyEntry:
        found, problems = entry.read(data)
        if found is None:
            raise Refused(f"{self.path}: entry {seq} cannot be read: {problems[0].message} {_MORE}")
        return found

    def _hash(self, seq: int, data: bytes) -> str:
        if not data.isalnum():
            raise Refused(f"{self.path}: the hash kept of entry {seq} is no text of letters and digits; {_MORE}")
        return data.decode("ascii")

    def _disclosed(self, seq: int, data: bytes) -> disclosure.Disclosure:
        try:
            return disclosure.read(data.decode("ascii", "replace"))
        except Refused as error:
            raise Refused(f"{self.path}: an erasable value of entry {seq} cannot be read: {error} {_MORE}") from None

    def entry(self, seq: int) -> tuple[AnyEntry, str, str] | None:
        """Entry `seq` as (what it states, its sealed text, its hash), or None where there is none."""
        row = self.db.execute(f"SELECT {_ENTRY}, {_HASH} FROM entries WHERE seq = ?", (seq,)).fetchone()
        return (self._read(seq, row[0]), row[0].decode("utf-8"), self._hash(seq, row[1])) if row else None

    def entries(self, seqs: list[int]) -> Iterator[tuple[int, bytes]]:
        """The sealed texts of entries, each with its seq."""
        return self.db.execute(
            f"SELECT e.seq, {_ENTRY.replace('entry', 'e.entry')} FROM json_each(?) AS j "
            "CROSS JOIN entries AS e ON e.seq = j.value",
            (json.dumps(seqs),),
        )

    def genesis(self) -> Genesis:
        """The first entry. `Refused` where it is no genesis."""
        found = self.entry(0)
        if found is None or not isinstance(found[0], Genesis):
            raise Refused(f"{self.path}: its first entry is no genesis; {_MORE}")
        return found[0]

    def given(self, seq: int) -> dict[str, str | tuple[str, ...]]:
        """The erasable values of entry `seq` that are still there, by name."""
        rows = self.db.execute(f"SELECT {_DISCLOSURE} FROM disclosures WHERE seq = ?", (seq,))
        return {d.name: d.value for (data,) in rows for d in (self._disclosed(seq, data),)}

    def _erased(self) -> dict[int, frozenset[str]]:
        found: dict[int, frozenset[str]] = {}
        for seq, data in self.db.execute(f"SELECT seq, {_ENTRY} FROM entries WHERE {_OF}", ("erasure",)):
            one = self._read(seq, data)
            if isinstance(one, Erasure):
                found[one.erases.seq] = found.get(one.erases.seq, frozenset()) | {one.name}
        return found

    def identities(self, seqs: list[int]) -> Iterator[tuple[int, str, str, int | None]]:
        """Of statements of transfers, in order of seq: seq, hash, the transfer's id, the newest that replaced it."""
        rows = self.db.execute(
            f"SELECT e.seq, {_HASH.replace('hash', 'e.hash')}, e.id, (SELECT max(c.seq) FROM entries AS c "
            "WHERE c.corrects = coalesce(e.corrects, e.seq) AND c.seq > e.seq) "
            "FROM json_each(?) AS j CROSS JOIN entries AS e ON e.seq = j.value ORDER BY e.seq",
            (json.dumps(seqs),),
        )
        return ((seq, self._hash(seq, hash_), id_, newest) for seq, hash_, id_, newest in rows)

    def statement(self, seq: int) -> Recorded:
        """The statement of a transfer that is entry `seq`. `Refused` where it is none."""
        found = self.entry(seq)
        if found is None or not isinstance(found[0], (Transfer, Correction)):
            raise Refused(f"{self.path}: entry {seq} is found as a transfer and is none; {_MORE}")
        facts = found[0]
        ((_, hash_, _, superseded),) = self.identities([seq])
        if self._erasures is None:
            self._erasures = self._erased()
        stands = superseded is None and not (isinstance(facts, Correction) and facts.withdrawn)
        return Recorded(seq, hash_, facts, self.given(seq), self._erasures.get(seq, frozenset()), stands, superseded)

    def earlier(self, recorded: Recorded) -> Iterator[Recorded]:
        """The statements that the correction `recorded` came after, in order; none of a transfer."""
        if isinstance(recorded.facts, Correction):
            for seq in self.statements_of(recorded.facts.corrects.seq):
                if seq < recorded.seq:
                    yield self.statement(seq)

    def statements_of(self, root: int) -> list[int]:
        """The seqs of the transfer that is entry `root` and of its corrections, in order."""
        rows = self.db.execute("SELECT seq FROM entries WHERE corrects = ? ORDER BY seq", (root,))
        return [root, *(seq for (seq,) in rows)]

    def transfers(self, first: int = 0, end: int | None = None) -> Iterator[Recorded]:
        """Every statement of a transfer in its order, superseded ones too; streams.

        Only those from entry `first` on, before entry `end`, where they are given.
        """
        newest = dict(
            self.db.execute("SELECT corrects, max(seq) FROM entries WHERE corrects IS NOT NULL GROUP BY corrects")
        )
        erased = self._erased()
        # Of all kinds: to ask SQLite for those of transfers, it would have to read the JSON of each.
        rows = self.db.execute(
            f"SELECT seq, {_ENTRY}, {_HASH} FROM entries WHERE seq >= ? AND seq < ? ORDER BY seq",
            (first, self.head.size if end is None else end),
        )
        nothing: dict[str, str | tuple[str, ...]] = {}
        nobody: frozenset[str] = frozenset()
        while run := rows.fetchmany(_RUN):
            given = self._given_between(run[0][0], run[-1][0])
            found = self._run([(seq, data) for seq, data, _ in run])
            for (seq, _, hash_), facts in zip(run, found, strict=True):
                if isinstance(facts, Transfer):
                    superseded, withdrawn = newest.get(seq), False
                elif isinstance(facts, Correction):
                    latest = newest.get(facts.corrects.seq)
                    superseded, withdrawn = (
                        latest if latest is not None and latest > seq else None,
                        bool(facts.withdrawn),
                    )
                else:
                    continue
                yield Recorded(
                    seq,
                    hash_.decode("ascii") if hash_.isalnum() else self._hash(seq, hash_),
                    facts,
                    given.get(seq, nothing),
                    erased.get(seq, nobody),
                    superseded is None and not withdrawn,
                    superseded,
                )

    def _run(self, run: list[tuple[int, bytes]]) -> Iterator[AnyEntry]:
        # Many at once are read in a third of the time; where anything is wrong with one, one by one it is named.
        sound = entry.read_run([data for _, data in run])
        return iter(sound) if sound is not None else (self._read(seq, data) for seq, data in run)

    def _given_between(self, first: int, last: int) -> dict[int, dict[str, str | tuple[str, ...]]]:
        rows = self.db.execute(
            f"SELECT seq, {_DISCLOSURE} FROM disclosures WHERE seq BETWEEN ? AND ? ORDER BY seq", (first, last)
        ).fetchall()
        sound = disclosure.read_run([data for _, data in rows]) if rows else []
        values = sound if sound is not None else (self._disclosed(seq, data) for seq, data in rows)
        found: dict[int, dict[str, str | tuple[str, ...]]] = {}
        for (seq, _), one in zip(rows, values, strict=True):
            found.setdefault(seq, {})[one.name] = one.value
        return found

    def corrected(self) -> Iterator[tuple[int, str, Transfer | Correction]]:
        """Every statement of each transfer that was ever corrected: seq, hash and facts, in order of seq."""
        rows = self.db.execute(
            f"SELECT seq, {_ENTRY}, {_HASH} FROM entries WHERE seq IN (SELECT corrects FROM entries WHERE corrects > 0 "
            "UNION SELECT seq FROM entries WHERE corrects > 0) ORDER BY seq"
        )
        while run := rows.fetchmany(_RUN):
            for (seq, _, hash_), facts in zip(run, self._run([(seq, data) for seq, data, _ in run]), strict=True):
                if not isinstance(facts, (Transfer, Correction)):
                    raise Refused(f"{self.path}: entry {seq} is found as a transfer and is none; {_MORE}")
                yield seq, self._hash(seq, hash_), facts

    def actor(self, seq: int) -> str | None:
        """The code of the person who caused entry `seq`; None where it names none."""
        found = self.entry(seq)
        return None if found is None else found[0].actor

    def transfers_between(self) -> dict[tuple[str, str], int]:
        """How many transfers stand (the latest statement of each, withdrawn ones left out), by sender and recipient."""
        rows = self.db.execute("SELECT sender, recipient, count(*) FROM transfers GROUP BY sender, recipient")
        return {(sender, recipient): count for sender, recipient, count in rows}

    def _of_kind(self, kind: str, what: str, of: type[_Entry], since: int = 0) -> Iterator[tuple[int, str, _Entry]]:
        """Every entry of a kind in the order it was sealed, from entry `since` on: seq, hash and facts.

        `what` is the kind in a sentence.
        """
        rows = self.db.execute(
            f"SELECT seq, {_ENTRY}, {_HASH} FROM entries WHERE {_OF} AND seq >= ? ORDER BY seq", (kind, since)
        )
        while run := rows.fetchmany(_RUN):
            for (seq, _, hash_), one in zip(run, self._run([(seq, data) for seq, data, _ in run]), strict=True):
                if not isinstance(one, of):
                    raise Refused(f"{self.path}: entry {seq} is found as {what} and is none; {_MORE}")
                yield seq, self._hash(seq, hash_), one

    def reviews(self) -> Iterator[tuple[int, str, Review, dict[str, str | tuple[str, ...]]]]:
        """Every decision on a finding in the order it was sealed: its seq, hash, facts and erasable values."""
        for seq, hash_, one in self.decisions():
            yield seq, hash_, one, self.given(seq)

    def decisions(self, since: int = 0) -> Iterator[tuple[int, str, Review]]:
        """As `reviews` from entry `since` on, without the erasable values: its seq, hash and facts."""
        return self._of_kind("review", "a review", Review, since)

    def people(self) -> People:
        """Everyone who was issued a code."""
        return People([self.genesis(), *(one for _, _, one in self._of_kind("person", "a person", Person))])

    def confirmations(self, since: int = 0) -> Iterator[Confirmation]:
        """What second people confirmed from entry `since` on, in the order it was sealed."""
        return (one for _, _, one in self._of_kind("confirmation", "a confirmation", Confirmation, since))

    def attestations(self) -> Iterator[tuple[int, str, Attestation]]:
        """Every attested report in the order it was sealed: its seq, hash and what it states."""
        return self._of_kind("attestation", "an attestation", Attestation)

    def organisations(self) -> dict[str, Organisation]:
        """The newest `organisation` entry for each id."""
        return {one.id: one for _, _, one in self._of_kind("organisation", "an organisation", Organisation)}

    def restated_organisations(self) -> tuple[Organisation, ...]:
        """Every `organisation` entry of the ids that have several, in order."""
        entries = [one for _, _, one in self._of_kind("organisation", "an organisation", Organisation)]
        times = Counter(one.id for one in entries)
        return tuple(one for one in entries if times[one.id] > 1)

    def registers(self) -> list[Adopted]:
        """The adopted versions of the documented purposes, oldest adoption first."""
        from ledger.register.read import read_sealed

        found = []
        for seq, hash_, one in self._of_kind("register", "a register", Register):
            row = self.db.execute(
                "SELECT CAST(content AS BLOB) FROM documents WHERE sha256 = ?", (one.sha256,)
            ).fetchone()
            if row is None:
                raise Refused(f"{self.path}: the register sealed in entry {seq} is missing from its documents; {_MORE}")
            try:
                register = read_sealed(row[0], seq)
            except Refused as error:
                raise Refused(
                    f"{self.path}: the register sealed in entry {seq} cannot be read: {error} {_MORE}"
                ) from None
            found.append(Adopted(seq, hash_, one, register))
        return found
