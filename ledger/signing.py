"""Signing tree heads so that there are never two histories under one origin.

The file can be put back to last week by a restore, copied, or open in two processes; a key that signed both tree
heads of one size would have proved the ledger false for ever. So the signer keeps a small durable record beside the
key, outside the ledger: the largest tree that was ever signed. In this order, and under one lock beside the key:
read the committed head; check that the recorded tree is a prefix of it; write and sync the record; sign; store. A crash
between any two of these leaves a record that is at most ahead of what was signed, and the next run goes on.

The lock is never taken inside a transaction: whoever held it would wait for a writer that waits for the lock.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from ledger.errors import Busy, Refused
from ledger.keyfile import KeyFile, sync_folder
from ledger.tlog import checkpoint, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import EMPTY_ROOT

WAIT_SECONDS = 10


@contextmanager
def locked(keys: KeyFile, sleep: Callable[[float], None]) -> Iterator[None]:
    """Holds the lock beside the key file; one signer at a time. Raises `Busy` after `WAIT_SECONDS`."""
    try:
        descriptor = os.open(keys.lock, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise Refused(
            f"{keys.lock} cannot be made: {error.strerror}; the key's folder must be writable to sign."
        ) from None
    try:
        for _ in range(WAIT_SECONDS * 20):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                sleep(0.05)
        else:
            raise Busy(f"{keys.path}: another program has been signing for {WAIT_SECONDS} seconds; try again later.")
        yield
    finally:
        os.close(descriptor)  # and with it the lock


def recorded(keys: KeyFile) -> Checkpoint:
    """The largest tree that was ever signed with the key, by its record; of size 0 where nothing was signed."""
    try:
        text = keys.record.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return Checkpoint(keys.name, 0, EMPTY_ROOT)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{keys.record} cannot be read ({error}); nothing is signed without it.") from None
    try:
        found = checkpoint.parse(text)
    except Refused as error:
        raise Refused(f"{keys.record} is damaged ({error}); nothing is signed without it.") from None
    if found.origin != keys.name or found.extensions:
        raise Refused(f"{keys.record} is the record of {found.origin[:80]}, not of {keys.name}.")
    return found


def write_record(keys: KeyFile, tree: Checkpoint) -> None:
    """Records `tree` as signed, on the disk before this returns."""
    beside = keys.record.with_name(keys.record.name + ".new")
    try:
        with open(os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
            file.write(tree.text().encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, keys.record)
        sync_folder(keys.record.parent)
    except OSError as error:
        raise Refused(f"{keys.record} cannot be written: {error.strerror}; nothing was signed.") from None


class Signed(NamedTuple):
    """A tree head that was signed: what it says, and the note of it with the log's own signatures."""

    tree: Checkpoint
    note: bytes


def sign(keys: KeyFile, tree: Checkpoint, root_at: Callable[[int], bytes]) -> Signed:
    """Signs `tree` with every key of the file, its record written first; the caller holds the lock.

    `root_at(size)` gives the ledger's own root at a smaller size. Raises `Refused` where the ledger is behind the
    record, or beside it: it was put back to an earlier state, or is another one.
    """
    check_name(keys, tree.origin)
    before = recorded(keys)
    ahead_of(tree, root_at, before, f"the record beside the key ({keys.record.name})")
    if before.size != tree.size:
        write_record(keys, tree)
    text = tree.text()
    lines = tuple(note.signature_line(text, one.signer()) for one in keys.keys)
    return Signed(tree, note.render(note.Note(text, lines)))


def check_name(keys: KeyFile, origin: str) -> None:
    """Raises `Refused` where the keys are not those of the ledger with this `origin`."""
    if keys.name != origin:
        raise Refused(f"The key is for {keys.name[:80]}, but this ledger is {origin}; each has a key of its own.")


def ahead_of(tree: Checkpoint, root_at: Callable[[int], bytes], known: Checkpoint, where: str) -> None:
    """Raises `Refused` where the ledger's `tree` does not extend the `known` one, which `where` holds."""
    if known.origin != tree.origin:
        raise Refused(f"This ledger is {tree.origin}, but {where} speaks of {known.origin[:80]}. Nothing was signed.")
    again = "`transfer-ledger continue` starts a new ledger that follows the one that was lost"
    if known.size > tree.size:
        raise Refused(
            f"The ledger has {tree.size:,} entries, but {where} knows of {known.size:,} that were signed: entries were "
            f"lost, or this is an older copy. Nothing was signed; {again}."
        )
    if known.size and (tree.root if known.size == tree.size else root_at(known.size)) != known.root:
        raise Refused(
            f"The first {known.size:,} entries of this ledger are not those that {where} says were signed: they were "
            f"altered, or this is another history. Nothing was signed; {again}."
        )
