"""The evidence bundle of a ledger: what an auditor takes along, and verifies without the ledger or this program.

Proofs of the entries that matter, all under the newest checkpoint; every kept checkpoint with the proof that nothing it
covers was changed since; the registers; the findings; and the page that verifies. docs/FORMAT.md section 10 says what
each member is. No erasable value goes in. The same ledger gives the same bytes, also later, from as many `checkpoints`
as there were.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ledger import bundle, entry, tree
from ledger import prove as proving
from ledger.errors import NotGenuine, Refused
from ledger.members import Key
from ledger.seal import Head
from ledger.source import Source
from ledger.tlog import merkle, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import parse_vkey
from ledger.verify.proofs import Trusted, signers
from reports.auditor_readme import Packed, keys_text, readme
from reports.documents.findings import Rows
from reports.formats.json_ import as_json
from reports.relevant import RELIED_ON, relevant
from reports.run import Result

PAGE, README, KEYS = "verify.html", "README.txt", "keys.txt"

_MORE = "`transfer-ledger verify` says more."
_ABOUT_EACH = 300
"""What a ZIP archive has of each member besides its bytes, and the manifest of it."""

_NODES = 200_000
"""So many nodes of the tree are kept while proofs are made: neighbours share most of theirs."""


class Kept(NamedTuple):
    """A row of `checkpoints`: its name in the bundle, the tree, the note and the timestamp."""

    name: str
    tree: Checkpoint
    note: bytes
    timestamp: bytes | None


def _keys(db: sqlite3.Connection, size: int) -> list[tuple[int, Key]]:
    of = "kind <> 'transfer' AND kind = 'key' AND seq < ?"
    rows = db.execute(f"SELECT seq, CAST(entry AS BLOB) FROM entries WHERE {of} ORDER BY seq", (size,))
    found = [(seq, entry.read(bytes(data))[0]) for seq, data in rows]
    return [(seq, one) for seq, one in found if isinstance(one, Key)]


def _kept(db: sqlite3.Connection, origin: str, size: int, first: int | None) -> list[Kept]:
    rows = db.execute(
        "SELECT size, CAST(note AS BLOB), timestamp FROM (SELECT rowid, * FROM checkpoints ORDER BY rowid LIMIT ?) "
        "WHERE size <= ? ORDER BY size, rowid",
        (-1 if first is None else first, size),
    ).fetchall()
    keys = _keys(db, size)
    number: Counter[int] = Counter()
    found = []
    for of, data, timestamp in rows:
        number[of] += 1
        own = next((one.keys for seq, one in reversed(keys) if seq < of), ())
        try:
            signed, by = signers(bytes(data), Trusted(tuple(map(parse_vkey, own))))
            if signed.size != of or signed.origin != origin or len(by) != len(own) or not own:
                raise NotGenuine("it is not one that the ledger's key signed.")
        except Refused as error:
            raise NotGenuine(f"The ledger's checkpoint at {of:,} entries: {error} {_MORE}") from None
        name = f"{bundle.CHECKPOINTS}{of}-{number[of]}"
        found.append(Kept(name, signed, bytes(data), None if timestamp is None else bytes(timestamp)))
    return found


def _remembered(read: merkle.Reader) -> merkle.Reader:
    known: dict[tuple[int, int], bytes] = {}

    def reader(nodes: Sequence[tuple[int, int]]) -> list[bytes]:
        asked = [node for node in nodes if node not in known]
        if asked:
            if len(known) > _NODES:
                known.clear()
                asked = list(nodes)
            known.update(zip(asked, read(asked), strict=True))
        return [known[node] for node in nodes]

    return reader


class _Room:
    """How many bytes and members a bundle still has room for."""

    def __init__(self) -> None:
        self.bytes, self.members = bundle.MOST_BYTES, bundle.MOST_MEMBERS - 1

    def takes(self, data: bytes) -> bool:
        """Whether there was room for a member of these bytes, which then is taken."""
        size = len(data) + _ABOUT_EACH
        if size > self.bytes or not self.members:
            return False
        self.bytes, self.members = self.bytes - size, self.members - 1
        return True


def _findings(result: Result, rows: Rows, head: Head) -> bytes:
    data = bytearray()
    for piece in as_json(result, rows, head):
        data += piece.encode()
        if len(data) > bundle.MOST_BYTES:
            raise _too_large()
    return bytes(data)


def _too_large() -> Refused:
    return Refused(
        f"The findings, registers and checkpoints alone are more than a bundle holds ({bundle.MOST_BYTES:,} bytes, "
        f"{bundle.MOST_MEMBERS:,} members); `transfer-ledger prove` proves single entries."
    )


def members(
    source: Source,
    result: Result,
    rows: Rows,
    *,
    more: Mapping[str, bytes] | None = None,
    checkpoints: int | None = None,
    done: Callable[[int], None] = lambda count: None,
) -> dict[str, bytes]:
    """The members of the evidence bundle of an open ledger, by their names; the manifest is one of them.

    `result` and `rows` are of a check of the whole ledger, from scratch. `more` are reports by their file names, which
    go into `reports/`. Only the first so many `checkpoints` that the file keeps count; None: all. `done` is told now
    and then how many entries were proved.

    Raises `Refused` where no checkpoint covers anything, or the findings alone are too large; `NotGenuine` where the
    ledger does not prove what it holds.
    """
    db, origin = source.db, source.genesis().origin
    kept = _kept(db, origin, source.head.size, checkpoints)
    if not kept:
        raise Refused(
            f"{source.path}: no checkpoint covers any entry, so nothing can be proved yet; "
            f"`transfer-ledger checkpoint` makes one."
        )
    newest = kept[-1].tree
    head = max((one for one in kept if one.tree.size == newest.size), key=_signatures)
    read = tree.reader(db, newest.size)
    found: dict[str, bytes] = {}
    for one in kept:
        found[f"{one.name}.txt"] = one.note
        if one.timestamp is not None:
            found[f"{one.name}.tsr"] = one.timestamp
        if one.tree.size < newest.size:
            grown = proving.of_tree(lambda size: tree.reader(db, size), one.tree, head.note)
            found[f"{bundle.CONSISTENCY[0]}{one.tree.size}{bundle.CONSISTENCY[1]}"] = grown.encode()
        elif one.tree != newest:
            raise NotGenuine(f"The ledger keeps checkpoints of two ledgers of {newest.size:,} entries. {_MORE}")
    found |= _registers(source, newest.size)
    found |= {f"{bundle.REPORTS}{name}": data for name, data in (more or {}).items()}
    found[bundle.FINDINGS] = _findings(result, rows, source.head)
    found[PAGE] = Path(__file__).with_name("verify.html").read_bytes()
    keys = _keys(db, newest.size)
    found[KEYS] = keys_text(origin, keys)
    room = _Room()
    if not all(room.takes(data) for data in (*found.values(), b" " * 20_000)):  # the last is for what people read
        raise _too_large()
    seqs = list(relevant(db, result.findings, newest.size))
    proofs, kinds, left = _proofs(db, seqs, _remembered(read), head.note, room, done)
    found |= proofs
    found[README] = readme(
        Packed(
            organisation=source.genesis().organisation,
            origin=origin,
            size=newest.size,
            root=note.base64(newest.root),
            uncovered=source.head.size - newest.size,
            kinds=kinds,
            left=left,
            checkpoints=len(kept),
            timestamps=sum(one.timestamp is not None for one in kept),
            registers=sum(name.startswith(bundle.REGISTERS) for name in found),
            reports=tuple(more or ()),
            findings=len(rows),
            as_of=result.as_of,
        )
    )
    found[bundle.MANIFEST] = bundle.manifest(newest, found)
    return found


def evidence_bundle(
    source: Source,
    result: Result,
    rows: Rows,
    *,
    more: Mapping[str, bytes] | None = None,
    checkpoints: int | None = None,
    done: Callable[[int], None] = lambda count: None,
) -> bytes:
    """The evidence bundle as a file; arguments and errors are those of `members`."""
    return bundle.write(members(source, result, rows, more=more, checkpoints=checkpoints, done=done))


def _signatures(one: Kept) -> int:
    return len(note.parse(one.note).signatures)


def _registers(source: Source, size: int) -> dict[str, bytes]:
    found = {}
    for one in source.registers():
        if one.seq < size:
            sha256 = one.entry.sha256
            row = source.db.execute(
                "SELECT CAST(content AS BLOB) FROM documents WHERE sha256 = ?", (sha256,)
            ).fetchone()
            found[f"{bundle.REGISTERS}{sha256}.yml"] = bytes(row[0])
    return found


def _proofs(
    db: sqlite3.Connection,
    seqs: Sequence[int],
    read: merkle.Reader,
    head: bytes,
    room: _Room,
    done: Callable[[int], None],
) -> tuple[dict[str, bytes], dict[str, int], int]:
    """Proofs by name, how many there are of each kind, and for how many there was no room."""
    found: dict[str, bytes] = {}
    kinds: defaultdict[str, int] = defaultdict(int)
    for place, seq in enumerate(seqs):
        if place % 1000 == 0:
            done(place)
        row = db.execute("SELECT kind, CAST(entry AS BLOB) FROM entries WHERE seq = ?", (seq,)).fetchone()
        if row is None:
            raise NotGenuine(f"Entry {seq} is missing. {_MORE}")
        data = proving.of_entry(seq, bytes(row[1]), read, head).encode()
        if not room.takes(data):
            if row[0] in RELIED_ON:
                raise _too_large()
            return found, dict(sorted(kinds.items())), len(seqs) - place
        found[f"{bundle.PROOFS[0]}{seq}{bundle.PROOFS[1]}"] = data
        kinds[row[0]] += 1
    return found, dict(sorted(kinds.items())), 0
