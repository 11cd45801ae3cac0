"""A witness on the disk: a folder with its key and its record, readable by their owner alone.

The two belong together. A key without its record would cosign a second history of a log that it knows; so none is
ever made anew beside a key that exists, and the record names the keys it is for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple

from ledger import keyfile
from ledger.errors import Refused
from ledger.keyfile import PrivateKey
from ledger.tlog import checkpoint, cosignature, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.merkle import EMPTY_ROOT
from ledger.tlog.note import SignatureLine, VerifierKey
from ledger.tlog.policy import LOG_TYPES, Group, Policy
from ledger.tlog.policy import Witness as PolicyWitness
from ledger.witness import record
from ledger.witness.decide import Answer, Recorded, decided, submitted
from ledger.witness.record import Kept

KEY, RECORD = "key", "record.db"

MOST_KEYS = 16
"""For one log: each may sign, and a note holds 100 signatures."""

_LABELS = {note.COSIGNATURE_V1: "ed25519", note.SUBTREE_V1: "ml-dsa-44"}


class Standing(NamedTuple):
    """What a witness knows of one log."""

    origin: str
    keys: list[VerifierKey]
    recorded: Recorded | None
    kept: list[Kept]


@dataclass(frozen=True)
class Witness:
    """The witness in `folder`; several processes may use one at once."""

    folder: Path
    keys: tuple[PrivateKey, ...]

    def add_checkpoint(self, body: bytes, clock: Callable[[], int]) -> Answer:
        """Answers one request; what the answer says is on the disk when this returns. `Refused` where it cannot be."""
        with record.opened(self.folder / RECORD) as db:
            given = submitted(body, lambda origin: [cosignature.verifier(key) for key in record.keys(db, origin)])
            if isinstance(given, Answer):
                return given
            with record.writing(db):
                # Only here, where nobody else cosigns meanwhile, is "the largest tree as of now" true.
                now = clock()
                decision = decided(given, record.tree(db, given.tree.origin), self._cosign, now)
                if decision.evidence is not None:
                    record.keep(db, decision.evidence, now)
                if decision.record is not None:
                    record.store(db, decision.record)
            return decision.answer

    def newest(self, origin_sha256: str) -> bytes | None:
        """The newest cosigned checkpoint of the log whose origin has this SHA-256 in hex."""
        with record.opened(self.folder / RECORD) as db:
            return record.cosigned(db, origin_sha256)

    def standing(self) -> list[Standing]:
        """What is known of each log, sorted by origin."""
        with record.opened(self.folder / RECORD) as db:
            return [_standing(db, origin) for origin in record.origins(db)]

    def add_log(self, key: VerifierKey, origin: str | None = None) -> Standing:
        """Trusts `key` for the log `origin`, which is the key's name unless said otherwise; what was cosigned stays."""
        origin = key.name if origin is None else origin
        _check_origin(origin)
        if key.algorithm not in LOG_TYPES:
            known = " or ".join(f"0x{algorithm:02x}" for algorithm in LOG_TYPES)
            raise Refused(f"The key {key.text()[:60]} is of type 0x{key.algorithm:02x}; a log signs with {known}.")
        if key.public in {one.key.public for one in self.keys}:
            raise Refused("This is the witness's own key; no log must have it.")
        with record.opened(self.folder / RECORD) as db:
            with record.writing(db):
                there = record.keys(db, origin)
                for other in there:
                    # Four bytes of a hash can be made to collide, and then no signature says whose it is.
                    if other != key and (other.name, other.key_id) == (key.name, key.key_id):
                        raise Refused(f"Another key with the name and key id {key.text()[:60]} is trusted already.")
                if key not in there and len(there) >= MOST_KEYS:
                    raise Refused(
                        f"{origin[:80]} has {len(there)} keys already, which is the most that a log can have."
                    )
                record.trust(db, origin, key)
            return _standing(db, origin)

    def _cosign(self, text: str, time: int) -> list[SignatureLine]:
        return [note.signature_line(text, one.signer(time)) for one in self.keys]


def _standing(db: Connection, origin: str) -> Standing:
    return Standing(origin, record.keys(db, origin), record.tree(db, origin), record.kept(db, origin))


def _check_origin(origin: str) -> None:
    try:
        checkpoint.parse(Checkpoint(origin, 0, EMPTY_ROOT).text())
    except Refused:
        raise Refused(f"{origin[:80]!r} cannot be a log's origin: that is one line of text.") from None
    if len(origin.encode()) > cosignature.MAX_NAME_BYTES:
        raise Refused(
            f"{origin[:80]!r}… cannot be a log's origin: it has more than {cosignature.MAX_NAME_BYTES} bytes."
        )


def fragment(keys: Sequence[VerifierKey]) -> str:
    """The lines of a policy for a witness: its keys in one group `any`, so that it counts once. `Refused`."""
    name = keys[0].name
    members = {f"{name}/{_LABELS[key.algorithm]}": PolicyWitness(key) for key in keys}
    whole = Policy((), members, {name: Group(1, tuple(members))}, name).text()
    # A group of one is "all" to `Policy.text`; with a second key some day, it would be another group.
    whole = whole.replace(f"\ngroup {name} all ", f"\ngroup {name} any ")
    return whole[: whole.rindex("quorum ")]


def init(folder: Path, name: str, algorithms: Sequence[int], entropy: Callable[[int], bytes]) -> Witness:
    """Makes a witness in `folder`, which is new or empty. `Refused` for a name that no key or policy can have."""
    made = keyfile.make(name, algorithms, entropy)
    try:
        fragment([one.key for one in made])
    except Refused as error:
        raise error.at(f"{name[:80]!r} cannot name a witness") from None
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        if any(folder.iterdir()):
            raise Refused(f"{folder} is not empty; a witness is made in a folder of its own.")
        folder.chmod(0o700)
    except OSError as error:
        raise Refused(f"{folder} cannot be made: {error.strerror}.") from None
    # The record first: whoever finds a key finds its record.
    record.create(folder / RECORD, [one.key for one in made])
    try:
        keyfile.write(folder / KEY, made)
    except Refused:
        (folder / RECORD).unlink()
        raise
    keyfile.sync_folder(Path(os.path.realpath(folder)).parent)
    return Witness(folder, made)


def load(folder: Path) -> Witness:
    """The witness in `folder`. `Refused` where there is none, or its key and its record do not belong together."""
    if not (folder / KEY).exists():
        raise Refused(f"{folder} holds no witness; `transfer-ledger witness init` makes one.")
    keys = keyfile.load(folder / KEY).keys
    if not (folder / RECORD).exists():
        raise Refused(
            f"{folder} has a key but no {RECORD}. Without it a second history of a log could be cosigned: make a new "
            f"witness, with a new key."
        )
    with record.opened(folder / RECORD) as db:
        if record.own(db) != {one.key.text() for one in keys}:
            raise Refused(f"{folder / RECORD} is the record of another key than the one beside it.")
    return Witness(folder, keys)
