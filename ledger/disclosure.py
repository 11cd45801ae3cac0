"""Erasable values: SD-JWT disclosures (RFC 9901 §4.2.1), the digest sealed and the text kept beside the chain.

A disclosure is the base64url text of the canonical JSON array `[salt, name, value]`. The entry seals only its
digest, the base64url SHA-256 of that text (RFC 9901 §4.2.3), so the text can be deleted later while every hash
and every proof stays valid; the salt, 128 random bits, keeps anyone from guessing the value from the digest.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple

import msgspec

from ledger.errors import Refused

SALT_BYTES = 16
"""RFC 9901 §9.3 recommends 128 bits of randomness for each salt."""


_decoder = msgspec.json.Decoder(tuple[str, str, str | tuple[str, ...]])
_encoder = msgspec.json.Encoder()
_SALT = re.compile(r"[A-Za-z0-9_-]{21}[AQgw]", re.ASCII).fullmatch
_SALTS = re.compile(r"[A-Za-z0-9_-]{21}[AQgw](?:\n[A-Za-z0-9_-]{21}[AQgw])*", re.ASCII).fullmatch


class Disclosure(NamedTuple):
    """One erasable value: the member's `name`, its `value` (text or a list of texts), and the salt."""

    salt: str
    name: str
    value: str | tuple[str, ...]


_lines = msgspec.json.Decoder(Disclosure)
_value = attrgetter("value")


def base64url(data: bytes) -> str:
    """Unpadded base64url text of `data` (RFC 4648 §5, as RFC 9901 uses it)."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL, b"=").decode("ascii")


_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")


def base64url_decode(text: str) -> bytes:
    """The bytes of unpadded base64url `text`; `Refused` unless it re-encodes to the same text."""
    # a2b_base64 skips what it does not know and accepts stray bits at the end: encoding again shows both.
    try:
        raw = text.encode("ascii").translate(_FROM_URL)
        data = binascii.a2b_base64(raw + b"=" * (-len(raw) % 4))
    except (UnicodeEncodeError, binascii.Error):
        raise Refused("The text is not unpadded base64url.") from None
    if base64url(data) != text:
        raise Refused("The base64url text is not in its canonical form.")
    return data


def write(salt: str, name: str, value: str | tuple[str, ...]) -> str:
    """The disclosure text of one erasable value; `salt` is base64url of 16 random bytes.

    `value` is printable text, which `forms.text_problem` decides: for such text msgspec writes what RFC 8785 asks.
    """
    return base64url(_encoder.encode((salt, name, value)))


def digest(text: str) -> str:
    """The digest that an entry seals for the disclosure `text`: 43 characters of base64url SHA-256."""
    return base64url(hashlib.sha256(text.encode("ascii")).digest())


def read(text: str) -> Disclosure:
    """The parts of a disclosure `text`. Raises `Refused` where it is not exactly what `write` gives."""
    try:
        raw = text.encode("ascii").translate(_FROM_URL)
        content = _decoder.decode(binascii.a2b_base64(raw + b"=" * (-len(raw) % 4)))
    except (msgspec.MsgspecError, UnicodeError, binascii.Error, RecursionError):
        raise Refused("A disclosure is the array [salt of 16 bytes, name, text or list of texts].") from None
    salt, name, value = content
    # Encoding again shows at once whether the JSON and the base64url were both canonical.
    if base64url(_encoder.encode(content)) != text or not _SALT(salt) or not value:
        raise Refused("The disclosure is not in its canonical form (RFC 8785).")
    return Disclosure(salt, name, value)


def digests(texts: Sequence[bytes]) -> list[str]:
    """The digests of several disclosures at once, as `digest` gives each; for whole runs of them."""
    raw = [binascii.b2a_base64(hashlib.sha256(text).digest(), newline=False) for text in texts]
    return b"\n".join(raw).translate(_TO_URL, b"=").decode("ascii").split("\n") if raw else []


def read_run(texts: Sequence[bytes]) -> list[Disclosure] | None:
    """The parts of several disclosures, or None where anything is wrong with any: `read` then says what."""
    joined = b"\n".join(texts)
    try:
        # a2b_base64 does not mind too much padding.
        raw = [binascii.a2b_base64(text + b"==") for text in joined.translate(_FROM_URL).split(b"\n")]
        lines = b"\n".join(raw)
        values = _lines.decode_lines(lines)
    except (msgspec.MsgspecError, UnicodeError, binascii.Error, RecursionError):
        return None
    again = b"\n".join([binascii.b2a_base64(one, newline=False) for one in raw])
    if (
        again.translate(_TO_URL, b"=") != joined
        or not len(raw) == len(values) == len(texts)
        or _encoder.encode_lines(values) != lines + b"\n"
        or not _SALTS("\n".join([value.salt for value in values]))
        or not all(map(_value, values))
    ):
        return None
    return values
