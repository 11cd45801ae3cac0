"""The file that holds private keys, outside the ledger: a log's, or a witness's.

Whoever holds the ledger can rewrite it; whoever holds the key as well can sign the rewritten one. So the key lies
elsewhere, readable by its owner alone, and optionally encrypted. The file is text: a line `vkey …` names each key
as signed-note does, and its private half follows as PKCS #8 in PEM (RFC 7468), which OpenSSL reads too. A file may
hold several keys of one name, as Ed25519 and ML-DSA-44 of a log that signs with both.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ledger.errors import Refused
from ledger.tlog import note
from ledger.tlog.cosignature import Ed25519Cosigner, MLDSA44Cosigner
from ledger.tlog.note import COSIGNATURE_V1, ED25519, SEED_BYTES, SUBTREE_V1, VerifierKey, parse_vkey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

_BLOCK = re.compile(
    r"vkey (?P<vkey>[^\n]+)\n"
    r"(?P<pem>-----BEGIN (?P<label>(?:ENCRYPTED )?PRIVATE KEY)-----\n[A-Za-z0-9+/=\n]+-----END (?P=label)-----\n)"
)
_MOST_BYTES = 100_000
_MOST_NAME = 255  # as much as an origin has
_MOST_PASSPHRASE = 1023


class PrivateKey(NamedTuple):
    """One private key: what others know it by, and the 32 bytes that it grows from (RFC 8032 and FIPS 204 alike)."""

    key: VerifierKey
    seed: bytes

    def __repr__(self) -> str:  # a traceback or a log must not show the seed
        return f"PrivateKey({self.key.text()[:80]!r})"

    def signer(self, time: int = 0) -> note.Signer:
        """What signs with it; `time` (seconds since 1970) is what a cosignature claims, and a log claims none."""
        if self.key.algorithm == ED25519:
            return note.Ed25519Signer(self.key.name, self.seed)
        if self.key.algorithm == COSIGNATURE_V1:
            return Ed25519Cosigner(self.key.name, self.seed, time)
        return MLDSA44Cosigner(self.key.name, self.seed, time)

    def sign_bytes(self, message: bytes) -> bytes:
        """The bare signature of `message`: of a `key` entry (docs/FORMAT.md section 9), and of nothing else."""
        return bytes(_private(self.key.algorithm, self.seed).sign(message))


class KeyFile(NamedTuple):
    """A key file that was read: its keys, Ed25519 last, and the one name that they share."""

    path: Path
    keys: tuple[PrivateKey, ...]

    @property
    def name(self) -> str:
        """The name of the keys: a log's origin, or a witness's name."""
        return self.keys[0].key.name

    @property
    def record(self) -> Path:
        """Where the largest tree that was ever signed is recorded."""
        return self._beside(".record")

    @property
    def lock(self) -> Path:
        """What a signer holds locked while it signs."""
        return self._beside(".lock")

    def _beside(self, ending: str) -> Path:
        # Beside the file itself, not beside a link to it: two records of one key would be two histories.
        real = Path(os.path.realpath(self.path))
        return real.with_name(real.name + ending)


def verify_bytes(key: VerifierKey, signature: bytes, message: bytes) -> bool:
    """Whether `sign_bytes` with the private half of `key` gives a signature like this one of `message`."""
    from cryptography.exceptions import InvalidSignature

    try:
        if key.algorithm == SUBTREE_V1:
            from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

            MLDSA44PublicKey.from_public_bytes(key.public).verify(signature, message)
        else:
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(algorithm: int, seed: bytes) -> Ed25519PrivateKey | MLDSA44PrivateKey:
    if algorithm == SUBTREE_V1:
        from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

        return MLDSA44PrivateKey.from_seed_bytes(seed)
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed)


def make(name: str, algorithms: Sequence[int], entropy: Callable[[int], bytes]) -> tuple[PrivateKey, ...]:
    """New keys of `name`, one of each of the signed-note types. `Refused` for a name that no key can have."""
    if (why := note.name_problem(name)) is not None:
        raise Refused(f"{name[:80]!r} cannot name a key: {why}")
    if len(name.encode()) > _MOST_NAME:
        raise Refused(f"{name[:80]!r}… cannot name a key: it has more than {_MOST_NAME} bytes.")
    keys = []
    for algorithm in algorithms:
        seed = entropy(SEED_BYTES)
        public = _private(algorithm, seed).public_key().public_bytes_raw()
        keys.append(PrivateKey(VerifierKey.of(name, algorithm, public), seed))
    return tuple(keys)


def write(path: Path, keys: Sequence[PrivateKey], passphrase: bytes | None = None) -> KeyFile:
    """Writes a new key file, mode 0600, synced to the disk. `Refused` where it exists: a key is never overwritten."""
    from cryptography.hazmat.primitives import serialization as s

    if passphrase is not None and len(passphrase) > _MOST_PASSPHRASE:
        raise Refused(f"The passphrase has {len(passphrase):,} bytes; OpenSSL takes {_MOST_PASSPHRASE:,} at most.")
    encryption = s.BestAvailableEncryption(passphrase) if passphrase else s.NoEncryption()
    text = ""
    for one in keys:
        private = _private(one.key.algorithm, one.seed)
        pem = private.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, encryption)
        text += f"vkey {one.key.text()}\n{pem.decode('ascii')}"
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise Refused(f"{path} exists already; a key is never overwritten.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None
    return KeyFile(path, tuple(keys))


def sync_folder(folder: Path) -> None:
    """Makes a new name in `folder` last: the folder's own entry is on the disk before this returns."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _blocks(path: Path) -> list[tuple[VerifierKey, str]]:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise Refused(f"{path} does not exist; `transfer-ledger key new` makes a key.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    found, at = [], 0
    while (block := _BLOCK.match(text, at)) is not None:
        try:
            found.append((parse_vkey(block["vkey"]), block["pem"]))
        except Refused as error:
            raise error.at(f"{path}, key {len(found) + 1}") from None
        at = block.end()
    whole = at == len(text) and len(data) <= _MOST_BYTES and len({key.name for key, _ in found}) == 1
    if not whole or len({key for key, _ in found}) < len(found):
        raise Refused(
            f"{path} is not a key file: it holds, for one name, lines `vkey …` each followed by its private key in PEM."
        )
    return found


def vkeys(path: Path) -> list[VerifierKey]:
    """The verifier keys that the file at `path` says it holds, Ed25519 last; needs no passphrase."""
    return [key for key, _ in _blocks(path)]


def encrypted(path: Path) -> bool:
    """Whether the file at `path` needs a passphrase."""
    return any("ENCRYPTED" in pem for _, pem in _blocks(path))


def load(path: Path, passphrase: Callable[[], bytes | None] = lambda: None) -> KeyFile:
    """The keys of the file at `path`; `passphrase` is asked for only where it is encrypted.

    Raises `Refused` for a wrong passphrase, a file that others can read, or a private key that is not the one its
    `vkey` line names.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization as s

    blocks = _blocks(path)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise Refused(f"{path} can be read by others; `chmod 600 {path.name}` before it is used.")
    secret = passphrase() if any("ENCRYPTED" in pem for _, pem in blocks) else None
    keys = []
    for key, pem in blocks:
        try:
            private = s.load_pem_private_key(pem.encode("ascii"), secret)
            seed = private.private_bytes_raw() if hasattr(private, "private_bytes_raw") else b""
            public = private.public_key().public_bytes_raw() if seed else b""  # type: ignore[union-attr] # has both
        except TypeError:
            raise Refused(f"{path} is encrypted, and no passphrase was given.") from None
        except (ValueError, UnsupportedAlgorithm):
            raise Refused(f"{path}: the passphrase is wrong, or the key in it is damaged.") from None
        if public != key.public:
            raise Refused(f"{path}: the private key under {key.text()[:60]} is another one than that line names.")
        keys.append(PrivateKey(key, seed))
    return KeyFile(path, tuple(keys))
