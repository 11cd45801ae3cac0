"""Keys and signed checkpoints for the tests, and how to break them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import Ed25519Cosigner, MLDSA44Cosigner
from ledger.tlog.merkle import leaf_hash
from ledger.tlog.note import Ed25519Signer, Note, Signer, signature_line

VECTORS = Path(__file__).parents[2] / "vectors"

ORIGIN = "example.org/log"
LOG = Ed25519Signer(ORIGIN, b"\x01" * 32)
LOG_MLDSA = MLDSA44Cosigner(ORIGIN, b"\x02" * 32)
WITNESS = Ed25519Cosigner("witness.example/w", b"\x03" * 32, 1_700_000_000)
WITNESS_MLDSA = MLDSA44Cosigner("witness.example/w", b"\x04" * 32, 1_700_000_001)

HEAD = Checkpoint(ORIGIN, 42, leaf_hash(b"root"))


def signed(text: str, *signers: Signer) -> Note:
    """The note with `text` and the signatures of all `signers`, in their order."""
    return Note(text, tuple(signature_line(text, signer) for signer in signers))


def flips(data: bytes) -> Iterator[bytes]:
    """`data` with each of its bits flipped once."""
    for at in range(len(data) * 8):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        yield bytes(changed)
