"""What a witness says of a checkpoint, and when: tlog-cosignature, with Ed25519 (0x04) or ML-DSA-44 (0x06).

Both are signatures of a note with a time in front, eight bytes of seconds since 1970. They differ in what is signed:
cosignature/v1 signs a line with the time and the whole text of the note; subtree/v1 signs the time, the origin, the
size and the root, but no extension lines, and besides the witness's own name, so that its key cannot be passed off
under another. A time of 0 in subtree/v1 says nothing about when: the tree agrees with all that the cosigner has
seen, and perhaps it has seen larger ones. A log that signs its own checkpoints with 0x06 does so with that time,
for its signature vouches for the tree and not for its being the newest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ledger.errors import Refused
from ledger.tlog import checkpoint, note
from ledger.tlog.merkle import MAX_SIZE
from ledger.tlog.note import COSIGNATURE_V1, ED25519, SUBTREE_V1, VerifierKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

T = TypeVar("T")

TIME_BYTES = 8
MAX_TIME = MAX_SIZE
MAX_NAME_BYTES = 255
"""tlog-cosignature, ML-DSA-44 signed message: names and origins are counted in one byte."""

_LENGTHS = {COSIGNATURE_V1: TIME_BYTES + 64, SUBTREE_V1: TIME_BYTES + 2420}


def timestamp(signature: bytes) -> int:
    """The seconds since 1970 that a cosignature of either type claims; 0 where a 0x06 claims none.

    `Refused` where the length or the time is none that a cosignature has (tlog-cosignature, Format).
    """
    if len(signature) not in _LENGTHS.values():
        raise Refused(f"A signature of {len(signature)} bytes is not a cosignature, which has 72 or 2428.")
    time = int.from_bytes(signature[:TIME_BYTES], "big")
    if time > MAX_TIME:
        raise Refused("The time of the cosignature is beyond 2^63-1.")
    return time


def _message(key: VerifierKey, time: int, text: str) -> bytes:
    if not 0 <= time <= MAX_TIME:
        raise Refused(f"The time {time} of a cosignature is not from 0 to 2^63-1.")
    # Both types are for checkpoints only: a key must never be led to sign a text of another kind.
    head = checkpoint.parse(text)
    if key.algorithm == COSIGNATURE_V1:
        return f"cosignature/v1\ntime {time}\n{text}".encode()
    start = 0  # "If signing a checkpoint, it MUST be zero."
    return b"".join(
        (
            b"subtree/v1\n\0",
            _counted("key name", key.name),
            time.to_bytes(8, "big"),
            _counted("origin", head.origin),
            start.to_bytes(8, "big"),
            head.size.to_bytes(8, "big"),
            head.root,
        )
    )


def _counted(what: str, text: str) -> bytes:
    # opaque<1..2^8-1>: one byte with the length in front (RFC 8446 §3.4).
    data = text.encode()
    if not 1 <= len(data) <= MAX_NAME_BYTES:
        raise Refused(f"The {what} {text[:40]!r} has {len(data)} bytes; a 0x06 signature is for 1 to {MAX_NAME_BYTES}.")
    return bytes([len(data)]) + data


def verifier(key: VerifierKey) -> note.Verifier:
    """The verifier for a key of any type known here: of a log (0x01, 0x06) or of a witness (0x04, 0x06)."""
    if key.algorithm == ED25519:
        return note.Ed25519Verifier(key)
    return CosignatureVerifier(key)


@dataclass(frozen=True)
class CosignatureVerifier:
    """Verifies signatures of type 0x04 or 0x06, whose text must be that of a checkpoint."""

    key: VerifierKey

    def __post_init__(self) -> None:
        if self.key.algorithm not in _LENGTHS:
            raise Refused(f"The key {self.key.name} is of type 0x{self.key.algorithm:02x}, which has no time.")
        if self.key.algorithm == SUBTREE_V1:
            _counted("key name", self.key.name)

    @property
    def name(self) -> str:
        """The name of the key."""
        return self.key.name

    @property
    def key_id(self) -> bytes:
        """The id of the key, four bytes."""
        return self.key.key_id

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether `signature` is a cosignature of this key over the checkpoint in `text`, at the time it claims."""
        try:
            message = _message(self.key, timestamp(signature), text)
        except Refused:
            return False
        if self.key.algorithm == COSIGNATURE_V1:
            return note.verify_ed25519(self.key.public, signature[TIME_BYTES:], message)
        return _verify_mldsa44(self.key.public, signature[TIME_BYTES:], message)


@dataclass(frozen=True)
class Ed25519Cosigner:
    """Cosigns with type 0x04 at `time`, in seconds since 1970; `seed` is 32 secret random bytes.

    The message does not commit to the name, so one key must not serve two names (tlog-cosignature, Ed25519 signed
    message).
    """

    name: str
    seed: bytes = field(repr=False)
    time: int

    @property
    def key(self) -> VerifierKey:
        """The public key that verifies what is signed."""
        return VerifierKey.of(
            self.name, COSIGNATURE_V1, note.ed25519_private(self.seed).public_key().public_bytes_raw()
        )

    def sign(self, text: str) -> bytes:
        """The cosignature over the checkpoint in `text`."""
        message = _message(self.key, self.time, text)
        return self.time.to_bytes(TIME_BYTES, "big") + note.ed25519_private(self.seed).sign(message)


@dataclass(frozen=True)
class MLDSA44Cosigner:
    """Signs with type 0x06: a witness at `time`, a log its own checkpoints at 0; `seed` is the ξ of FIPS 204."""

    name: str
    seed: bytes = field(repr=False)
    time: int = 0

    @property
    def key(self) -> VerifierKey:
        """The public key that verifies what is signed."""
        return VerifierKey.of(self.name, SUBTREE_V1, _mldsa44_private(self.seed).public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """The signature over the origin, size and root of the checkpoint in `text`."""
        message = _message(self.key, self.time, text)
        return self.time.to_bytes(TIME_BYTES, "big") + _mldsa44_private(self.seed).sign(message)


def _mldsa44_private(seed: bytes) -> MLDSA44PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

    if len(seed) != note.SEED_BYTES:
        raise Refused(f"The seed of a key has {note.SEED_BYTES} bytes, not {len(seed)}.")
    return _supported(lambda: MLDSA44PrivateKey.from_seed_bytes(seed))


def _verify_mldsa44(public: bytes, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

    key = _supported(lambda: MLDSA44PublicKey.from_public_bytes(public))
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _supported(make: Callable[[], T]) -> T:
    # Not being able to verify is neither "genuine" nor "forged": it must not end as either.
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return make()
    except UnsupportedAlgorithm:
        raise Refused("The cryptography library of this computer has no ML-DSA-44; install its own wheel.") from None
