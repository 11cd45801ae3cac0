"""Logs to be witnessed, with forks at will; witnesses in a folder, and their real servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ledger.tlog import note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import MLDSA44Cosigner
from ledger.tlog.note import COSIGNATURE_V1, SUBTREE_V1, Ed25519Signer, Signer
from ledger.tlog.proof import Consistency
from ledger.witness import state
from ledger.witness.state import Witness
from tests import reference
from tests.ledger.tlog.signed import signed

ORIGIN = "springfield.example/transfers"
KEY = Ed25519Signer(ORIGIN, b"\x01" * 32)
NEXT_KEY = Ed25519Signer(ORIGIN, b"\x02" * 32)
PQ_KEY = MLDSA44Cosigner(ORIGIN, b"\x03" * 32)
STRANGER = Ed25519Signer("stranger.example/x", b"\x04" * 32)
NAME = "county.example/witness"
NOON = 1_274_443_200


class Log(NamedTuple):
    """A log; another `branch` has other entries from the index `forked` on, and the same before."""

    branch: str = "a"
    forked: int = 0
    origin: str = ORIGIN
    signers: tuple[Signer, ...] = (KEY,)

    def entries(self, size: int) -> list[bytes]:
        return [f"{i} {self.branch if i >= self.forked else ''}".encode() for i in range(size)]

    def tree(self, size: int) -> Checkpoint:
        return Checkpoint(self.origin, size, reference.mth(self.entries(size)))

    def note(self, size: int) -> bytes:
        return note.render(signed(self.tree(size).text(), *self.signers))

    def path(self, old: int, size: int) -> tuple[bytes, ...]:
        return tuple(reference.proof(old, self.entries(size))) if 0 < old <= size else ()

    def request(self, old: int, size: int) -> bytes:
        """The body of add-checkpoint."""
        return Consistency(old, self.path(old, size), self.note(size)).encode()


def new_witness(folder: Path, *keys: Signer, pq: bool = False) -> Witness:
    """A witness that trusts `keys`, or else `KEY`, for the log `ORIGIN`."""
    made = state.init(folder, NAME, [SUBTREE_V1, COSIGNATURE_V1] if pq else [COSIGNATURE_V1], os.urandom)
    for one in keys or (KEY,):
        made.add_log(one.key, ORIGIN)
    return made


class Server(NamedTuple):
    url: str
    process: subprocess.Popen[str]
    printed: list[str]


def start(folder: Path, vkeys: int = 1, port: int = 0) -> Server:
    """`transfer-ledger witness serve` in a process of its own."""
    command = [sys.executable, "-m", "ledger.cli", "witness", "serve", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = [process.stdout.readline().rstrip("\n") for _ in range(1 + vkeys)]
    return Server(printed[0], process, printed)


def stop(server: Server, how: int = signal.SIGKILL) -> tuple[int, str]:
    """Ends it; its exit status, and what it said on standard error."""
    server.process.send_signal(how)
    _, err = server.process.communicate(timeout=10)
    return server.process.returncode, err


@contextmanager
def served(folder: Path, count: int = 1, vkeys: int = 1) -> Iterator[Sequence[str]]:
    """The addresses of `count` servers of one witness."""
    servers = [start(folder, vkeys) for _ in range(count)]
    try:
        yield [one.url for one in servers]
    finally:
        for one in servers:
            stop(one)
