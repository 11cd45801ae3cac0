"""Proofs that stand alone: of one entry (tlog-proof), and of growth (the request of tlog-witness, add-checkpoint).

    c2sp.org/tlog-proof@v1              old 20852014
    extra YWdlLXYxLjIu...               PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
    index 73894                         jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
    gSKyXoYZUgZ6jduWYrkDOARinOMG...
                                        example.com/fancylog
    example.com/fancylog                ...
    ...

Both are a few lines, the hashes, an empty line and then a signed checkpoint, verbatim. Reading one proves nothing:
that takes the entry (or the old root), `merkle`, and the keys that one trusts. The `extra` bytes are the business of
whoever put them there, and no signature is over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import Refused
from ledger.tlog import checkpoint as tlog_checkpoint
from ledger.tlog import note
from ledger.tlog.checkpoint import decimal, hash_bytes

MAGIC = "c2sp.org/tlog-proof@v1"

MAX_HASHES = 63
"""The limit of tlog-witness, add-checkpoint: enough for any entry, and for consistency up to 2^62 entries."""


@dataclass(frozen=True)
class Proof:
    """That the entry number `index` is in the log: the hashes, leaf's sibling first, and the bytes of a checkpoint."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """The bytes of the tlog-proof. `Refused` where they would not be read as the same proof."""
        lines = [MAGIC]
        if self.extra is not None:
            lines.append(f"extra {note.base64(self.extra)}")
        data = _encoded([*lines, f"index {self.index}"], self.path, self.checkpoint)
        if parse(data) != self:
            raise Refused("The proof would not be read as the same one.")
        return data


@dataclass(frozen=True)
class Consistency:
    """That the log only grew since it had `old` entries: the hashes, and the bytes of the newer checkpoint."""

    old: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """The body of an add-checkpoint request. `Refused` where it would not be read as the same proof."""
        data = _encoded([f"old {self.old}"], self.path, self.checkpoint)
        if parse_consistency(data) != self:
            raise Refused("The proof would not be read as the same one.")
        return data


def parse(data: bytes) -> Proof:
    """The tlog-proof in `data`. `Refused`, naming the line, unless `Proof.encode` gives the same bytes."""
    lines, checkpoint = _split(data)
    if lines[0] != MAGIC:
        raise Refused(f"Line 1 of the proof is not {MAGIC!r}.")
    extra = None
    at = 1
    if len(lines) > at and lines[at].startswith("extra "):
        try:
            extra = note.decode_base64(lines[at].removeprefix("extra "))
        except Refused as refused:
            raise refused.at("Line 2 of the proof, the extra data") from None
        if not extra:
            raise Refused("Line 2 of the proof has no extra data; a proof without any leaves the line out.")
        at += 1
    index = _number(lines, at, "index")
    return Proof(index, _hashes(lines, at + 1), checkpoint, extra)


def parse_consistency(data: bytes) -> Consistency:
    """The proof in `data`. `Refused`, naming the line, unless `Consistency.encode` gives the same bytes."""
    lines, checkpoint = _split(data)
    return Consistency(_number(lines, 0, "old"), _hashes(lines, 1), checkpoint)


def _encoded(head: Sequence[str], path: Sequence[bytes], checkpoint: bytes) -> bytes:
    lines = [*head, *(note.base64(value) for value in path), ""]
    return "".join(line + "\n" for line in lines).encode("ascii") + checkpoint


def _split(data: bytes) -> tuple[list[str], bytes]:
    head, empty, checkpoint = data.partition(b"\n\n")
    for number, line in enumerate(head.split(b"\n"), 1):
        if line.endswith(b"\r"):
            raise Refused(f"Line {number} of the proof ends with a carriage return; end it with a newline alone.")
        if not line.isascii():
            raise Refused(f"Line {number} of the proof is not ASCII text.")
    if not empty:
        raise Refused("The proof has no empty line before its checkpoint.")
    try:
        tlog_checkpoint.parse(note.parse(checkpoint).text)
    except Refused as refused:
        raise refused.at("The checkpoint in the proof") from None
    return head.decode("ascii").split("\n"), checkpoint


def _number(lines: Sequence[str], at: int, word: str) -> int:
    if len(lines) <= at or not lines[at].startswith(word + " "):
        raise Refused(f"Line {at + 1} of the proof does not begin with {word!r} and a space.")
    try:
        return decimal(lines[at].removeprefix(word + " "))
    except Refused as refused:
        raise refused.at(f"Line {at + 1} of the proof") from None


def _hashes(lines: Sequence[str], at: int) -> tuple[bytes, ...]:
    if len(lines) - at > MAX_HASHES:
        raise Refused(f"The proof has {len(lines) - at} hashes; the limit is {MAX_HASHES}.")
    found = []
    for number, line in enumerate(lines[at:], at + 1):
        try:
            found.append(hash_bytes(line))
        except Refused as refused:
            raise refused.at(f"Line {number} of the proof") from None
    return tuple(found)
