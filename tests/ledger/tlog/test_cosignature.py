"""Both kinds of cosignature sign the message of tlog-cosignature, byte for byte, and nothing else."""

from __future__ import annotations

import json
import struct
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.errors import NotGenuine, Refused
from ledger.tlog import cosignature, note, proof
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import CosignatureVerifier, Ed25519Cosigner, MLDSA44Cosigner, timestamp
from ledger.tlog.note import Note, SignatureLine, VerifierKey, parse_vkey
from tests.ledger.tlog.signed import HEAD, LOG, LOG_MLDSA, ORIGIN, VECTORS, WITNESS, WITNESS_MLDSA, flips, signed

TEXT = HEAD.text()


def test_the_published_cosignature() -> None:
    case = json.loads((VECTORS / "with-witness.json").read_bytes())
    read = note.parse(proof.parse((VECTORS / case["file"]).read_bytes()).checkpoint)
    log, witness = parse_vkey(case["log_vkey"]), parse_vkey(case["witness_vkey"])
    lines = note.verified(read, [cosignature.verifier(log), cosignature.verifier(witness)])
    assert [line.name for line in lines] == ["fake.log.origin/log", "test-witness"]
    assert timestamp(lines[1].signature) == 1771605822
    changed = read._replace(text=read.text.replace("4", "5", 1))
    with pytest.raises(NotGenuine):
        note.verified(changed, [cosignature.verifier(witness)])


def test_the_message_of_type_0x04() -> None:
    [line] = signed(TEXT, WITNESS).signatures
    private = Ed25519PrivateKey.from_private_bytes(WITNESS.seed)
    public = private.public_key().public_bytes_raw()
    message = b"cosignature/v1\ntime 1700000000\n" + TEXT.encode()
    assert line.signature == struct.pack(">Q", 1_700_000_000) + private.sign(message)
    assert line.key_id == sha256(b"witness.example/w\n\x04" + public).digest()[:4]
    assert timestamp(line.signature) == 1_700_000_000
    assert cosignature.verifier(WITNESS.key).verify(TEXT, line.signature)


@pytest.mark.parametrize(("signer", "time"), [(WITNESS_MLDSA, 1_700_000_001), (LOG_MLDSA, 0)])
def test_the_message_of_type_0x06(signer: MLDSA44Cosigner, time: int) -> None:
    [line] = signed(TEXT, signer).signatures
    public_key = MLDSA44PrivateKey.from_seed_bytes(signer.seed).public_key()
    assert line.key_id == sha256(signer.name.encode() + b"\n\x06" + public_key.public_bytes_raw()).digest()[:4]
    assert timestamp(line.signature) == time
    message = b"".join(
        [
            b"subtree/v1\n\0",
            bytes([len(signer.name)]) + signer.name.encode(),
            struct.pack(">Q", time),
            bytes([len(ORIGIN)]) + ORIGIN.encode(),
            struct.pack(">QQ", 0, 42),
            HEAD.root,
        ]
    )
    public_key.verify(line.signature[8:], message)
    assert len(line.signature) == 8 + 2420
    assert cosignature.verifier(signer.key).verify(TEXT, line.signature)


@pytest.mark.parametrize("signer", [WITNESS, WITNESS_MLDSA])
def test_no_changed_cosignature_is_accepted(signer: Ed25519Cosigner | MLDSA44Cosigner) -> None:
    verifier = cosignature.verifier(signer.key)
    signature = signer.sign(TEXT)
    assert verifier.verify(TEXT, signature)
    for number, bad in enumerate(flips(signature)):
        # Each bit of the short one; of the long one each bit of the time and one of each byte after.
        if len(signature) < 100 or number < 64 or number % 8 == number // 8 % 8:
            assert not verifier.verify(TEXT, bad)
    for bad in (b"", signature[:-1], signature + b"\0", signature[8:], bytes(72), bytes(2428)):
        assert not verifier.verify(TEXT, bad)
    for changed in flips(TEXT.encode()):
        assert not verifier.verify(changed.decode("latin-1"), signature)


def test_a_cosignature_holds_for_its_name_and_origin() -> None:
    for changed in (HEAD._replace(origin="other.org/log"), HEAD._replace(size=43), HEAD._replace(root=bytes(32))):
        for signer in (WITNESS, WITNESS_MLDSA):
            assert not cosignature.verifier(signer.key).verify(changed.text(), signer.sign(TEXT))
    renamed = VerifierKey.of("other", note.SUBTREE_V1, WITNESS_MLDSA.key.public)
    assert not cosignature.verifier(renamed).verify(TEXT, WITNESS_MLDSA.sign(TEXT))
    # The older message has no name in it: so says the specification, and so one key must not serve two names.
    renamed = VerifierKey.of("other", note.COSIGNATURE_V1, WITNESS.key.public)
    assert cosignature.verifier(renamed).verify(TEXT, WITNESS.sign(TEXT))
    # One Ed25519 key as log and as witness: its signatures of one type are none of the other.
    log = cosignature.verifier(VerifierKey.of(ORIGIN, note.ED25519, WITNESS.key.public))
    assert not log.verify(TEXT, WITNESS.sign(TEXT)[8:])


def test_extension_lines_are_signed_by_one_type_only() -> None:
    extended = HEAD._replace(extensions=("more",)).text()
    assert not cosignature.verifier(WITNESS.key).verify(extended, WITNESS.sign(TEXT))
    assert cosignature.verifier(WITNESS_MLDSA.key).verify(extended, WITNESS_MLDSA.sign(TEXT))


@pytest.mark.parametrize("signer", [WITNESS, WITNESS_MLDSA])
def test_only_checkpoints_are_cosigned(signer: Ed25519Cosigner | MLDSA44Cosigner) -> None:
    for text in ("hello\n", TEXT[:-1], TEXT.replace("42", "042"), "\ud800" + TEXT):
        with pytest.raises(Refused):
            signer.sign(text)
        assert not cosignature.verifier(signer.key).verify(text, signer.sign(TEXT))


def test_times_are_within_63_bits() -> None:
    last = Ed25519Cosigner("w", b"\x03" * 32, 2**63 - 1)
    assert timestamp(last.sign(TEXT)) == 2**63 - 1
    for time in (-1, 2**63):
        with pytest.raises(Refused, match=f"The time {time} of a cosignature"):
            Ed25519Cosigner("w", b"\x03" * 32, time).sign(TEXT)
    beyond = struct.pack(">Q", 2**63) + bytes(64)
    with pytest.raises(Refused, match="beyond 2\\^63-1"):
        timestamp(beyond)
    for length in (0, 64, 71, 73, 2420):
        with pytest.raises(Refused, match=f"{length} bytes is not a cosignature"):
            timestamp(bytes(length))


def test_names_and_origins_are_counted_in_one_byte() -> None:
    long, longer = "é" * 127 + "x", "é" * 128
    assert MLDSA44Cosigner(long, b"\x04" * 32).sign(TEXT)
    with pytest.raises(Refused, match=r"key name .* has 256 bytes"):
        MLDSA44Cosigner(longer, b"\x04" * 32).sign(TEXT)
    with pytest.raises(Refused, match=r"key name .* has 256 bytes"):
        cosignature.verifier(VerifierKey.of(longer, note.SUBTREE_V1, bytes(1312)))
    with pytest.raises(Refused, match=r"origin .* has 256 bytes"):
        LOG_MLDSA.sign(Checkpoint(longer, 1, HEAD.root).text())
    assert WITNESS.sign(Checkpoint(longer, 1, HEAD.root).text())


def test_a_verifier_for_each_type() -> None:
    read = note.parse(note.render(signed(TEXT, LOG, LOG_MLDSA, WITNESS, WITNESS_MLDSA)))
    keys = [signer.key for signer in (LOG, LOG_MLDSA, WITNESS, WITNESS_MLDSA)]
    assert note.verified(read, [cosignature.verifier(parse_vkey(key.text())) for key in keys]) == list(read.signatures)
    with pytest.raises(Refused, match="type 0x01, which has no time"):
        CosignatureVerifier(LOG.key)
    with pytest.raises(Refused, match="type 0x02; known here are 0x01, 0x04, 0x06"):
        VerifierKey.of("n", 2, bytes(32))
    forged = Note(TEXT, (SignatureLine(WITNESS.key.name, WITNESS.key.key_id, bytes(72)),))
    with pytest.raises(NotGenuine, match=r"witness.example/w"):
        note.verified(forged, [cosignature.verifier(WITNESS.key)])


def test_public_keys_that_are_no_points_verify_nothing() -> None:
    for public in (b"\xff" * 32, bytes(31) + b"\x80"):
        key = VerifierKey.of("n", note.COSIGNATURE_V1, public)
        assert not cosignature.verifier(key).verify(TEXT, WITNESS.sign(TEXT))
    assert not cosignature.verifier(VerifierKey.of("n", note.SUBTREE_V1, bytes(1312))).verify(
        TEXT, LOG_MLDSA.sign(TEXT)
    )


def test_seeds_have_32_bytes() -> None:
    with pytest.raises(Refused, match="32 bytes, not 33"):
        MLDSA44Cosigner("w", bytes(33)).sign(TEXT)
    assert "seed" not in repr(WITNESS_MLDSA)
