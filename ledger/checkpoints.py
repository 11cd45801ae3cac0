"""The ledger's checkpoints: its tree signed, cosigned and timestamped, and the `key` entries that name who signs.

A checkpoint is made in the order that `signing` explains. Before it, whoever else knows of this ledger is asked (a
published checkpoint, a witness), so that a ledger that was put back to an earlier state is noticed before anything is
signed. What is newly signed is recomputed from the entries' bytes: the tiles and hashes in the file are caches, and a
signature over a root that no entries have could never be taken back.
"""

from __future__ import annotations

import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from ledger import entry, signing, store, tree
from ledger.errors import NotGenuine, Refused
from ledger.keyfile import KeyFile, PrivateKey
from ledger.members import Closing, Genesis, Key
from ledger.settle import Content
from ledger.tlog import checkpoint, cosignature, merkle, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import SignatureLine, VerifierKey, parse_vkey
from ledger.writer import Ledger, Receipt

Known = tuple[str, Checkpoint]
"""(where, tree): what somebody else knows of this ledger, and a phrase that says who."""

Cosign = Callable[[bytes, Callable[[int], Sequence[bytes]]], list[SignatureLine]]
"""Asks one witness to cosign a note; gets the consistency proof from the size that the witness names."""


class Made(NamedTuple):
    """A checkpoint as it was kept: its tree, its note, and what went wrong beside it, a sentence each.

    `sealed` is the receipt of the `key` entry where this was the first; `new` is False where nothing was added.
    """

    tree: Checkpoint
    note: bytes
    timestamp: bytes | None
    failures: list[str]
    sealed: Receipt | None
    new: bool


class Stored(NamedTuple):
    """A row of `checkpoints`."""

    size: int
    note: bytes
    timestamp: bytes | None


def origin_of(db: sqlite3.Connection) -> str:
    """The origin that the ledger's genesis seals."""
    row = db.execute("SELECT entry FROM entries WHERE seq = 0").fetchone()
    genesis = entry.read(row[0].encode())[0] if row else None
    if not isinstance(genesis, Genesis):
        raise Refused("The ledger's first entry is no genesis; `transfer-ledger verify` says more.")
    return genesis.origin


def newest(db: sqlite3.Connection) -> Stored | None:
    """The largest checkpoint that the file keeps, the latest one of its size; or None."""
    row = db.execute("SELECT size, note, timestamp FROM checkpoints ORDER BY size DESC, rowid DESC LIMIT 1").fetchone()
    return Stored(row[0], row[1].encode(), row[2]) if row else None


def newest_key(db: sqlite3.Connection) -> tuple[int, Key] | None:
    """The newest `key` entry and its seq, or None where the ledger was never signed."""
    row = db.execute(
        "SELECT seq, entry FROM entries WHERE kind <> 'transfer' AND kind = 'key' ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    found = entry.read(row[1].encode())[0]
    if not isinstance(found, Key):
        raise Refused(f"Entry {row[0]} cannot be read; `transfer-ledger verify` says more.")
    return row[0], found


def all_keys(db: sqlite3.Connection) -> list[VerifierKey]:
    """Every key that the ledger ever named, the oldest first: what others kept may be signed by an older one."""
    rows = db.execute("SELECT entry FROM entries WHERE kind <> 'transfer' AND kind = 'key' ORDER BY seq")
    entries = [entry.read(row[0].encode())[0] for row in rows]
    return [parse_vkey(vkey) for one in entries if isinstance(one, Key) for vkey in one.keys]


def _vkeys(keys: Iterable[PrivateKey]) -> tuple[str, ...]:
    return tuple(sorted(one.key.text() for one in keys))


def _seal_keys(
    ledger: Ledger, action: str, keys: KeyFile, there: tuple[int, Key] | None, before: Sequence[PrivateKey] = ()
) -> Receipt:
    signers = {one.key.text(): one for one in (*keys.keys, *before)}

    def sign(message: bytes) -> list[dict[str, str]]:
        return [
            {"key": vkey, "signature": b64encode(one.sign_bytes(message)).decode("ascii")}
            for vkey, one in sorted(signers.items())
        ]

    return ledger.seal_keys(Content({"action": action, "keys": list(_vkeys(keys.keys))}, {}), sign, there and there[0])


def first_key(ledger: Ledger, keys: KeyFile) -> Receipt | None:
    """Seals the ledger's first key, or does nothing where the newest `key` entry names these keys already.

    Raises `Refused` where it names others: a key is changed by a rotation, or replaced when it is lost.
    """
    signing.check_name(keys, origin_of(ledger.db))
    there = newest_key(ledger.db)
    if there is None:
        return _seal_keys(ledger, "new", keys, None)
    _check_newest(there, keys)
    return None


def can_sign(db: sqlite3.Connection, keys: KeyFile) -> None:
    """Raises `Refused` where `make` would not sign the ledger in `db`, as it is now, with these keys."""
    signing.check_name(keys, origin_of(db))
    there = newest_key(db)
    if there is not None:
        _check_newest(there, keys)
    _not_behind(db, keys, ())


def _check_newest(there: tuple[int, Key] | None, keys: KeyFile) -> None:
    if there is None:
        raise Refused("The ledger names no key yet; nothing was signed.")
    if there[1].keys != _vkeys(keys.keys):
        raise Refused(
            f"Entry {there[0]} of the ledger names another key than this file holds. `transfer-ledger key rotate` "
            f"changes the key with the old one's consent; `key replace --lost` when it is gone."
        )


def rotate(ledger: Ledger, old: KeyFile, new: KeyFile, sleep: Callable[[float], None]) -> Receipt:
    """Seals the change from the `old` keys to the `new`, signed by both, and hands the record of what was signed on.

    Nobody signs with the old key meanwhile: what it signed after its record was read, the new one would not know of.
    """
    if new.name != old.name:
        raise Refused(f"The new key is for {new.name}, not for {old.name}.")
    with signing.locked(old, sleep):
        there = newest_key(ledger.db)
        if there is None or there[1].keys != _vkeys(old.keys):
            raise Refused(f"{old.path} does not hold the ledger's newest key, so it cannot be rotated with it.")
        signing.write_record(new, signing.recorded(old))
        return _seal_keys(ledger, "rotation", new, there, old.keys)


def replace(ledger: Ledger, new: KeyFile, known: Sequence[Known] = ()) -> Receipt:
    """Seals `new` keys after the old ones were lost. Signed by the new alone: nobody can show that the owner did it.

    The record of the new key begins at the newest tree that the ledger, or anybody `known`, says was signed.
    """
    there, stored = newest_key(ledger.db), newest(ledger.db)
    if there is None:
        raise Refused("The ledger has no key yet; `transfer-ledger checkpoint` seals the first.")
    if set(there[1].keys) & set(_vkeys(new.keys)):
        raise Refused(f"Entry {there[0]} names this key already.")
    head = _head(ledger.db, origin_of(ledger.db))
    trees = [one for _, one in known]
    if stored is not None:
        trees.append(checkpoint.parse(note.parse(stored.note).text))
    for where, one in (*known, *(("the ledger's own checkpoint", one) for one in trees[len(known) :])):
        signing.ahead_of(head, lambda size: tree.root(ledger.db, size), one, where)
    if trees:
        signing.write_record(new, max(trees, key=lambda one: one.size))
    return _seal_keys(ledger, "replacement", new, there)


def _head(db: sqlite3.Connection, origin: str) -> Checkpoint:
    size = store.head(db).size
    return Checkpoint(origin, size, tree.root(db, size))


def make(
    ledger: Ledger,
    keys: KeyFile,
    sleep: Callable[[float], None],
    known: Sequence[Known] = (),
    witnesses: Sequence[tuple[str, Cosign]] = (),
    stamp: Callable[[bytes], bytes] | None = None,
) -> Made:
    """Signs the ledger's tree as it is now, keeps the checkpoint, and has it cosigned and timestamped.

    A witness or a timestamp that fails is a sentence in `failures`; the checkpoint is kept all the same. On an
    unchanged head only a fresh cosignature or timestamp is kept, as one more row. Raises `Refused`, having signed
    nothing, where anybody `known` or the record beside the key is ahead of the ledger, or beside it.
    """
    db = ledger.db
    signing.check_name(keys, origin_of(db))
    with signing.locked(keys, sleep):
        _not_behind(db, keys, known)  # before the first key is sealed into a ledger that was put back to before it
        sealed = first_key(ledger, keys)
        with store.reading(db):
            _check_newest(newest_key(db), keys)  # it may have been replaced since
            head = _not_behind(db, keys, known)
            _check_new(db, signing.recorded(keys).size, head)
            signed = signing.sign(keys, head, lambda size: tree.root(db, size)).note
        unchanged = _is_kept(db, head, keys)
        if not unchanged:
            ledger.keep_checkpoint(head.size, signed, None)
        lines, failures = _cosigned(db, head, signed, witnesses)
        token = None
        if stamp is not None:
            try:
                token = stamp(head.text().encode())
            except Refused as error:
                failures.append(str(error))
        whole = note.parse(signed)
        full = note.render(note.Note(whole.text, (*whole.signatures, *lines)))
        if lines or token is not None:
            ledger.keep_checkpoint(head.size, full, token)
    return Made(head, full, token, failures, sealed, not unchanged or bool(lines) or token is not None)


def _is_kept(db: sqlite3.Connection, head: Checkpoint, keys: KeyFile) -> bool:
    # A row that is no such checkpoint, whoever put it there, does not stand in for one.
    own = [cosignature.verifier(one.key) for one in keys.keys]
    for (data,) in db.execute("SELECT note FROM checkpoints WHERE size = ?", (head.size,)):
        try:
            there = note.parse(data.encode())
            if there.text == head.text() and len(note.verified(there, own)) == len(own):
                return True
        except Refused:
            continue
    return False


def _not_behind(db: sqlite3.Connection, keys: KeyFile, known: Sequence[Known]) -> Checkpoint:
    head = _head(db, origin_of(db))
    record = (f"the record beside the key ({keys.record.name})", signing.recorded(keys))
    for where, other in (record, *known):
        signing.ahead_of(head, lambda size: tree.root(db, size), other, where)
    return head


def _check_new(db: sqlite3.Connection, first: int, head: Checkpoint) -> None:
    # What no earlier checkpoint covers, from its bytes, against the root from the tiles. A tile that is wrong further
    # back shows as another root there.
    frontier = merkle.Frontier.at(first, tree.reader(db, first))
    for at in range(first, head.size, 4096):
        hashes = tree.recomputed(db, at, min(at + 4096, head.size), "nothing was signed")
        for place in range(0, len(hashes), merkle.HASH_BYTES):
            frontier.append(hashes[place : place + merkle.HASH_BYTES])
    if frontier.root() != head.root:
        raise NotGenuine("The ledger's tiles are not those of its entries; `transfer-ledger verify` says which.")


def _cosigned(
    db: sqlite3.Connection, head: Checkpoint, signed: bytes, witnesses: Sequence[tuple[str, Cosign]]
) -> tuple[list[SignatureLine], list[str]]:
    lines: list[SignatureLine] = []
    failures = []

    def proof_from(old: int) -> list[bytes]:
        if not 0 <= old <= head.size:
            raise Refused(f"it says that it knows {old:,} entries, but the ledger has {head.size:,}")
        return merkle.consistency_proof(old, head.size, tree.reader(db, head.size)) if old else []

    for where, cosign in witnesses:
        try:
            lines += cosign(signed, proof_from)
        except Refused as error:
            said = str(error)  # a sentence that names the witness needs no other before it
            failures.append(said if where in said else f"The witness {where} did not cosign: {said}")
    return lines, failures


def continued(old: Path, kept: Checkpoint | None, origin: str) -> Checkpoint:
    """The tree at which a new ledger, `origin`, follows the `old` one: what was `kept` elsewhere, or its newest.

    Its own checkpoint counts where its entries have that root and, where one was kept, go on from that one. Raises
    `Refused` where there is none that counts, or the old ledger named another one as its successor.
    """
    from ledger.source import Source

    with Source(old) as source:
        before, size, db = source.genesis().origin, source.head.size, source.db
        if origin == before:
            raise Refused(
                "The new ledger needs an origin of its own: two ledgers under one name would be two histories."
            )
        closed = db.execute("SELECT seq FROM entries WHERE kind <> 'transfer' AND kind = 'closing'").fetchone()
        end = None if closed is None else source.entry(closed[0])
        if end is not None and isinstance(end[0], Closing) and end[0].successor is not None:
            raise Refused(f"{old} is closed, and names {end[0].successor} as the one that follows it.")
        if kept is not None and kept.origin != before:
            raise Refused(f"The checkpoint is of {kept.origin}, not of {before}, whose ledger {old} is.")
        own = _own(db, before, size)
        if own is not None and (kept is None or (kept.size < own.size and tree.root(db, kept.size) == kept.root)):
            return own
    if kept is None:
        raise Refused(
            f"{old} has no checkpoint that is one of its entries, to continue from; give the one that you kept with "
            f"--checkpoint."
        )
    return kept


def _own(db: sqlite3.Connection, origin: str, size: int) -> Checkpoint | None:
    # The newest checkpoint in the file, where it is one of the entries there.
    stored = newest(db)
    try:
        found = None if stored is None else checkpoint.parse(note.parse(stored.note).text)
        if found is not None and found.origin == origin and found.size <= size:
            return found if tree.root(db, found.size) == found.root else None
    except Refused:
        pass  # what is wrong with it, verification says
    return None
