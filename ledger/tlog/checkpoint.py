"""A tree head in three lines of text: which log, how many entries, which root (tlog-checkpoint, Note text).

    example.com/behind-the-sofa
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

Signed it is a `note`, whose text this module reads and writes. Extension lines, which anyone may add below, are read
and kept, since a signature is over them too; the logs we write have none.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ledger.errors import Refused
from ledger.tlog import note
from ledger.tlog.merkle import HASH_BYTES, MAX_SIZE

_DECIMAL = re.compile("0|[1-9][0-9]{0,18}", re.ASCII)


def decimal(text: str) -> int:
    """The number 0 to 2^63-1 in `text`, in ASCII digits with no leading zero; `Refused` otherwise."""
    if not _DECIMAL.fullmatch(text) or (value := int(text)) > MAX_SIZE:
        raise Refused(f"{text[:40]!r} is not a whole number from 0 to 2^63-1 without leading zeros.")
    return value


def hash_bytes(text: str) -> bytes:
    """The 32 bytes of a hash from its base64 `text`; `Refused` otherwise."""
    data = note.decode_base64(text)
    if len(data) != HASH_BYTES:
        raise Refused(f"{text[:80]!r} has {len(data)} bytes; a hash has {HASH_BYTES}.")
    return data


class Checkpoint(NamedTuple):
    """The root of the first `size` entries of the log with this `origin`."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The text of the note. `Refused` where it would not be read as the same checkpoint."""
        lines = [self.origin, str(self.size), note.base64(self.root), *self.extensions]
        text = "".join(line + "\n" for line in lines)
        # An origin with a newline in it would push the log's own size and root out of their lines.
        if parse(text) != self:
            raise Refused(f"The origin {self.origin!r} or an extension is not one line.")
        return text


def parse(text: str) -> Checkpoint:
    """The checkpoint in the text of a note. `Refused`, naming the line, unless `Checkpoint.text` gives the same."""
    if problem := note.text_problem(text):
        raise Refused(problem)
    if not text.endswith("\n"):
        raise Refused("The last line of the checkpoint has no newline at its end.")
    lines = text[:-1].split("\n")
    for number, line in enumerate(lines, 1):
        if not line:
            raise Refused(f"Line {number} of the checkpoint is empty.")
    if len(lines) < 3:
        raise Refused(f"The checkpoint ends at line {len(lines)}; it has an origin, a size and a root.")
    number = 2
    try:
        size = decimal(lines[1])
        number = 3
        root = hash_bytes(lines[2])
    except Refused as refused:
        raise refused.at(f"Line {number} of the checkpoint, the {('size', 'root')[number - 2]}") from None
    return Checkpoint(lines[0], size, root, tuple(lines[3:]))
