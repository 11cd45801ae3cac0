"""A note is read in one way only, and a signature of a known key is genuine or the note is not."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotGenuine, Refused
from ledger.tlog import cosignature, note
from ledger.tlog.cosignature import Ed25519Cosigner
from ledger.tlog.note import Ed25519Signer, Ed25519Verifier, Note, SignatureLine, VerifierKey, parse_vkey
from tests.ledger.tlog.signed import HEAD, LOG, VECTORS, flips, signed

PUBLISHED = json.loads((VECTORS / "notes.json").read_bytes())

NAMES = st.text(st.characters(exclude_categories=("Cc", "Cs", "Z"), exclude_characters="+"), min_size=1, max_size=20)
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters=[chr(c) for c in range(32) if c != 10]))
LINES = st.builds(SignatureLine, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))

TEXT = "first\nsecond\n"
VERIFIER = Ed25519Verifier(LOG.key)
GOOD = note.render(signed(TEXT, LOG))


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["source"])
def test_published_notes(case: dict[str, str]) -> None:
    data = case["note"].encode()
    key = parse_vkey(case["vkey"])
    assert key.text() == case["vkey"]
    read = note.parse(data)
    assert note.render(read) == data
    assert note.verified(read, [Ed25519Verifier(key)]) == list(read.signatures)
    for text in flips(read.text.encode()[:40]):
        changed = Note(text.decode("latin-1") + read.text[40:], read.signatures)
        with pytest.raises(NotGenuine, match=f"The signature of {key.name} "):
            note.verified(changed, [Ed25519Verifier(key)])


@given(TEXTS, st.lists(LINES, min_size=1, max_size=100))
def test_notes_round_trip(text: str, lines: list[SignatureLine]) -> None:
    given_note = Note(text + "\n", tuple(lines))
    data = note.render(given_note)
    assert note.parse(data) == given_note
    assert note.render(note.parse(data)) == data


@given(st.binary(min_size=32, max_size=32), NAMES, TEXTS)
def test_what_is_signed_is_verified(seed: bytes, name: str, text: str) -> None:
    signer = Ed25519Signer(name, seed)
    read = note.parse(note.render(signed(text + "\n", LOG, signer)))
    assert [line.name for line in note.verified(read, [Ed25519Verifier(signer.key)])] == [name]
    assert parse_vkey(signer.key.text()) == signer.key
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert signer.key.key_id == sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def test_no_flipped_bit_of_a_note_is_accepted() -> None:
    accepted = 0
    for data in flips(GOOD):
        try:
            lines = note.verified(note.parse(data), [VERIFIER])
        except Refused:
            continue
        # Neither broken nor forged: then the name or the key id is another one, and nothing is verified.
        assert lines == []
        [line] = note.parse(data).signatures
        assert (line.name, line.key_id) != (LOG.key.name, LOG.key.key_id)
        accepted += 1
    assert accepted


def test_no_other_signature_is_accepted() -> None:
    [line] = signed(TEXT, LOG).signatures
    assert VERIFIER.verify(TEXT, line.signature)
    for bad in (*flips(line.signature), b"", line.signature[:-1], line.signature + b"\0"):
        assert not VERIFIER.verify(TEXT, bad)
    assert not VERIFIER.verify("\ud800\n", line.signature)


def b64(data: bytes) -> bytes:
    return base64.b64encode(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no newline at its end"),
        (b"\n", "no empty line"),
        (b"text\n", "no empty line"),
        (GOOD[:-1], "last line of the note has no newline"),
        (GOOD + b"\n", "no signature below"),
        (GOOD + b"x", "no newline at its end"),
        (GOOD + b"x\n", "Line 5 is not a signature"),
        (b"text\n\n", "no signature below"),
        (GOOD.replace(b"\n", b"\r\n"), "Line 1 holds a carriage return"),
        (GOOD.replace(b"second\n", b"second\r\n"), "Line 2 holds a carriage return"),
        (GOOD.replace(b"second", b"sec\0ond"), "Line 2 holds the control character U\\+0000"),
        (GOOD.replace(b"second", b"sec\tond"), "Line 2 holds the control character U\\+0009"),
        (GOOD.replace(b"second", b"sec\xffond"), "Line 2 of the note is not UTF-8 text \\(byte 9\\)"),
        (GOOD.replace(b"second", b"\xed\xa0\x80"), "Line 2 of the note is not UTF-8"),  # a lone surrogate
        (GOOD.replace(b"second", b"\xc0\xaf"), "Line 2 of the note is not UTF-8"),  # an overlong slash
        (GOOD.replace("—".encode(), b"-"), "Line 4 is not a signature"),
        (GOOD.replace("— ".encode(), "—  ".encode()), "Line 4: A key's name is empty"),
        (GOOD.replace(b"example", b"ex+ample"), "Line 4: The key name 'ex\\+ample.org/log' holds a plus"),
        (GOOD.replace(b"example", "ex\u2003ample".encode()), "Line 4: The key name .* holds a space"),
        (GOOD.replace(b"example", "ex\u2028ample".encode()), "Line 4: The key name .* holds a space"),
        (GOOD.replace(b"example", "ex\x85ample".encode()), "Line 4: The key name .* holds a space"),
        (GOOD.replace(b"log ", b"log  "), "Line 4: .* is not base64"),
        (GOOD.replace(b"log ", b"log"), "Line 4 is not a signature"),
        (GOOD[:-1] + b" \n", "Line 4: .* is not base64"),
        (GOOD[:-1] + b"=\n", "Line 4: .* is not base64"),
        (GOOD.replace(b"=\n", b"\n"), "Line 4: .* is not base64"),
        ("t\n\n— n ".encode() + b64(b"idid") + b"\n", "Line 3 has 4 bytes"),
        ("t\n\n— n ".encode() + b"\n", "Line 3 has 0 bytes"),
        ("t\n\n— n aWRpZDF=\n".encode(), "Line 3: .* its last bits say nothing"),
        ("t\n\n— n ".encode() + "ſWRpZDE=".encode() + b"\n", "Line 3: .* is not base64"),
        (b"x" * 1_000_001, "1000001 bytes; the limit is 1000000"),
    ],
)
def test_a_broken_note_says_where(data: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        note.parse(data)


def test_base64_has_one_form() -> None:
    assert note.decode_base64("aWQ=") == b"id"
    for text in ("aWR=", "aWQ", "aWQ==", "aW Q=", "aWQ=\n", "aWQ=aWQ=", "a-Q=", "=aWQ", "\ud800", "aWQ\u0661"):
        with pytest.raises(Refused, match="base64"):
            note.decode_base64(text)
    with pytest.raises(Refused, match="its last bits say nothing"):
        note.decode_base64("aWR=")


def test_the_last_empty_line_separates() -> None:
    read = note.parse("a\n\n— n aWRpZDE=\n\n— m aWRpZDE=\n".encode())
    assert read == Note("a\n\n— n aWRpZDE=\n", (SignatureLine("m", b"idid", b"1"),))
    assert note.parse("\n\n— m aWRpZDE=\n".encode()).text == "\n"


def test_sixteen_signatures_are_accepted_and_a_hundred_are_the_limit() -> None:
    line = SignatureLine("n", b"idid", b"x" * 5000)  # "up to nearly 5kB in size"
    assert len(note.parse(note.render(Note("t\n", (line,) * 16))).signatures) == 16
    assert len(note.parse(note.render(Note("t\n", (line,) * 100))).signatures) == 100
    with pytest.raises(Refused, match="101 signatures; the limit is 100"):
        note.parse(b"t\n\n" + line.text().encode() * 101)


@pytest.mark.parametrize(
    "broken",
    [
        Note("no newline", (SignatureLine("n", b"idid", b"1"),)),
        Note("t\n", ()),
        Note("t\r\n", (SignatureLine("n", b"idid", b"1"),)),
        Note("\ud800\n", (SignatureLine("n", b"idid", b"1"),)),
        Note("t\n", (SignatureLine("n n", b"idid", b"1"),)),
        Note("t\n", (SignatureLine("n\n", b"idid", b"1"),)),
        Note("t\n", (SignatureLine("n", b"idi", b"12"),)),
        Note("t\n", (SignatureLine("n", b"idid", b""),)),
    ],
)
def test_only_notes_are_written(broken: Note) -> None:
    with pytest.raises(Refused):
        note.render(broken)
    with pytest.raises(Refused, match="lone surrogate"):
        LOG.sign("\ud800\n")


def test_unknown_keys_are_passed_over_and_known_ones_are_not() -> None:
    other = Ed25519Signer("other", b"\x09" * 32)
    [genuine] = signed(TEXT, LOG).signatures
    forged = genuine._replace(signature=bytes(64))
    unknown = forged._replace(key_id=b"none")
    named = forged._replace(name="someone")
    read = Note(TEXT, (unknown, named, genuine))
    assert note.verified(read, [VERIFIER]) == [genuine]
    assert note.verified(read, [Ed25519Verifier(other.key)]) == []
    assert note.verified(read, []) == []
    for lines in ((forged,), (genuine, forged), (forged, genuine)):
        with pytest.raises(NotGenuine, match=r"The signature of example.org/log"):
            note.verified(Note(TEXT, lines), [VERIFIER])
    assert note.verified(Note(TEXT, (genuine, unknown, genuine)), [VERIFIER, VERIFIER]) == [genuine]


def test_a_key_counts_once_however_often_it_signed() -> None:
    read = signed(HEAD.text(), *(Ed25519Cosigner("w", b"\x03" * 32, time) for time in (2, 1, 2)))
    verifier = cosignature.verifier(Ed25519Cosigner("w", b"\x03" * 32, 0).key)
    assert note.verified(read, [verifier]) == [read.signatures[0]]


def test_two_keys_with_one_name_and_id_are_refused() -> None:
    class Colliding:
        name = LOG.key.name
        key_id = LOG.key.key_id

        def verify(self, text: str, signature: bytes) -> bool:
            return True

    with pytest.raises(Refused, match=r"Two keys have the name 'example.org/log' and the key id"):
        note.verified(signed(TEXT, LOG), [VERIFIER, Colliding()])


VKEY = LOG.key.text()


def vkey(algorithm: int, length: int) -> str:
    public = bytes(length)
    encoded = note.base64(bytes([algorithm]) + public)
    return f"n+{note.key_id('n', algorithm, public).hex()}+{encoded}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not a verifier key"),
        (VKEY + "\n", "is not a verifier key"),
        (VKEY.replace("+", " "), "is not a verifier key"),
        (VKEY.replace(LOG.key.key_id.hex(), LOG.key.key_id.hex().upper()), "lower case"),
        (VKEY.replace(LOG.key.key_id.hex(), LOG.key.key_id.hex()[1:]), "is not a verifier key"),
        (VKEY.replace(LOG.key.key_id.hex(), "00000000"), f"key id 00000000 is not .* {LOG.key.key_id.hex()}"),
        ("other" + VKEY, "The key id .* is not that of the key 'otherexample.org/log'"),
        (VKEY[VKEY.index("+") :], "name is empty"),
        ("a b" + VKEY, "holds a space"),
        ("a\ud800" + VKEY, "half a character"),
        (VKEY[:-1], "not base64|33 bytes|has 31 bytes"),
        (vkey(1, 31), "has 31 bytes; its type has 32"),
        (vkey(4, 33), "has 33 bytes; its type has 32"),
        (vkey(6, 32), "has 32 bytes; its type has 1312"),
        (vkey(2, 32), "type 0x02; known here are 0x01"),
        ("n+00000000+AQ==", "has 0 bytes"),
    ],
)
def test_a_broken_vkey_says_why(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        parse_vkey(text)


def test_a_vkey_with_stray_bits_is_refused() -> None:
    text = VerifierKey.of("n", 6, bytes(1312)).text()  # Ed25519 keys have 33 bytes with their type: no padding
    assert text.endswith("AA=")
    with pytest.raises(Refused, match=r"verifier key .* its last bits say nothing"):
        parse_vkey(text[:-2] + "B=")


def test_secrets_are_not_shown() -> None:
    assert "seed" not in repr(LOG)
    assert "seed" not in repr(Ed25519Cosigner("w", b"\x03" * 32, 1))
    with pytest.raises(Refused, match="32 bytes, not 31"):
        Ed25519Signer("n", bytes(31)).sign("t\n")
    with pytest.raises(Refused, match="type 0x04, not 0x01"):
        Ed25519Verifier(VerifierKey.of("n", 4, bytes(32)))


def test_only_signing_and_verifying_load_cryptography() -> None:
    code = (
        "import sys, ledger.tlog.tiles; assert not {'ledger.tlog.note', 'cryptography'} & set(sys.modules);"
        "import ledger.tlog.policy, ledger.tlog.proof; assert 'cryptography' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
