"""A proof file stands alone: nothing in it can be changed, and it is read in one way only."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotGenuine, Refused
from ledger.tlog import checkpoint, cosignature, merkle, note, proof
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import parse_vkey
from ledger.tlog.proof import Consistency, Proof
from tests import reference
from tests.ledger.tlog.signed import HEAD, LOG, ORIGIN, VECTORS, WITNESS, flips, signed

ENTRIES = [b"entry %d" % number for number in range(7)]
CHECKPOINT = note.render(signed(Checkpoint(ORIGIN, 7, reference.mth(ENTRIES)).text(), LOG, WITNESS))
KEYS = [cosignature.verifier(signer.key) for signer in (LOG, WITNESS)]
PROOF = Proof(4, tuple(reference.path(4, ENTRIES)), CHECKPOINT)
GROWN = Consistency(3, tuple(reference.proof(3, ENTRIES)), CHECKPOINT)

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)
NUMBERS = st.integers(0, 2**63 - 1)


def genuine(data: bytes) -> bool:
    """Whether the tlog-proof `data` proves ENTRIES[4]; raises `Refused` or `NotGenuine` otherwise."""
    read = proof.parse(data)
    signed_note = note.parse(read.checkpoint)
    head = checkpoint.parse(signed_note.text)
    merkle.verify_inclusion(merkle.leaf_hash(ENTRIES[4]), read.index, head.size, read.path, head.root)
    return len(note.verified(signed_note, KEYS)) == 2


def test_the_published_proof() -> None:
    case = json.loads((VECTORS / "with-witness.json").read_bytes())
    data = (VECTORS / case["file"]).read_bytes()
    read = proof.parse(data)
    assert read.encode() == data
    signed_note = note.parse(read.checkpoint)
    head = checkpoint.parse(signed_note.text)
    merkle.verify_inclusion(merkle.leaf_hash(case["entry"].encode()), read.index, head.size, read.path, head.root)
    keys = [cosignature.verifier(parse_vkey(case[name])) for name in ("log_vkey", "witness_vkey")]
    assert note.verified(signed_note, keys) == list(signed_note.signatures)
    with pytest.raises(NotGenuine):
        merkle.verify_inclusion(merkle.leaf_hash(b"other"), read.index, head.size, read.path, head.root)


@given(NUMBERS, HASHES, st.none() | st.binary(min_size=1))
def test_proofs_round_trip(index: int, path: tuple[bytes, ...], extra: bytes | None) -> None:
    given_proof = Proof(index, path, CHECKPOINT, extra)
    data = given_proof.encode()
    assert proof.parse(data) == given_proof
    assert data.startswith(b"c2sp.org/tlog-proof@v1\n" + (b"extra " if extra else b"index "))
    assert data.endswith(b"\n\n" + CHECKPOINT)


@given(NUMBERS, HASHES)
def test_consistency_proofs_round_trip(old: int, path: tuple[bytes, ...]) -> None:
    given_proof = Consistency(old, path, CHECKPOINT)
    assert proof.parse_consistency(given_proof.encode()) == given_proof


def test_no_flipped_bit_of_a_proof_is_accepted() -> None:
    data = PROOF.encode()
    assert genuine(data)
    for bad in flips(data):
        # A bit of a name or a key id makes a signature one of an unknown key, which is passed over: not both then.
        try:
            assert not genuine(bad)
        except Refused:
            continue
        lines = note.parse(proof.parse(bad).checkpoint).signatures
        known = {(key.name, key.key_id) for key in KEYS}
        assert {(line.name, line.key_id) for line in lines} != known


def test_no_flipped_bit_of_a_consistency_proof_is_accepted() -> None:
    data = GROWN.encode()
    old_root = reference.mth(ENTRIES[:3])

    def check(data: bytes) -> bool:
        read = proof.parse_consistency(data)
        signed_note = note.parse(read.checkpoint)
        head = checkpoint.parse(signed_note.text)
        merkle.verify_consistency(read.old, head.size, old_root, head.root, read.path)
        return len(note.verified(signed_note, KEYS)) == 2

    assert check(data)
    for bad in flips(data):
        try:
            assert not check(bad)
        except Refused:
            continue


def test_only_lines_of_keys_not_given_can_change() -> None:
    data = PROOF.encode()
    start = data.index("— witness".encode())
    for bad in flips(data[start:]):
        try:
            read = note.parse(proof.parse(data[:start] + bad).checkpoint)
        except Refused:
            continue
        assert [line.name for line in note.verified(read, KEYS[:1])] == [ORIGIN]


GOOD = PROOF.encode()
WITH_EXTRA = Proof(4, PROOF.path, CHECKPOINT, b"extra").encode()
HASH = note.base64(bytes(32)).encode() + b"\n"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no empty line before its checkpoint"),
        (GOOD[: GOOD.index(b"\n\n")], "no empty line"),
        (b"\n" + GOOD, "Line 1 of the proof is not 'c2sp.org/tlog-proof@v1'"),
        (GOOD.replace(b"@v1", b"@v2"), "Line 1 of the proof is not"),
        (GOOD.replace(b"\n", b"\r\n"), "Line 1 of the proof ends with a carriage return"),
        (GOOD.replace(b"index 4\n", b"index 4\r\n"), "Line 2 of the proof ends with a carriage return"),
        (GOOD.replace(b"index", b"\xff"), "Line 2 of the proof is not ASCII"),
        (GOOD.replace(b"index", "i\u2028ndex".encode()), "Line 2 of the proof is not ASCII"),
        (GOOD.replace(b"index 4\n", b""), "Line 2 of the proof does not begin with 'index'"),
        (b"c2sp.org/tlog-proof@v1\n\n" + CHECKPOINT, "Line 2 of the proof does not begin with 'index'"),
        (GOOD.replace(b"index 4", b"index 04"), "Line 2 of the proof: '04' is not a whole number"),
        (GOOD.replace(b"index 4", b"index  4"), "Line 2 of the proof: ' 4'"),
        (GOOD.replace(b"index 4", b"index 9223372036854775808"), "Line 2 of the proof: .* 2\\^63-1"),
        (GOOD.replace(b"index 4", b"index -1"), "Line 2 of the proof: '-1'"),
        (WITH_EXTRA.replace(b"index 4\n", b"index x\n"), "Line 3 of the proof: 'x'"),
        (WITH_EXTRA.replace(b"extra ZXh0cmE=", b"extra ZXh0cmF="), "Line 2 of the proof, the extra data: .* last bits"),
        (WITH_EXTRA.replace(b"extra ZXh0cmE=", b"extra ZXh0cmE"), "Line 2 of the proof, the extra data: .* not base64"),
        (WITH_EXTRA.replace(b"extra ZXh0cmE=", b"extra "), "Line 2 of the proof has no extra data"),
        (WITH_EXTRA.replace(b"extra ZXh0cmE=", b"extra"), "Line 2 of the proof does not begin with 'index'"),
        (WITH_EXTRA.replace(b"extra ZX", b"extra QQ==\nextra ZX"), "Line 3 of the proof does not begin with 'index'"),
        (GOOD.replace(b"index 4\n", b"index 4\nAAAA\n"), "Line 3 of the proof: 'AAAA' has 3 bytes"),
        (GOOD.replace(b"index 4\n", b"index 4\n" + HASH[:-2] + b"\n"), "Line 3 of the proof: .* not base64"),
        (GOOD.replace(b"index 4\n", b"index 4\n" + HASH.replace(b"A=", b"B=")), "Line 3 of the proof: .* last bits"),
        (GOOD.replace(b"index 4\n", b"index 4\n" + HASH * 61), "has 64 hashes; the limit is 63"),
        (GOOD.replace(b"index 4\n", b"index 4\n\n"), "The checkpoint in the proof: .*"),
        (GOOD.replace(b"\n\n", b"\n\n\n", 1), "The checkpoint in the proof: Line 1 of the checkpoint is empty"),
        (GOOD[:-1], "The checkpoint in the proof: The last line of the note has no newline"),
        (GOOD + b"\n", "The checkpoint in the proof: The note has no signature"),
        (GOOD.replace(b"\n7\n", b"\n07\n"), "The checkpoint in the proof: Line 2 of the checkpoint, the size"),
        (GOOD.replace("— wit".encode(), b"- wit"), "The checkpoint in the proof: Line 6 is not a signature"),
    ],
)
def test_a_broken_proof_says_where(data: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        proof.parse(data)


BODY = GROWN.encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no empty line before its checkpoint"),
        (CHECKPOINT, "The checkpoint in the proof"),
        (BODY.replace(b"old 3\n", b""), "Line 1 of the proof does not begin with 'old'"),
        (BODY.replace(b"old 3", b"old 03"), "Line 1 of the proof: '03' is not a whole number"),
        (BODY.replace(b"old 3", b"old 9223372036854775808"), "Line 1 of the proof: .* 2\\^63-1"),
        (BODY.replace(b"old 3", b"old 3 "), "Line 1 of the proof: '3 '"),
        (BODY.replace(b"old 3\n", b"old 3\r\n"), "Line 1 of the proof ends with a carriage return"),
        (BODY.replace(b"old 3\n", b"old 3\n" + HASH * 60), "has 64 hashes; the limit is 63"),
        (BODY.replace(b"old 3\n", b"old 3\nx\n"), "Line 2 of the proof: 'x' is not base64"),
        (BODY[:-1], "The checkpoint in the proof: The last line"),
    ],
)
def test_a_broken_consistency_proof_says_where(data: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says):
        proof.parse_consistency(data)


def test_only_proofs_are_written() -> None:
    for broken in (
        Proof(-1, (), CHECKPOINT),
        Proof(2**63, (), CHECKPOINT),
        Proof(0, (b"short",), CHECKPOINT),
        Proof(0, (bytes(32),) * 64, CHECKPOINT),
        Proof(0, (), CHECKPOINT, b""),
        Proof(0, (), CHECKPOINT[:-1]),
        Proof(0, (), note.render(signed("not a checkpoint\n", LOG))),
        Consistency(-1, (), CHECKPOINT),
        Consistency(0, (b"",), CHECKPOINT),
        Consistency(0, (bytes(32),) * 64, CHECKPOINT),
        Consistency(0, (), HEAD.text().encode()),
    ):
        with pytest.raises(Refused):
            broken.encode()
