"""Proofs that stand alone: that one entry is in the ledger, and that an older ledger is the beginning of this one.

A proof of an entry is a tlog-proof whose `extra` carries the entry's sealed bytes and whatever erasable values its
giver chose to disclose (docs/FORMAT.md section 10); it shows no other entry. A proof of consistency is the body of a
tlog-witness request. Both are tried before they are handed out, so that a ledger whose file was tampered with gives
none. `verify.proofs` verifies them, without a ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

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
    goal = checkpoint.parse(note.parse(signed).text)
    if goal.size <= seq:
        raise Refused(f"The checkpoint covers {goal.size:,} entries, and entry {seq} is not among them.")
    row = db.execute("SELECT CAST(entry AS BLOB) FROM entries WHERE seq = ?", (seq,)).fetchone()
    if row is None:
        raise Refused(f"There is no entry {seq}.")
    data = bytes(row[0])
    path = merkle.inclusion_proof(seq, goal.size, tree.reader(db, goal.size))
    try:
        merkle.verify_inclusion(merkle.leaf_hash(data), seq, goal.size, path, goal.root)
    except NotGenuine as error:
        raise NotGenuine(
            f"The ledger's file gives no valid proof of entry {seq}: {error} `transfer-ledger verify` says more."
        ) from None
    there = {d.name: text for text in _disclosures(db, seq) for d in (disclosure.read(text),)}
    for name in disclose:
        if name not in there:
            known = ", ".join(sorted(there)) or "none"
            raise Refused(f"Entry {seq} has no value {name[:40]} that could be disclosed (there are: {known}).")
    chosen = [there[name] for name in dict.fromkeys(disclose)]
    return proof.Proof(seq, tuple(path), signed, b"\n".join([data, *(text.encode() for text in chosen)]))


def _disclosures(db: sqlite3.Connection, seq: int) -> list[str]:
    rows = db.execute("SELECT CAST(disclosure AS BLOB) FROM disclosures WHERE seq = ?", (seq,))
    return [bytes(row[0]).decode("ascii", "replace") for row in rows]


def consistency(db: sqlite3.Connection, old: Checkpoint, head: bytes) -> proof.Consistency:
    """The proof that the tree of `old` is the beginning of the tree of the checkpoint `head` (a note).

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
    path = merkle.consistency_proof(old.size, new.size, tree.reader(db, new.size)) if old.size else []
    if old.size:
        merkle.verify_consistency(old.size, new.size, old.root, new.root, path)
    return proof.Consistency(old.size, tuple(path), head)
