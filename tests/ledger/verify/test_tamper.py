"""Every way to tamper with a ledger that we thought of, done to a real one; what `verify` answers is in tamper.yml."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ruamel.yaml import YAML

from ledger import checkpoints, disclosure, entry
from ledger.canonical import encode
from ledger.keyfile import PrivateKey
from ledger.tlog import note
from ledger.verify import record
from tests.ledger.signers import make, new_key
from tests.ledger.test_fileset import forged_journal
from tests.ledger.verify import tampered
from tests.ledger.verify.tampered import Base, administrator, verified
from tests.ledger.worlds import open_ledger, settled, small

CASES: list[dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("tamper.yml"))
LEVELS = ("consistent", "signed", "anchored", "witnessed")


class Hand(NamedTuple):
    """Whoever tampers with the copy at `path`; `folder` is for what they need beside it."""

    base: Base
    path: Path
    folder: Path

    def keys(self, own: bool) -> dict[str, PrivateKey]:
        """Who signs in place of each key that the ledger named: these keys themselves, or the attacker's own."""
        files = [self.base.first, self.base.second]
        return {
            file.keys[0].key.text(): (new_key(self.folder / f"own{n}") if own else file).keys[0]
            for n, file in enumerate(files)
        }


Done = Callable[[Hand], None]
HOW: dict[str, Done] = {}


def how(done: Done) -> Done:
    """Registers what a row of tamper.yml names under `do`."""
    HOW[done.__name__] = done
    return done


# -- entries -------------------------------------------------------------------------------------------------------


@how
def both(hand: Hand) -> None:
    with administrator(hand.path) as db:
        tampered.reseal(db, 400, recipient="qca")


@how
def both_of_the_last(hand: Hand) -> None:
    with administrator(hand.path) as db:
        tampered.reseal(db, 647, recipient="qca")


@how
def both_of_the_last_covered(hand: Hand) -> None:
    with administrator(hand.path) as db:
        tampered.reseal(db, 639, recipient="qca")


@how
def tail_from_639_rewritten(hand: Hand) -> None:
    with administrator(hand.path) as db:
        tampered.rewrite(db, lambda members: _other_recipient(members, 639))


def _other_recipient(members: dict[str, Any], seq: int) -> None:
    if members["seq"] == seq:
        members["recipient"] = "qca"


@how
def json_broken_in_the_file(hand: Hand) -> None:
    data = hand.path.read_bytes()
    assert data.count(b'"id":"c97"') == 1
    hand.path.write_bytes(data.replace(b'"id":"c97"', b'"id":"c9"7'))


@how
def byte_changed_in_the_file(hand: Hand) -> None:
    (salt,) = sqlite3.connect(hand.path).execute("SELECT entry ->> 'salt' FROM entries WHERE seq = 400").fetchone()
    data = hand.path.read_bytes()
    assert data.count(salt.encode()) == 1
    hand.path.write_bytes(data.replace(salt.encode(), (salt[:-1].swapcase() + salt[-1]).encode()))


@how
def appended(hand: Hand) -> None:
    with administrator(hand.path) as db:
        for _ in range(3):
            tampered.append(db)


@how
def appended_by_the_triggers_rules(hand: Hand) -> None:
    db = sqlite3.connect(hand.path, isolation_level=None)
    tampered.append(db, recipient="Somebody Else")
    db.close()


@how
def attested_of_other_entries(hand: Hand) -> None:
    # Entry 648 attests what is there, and 649 what is not.
    db = sqlite3.connect(hand.path, isolation_level=None)
    for seq, of in ((648, 400), (649, 401)):
        prev, head = (
            db.execute("SELECT hash FROM entries WHERE seq = ?", (at,)).fetchone()[0] for at in (seq - 1, 400)
        )
        members = {
            "as_of": "2010-05-20", "head": head, "kind": "attestation", "prev": prev, "report": "0" * 64,
            "recorded_at": "2011-05-20T09:00:00Z", "salt": "A" * 22, "seq": seq, "size": of + 1, "version": "0.1.0",
        }  # fmt: skip
        data = encode(members)
        row = (seq, data.decode(), entry.leaf_hash(data))
        db.execute("INSERT INTO entries (seq, entry, hash) VALUES (?, ?, ?)", row)
    db.close()


# -- the whole chain -----------------------------------------------------------------------------------------------


@how
def rewritten_checkpoints_left(hand: Hand) -> None:
    with administrator(hand.path) as db:
        tampered.rewrite(db, lambda members: _other_recipient(members, 400))


@how
def rewritten_checkpoints_gone(hand: Hand) -> None:
    with administrator(hand.path) as db:
        tampered.rewrite(db, lambda members: _other_recipient(members, 100))
        db.execute("DELETE FROM checkpoints")


def _signed_anew(hand: Hand, own: bool) -> None:
    keys = hand.keys(own)
    first, second = (keys[file.keys[0].key.text()] for file in (hand.base.first, hand.base.second))
    with administrator(hand.path) as db:
        tampered.rewrite(db, lambda members: _other_recipient(members, 100), keys)
        db.execute("DELETE FROM checkpoints")
        for size, key in ((9, first), (302, first), (620, second), (640, second), (648, second)):
            tampered.keep(db, size, tampered.sign(db, size, key))


@how
def rewritten_and_signed_with_own_keys(hand: Hand) -> None:
    _signed_anew(hand, own=True)


@how
def rewritten_and_signed_with_the_real_keys(hand: Hand) -> None:
    _signed_anew(hand, own=False)


@how
def restored_from_backup(hand: Hand) -> None:
    shutil.copy(hand.base.folder / "backup.db", hand.path)


@how
def another_ledger_of_one_origin(hand: Hand) -> None:
    hand.path.unlink()
    small(hand.path)
    with open_ledger(hand.path, "2010-05-20T09:00:00+00:00") as ledger:
        ledger.append_many(settled(ledger, f"o{n}") for n in range(700))
    make(hand.path, new_key(hand.folder / "other"))


@how
def another_ledger_of_one_origin_and_key(hand: Hand) -> None:
    another_ledger_of_one_origin(hand)
    key = hand.base.second.keys[0]
    named = sqlite3.connect(hand.path).execute("SELECT entry ->> '$.keys[0]' FROM entries WHERE seq = 708").fetchone()
    with administrator(hand.path) as db:
        tampered.rewrite(db, lambda members: None, {named[0]: key})
        db.execute("DELETE FROM checkpoints")
        tampered.keep(db, 709, tampered.sign(db, 709, key))


@how
def rewritten_after_the_rotation(hand: Hand) -> None:
    with administrator(hand.path) as db:
        tampered.rewrite(db, lambda members: _other_recipient(members, 400))
        db.execute("DELETE FROM checkpoints WHERE size > 302")


@how
def rotation_to_a_key_that_is_none(hand: Hand) -> None:
    def changed(members: dict[str, Any]) -> None:
        if members["seq"] == 302:  # its key id is no longer that of the key
            members["keys"] = [members["keys"][0][:-4] + "AAA="]

    with administrator(hand.path) as db:
        tampered.rewrite(db, changed)


# -- checkpoints and keys ------------------------------------------------------------------------------------------


@how
def checkpoint_by_a_stranger(hand: Hand) -> None:
    stranger = new_key(hand.folder / "stranger").keys[0]
    with administrator(hand.path) as db:
        db.execute("DELETE FROM checkpoints WHERE size = 640")
        tampered.keep(db, 640, tampered.sign(db, 640, stranger))


@how
def checkpoint_signature_changed(hand: Hand) -> None:
    with administrator(hand.path) as db:
        db.execute(
            "UPDATE checkpoints SET note = ? WHERE size = 640",
            (_flipped(hand.base.newest, hand.base.second.keys[0]),),
        )


def _flipped(signed: bytes, key: PrivateKey) -> str:
    whole = note.parse(signed)
    lines = tuple(
        line._replace(signature=tampered.flip(line.signature, 9)) if line.key_id == key.key.key_id else line
        for line in whole.signatures
    )
    return note.render(note.Note(whole.text, lines)).decode()


@how
def cosignature_changed(hand: Hand) -> None:
    with administrator(hand.path) as db:
        db.execute("UPDATE checkpoints SET note = ? WHERE size = 640", (_flipped(hand.base.newest, hand.base.witness),))


@how
def checkpoint_of_another_root(hand: Hand) -> None:
    tree = tampered.tree_of(hand.base.newest)
    text = tree._replace(root=tampered.flip(tree.root, 3)).text()
    signed = note.Note(text, (note.signature_line(text, hand.base.second.keys[0].signer()),))
    with administrator(hand.path) as db:
        tampered.keep(db, 640, note.render(signed))


@how
def checkpoint_with_an_extension(hand: Hand) -> None:
    text = tampered.tree_of(hand.base.newest)._replace(extensions=("more",)).text()
    signed = note.Note(text, (note.signature_line(text, hand.base.second.keys[0].signer()),))
    with administrator(hand.path) as db:
        tampered.keep(db, 640, note.render(signed))


@how
def checkpoint_by_the_key_before(hand: Hand) -> None:
    with administrator(hand.path) as db:
        tampered.keep(db, 640, tampered.sign(db, 640, hand.base.first.keys[0]))


@how
def checkpoint_by_both_keys(hand: Hand) -> None:
    with administrator(hand.path) as db:
        text = tampered.tree_of(hand.base.newest).text()
        lines = [note.signature_line(text, file.keys[0].signer()) for file in (hand.base.second, hand.base.first)]
        tampered.keep(db, 640, note.render(note.Note(text, tuple(lines))))


@how
def checkpoint_by_the_key_after(hand: Hand) -> None:
    with administrator(hand.path) as db:
        tampered.keep(db, 200, tampered.sign(db, 200, hand.base.second.keys[0]))


def _replaced(hand: Hand) -> None:
    # The second key is lost; the third is sealed as entry 648, and signs 649.
    third = new_key(hand.folder / "third")
    with open_ledger(hand.path, "2010-05-21T09:00:00+00:00") as ledger:
        checkpoints.replace(ledger, third)
    make(hand.path, third)


@how
def key_lost_and_replaced(hand: Hand) -> None:
    _replaced(hand)


@how
def lost_key_signs_what_it_did_not(hand: Hand) -> None:
    _replaced(hand)
    with administrator(hand.path) as db:
        tampered.keep(db, 645, tampered.sign(db, 645, hand.base.second.keys[0]))


@how
def lost_key_signs_beyond_its_end(hand: Hand) -> None:
    _replaced(hand)
    with administrator(hand.path) as db:
        tampered.keep(db, 649, tampered.sign(db, 649, hand.base.second.keys[0]))


@how
def erased_and_put_back(hand: Hand) -> None:
    # The note of t1, which was erased, is made up again; the one that was erased can only come out of a backup.
    text = disclosure.write("A" * 22, "note", "note 1")
    with administrator(hand.path) as db:
        (erased,) = db.execute("SELECT entry ->> 'digest' FROM entries WHERE seq = 301").fetchone()
        db.execute("INSERT INTO disclosures VALUES (?, 4, 'note', ?)", (erased, text))


# -- schema --------------------------------------------------------------------------------------------------------


def _schema(path: Path, *statements: str) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA writable_schema=ON")
    for statement in statements:
        db.execute(statement)
    db.close()


_RIGHT = "recipient TEXT GENERATED ALWAYS AS (json_extract(entry, ''$.recipient''))"
_WRONG = "recipient TEXT GENERATED ALWAYS AS (json_extract(entry, ''$.sender''))"


def _column(old: str, new: str) -> str:
    return f"UPDATE sqlite_schema SET sql = replace(sql, '{old}', '{new}') WHERE name = 'entries'"


@how
def column_redefined(hand: Hand) -> None:
    _schema(hand.path, _column(_RIGHT, _WRONG))


@how
def column_redefined_index_rebuilt_and_put_back(hand: Hand) -> None:
    _schema(hand.path, _column(_RIGHT, _WRONG))
    sqlite3.connect(hand.path, isolation_level=None).execute("REINDEX entries_recipient")
    _schema(hand.path, _column(_WRONG, _RIGHT))


@how
def trigger_under_a_reserved_name(hand: Hand) -> None:
    _schema(
        hand.path,
        "INSERT INTO sqlite_schema VALUES ('trigger', 'sqlite_stat9', 'entries', 0, "
        "'CREATE TRIGGER sqlite_stat9 BEFORE INSERT ON entries BEGIN SELECT RAISE(IGNORE); END')",
    )


@how
def index_pointed_elsewhere(hand: Hand) -> None:
    _schema(
        hand.path,
        "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'entries_erased') "
        "WHERE name = 'entries_other'",
    )


# -- the file ------------------------------------------------------------------------------------------------------


def _in_wal(hand: Hand) -> None:
    # The file as it was when it was backed up, and all since then in its WAL alone.
    work = hand.folder / "work.db"
    shutil.copy(hand.base.folder / "backup.db", work)
    db = sqlite3.connect(work, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute("ATTACH ? AS whole", (str(hand.base.path),))
    for table, columns, since in (
        ("entries", "seq, entry, hash", "seq >= 620 ORDER BY seq"),
        ("disclosures", "digest, seq, name, disclosure", "seq >= 620 ORDER BY rowid"),
        ("checkpoints", "size, note, timestamp", "size = 640 ORDER BY rowid"),
    ):
        db.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM whole.{table} WHERE {since}")
    shutil.copy(work, hand.path)
    shutil.copy(f"{work}-wal", f"{hand.path}-wal")
    db.close()


@how
def wal_beside_it(hand: Hand) -> None:
    _in_wal(hand)


@how
def wal_removed(hand: Hand) -> None:
    _in_wal(hand)
    Path(f"{hand.path}-wal").unlink()


@how
def wal_cut_short(hand: Hand) -> None:
    _in_wal(hand)
    wal = Path(f"{hand.path}-wal")
    wal.write_bytes(wal.read_bytes()[:5000])


@how
def wal_of_noise(hand: Hand) -> None:
    _in_wal(hand)
    wal = Path(f"{hand.path}-wal")
    wal.write_bytes(b"noise" + wal.read_bytes()[5:])


@how
def wal_from_another_file(hand: Hand) -> None:
    _in_wal(hand)
    shutil.copy(hand.base.path, hand.path)
    other = small(hand.folder / "other.db")
    db = sqlite3.connect(other, isolation_level=None)
    db.execute("PRAGMA wal_autocheckpoint=0")
    db.execute("INSERT INTO names VALUES ('x', 'y', 'z')")
    shutil.copy(f"{other}-wal", f"{hand.path}-wal")
    db.close()


@how
def journal_beside(hand: Hand) -> None:
    Path(f"{hand.path}-journal").write_bytes(forged_journal(hand.path))


@how
def fifo_for_wal(hand: Hand) -> None:
    os.mkfifo(f"{hand.path}-wal")


@how
def folder_for_shm(hand: Hand) -> None:
    Path(f"{hand.path}-shm").mkdir()


@how
def link_loop_for_wal(hand: Hand) -> None:
    Path(f"{hand.path}-wal").symlink_to(f"{hand.path.name}-wal")


@how
def page_of_zeros(hand: Hand) -> None:
    data = bytearray(hand.path.read_bytes())
    at = data.index(b'"id":"c97"') // 4096 * 4096
    data[at : at + 4096] = bytes(4096)
    hand.path.write_bytes(data)


@how
def file_cut_in_half(hand: Hand) -> None:
    data = hand.path.read_bytes()
    hand.path.write_bytes(data[: len(data) // 2 // 4096 * 4096])


# -- the comparison ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Base:
    return tampered.build(tmp_path_factory.mktemp("base"))


def done(case: dict[str, Any], base: Base, folder: Path) -> Path:
    """The copy of the ledger to which what `case` says was done."""
    path = tampered.copy(base, folder)
    before = path.read_bytes()
    if "do" in case:
        HOW[case["do"]](Hand(base, path, folder))
    elif case.get("triggers") == "kept":
        db = sqlite3.connect(path, isolation_level=None)
        db.executescript(case["sql"])
        db.close()
    else:
        with administrator(path) as db:
            for statement in case["sql"].split(";\n"):
                db.execute(statement)
    beside = [one for one in path.parent.iterdir() if one.name.startswith(f"{path.name}-")]
    assert path.read_bytes() != before or beside, "nothing was done"
    return path


def test_the_ledger_is_as_the_table_says(base: Base) -> None:
    db = sqlite3.connect(base.path)
    kinds = db.execute("SELECT kind, count(*), min(seq), max(seq) FROM entries GROUP BY kind").fetchall()
    assert sorted(kinds, key=lambda row: row[2]) == [
        ("genesis", 1, 0, 0),
        ("register", 1, 1, 1),
        ("organisation", 1, 2, 2),
        ("transfer", 640, 3, 647),
        ("key", 2, 8, 302),
        ("batch", 1, 9, 9),
        ("correction", 1, 300, 300),
        ("erasure", 1, 301, 301),
    ]
    assert [size for (size,) in db.execute("SELECT size FROM checkpoints")] == [9, 302, 620, 620, 640, 640]
    assert db.execute("SELECT level, n FROM tiles ORDER BY level, n").fetchall() == [(0, 0), (0, 1), (1, 0)]
    db.close()
    for level in (*LEVELS, "fresh"):
        assert verified(base.path, level, *base.brings(level))[0] == "0"


def test_every_function_is_in_the_table_and_every_gap_is_explained() -> None:
    assert {case["do"] for case in CASES if "do" in case} == HOW.keys()
    assert len({case["name"] for case in CASES}) == len(CASES)
    for case in CASES:
        noticed = all(str(case.get(level, case["consistent"])).startswith("1") for level in LEVELS)
        assert noticed or "otherwise" in case, case["name"]


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_tampering(case: dict[str, Any], base: Base, tmp_path: Path) -> None:
    path = done(case, base, tmp_path)
    wanted = {level: str(case.get(level, case["consistent"])) for level in LEVELS}
    if "fresh" in case:
        wanted["fresh"] = str(case["fresh"])
    found = {level: verified(path, level, *base.brings(level)) for level in wanted}
    assert {level: answer for level, (answer, _) in found.items()} == wanted
    with pytest.MonkeyPatch.context() as patch:  # whether entries are looked at in runs or each on its own
        patch.setattr(record, "clean", lambda *_: None)
        assert verified(path, "consistent")[0] == wanted["consistent"]
    assert case.get("says", "") in found["anchored"][1].out
