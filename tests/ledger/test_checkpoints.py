"""Checkpoints of a ledger: what is signed, kept, refused; how keys change; how a ledger ends and another follows."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ledger import checkpoints, keyfile, signing
from ledger.checkpoints import Made
from ledger.errors import Refused
from ledger.tlog import cosignature, merkle, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import COSIGNATURE_V1, ED25519, SUBTREE_V1, SignatureLine
from ledger.verify.assurance import verify
from ledger.verify.levels import Brought
from ledger.verify.proofs import Trusted
from ledger.writer import create
from tests.ledger.signers import append, make, new_key, signed_ledger, tree_of
from tests.ledger.worlds import ORIGIN, open_ledger, settled, small, stepping


def stored(path: Path) -> list[tuple[int, bytes, bytes | None]]:
    db = sqlite3.connect(path)
    rows = db.execute("SELECT size, note, timestamp FROM checkpoints ORDER BY rowid").fetchall()
    db.close()
    return [(size, text.encode(), stamp) for size, text, stamp in rows]


def edit(path: Path, statement: str, *values: object) -> None:
    """Changes the file as its administrator could: the triggers away, the change, the triggers back."""
    db = sqlite3.connect(path, isolation_level=None)
    kept = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in kept:
        db.execute(f"DROP TRIGGER {name}")
    db.execute(statement, values)
    for _, sql in kept:
        db.execute(sql)
    db.close()


def problems(path: Path, *made: Made, keys: Sequence[keyfile.KeyFile] = ()) -> set[str]:
    trusted = Trusted(tuple(one.key for file in keys for one in file.keys))
    report = verify(path, brought=Brought(trusted, tuple((f"kept {n}", one.note) for n, one in enumerate(made))))
    return {one.problem for one in report.problems}


WITNESS = keyfile.make("county.example/witness", [COSIGNATURE_V1], os.urandom)[0]


def witness(
    seen: int = 0, says: Callable[[str], None] = lambda text: None
) -> Callable[[bytes, Callable[[int], Sequence[bytes]]], list[SignatureLine]]:
    def cosign(signed: bytes, proof_from: Callable[[int], Sequence[bytes]]) -> list[SignatureLine]:
        proof_from(seen)
        text = note.parse(signed).text
        says(text)
        return [note.signature_line(text, WITNESS.signer(1_274_432_400))]

    return cosign


# -- making one ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithms", [[ED25519], [SUBTREE_V1, ED25519], [SUBTREE_V1]])
def test_the_first_checkpoint_seals_its_key_and_covers_it(tmp_path: Path, algorithms: list[int]) -> None:
    path, keys = small(tmp_path / "l.db"), new_key(tmp_path / "k", algorithms=algorithms)
    made = make(path, keys)
    assert made.sealed is not None
    assert (made.sealed.seq, made.tree.size, made.new, made.failures) == (8, 9, True, [])
    assert stored(path) == [(9, made.note, None)]
    assert signing.recorded(keys) == made.tree
    parsed = note.parse(made.note)
    assert len(note.verified(parsed, [cosignature.verifier(one.key) for one in keys.keys])) == len(algorithms)
    report = verify(path, brought=Brought(Trusted(tuple(one.key for one in keys.keys)), (("kept", made.note),)))
    assert (report.problems, report.reached.levels) == ([], ("signed", "anchored"))


def test_an_unchanged_head_adds_nothing_unless_others_say_something_new(tmp_path: Path) -> None:
    path, keys, first = signed_ledger(tmp_path)
    again = make(path, keys)
    assert (again.tree, again.note, again.sealed, again.new) == (first.tree, first.note, None, False)
    assert len(stored(path)) == 1
    cosigned = make(path, keys, witnesses=[("county", witness())])
    assert cosigned.new
    assert len(note.parse(cosigned.note).signatures) == 2
    stamped = make(path, keys, stamp=lambda message: b"DER of " + message)
    assert (stamped.new, stamped.timestamp) == (True, b"DER of " + first.tree.text().encode())
    assert stored(path) == [
        (9, first.note, None),
        (9, cosigned.note, None),
        (9, first.note, stamped.timestamp),
    ]
    append(path, "later")
    assert make(path, keys).new
    assert [size for size, *_ in stored(path)] == [9, 9, 9, 10]


def test_a_witness_or_an_authority_that_fails_takes_no_checkpoint_away(tmp_path: Path) -> None:
    path, keys = small(tmp_path / "l.db"), new_key(tmp_path / "k")

    def down(*_: object) -> list[SignatureLine]:
        raise Refused("it is down.")

    def no_stamp(_: bytes) -> bytes:
        raise Refused("The authority is closed.")

    made = make(path, keys, witnesses=[("a", down), ("b", witness()), ("c", witness(seen=10**6))], stamp=no_stamp)
    assert made.failures == [
        "The witness a did not cosign: it is down.",
        "The witness c did not cosign: it says that it knows 1,000,000 entries, but the ledger has 9",
        "The authority is closed.",
    ]
    assert made.timestamp is None
    assert [len(note.parse(text).signatures) for _, text, _ in stored(path)] == [1, 2]
    assert problems(path, made, keys=[keys]) == set()


def test_it_is_kept_before_a_witness_sees_it(tmp_path: Path) -> None:
    path, keys = small(tmp_path / "l.db"), new_key(tmp_path / "k")
    there = []
    make(path, keys, witnesses=[("county", witness(says=lambda text: there.append(len(stored(path)))))])
    assert there == [1]


def test_a_witness_gets_the_proof_from_what_it_knows(tmp_path: Path) -> None:
    path, keys, first = signed_ledger(tmp_path)
    append(path, "x", "y")
    got = []

    def cosign(signed: bytes, proof_from: Callable[[int], Sequence[bytes]]) -> list[SignatureLine]:
        new = tree_of(signed)
        merkle.verify_consistency(first.tree.size, new.size, first.tree.root, new.root, list(proof_from(9)))
        got.append(list(proof_from(0)))
        return []

    assert make(path, keys, witnesses=[("county", cosign)]).failures == []
    assert got == [[]]


# -- refusing ------------------------------------------------------------------------------------------------------


def test_a_key_of_another_ledger_is_refused_whatever_it_signed(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    other = new_key(tmp_path / "o", "other.example/transfers")
    signing.write_record(other, Checkpoint(other.name, 10**9, bytes(32)))
    before = path.read_bytes()
    with pytest.raises(Refused, match=r"The key is for other.example/transfers, but this ledger is springfield"):
        make(path, other)
    assert path.read_bytes() == before


def test_another_key_than_the_ledgers_is_refused(tmp_path: Path) -> None:
    path, _, _ = signed_ledger(tmp_path)
    before = stored(path)
    with pytest.raises(Refused, match="Entry 8 of the ledger names another key than this file holds"):
        make(path, new_key(tmp_path / "k2"))
    with open_ledger(path) as ledger, pytest.raises(Refused, match="another program changed the ledger's key"):
        ledger.seal_keys(checkpoints.Content({"action": "new", "keys": []}, {}), lambda data: [], None)
    assert stored(path) == before


def test_an_older_copy_of_the_ledger_is_refused_while_the_record_is_there(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    backup = shutil.copy(path, tmp_path / "backup.db")
    append(path, "lost")
    make(path, keys)
    shutil.copy(backup, path)
    append(path, "instead")
    with pytest.raises(Refused, match="The first 10 entries of this ledger are not those that the record"):
        make(path, keys)
    shutil.copy(backup, path)
    with pytest.raises(Refused, match=r"The ledger has 9 entries, but the record beside the key .* knows of 10"):
        make(path, keys)
    assert len(stored(path)) == 1


def test_a_ledger_from_before_its_first_key_is_refused_before_a_key_is_sealed(tmp_path: Path) -> None:
    path, keys = small(tmp_path / "l.db"), new_key(tmp_path / "k")
    backup = shutil.copy(path, tmp_path / "backup.db")
    make(path, keys)
    shutil.copy(backup, path)
    with pytest.raises(Refused, match=r"has 8 entries, but the record .* knows of 9"):
        make(path, keys)
    assert path.read_bytes() == Path(backup).read_bytes()


def test_a_snapshot_of_ledger_and_record_is_signed_unnoticed_and_then_noticed_by_whoever_kept_a_checkpoint(
    tmp_path: Path,
) -> None:
    # What nothing on this machine can notice: docs/THREATS.md. Whoever knows more is asked first, or notices later.
    path, keys, _ = signed_ledger(tmp_path)
    snapshot = {file: file.read_bytes() for file in (path, keys.record)}
    append(path, "lost")
    lost = make(path, keys)
    for file, data in snapshot.items():
        file.write_bytes(data)
    append(path, "instead")
    before = stored(path)
    for known, sentence in (
        (lost.tree, "The first 10 entries of this ledger are not those that the county"),
        (Checkpoint(ORIGIN, 11, bytes(32)), "The ledger has 10 entries, but the county knows of 11"),
        (Checkpoint("x.example", 3, bytes(32)), "but the county speaks of x.example"),
    ):
        with pytest.raises(Refused, match=sentence):
            make(path, keys, known=[("the county", known)])
    assert stored(path) == before
    unnoticed = make(path, keys)
    assert (unnoticed.tree.size, unnoticed.new) == (lost.tree.size, True)
    assert unnoticed.tree.root != lost.tree.root  # two histories, and both are signed
    assert problems(path, unnoticed, keys=[keys]) == set()
    assert problems(path, lost, keys=[keys]) == {"rewritten"}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    """A ledger of 604 entries, of which the first 304 are signed."""
    folder = tmp_path_factory.mktemp("large")
    path = small(folder / "l.db", 0)
    with open_ledger(path) as ledger:
        ledger.append_many(settled(ledger, f"t{n}") for n in range(300))
        made = checkpoints.make(ledger, new_key(folder / "k"), time.sleep)
        ledger.append_many(settled(ledger, f"n{n}") for n in range(300))
    return path, made


def copied(large: tuple[Path, Made], folder: Path) -> tuple[Path, keyfile.KeyFile]:
    for name in ("l.db", "k", "k.record"):
        shutil.copy(large[0].with_name(name), folder / name)
    return folder / "l.db", keyfile.load(folder / "k")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "UPDATE entries SET entry = replace(entry, 'oak-high', 'oak-hihg') WHERE seq = 590",
            "Entry 590 does not have",
        ),
        ("UPDATE entries SET hash = printf('%064d', 0) WHERE seq = 590", "Entry 590 does not have the hash"),
        ("UPDATE entries SET hash = printf('%064d', 0) WHERE seq = 400", "Entry 400 does not have the hash"),
        ("UPDATE entries SET hash = upper(hash) WHERE seq = 400", "Entry 400 does not have the hash"),
        ("UPDATE entries SET hash = 'x' WHERE seq = 599", "512 to 603 are not all there"),
        ("UPDATE tiles SET hashes = zeroblob(8192) WHERE level = 0 AND n = 1", "The first 304 entries .* Nothing was"),
        ("UPDATE tiles SET hashes = x'00' WHERE level = 0 AND n = 1", "Tile tile/0/001"),
        ("UPDATE tiles SET hashes = zeroblob(64) WHERE level = 1", "The first 304 entries .* Nothing was"),
        (
            "UPDATE tiles SET hashes = CAST(substr(hashes, 1, 32) || zeroblob(32) AS BLOB) WHERE level = 1",
            "The ledger's tiles are not those of its entries; `transfer-ledger verify` says which",
        ),
        ("DELETE FROM tiles WHERE level = 1", "tile 0 of level 1 is missing"),
        ("DELETE FROM tiles", "tile 0 of level 1 is missing"),
    ],
)
def test_what_was_changed_in_the_file_is_not_signed(
    large: tuple[Path, Made], tmp_path: Path, change: str, sentence: str
) -> None:
    path, keys = copied(large, tmp_path)
    edit(path, change)
    before, record = stored(path), keys.record.read_bytes()
    with pytest.raises(Refused, match=sentence):
        make(path, keys)
    assert (stored(path), keys.record.read_bytes()) == (before, record)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE entries SET entry = replace(entry, 'oak-high', 'oak-hihg') WHERE seq = 100", "rewritten"),
        ("UPDATE entries SET hash = printf('%064d', 0) WHERE seq = 100", "hash"),
        ("DELETE FROM tiles WHERE level = 0", "tile"),
        ("SELECT 1", None),
    ],
)
def test_what_is_signed_over_what_was_changed_before_is_still_what_was_signed_before(
    large: tuple[Path, Made], tmp_path: Path, change: str, found: str | None
) -> None:
    # Only what is newly covered is read again from its bytes. What lies before has the root that was signed then, and
    # verification names the entry.
    path, keys = copied(large, tmp_path)
    edit(path, change)
    after = make(path, keys).tree
    assert (found in problems(path)) is (found is not None)
    honest = tmp_path / "honest"
    honest.mkdir()
    assert make(*copied(large, honest)).tree == after


def test_a_row_that_is_no_checkpoint_stands_in_for_none(tmp_path: Path) -> None:
    path, keys, first = signed_ledger(tmp_path)
    append(path, "more")
    other = new_key(tmp_path / "other").keys[0].signer()
    with open_ledger(path) as ledger:
        head = checkpoints._head(ledger.db, ORIGIN)
        for size, text in (
            (10, b"garbage"),
            (10, first.note),
            (10, note.render(note.Note(head.text(), (note.signature_line(head.text(), other),)))),
            (99, b"garbage"),
        ):
            ledger.keep_checkpoint(size, text, None)
    made = make(path, keys)
    assert made.new
    assert (10, made.note, None) in stored(path)
    assert not make(path, keys).new
    assert problems(path) == {"checkpoint"}


# -- changing the key ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithms", [[ED25519], [SUBTREE_V1, ED25519]])
def test_a_rotation_is_signed_by_both_and_hands_the_record_on(tmp_path: Path, algorithms: list[int]) -> None:
    path, old, first = signed_ledger(tmp_path)
    new = new_key(tmp_path / "k2", algorithms=algorithms)
    with open_ledger(path) as ledger:
        receipt = checkpoints.rotate(ledger, old, new, time.sleep)
        _, sealed = checkpoints.newest_key(ledger.db) or (0, None)
    assert receipt.seq == 9
    assert sealed is not None
    assert sealed.action == "rotation"
    assert len(sealed.signatures) == 1 + len(algorithms)
    assert signing.recorded(new) == first.tree
    with pytest.raises(Refused, match="Entry 9 of the ledger names another key"):
        make(path, old)
    second = make(path, new)
    assert second.tree.size == 10
    assert problems(path, first, second, keys=[old, new]) == set()
    with open_ledger(path) as ledger:
        for one, other in ((old, new_key(tmp_path / "k3")), (new_key(tmp_path / "k4"), new)):
            with pytest.raises(Refused, match="does not hold the ledger's newest key"):
                checkpoints.rotate(ledger, one, other, time.sleep)
        with pytest.raises(Refused, match=r"The new key is for x.example, not for springfield"):
            checkpoints.rotate(ledger, new, new_key(tmp_path / "k5", "x.example"), time.sleep)


def test_a_rotated_key_does_not_forget_what_was_signed(tmp_path: Path) -> None:
    path, old, _ = signed_ledger(tmp_path)
    new = new_key(tmp_path / "k2")
    append(path, "lost")
    with open_ledger(path) as ledger:
        make(path, old)
        checkpoints.rotate(ledger, old, new, time.sleep)
    backup = shutil.copy(path, tmp_path / "backup.db")
    append(path, "more")
    make(path, new)
    shutil.copy(backup, path)
    with pytest.raises(Refused, match="entries were lost"):
        make(path, new)


def test_a_rotation_while_a_signer_waits_is_seen_by_it(tmp_path: Path) -> None:
    # The signer had read the ledger's key already: it must not sign, with the old key, a size that is the new one's.
    path, old, first = signed_ledger(tmp_path)
    new = new_key(tmp_path / "k2")
    descriptor = os.open(old.lock, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    waited = []

    def sleep(_: float) -> None:
        if not waited:
            waited.append(1)
            os.close(descriptor)
            with open_ledger(path) as other:
                checkpoints.rotate(other, old, new, time.sleep)

    with open_ledger(path) as ledger, pytest.raises(Refused, match="names another key"):
        checkpoints.make(ledger, old, sleep)
    assert waited
    assert signing.recorded(old) == first.tree
    assert problems(path, first, make(path, new), keys=[old, new]) == set()


def test_a_replacement_while_a_signer_signs_is_seen_by_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever replaces a lost key cannot wait for its lock.
    path, old, first = signed_ledger(tmp_path)
    new, checked = new_key(tmp_path / "k2"), checkpoints.first_key

    def then_replaced(ledger: checkpoints.Ledger, keys: keyfile.KeyFile) -> object:
        receipt = checked(ledger, keys)
        with open_ledger(path) as other:
            checkpoints.replace(other, new)
        return receipt

    monkeypatch.setattr(checkpoints, "first_key", then_replaced)
    with open_ledger(path) as ledger, pytest.raises(Refused, match="Entry 9 of the ledger names another key"):
        checkpoints.make(ledger, old, time.sleep)
    assert signing.recorded(old) == first.tree


def test_a_rotation_waits_for_a_signer(tmp_path: Path) -> None:
    # What the old key signs until then, the new key's record is to know of.
    path, old, _ = signed_ledger(tmp_path)
    new = new_key(tmp_path / "k2")
    append(path, "more")
    descriptor = os.open(old.lock, os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)

    def sleep(_: float) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        make(path, old)

    with open_ledger(path) as ledger:
        checkpoints.rotate(ledger, old, new, sleep)
    os.close(descriptor)
    assert signing.recorded(new).size == 10


def test_a_replacement_begins_at_what_anybody_knows_was_signed(tmp_path: Path) -> None:
    path, old, first = signed_ledger(tmp_path)
    append(path, "more")
    with open_ledger(path) as ledger:
        with pytest.raises(Refused, match="names this key already"):
            checkpoints.replace(ledger, old)
        for known, sentence in (
            (Checkpoint(ORIGIN, 50, bytes(32)), "has 10 entries, but the county knows of 50"),
            (Checkpoint(ORIGIN, 9, bytes(32)), "The first 9 entries of this ledger are not those that the county"),
        ):
            with pytest.raises(Refused, match=sentence):
                checkpoints.replace(ledger, new_key(tmp_path / f"k{known.size}"), [("the county", known)])
        new = new_key(tmp_path / "k2")
        assert checkpoints.replace(ledger, new).seq == 10
    assert signing.recorded(new) == first.tree
    with pytest.raises(Refused, match="names another key"):
        make(path, old)
    assert problems(path, make(path, new), keys=[new]) == set()


def test_a_ledger_without_a_key_has_none_to_change(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    with open_ledger(path) as ledger:
        with pytest.raises(Refused, match=r"has no key yet; `transfer-ledger checkpoint` seals the first"):
            checkpoints.replace(ledger, new_key(tmp_path / "k"))
        with pytest.raises(Refused, match="does not hold the ledger's newest key"):
            checkpoints.rotate(ledger, new_key(tmp_path / "k2"), new_key(tmp_path / "k3"), time.sleep)


# -- the end of a ledger -------------------------------------------------------------------------------------------


def test_nothing_follows_a_closing_and_the_sentence_is_plain(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    with open_ledger(path) as ledger:
        ledger.close("merged", "new.example/t", {"note": "the school joined a trust"})
    sentence = r"this ledger is closed: the one that follows it goes on; nothing was recorded\.$"
    with open_ledger(path) as ledger:
        for attempt in (
            lambda: append(path, "late"),
            lambda: ledger.close("other", None, {}),
            lambda: ledger.correct("t0", "wrong", None, {}),
            lambda: ledger.append_many([]) or append(path, "a", "b"),
            lambda: checkpoints.rotate(ledger, keys, new_key(tmp_path / "k2"), time.sleep),
        ):
            with pytest.raises(Refused, match=sentence):
                attempt()
    last = make(path, keys)  # its end is signed all the same
    assert last.tree.size == 10
    assert problems(path, last, keys=[keys]) == set()
    with pytest.raises(Refused, match=r"is closed, and names new.example/t as the one that follows"):
        checkpoints.continued(path, None, "other.example/t")


def test_a_new_ledger_follows_what_was_kept_or_what_the_old_one_proves(tmp_path: Path) -> None:
    path, keys, first = signed_ledger(tmp_path)
    assert checkpoints.continued(path, None, "n.example") == first.tree
    assert checkpoints.continued(path, Checkpoint(ORIGIN, 50, bytes(32)), "n.example").size == 50  # it was lost
    append(path, "more")
    second = make(path, keys)
    assert checkpoints.continued(path, first.tree, "n.example") == second.tree
    for beside in (Checkpoint(ORIGIN, 9, bytes(32)), Checkpoint(ORIGIN, 10, bytes(32))):
        # Another history was put in the old one's place: what was kept is what counts.
        assert checkpoints.continued(path, beside, "n.example") == beside
    with pytest.raises(Refused, match="two ledgers under one name would be two histories"):
        checkpoints.continued(path, None, ORIGIN)
    with pytest.raises(Refused, match=r"The checkpoint is of x.example, not of springfield"):
        checkpoints.continued(path, Checkpoint("x.example", 3, bytes(32)), "n.example")


def test_a_checkpoint_that_was_put_into_the_old_ledger_is_not_continued_from(tmp_path: Path) -> None:
    path, _, first = signed_ledger(tmp_path)
    for size, forged in ((9, b"garbage"), (12, first.note), (12, first.note.replace(b"\n9\n", b"\n12\n"))):
        with open_ledger(path) as ledger:
            ledger.keep_checkpoint(size, forged, None)
    with pytest.raises(Refused, match=r"has no checkpoint that is one of its entries.*--checkpoint"):
        checkpoints.continued(path, None, "n.example")
    assert checkpoints.continued(path, first.tree, "n.example") == first.tree
    (tmp_path / "other").mkdir()
    rewritten, _, _ = signed_ledger(tmp_path / "other")
    with open_ledger(rewritten) as ledger:
        ledger.keep_checkpoint(9, first.note, None)  # well signed, of as many entries, and of another history
    with pytest.raises(Refused, match="has no checkpoint that is one of its entries"):
        checkpoints.continued(rewritten, None, "n.example")
    never = tmp_path / "never.db"
    create(never, "never.example/t", "A", stepping(), os.urandom)
    with pytest.raises(Refused, match="has no checkpoint"):
        checkpoints.continued(never, None, "n.example")
