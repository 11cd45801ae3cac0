"""A text and who signed it: signed-note, in which signatures of many keys stand below one text.

    text, of any lines, the last one ended like all others by a newline

    — name base64(key id, signature)

A key is told by its name and its key id, four bytes of a hash over name, signature type and public key. It is
written as a verifier key (vkey), `name+hex key id+base64(type, public key)`. Lines of keys that one does not know
are passed over, so that anyone can add theirs; a line of a known key must be genuine. A note that no known key
signed says nothing at all: `verified` then gives an empty list, and its caller must not go on.

Signature type 0x01, Ed25519 over the text, is specified with the note itself and is here; the types that witnesses
use are in `cosignature`.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ledger.errors import NotGenuine, Refused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
SUBTREE_V1 = 0x06
"""The signature types we know, from the list in signed-note, Signature types."""

PUBLIC_BYTES = {ED25519: 32, COSIGNATURE_V1: 32, SUBTREE_V1: 1312}
SEED_BYTES = 32
KEY_ID_BYTES = 4

MAX_BYTES = 1_000_000
MAX_SIGNATURES = 100
"""signed-note, Format, asks for a limit of 16 or more; Go's note package has these two."""

_DASH = "\N{EM DASH} "
_UNFIT = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_VKEY = re.compile(r"([^+]*)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)")


def base64(data: bytes) -> str:
    """The base64 text of `data` (RFC 4648 §4)."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def decode_base64(text: str) -> bytes:
    """The bytes of base64 `text`. `Refused` unless they encode to the same text."""
    try:
        data = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except (UnicodeEncodeError, binascii.Error):
        raise Refused(f"{_shown(text)} is not base64.") from None
    # Even strict, a2b_base64 drops the stray bits of the last character: encoding again shows them.
    if base64(data) != text:
        raise Refused(f"{_shown(text)} is base64, but not in its one form: its last bits say nothing and must be 0.")
    return data


def text_problem(text: str) -> str | None:
    """Why a note cannot hold `text` in any place, or None (signed-note, Format)."""
    found = _UNFIT.search(text)
    if found is None:
        return None
    line = text.count("\n", 0, found.start()) + 1
    if found.group() == "\r":
        return f"Line {line} holds a carriage return; its lines end with a newline alone."
    if found.group() < " ":
        return f"Line {line} holds the control character U+{ord(found.group()):04X}."
    return f"Line {line} holds half a character (a lone surrogate)."


def name_problem(name: str) -> str | None:
    """Why `name` cannot be the name of a key (signed-note, Format), or None."""
    if not name:
        return "A key's name is empty."
    if "+" in name:
        return f"The key name {_shown(name)} holds a plus sign."
    if any(character.isspace() for character in name):
        return f"The key name {_shown(name)} holds a space."
    if text_problem(name):
        return f"The key name {_shown(name)} holds a control character or half a character."
    return None


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    """The four bytes by which a signature names its key (signed-note, Signatures)."""
    return sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:KEY_ID_BYTES]


@dataclass(frozen=True)
class VerifierKey:
    """A public key and whose it is. One that exists is sound: its name, length and key id are checked when made."""

    name: str
    key_id: bytes
    algorithm: int
    public: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if problem := name_problem(self.name):
            raise Refused(problem)
        if self.algorithm not in PUBLIC_BYTES:
            known = ", ".join(f"0x{algorithm:02x}" for algorithm in PUBLIC_BYTES)
            raise Refused(f"The key {_shown(self.name)} is of type 0x{self.algorithm:02x}; known here are {known}.")
        if len(self.public) != (wanted := PUBLIC_BYTES[self.algorithm]):
            raise Refused(f"The key {_shown(self.name)} has {len(self.public)} bytes; its type has {wanted}.")
        if self.key_id != (made := key_id(self.name, self.algorithm, self.public)):
            raise Refused(
                f"The key id {self.key_id.hex()} is not that of the key {_shown(self.name)}, which is {made.hex()}."
            )

    @classmethod
    def of(cls, name: str, algorithm: int, public: bytes) -> VerifierKey:
        """The key with the key id that belongs to it."""
        if problem := name_problem(name):
            raise Refused(problem)
        return cls(name, key_id(name, algorithm, public), algorithm, public)

    def text(self) -> str:
        """The key as a vkey, which `parse_vkey` reads."""
        return f"{self.name}+{self.key_id.hex()}+{base64(bytes([self.algorithm]) + self.public)}"


def parse_vkey(text: str) -> VerifierKey:
    """The key of a vkey text. `Refused` unless it is whole, in its one form, and its key id belongs to it."""
    found = _VKEY.fullmatch(text)
    if found is None:
        raise Refused(f"{_shown(text)} is not a verifier key: name+8 hex digits in lower case+base64.")
    try:
        data = decode_base64(found[3])
    except Refused as refused:
        raise refused.at(f"The verifier key {_shown(text)}") from None
    return VerifierKey(found[1], bytes.fromhex(found[2]), data[0], data[1:])


class SignatureLine(NamedTuple):
    """One signature below a note, by the key of this name and key id, known or not."""

    name: str
    key_id: bytes
    signature: bytes

    def text(self) -> str:
        """The line as it stands in a note and in a witness's answer, with its newline."""
        return f"{_DASH}{self.name} {base64(self.key_id + self.signature)}\n"


class Note(NamedTuple):
    """A text, which ends in a newline, and its signatures, none of them verified yet."""

    text: str
    signatures: tuple[SignatureLine, ...]


class Verifier(Protocol):
    """Verifies the signatures of one key."""

    @property
    def name(self) -> str:
        """The name of the key."""

    @property
    def key_id(self) -> bytes:
        """The id of the key, four bytes."""

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether `signature` is one of this key over the note's `text`."""


class Signer(Protocol):
    """Signs with one key."""

    @property
    def key(self) -> VerifierKey:
        """The public key that verifies what is signed."""

    def sign(self, text: str) -> bytes:
        """The signature over a note's `text`."""


def signature_line(text: str, signer: Signer) -> SignatureLine:
    """The line that `signer` adds below a note with `text`."""
    return SignatureLine(signer.key.name, signer.key.key_id, signer.sign(text))


def parse(data: bytes) -> Note:
    """The note in `data`. `Refused`, naming the line, unless `render` gives the same bytes (signed-note, Format)."""
    if len(data) > MAX_BYTES:
        raise Refused(f"The note has {len(data)} bytes; the limit is {MAX_BYTES}.")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Refused(f"Line {line} of the note is not UTF-8 text (byte {error.start}).") from None
    if problem := text_problem(whole):
        raise Refused(problem)
    if not whole.endswith("\n"):
        raise Refused("The last line of the note has no newline at its end; the note is cut or was edited.")
    # "The text is separated from the signatures by the last empty line in the note."
    split = whole.rfind("\n\n")
    if split < 0:
        raise Refused("The note has no empty line between its text and its signatures.")
    text = whole[: split + 1]
    lines = whole[split + 2 : -1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Refused(f"The note has {len(lines)} signatures; the limit is {MAX_SIGNATURES}.")
    if not whole[split + 2 :]:
        raise Refused("The note has no signature below its last empty line.")
    first = text.count("\n") + 2
    return Note(text, tuple(_parse_line(line, number) for number, line in enumerate(lines, first)))


def _parse_line(line: str, number: int) -> SignatureLine:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise Refused(f"Line {number} is not a signature: an em dash, a key's name and base64, each after one space.")
    try:
        if problem := name_problem(name):
            raise Refused(problem)
        data = decode_base64(encoded)
    except Refused as refused:
        raise refused.at(f"Line {number}") from None
    if len(data) <= KEY_ID_BYTES:
        raise Refused(f"Line {number} has {len(data)} bytes in base64; a key id and a signature have more.")
    return SignatureLine(name, data[:KEY_ID_BYTES], data[KEY_ID_BYTES:])


def render(note: Note) -> bytes:
    """The bytes of `note`. `Refused` where they would not be read as the same note."""
    whole = note.text + "\n" + "".join(line.text() for line in note.signatures)
    if problem := text_problem(whole):
        raise Refused(problem)
    data = whole.encode()
    if not note.text.endswith("\n") or parse(data) != note:
        raise Refused("The text of a note ends in a newline, and a key id has four bytes.")
    return data


def verified(note: Note, verifiers: Iterable[Verifier]) -> list[SignatureLine]:
    """The first signature of each key of `verifiers` that signed `note`, in the note's order; maybe none at all.

    Raises `NotGenuine` where any line of a known key, be it a repeated one, is not its signature over this text
    (signed-note, Signatures). Lines of other keys are passed over.
    """
    known: dict[tuple[str, bytes], Verifier] = {}
    for verifier in verifiers:
        if known.setdefault((verifier.name, verifier.key_id), verifier) != verifier:
            # Four bytes of a hash can be made to collide, but nobody who has both keys could tell whose line it is.
            raise Refused(f"Two keys have the name {_shown(verifier.name)} and the key id {verifier.key_id.hex()}.")
    found: dict[tuple[str, bytes], SignatureLine] = {}
    for line in note.signatures:
        known_verifier = known.get((line.name, line.key_id))
        if known_verifier is None:
            continue
        if not known_verifier.verify(note.text, line.signature):
            raise NotGenuine(f"The signature of {line.name} (key id {line.key_id.hex()}) is not over this text.")
        found.setdefault((line.name, line.key_id), line)
    return list(found.values())


@dataclass(frozen=True)
class Ed25519Verifier:
    """Verifies signatures of type 0x01 (signed-note, Ed25519 signatures)."""

    key: VerifierKey

    def __post_init__(self) -> None:
        if self.key.algorithm != ED25519:
            raise Refused(f"The key {_shown(self.key.name)} is of type 0x{self.key.algorithm:02x}, not 0x01.")

    @property
    def name(self) -> str:
        """The name of the key."""
        return self.key.name

    @property
    def key_id(self) -> bytes:
        """The id of the key, four bytes."""
        return self.key.key_id

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether `signature` is an Ed25519 signature of this key over `text`."""
        return text_problem(text) is None and verify_ed25519(self.key.public, signature, text.encode())


@dataclass(frozen=True)
class Ed25519Signer:
    """Signs with type 0x01 under `name`; `seed` is the private key of RFC 8032, 32 secret random bytes."""

    name: str
    seed: bytes = field(repr=False)  # a key that stands in a traceback is no secret any more

    @property
    def key(self) -> VerifierKey:
        """The public key that verifies what is signed."""
        return VerifierKey.of(self.name, ED25519, ed25519_private(self.seed).public_key().public_bytes_raw())

    def sign(self, text: str) -> bytes:
        """The Ed25519 signature over `text`. `Refused` where no note can hold that text."""
        if problem := text_problem(text):
            raise Refused(problem)
        return ed25519_private(self.seed).sign(text.encode())


def ed25519_private(seed: bytes) -> Ed25519PrivateKey:
    """The private key of a seed of 32 bytes."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    if len(seed) != SEED_BYTES:
        raise Refused(f"The seed of a key has {SEED_BYTES} bytes, not {len(seed)}.")
    return Ed25519PrivateKey.from_private_bytes(seed)


def verify_ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is one over `message` by the key with the 32 bytes `public` (RFC 8032 §5.1.7)."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _shown(text: str) -> str:
    # A vkey of type 0x06 has 1.8 kB; a sentence shows where it begins.
    return repr(text if len(text) <= 60 else text[:57] + "...")
