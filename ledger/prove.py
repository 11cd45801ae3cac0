"""Proofs that stand alone: that one entry is in the ledger, and that an older ledger is the beginning of this one.

A proof of an entry is a tlog-proof whose `extra` carries the entry's sealed bytes and whatever erasable values its
giver chose to disclose (docs/FORMAT.md section 10); it shows no other entry. A proof of consistency is the body of a
tlog-witness request. Both are tried before they are handed out, so that a ledger whose file was tampered with gives
none. `verify.proofs` verifies them, without a ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace

from ledger import disclosure, tree
from ledger.errors import NotGenuine, Refused
from ledger.tlog import checkpoint, merkle, note, proof
from ledger.tlog.checkpoint import Checkpoint


def place_of(db: sqlite3.Connection, which: str) -> int:
    """The seq of the entry that `which` names: a transfer's id, or an entry's number."""
    row = db.execute("SELECT seq FROM entries WHERE kind = 'transfer' AND id = ?", (which,)).fetchone()
    if row is None and which.isdecimal() and which.isascii() and len(which) < 16 and str(int(which)) == which:
        row = db.execute("SELECT seq FROM entries WHERE seq = ?", (int(which),)).fetchone()
    if row is None:
        raise Refused(f"No transfer has the id, and no entry the number, {which[:64]}.")
    return int(row[0])


def covering(db: sqlite3.Connection, seq: int) -> bytes:
    """The note of the largest checkpoint that covers entry `seq`; of one size, the one with the most signatures."""
    rows = db.execute(
        "SELECT note FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints) AND size > ? ORDER BY rowid",
        (seq,),
    ).fetchall()
    if not rows:
        raise Refused(f"No checkpoint covers entry {seq} yet; `transfer-ledger checkpoint` makes one.")
    notes: list[bytes] = [row[0].encode() for row in rows]
    return max(notes, key=lambda one: len(note.parse(one).signatures))


def inclusion(db: sqlite3.Connection, seq: int, disclose: Sequence[str] = (), head: bytes | None = None) -> proof.Proof:
    """The proof that entry `seq` is in the tree of a checkpoint: `head` (a note), or the newest one kept.

    `disclose` names erasable values to hand over with it. Raises `Refused` where one is not there, `NotGenuine`
    where the file gives no valid proof.
    """
    signed = covering(db, seq) if head is None else head
    size = checkpoint.parse(note.parse(signed).text).size
    if size <= seq:
        raise _not_covered(size, seq)
    row = db.execute("SELECT CAST(entry AS BLOB) FROM entries WHERE seq = ?", (seq,)).fetchone()
    if row is None:
        raise Refused(f"There is no entry {seq}.")
    bare = of_entry(seq, bytes(row[0]), tree.reader(db, size), signed)
    # Where none is wanted none is read, so that whoever may not read them gets a proof all the same.
    texts = _disclosures(db, seq) if disclose else []
    there = {d.name: text for text in texts for d in (disclosure.read(text),)}
    for name in disclose:
        if name not in there:
            known = ", ".join(sorted(there)) or "none"
            raise Refused(f"Entry {seq} has no value {name[:40]} that could be disclosed (there are: {known}).")
    chosen = [there[name] for name in dict.fromkeys(disclose)]
    return replace(bare, extra=b"\n".join([bytes(row[0]), *(text.encode() for text in chosen)]))


def of_entry(seq: int, data: bytes, read: merkle.Reader, signed: bytes) -> proof.Proof:
    """The proof that the bytes `data` are entry `seq` of the tree that `read` reads, under the checkpoint `signed`."""
    goal = checkpoint.parse(note.parse(signed).text)
    if goal.size <= seq:
        raise _not_covered(goal.size, seq)
    path = merkle.inclusion_proof(seq, goal.size, read)
    try:
        merkle.verify_inclusion(merkle.leaf_hash(data), seq, goal.size, path, goal.root)
    except NotGenuine as error:
        raise NotGenuine(
            f"The ledger gives no valid proof of entry {seq}: {error} `transfer-ledger verify` says more."
        ) from None
    return proof.Proof(seq, tuple(path), signed, data)


def _not_covered(size: int, seq: int) -> Refused:
    return Refused(f"The checkpoint covers {size:,} entries, and entry {seq} is not among them.")


def _disclosures(db: sqlite3.Connection, seq: int) -> list[str]:
    rows = db.execute("SELECT CAST(disclosure AS BLOB) FROM disclosures WHERE seq = ?", (seq,))
    return [bytes(row[0]).decode("ascii", "replace") for row in rows]


def consistency(db: sqlite3.Connection, old: Checkpoint, head: bytes) -> proof.Consistency:
    """The proof that the tree of `old` is the beginning of the tree of the ledger's checkpoint `head` (a note)."""
    return of_tree(lambda size: tree.reader(db, size), old, head)


def of_tree(read: Callable[[int], merkle.Reader], old: Checkpoint, head: bytes) -> proof.Consistency:
    """The proof that the tree of `old` is the beginning of the tree of the checkpoint `head` (a note).

    `read` gives the reader of the tree of some size, from a file or a publication.

    Raises `NotGenuine` where it is not: the ledger was altered, or is another history.
    """
    new = checkpoint.parse(note.parse(head).text)
    if old.origin != new.origin:
        raise Refused(f"The old checkpoint is of {old.origin}, and this ledger is {new.origin}.")
    if old.size > new.size:
        raise NotGenuine(
            f"The old checkpoint covers {old.size:,} entries, and the newest of this ledger only {new.size:,}: "
            f"entries were lost, or a checkpoint is still to be made."
        )
    path = merkle.consistency_proof(old.size, new.size, read(new.size)) if old.size else []
    if old.size:
        merkle.verify_consistency(old.size, new.size, old.root, new.root, path)
    return proof.Consistency(old.size, tuple(path), head)
