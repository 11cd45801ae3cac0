"""A witness's folder: its key, its record, and what survives."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from ledger import keyfile
from ledger.errors import Busy, Refused
from ledger.tlog import cosignature, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.cosignature import Ed25519Cosigner
from ledger.tlog.note import COSIGNATURE_V1
from ledger.witness import record, state
from ledger.witness.decide import FORK, UNPROVEN
from ledger.witness.record import APPLICATION_ID, USER_VERSION
from ledger.witness.state import KEY, RECORD, Witness
from tests.ledger.tlog.signed import signed
from tests.ledger.witness.logs import KEY as LOG_KEY
from tests.ledger.witness.logs import NAME, NEXT_KEY, NOON, ORIGIN, PQ_KEY, Log, new_witness

A, B = Log("a"), Log("b", forked=3)


def add(witness: Witness, body: bytes, now: int = NOON) -> int:
    return witness.add_checkpoint(body, lambda: now).status


def test_a_folder_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = new_witness(tmp_path / "w", pq=True)
    finally:
        os.umask(before)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (made.folder, *made.folder.iterdir())}
    assert modes == {"w": 0o700, KEY: 0o600, RECORD: 0o600}
    assert state.load(made.folder) == made
    assert [one.key.algorithm for one in made.keys] == [0x06, 0x04]
    (tmp_path / "there").mkdir(mode=0o755)
    assert stat.S_IMODE(new_witness(tmp_path / "there").folder.stat().st_mode) == 0o700


def test_the_record_is_synced_and_says_what_it_is(tmp_path: Path) -> None:
    made = new_witness(tmp_path / "w")
    with record.opened(made.folder / RECORD) as db:
        found = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")}
        assert found == {"synchronous": 3, "journal_mode": "delete"}
        assert db.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
        assert db.execute("PRAGMA user_version").fetchone()[0] == USER_VERSION


def test_what_is_cosigned_is_on_record_and_served(tmp_path: Path) -> None:
    made = new_witness(tmp_path / "w", pq=True)
    answer = made.add_checkpoint(A.request(0, 7), lambda: NOON)
    (standing,) = state.load(made.folder).standing()
    assert standing.recorded is not None
    assert standing.recorded == (A.tree(7), A.note(7), A.note(7) + answer.body, NOON)
    from hashlib import sha256

    assert made.newest(sha256(ORIGIN.encode()).hexdigest()) == A.note(7) + answer.body
    assert made.newest(sha256(b"other").hexdigest()) is None


def test_forks_are_kept_for_ever_and_once(tmp_path: Path) -> None:
    made = new_witness(tmp_path / "w")
    assert add(made, A.request(0, 7)) == 200
    for now in (NOON + 1, NOON + 2):
        assert add(made, B.request(7, 7), now) == 409
        assert add(made, B.request(0, 7), now) == 409
        assert add(made, B.request(7, 8), now) == 422
    assert add(made, A.request(7, 8), NOON + 3) == 200  # it goes on with the history that it knows
    assert add(made, B.request(8, 8), NOON + 4) == 409
    (standing,) = state.load(made.folder).standing()
    assert standing.kept == [
        ((FORK, A.note(7), B.note(7)), NOON + 1),
        ((UNPROVEN, A.note(7), B.note(8)), NOON + 1),
        ((FORK, A.note(8), B.note(8)), NOON + 4),
    ]
    for kept in standing.kept[::2]:  # whoever has the log's key can judge it
        sides = [note.parse(kept.evidence.recorded), note.parse(kept.evidence.received)]
        assert all(len(note.verified(side, [cosignature.verifier(LOG_KEY.key)])) == 1 for side in sides)
    with sqlite3.connect(made.folder / RECORD) as db:
        for statement in ("DELETE FROM evidence", "UPDATE evidence SET received = x''"):
            with pytest.raises(sqlite3.IntegrityError):
                db.execute(statement)
    db.close()


def test_a_log_that_forks_without_end_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MOST_EVIDENCE", 3)
    made = new_witness(tmp_path / "w")
    assert add(made, A.request(0, 7)) == 200
    for at in range(6):
        assert add(made, Log(f"b{at}").request(7, 7)) == 409
        assert add(made, Log(f"b{at}").request(7, 8)) == 422
    (standing,) = made.standing()
    assert [kept.evidence.kind for kept in standing.kept] == [FORK, UNPROVEN] * 3
    assert standing.kept[0].evidence.received == Log("b0").note(7)


def test_the_record_itself_never_shrinks(tmp_path: Path) -> None:
    made = new_witness(tmp_path / "w")
    assert add(made, A.request(0, 7)) == 200
    with sqlite3.connect(made.folder / RECORD) as db:
        for statement in (
            "UPDATE trees SET size = 6",
            "UPDATE trees SET root = x'00'",
            "UPDATE trees SET origin = 'other'",
            "DELETE FROM trees",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                db.execute(statement)
    db.close()


def test_a_rotated_key_keeps_what_was_cosigned(tmp_path: Path) -> None:
    made = new_witness(tmp_path / "w")
    new = Log(signers=(NEXT_KEY,))
    assert add(made, A.request(0, 7)) == 200
    assert add(made, new.request(7, 8)) == 403
    standing = made.add_log(NEXT_KEY.key)
    assert standing.recorded is not None
    assert (len(standing.keys), standing.recorded.tree.size) == (2, 7)
    assert add(made, Log("b", signers=(NEXT_KEY,)).request(0, 8)) == 409
    assert add(made, Log("b", signers=(NEXT_KEY,)).request(7, 8)) == 422
    assert add(made, new.request(7, 8)) == 200
    assert add(made, A.request(8, 9)) == 200
    assert made.add_log(NEXT_KEY.key) == made.standing()[0]  # a second time changes nothing
    assert made.add_log(PQ_KEY.key).keys == sorted((LOG_KEY.key, NEXT_KEY.key, PQ_KEY.key), key=lambda key: key.text())
    assert add(made, Log(signers=(PQ_KEY,)).request(9, 10)) == 200


def test_an_origin_that_is_not_the_keys_name(tmp_path: Path) -> None:
    made = new_witness(tmp_path / "w")
    made.add_log(NEXT_KEY.key, "renamed log")
    assert add(made, Log(origin="renamed log", signers=(NEXT_KEY,)).request(0, 3)) == 200
    assert add(made, Log(origin="renamed log", signers=(LOG_KEY,)).request(3, 4)) == 403
    assert add(made, Log(signers=(NEXT_KEY,)).request(0, 3)) == 403
    assert [one.origin for one in made.standing()] == ["renamed log", ORIGIN]


def test_keys_that_no_log_can_have(tmp_path: Path) -> None:
    made = new_witness(tmp_path / "w", pq=True)
    own_pq, own = made.keys
    with pytest.raises(Refused, match=r"is of type 0x04; a log signs with 0x01 or 0x06"):
        made.add_log(own.key)
    with pytest.raises(Refused, match=r"witness's own key"):
        made.add_log(own_pq.key, ORIGIN)
    for origin in ("", "a\nb", "a\r", "x\ud800"):
        with pytest.raises(Refused, match="cannot be a log's origin: that is one line of text"):
            made.add_log(LOG_KEY.key, origin)
    with pytest.raises(Refused, match="more than 255 bytes"):
        made.add_log(LOG_KEY.key, "é" * 128)
    for at in range(15):
        made.add_log(note.Ed25519Signer(ORIGIN, bytes([at + 100]) * 32).key)
    with pytest.raises(Refused, match="16 keys already"):
        made.add_log(NEXT_KEY.key)
    made.add_log(LOG_KEY.key)  # the one that it has
    # Signed with every one of them, it is still a note.
    many = Log(signers=(LOG_KEY, *(note.Ed25519Signer(ORIGIN, bytes([at + 100]) * 32) for at in range(15))))
    assert add(made, many.request(0, 7)) == 200


def test_an_origin_of_255_bytes_is_cosigned_with_both_keys(tmp_path: Path) -> None:
    made, origin = new_witness(tmp_path / "w", pq=True), "é" * 127 + "x"
    made.add_log(LOG_KEY.key, origin)
    assert add(made, Log(origin=origin).request(0, 3)) == 200


def test_a_request_as_large_as_it_may_be_is_cosigned(tmp_path: Path) -> None:
    from ledger.witness.app import MOST_BYTES

    made = new_witness(tmp_path / "w", pq=True)
    tree = Checkpoint(ORIGIN, 7, A.tree(7).root, ("x" * (MOST_BYTES - 400),))
    body = b"old 0\n\n" + note.render(signed(tree.text(), LOG_KEY))
    assert MOST_BYTES - 400 < len(body) <= MOST_BYTES
    assert add(made, body) == 200
    assert made.standing()[0].recorded is not None


def test_what_cannot_be_made(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "x").write_text("")
    for folder, name, why in (
        (full, NAME, "is not empty"),
        (full / "x", NAME, "cannot be made"),
        (tmp_path / "no" / "w", NAME, "cannot be made"),
        (tmp_path / "w", "a b", "cannot name a key"),
        (tmp_path / "w", "none", "'none' cannot name a witness"),
        (tmp_path / "w", "a\x7f", "cannot name a witness"),
    ):
        with pytest.raises(Refused, match=why):
            state.init(folder, name, [COSIGNATURE_V1], os.urandom)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["full"]
    made = new_witness(tmp_path / "w")
    with pytest.raises(Refused, match="is not empty"):
        new_witness(made.folder)
    assert state.load(made.folder) == made


def test_a_folder_without_its_record_is_not_used(tmp_path: Path) -> None:
    one, other = new_witness(tmp_path / "1"), new_witness(tmp_path / "2")
    with pytest.raises(Refused, match="holds no witness"):
        state.load(tmp_path)
    (one.folder / RECORD).rename(tmp_path / "aside")
    with pytest.raises(Refused, match=r"has a key but no record.db"):
        state.load(one.folder)
    with pytest.raises(Refused, match="unable to open"):
        add(one, A.request(0, 7))
    assert not (one.folder / RECORD).exists()  # no empty one was made
    shutil.copy(other.folder / RECORD, one.folder / RECORD)
    with pytest.raises(Refused, match="is the record of another key"):
        state.load(one.folder)
    for wrong in (b"", b"no database at all" * 100):
        (one.folder / RECORD).write_bytes(wrong)
        with pytest.raises(Refused, match=r"record\.db"):
            state.load(one.folder)
    (one.folder / RECORD).unlink()
    db = sqlite3.connect(one.folder / RECORD)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.close()
    with pytest.raises(Refused, match="is not a witness's record of version 1"):
        state.load(one.folder)


def test_a_damaged_row_is_not_gone_on_from(tmp_path: Path) -> None:
    made = new_witness(tmp_path / "w")
    assert add(made, A.request(0, 7)) == 200
    db = sqlite3.connect(made.folder / RECORD, isolation_level=None)
    db.execute("UPDATE trees SET size = 8")
    db.close()
    with pytest.raises(Refused, match="is damaged; nothing is cosigned"):
        add(made, A.request(8, 9))


def test_nothing_is_answered_that_could_not_be_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = new_witness(tmp_path / "w")
    assert add(made, A.request(0, 7)) == 200
    monkeypatch.setattr(record, "WAIT_SECONDS", 0.1)
    # Another program holds the record: for writing, then only for reading, which stops the commit.
    for begin, then in (("BEGIN IMMEDIATE", "SELECT 1"), ("BEGIN", "SELECT * FROM trees")):
        db = sqlite3.connect(made.folder / RECORD, isolation_level=None)
        db.execute(begin)
        db.execute(then).fetchone()
        with pytest.raises(Busy, match="another program has been writing"):
            add(made, A.request(7, 8))
        db.close()
    assert made.standing()[0].recorded is not None
    assert made.standing()[0].recorded.tree.size == 7  # type: ignore[union-attr] # as above

    class Full(Exception):
        pass

    def fail(*_: object) -> None:
        raise Full

    monkeypatch.setattr(record, "store", fail)
    with pytest.raises(Full):
        add(made, A.request(7, 8))
    monkeypatch.undo()
    assert add(made, A.request(7, 8)) == 200  # the lock is free again


def test_threads_racing_for_one_log_never_roll_it_back(tmp_path: Path) -> None:
    """All start from the same size, with trees of several sizes and two branches: one alone is cosigned."""
    made = new_witness(tmp_path / "w")

    def run(log: Log, old: int, size: int, start: threading.Barrier, cosigned: list[Checkpoint]) -> None:
        body = log.request(old, size)
        start.wait()
        if add(made, body) == 200:
            cosigned.append(log.tree(size))

    for old in range(0, 30, 3):
        origin = f"log {old}"
        made.add_log(LOG_KEY.key, origin)
        logs = [Log(branch, old, origin) for branch in ("x", "y")]
        if old:
            assert add(made, logs[0].request(0, old)) == 200
        start, cosigned = threading.Barrier(6), list[Checkpoint]()
        threads = [
            threading.Thread(target=run, args=(log, old, old + more, start, cosigned))
            for log in logs
            for more in (1, 2, 3)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        (tree,) = cosigned
        assert [one.recorded.tree for one in made.standing() if one.origin == origin and one.recorded] == [tree]


def test_the_time_is_read_where_nobody_else_cosigns(tmp_path: Path) -> None:
    made = new_witness(tmp_path / "w")

    def clock() -> int:
        db = sqlite3.connect(made.folder / RECORD, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            db.execute("BEGIN IMMEDIATE")
        db.close()
        return NOON

    assert made.add_checkpoint(A.request(0, 7), clock).status == 200


def test_an_encrypted_key_or_one_that_others_read(tmp_path: Path) -> None:
    made = new_witness(tmp_path / "w")
    (made.folder / KEY).chmod(0o644)
    with pytest.raises(Refused, match="can be read by others"):
        state.load(made.folder)
    (made.folder / KEY).unlink()
    keyfile.write(made.folder / KEY, made.keys, b"secret")
    with pytest.raises(Refused, match="is encrypted"):
        state.load(made.folder)


def test_a_cosignature_is_over_the_text_that_came(tmp_path: Path) -> None:
    made = new_witness(tmp_path / "w")
    answer = made.add_checkpoint(A.request(0, 7), lambda: NOON)
    own = Ed25519Cosigner(NAME, made.keys[0].seed, NOON)
    assert answer.body.decode() == note.signature_line(A.tree(7).text(), own).text()
