"""The record beside the key: nothing is signed that does not go on from what was signed before."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger import signing
from ledger.errors import Busy, Refused
from ledger.keyfile import KeyFile
from ledger.tlog import merkle, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import verifier
from ledger.tlog.note import ED25519, SUBTREE_V1
from tests.ledger.signers import new_key
from tests.ledger.worlds import ORIGIN

LEAVES = [merkle.leaf_hash(b"%d" % n) for n in range(20)]
OTHER = [merkle.leaf_hash(b"other %d" % n) for n in range(20)]


def root_of(leaves: list[bytes], size: int) -> bytes:
    frontier = merkle.Frontier()
    for leaf in leaves[:size]:
        frontier.append(leaf)
    return frontier.root()


def tree(size: int, leaves: list[bytes] = LEAVES, origin: str = ORIGIN) -> Checkpoint:
    return Checkpoint(origin, size, root_of(leaves, size))


def sign(keys: KeyFile, size: int, leaves: list[bytes] = LEAVES) -> signing.Signed:
    return signing.sign(keys, tree(size, leaves), lambda at: root_of(leaves, at))


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return new_key(tmp_path / "k")


def test_what_is_signed_is_recorded_and_verifies(tmp_path: Path) -> None:
    keys = new_key(tmp_path / "k", algorithms=[SUBTREE_V1, ED25519])
    assert signing.recorded(keys) == tree(0)
    for size in (1, 1, 5, 20):
        signed = sign(keys, size)
        parsed = note.parse(signed.note)
        assert parsed.text == tree(size).text()
        assert len(note.verified(parsed, [verifier(one.key) for one in keys.keys])) == 2
        assert signing.recorded(keys) == tree(size)
        assert keys.record.read_text() == tree(size).text()
        assert stat.S_IMODE(keys.record.stat().st_mode) == 0o600
        assert not keys.record.with_name("k.record.new").exists()


def test_a_ledger_that_is_behind_or_beside_its_record_is_not_signed(keys: KeyFile) -> None:
    sign(keys, 10)
    with pytest.raises(Refused, match=r"has 9 entries, but the record beside the key \(k.record\) knows of 10"):
        sign(keys, 9)
    for size in (10, 15):
        with pytest.raises(Refused, match="The first 10 entries of this ledger are not those"):
            sign(keys, size, OTHER)
        with pytest.raises(Refused, match="not those"):
            sign(keys, size, [*LEAVES[:9], *OTHER[9:]])
    assert signing.recorded(keys) == tree(10)
    sign(keys, 15, [*LEAVES[:10], *OTHER[10:]])  # what was never signed may be another


def test_another_ledger_is_told_from_one_that_lost_entries(keys: KeyFile) -> None:
    sign(keys, 10)
    with pytest.raises(Refused, match=r"The key is for springfield.example/transfers, but this ledger is x.example"):
        signing.sign(keys, tree(3, origin="x.example"), lambda at: root_of(LEAVES, at))
    with pytest.raises(Refused, match=r"This ledger is springfield.example/transfers, but there speaks of x.example"):
        signing.ahead_of(tree(10), lambda at: root_of(LEAVES, at), tree(3, origin="x.example"), "there")


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda text: b"", "is damaged"),
        (lambda text: text[:-1], "is damaged"),
        (lambda text: text[:20], "is damaged"),
        (lambda text: text.replace(b"\n10\n", b"\n010\n"), "is damaged"),
        (lambda text: text.replace(b"\n10\n", b"\n-1\n"), "is damaged"),
        (lambda text: text + b"more\n", "is the record of"),
        (lambda text: b"\xff" + text, "cannot be read"),
        (lambda text: b"\0" * len(text), "is damaged"),
        (lambda text: text.replace(b"springfield", b"shelbyville"), "is the record of shelbyville.example"),
    ],
)  # fmt: skip
def test_a_damaged_record_signs_nothing(keys: KeyFile, damage: Callable[[bytes], bytes], sentence: str) -> None:
    sign(keys, 10)
    data = damage(keys.record.read_bytes())
    keys.record.write_bytes(data)
    with pytest.raises(Refused, match=sentence) as error:
        sign(keys, 10)
    assert "k.record" in str(error.value)
    assert keys.record.read_bytes() == data


def test_a_record_that_is_a_folder_or_cannot_be_written_signs_nothing(keys: KeyFile) -> None:
    keys.record.mkdir()
    with pytest.raises(Refused, match="cannot be read"):
        sign(keys, 10)
    keys.record.rmdir()
    keys.record.with_name("k.record.new").mkdir()
    with pytest.raises(Refused, match=r"cannot be written: Is a directory; nothing was signed"):
        sign(keys, 10)


def test_what_a_crash_left_of_a_record_is_written_over(keys: KeyFile) -> None:
    keys.record.with_name("k.record.new").write_text("half of a rec" * 100)
    sign(keys, 10)
    assert keys.record.read_text() == tree(10).text()


def test_one_signer_at_a_time(keys: KeyFile) -> None:
    slept: list[float] = []
    with signing.locked(keys, slept.append):
        assert slept == []
        with pytest.raises(Busy, match="signing for 10 seconds"), signing.locked(keys, slept.append):
            pytest.fail("two signers held the lock")
        assert sum(slept) == pytest.approx(10)
    with signing.locked(keys, slept.append):
        pass  # it was let go
    link = keys.path.with_name("link")
    link.symlink_to(keys.path)
    linked = keys._replace(path=link)
    with signing.locked(keys, slept.append), pytest.raises(Busy), signing.locked(linked, slept.append):
        pytest.fail("a link to the key is the same key")


def test_whoever_waits_goes_on_when_the_other_is_done(keys: KeyFile) -> None:
    descriptor = os.open(keys.lock, os.O_CREAT | os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    waited = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            os.close(descriptor)

    with signing.locked(keys, sleep):
        assert len(waited) == 3


def test_a_lock_that_cannot_be_made_is_a_sentence(keys: KeyFile) -> None:
    keys.lock.mkdir()
    with pytest.raises(Refused, match="the key's folder must be writable"), signing.locked(keys, lambda seconds: None):
        pytest.fail("there was no lock")
