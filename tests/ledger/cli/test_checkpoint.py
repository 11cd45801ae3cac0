"""`checkpoint` and `continue`: what is printed, kept and refused."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from ledger import checkpoints, keyfile
from ledger.source import Source
from ledger.tlog import note
from tests.ledger.cli.called import call, refused
from tests.ledger.signers import append, make, new_key, signed_ledger, tree_of
from tests.ledger.worlds import ORIGIN, small


def key_of(path: Path) -> str:
    return keyfile.vkeys(path)[-1].text()


def test_the_first_and_the_next(tmp_path: Path) -> None:
    path, keys, out = small(tmp_path / "l.db"), new_key(tmp_path / "k"), tmp_path / "newest"
    first = call("checkpoint", path, "--key", keys.path, "-o", out)
    assert (first.status, first.err) == (0, "")
    assert first.out.startswith(
        f"entry 8 seals the key: give the verifier key to those who are to check.\n{ORIGIN}\n9\n"
    )
    assert out.read_text() in first.out
    again = call("checkpoint", path, "--key", keys.path, "-o", out)
    assert again.status == 0
    assert "Nothing was recorded since the last checkpoint, so none was added" in again.out
    append(path, "more")
    second = call("checkpoint", path, "--key", keys.path, "-o", out)
    assert "10 entries are signed, 1 signatures" in second.out
    assert tree_of(out.read_bytes()).size == 10
    assert sorted(one.name for one in tmp_path.iterdir()) == ["k", "k.lock", "k.record", "l.db", "newest"]


@pytest.mark.parametrize("post_quantum", [(), ("--post-quantum",)])
def test_a_sheet_from_the_drawer_anchors_next_years_ledger(tmp_path: Path, post_quantum: tuple[str, ...]) -> None:
    path, key, sheet = small(tmp_path / "l.db"), tmp_path / "k", tmp_path / "sheet.txt"
    assert call("key", "new", "--name", ORIGIN, "-o", key, *post_quantum).status == 0
    assert call("checkpoint", path, "--key", key, "--keepsake", sheet).status == 0
    text = sheet.read_text()
    with Source(path) as source:
        root = tree_of(checkpoints.newest(source.db).note).root.hex()  # type: ignore[union-attr] # it was made
    digits = "".join(text[text.index("Root") : text.index("Next year")].split()[1:])
    assert digits == root
    for vkey in keyfile.vkeys(key):
        assert vkey.text() in text.splitlines()
    append(path, "next-year")
    assert call("checkpoint", path, "--key", key).status == 0
    vkeys = tmp_path / "vkey.txt"
    vkeys.write_text("".join(f"{vkey.text()}\n" for vkey in keyfile.vkeys(key)))
    said = call("verify", path, "--key", vkeys, "--checkpoint", sheet, "--require", "anchored")
    assert (said.status, said.err) == (0, ""), said
    for vkey in keyfile.vkeys(key):  # as long as a key of ML-DSA-44 is, it can be given itself
        said = call("verify", path, "--key", vkey.text(), "--checkpoint", sheet, "--require", "anchored")
        assert said.status == 0, said
    other = tmp_path / "other"
    other.mkdir()
    rewritten, _, _ = signed_ledger(other, transfers=9)
    said = call("verify", rewritten, "--key", vkeys, "--checkpoint", sheet)
    assert said.status == 1
    assert "rewritten" in said.out
    assert call("checkpoint", path, "--key", key, "--keepsake", sheet).status == 2  # it is somebody's, and another


def test_a_file_that_cannot_be_written_takes_nothing_away(tmp_path: Path) -> None:
    path, keys = small(tmp_path / "l.db"), new_key(tmp_path / "k")
    said = call("checkpoint", path, "--key", keys.path, "-o", tmp_path / "none" / "x", "--keepsake", tmp_path)
    assert said.status == 2
    assert said.out.startswith("entry 8 seals the key")
    assert said.err.count("The checkpoint is kept in the ledger") == 2
    assert sqlite3.connect(path).execute("SELECT size FROM checkpoints").fetchall() == [(9,)]
    said = call("checkpoint", path, "--key", keys.path, "-o", "/dev/full")
    assert said.status == (2 if Path("/dev/full").exists() else 0)


def test_a_file_is_replaced_where_a_link_points(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    (tmp_path / "public").mkdir()
    real, link = tmp_path / "public" / "checkpoint", tmp_path / "link"
    real.write_text("old")
    link.symlink_to(real)
    assert call("checkpoint", path, "--key", keys.path, "-o", link).status == 0
    assert link.is_symlink()
    assert tree_of(real.read_bytes()).size == 9
    assert [one.name for one in real.parent.iterdir()] == ["checkpoint"]


def test_a_wrong_ledger_is_a_sentence(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    other = tmp_path / "other.db"
    assert call("init", other, "--origin", "other.example/t", "--organisation", "B").status == 0
    for ledger, sentence in (
        (other, f"The key is for {ORIGIN}, but this ledger is other.example/t; each has a key of its own"),
        (tmp_path / "none.db", "does not exist; `transfer-ledger init` makes a ledger"),
        (keys.path, "is not an SQLite database"),
        (tmp_path, "is a folder, not a ledger file"),
        ("/dev/null", "is no file on a disk"),
    ):
        assert sentence in refused("checkpoint", ledger, "--key", keys.path)
    sqlite3.connect(path).execute("SELECT 1")
    with sqlite3.connect(other) as db:
        assert db.execute("SELECT count(*) FROM entries").fetchone() == (1,)  # no key was sealed into it


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "http://", "http://[", "notaurl", "http://127.0.0.1:1", "http://127.0.0.1:99999/",
            "file:///etc/passwd", "http://" + "a" * 300, "http://\u2028/"],
)  # fmt: skip
def test_a_time_stamping_authority_that_is_none_takes_nothing_away(tmp_path: Path, url: str) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    append(path, "more")
    said = call("checkpoint", path, "--key", keys.path, "--timestamp", url)
    assert said.status == 2
    assert said.err.startswith(f"The time stamping authority {url} did not answer")
    assert "10 entries are signed" in said.out


# -- continuing ----------------------------------------------------------------------------------------------------


def following(folder: Path, *options: object, origin: str = "springfield.example/transfers-2") -> tuple[object, ...]:
    return ("continue", folder / "l.db", folder / "n.db", "--origin", origin, *options)


def test_a_new_ledger_follows_and_the_old_one_is_closed(tmp_path: Path) -> None:
    path, keys, made = signed_ledger(tmp_path)
    said = call(*following(tmp_path, "-o", tmp_path / "n.key", "--post-quantum"))
    assert (said.status, said.err) == (0, "")
    assert f"{path} is closed, and names springfield.example/transfers-2 as its successor" in said.out
    with Source(tmp_path / "n.db") as source:
        genesis = source.genesis()
    assert genesis.continues is not None
    cited = (genesis.continues.origin, genesis.continues.size, genesis.continues.head)
    assert cited == (made.tree.origin, 9, made.tree.root.hex())
    assert genesis.organisation == "Springfield Council"
    assert "this ledger is closed" in refused("key", "rotate", path, "--key", keys.path, "-o", tmp_path / "k9")
    asked = ("erase", path, "t0", "--value", "note", "--ground", "request-of-person", "--yes")
    assert call(*asked).status == 0  # what a person may ask for does not end with the ledger
    assert "names springfield.example/transfers-2" in refused(
        "continue", path, tmp_path / "m.db", "--origin", "x.example"
    )
    for ledger, key in ((path, keys.path), (tmp_path / "n.db", tmp_path / "n.key")):
        assert call("checkpoint", ledger, "--key", key).status == 0
        assert call("verify", ledger, "--key", key_of(key), "--require", "signed").status == 0


def test_what_was_lost_is_cited(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    backup = shutil.copy(path, tmp_path / "backup.db")
    append(path, "lost")
    sheet = tmp_path / "sheet"
    assert call("checkpoint", path, "--key", keys.path, "--keepsake", sheet).status == 0
    lost = tree_of(note.render(note.parse(sheet.read_bytes().split(b"CHECKPOINT-----\n")[1].split(b"-----END")[0])))
    shutil.copy(backup, path)
    assert "`transfer-ledger continue`" in refused("checkpoint", path, "--key", keys.path)
    said = call(*following(tmp_path, "--checkpoint", sheet, "--ground", "lost-entries", "--organisation", "Capital"))
    assert said.status == 0
    with Source(tmp_path / "n.db") as source:
        genesis = source.genesis()
    assert genesis.organisation == "Capital"
    assert genesis.continues is not None
    assert (genesis.continues.size, genesis.continues.head) == (10, lost.root.hex())


def test_what_cannot_follow_makes_nothing(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    key = tmp_path / "n.key"
    before = path.read_bytes()
    for command, sentence in (
        (following(tmp_path, "-o", key, origin=ORIGIN), "would be two histories"),
        (following(tmp_path, "-o", key, origin="a b"), "cannot name a key"),
        (following(tmp_path, "-o", key, origin="A" * 256), "cannot name a key"),
        (following(tmp_path, origin="a#b"), "cannot name a ledger"),
        (following(tmp_path, "-o", key, origin="a#b"), "cannot name a ledger"),
        (following(tmp_path, "-o", key, "--ground", "whatever"), "--ground: 'whatever' is none of successor"),
        (following(tmp_path, "-o", keys.path), "a key is never overwritten"),
        (following(tmp_path, "-o", tmp_path / "no" / "k"), "cannot be written"),
        (following(tmp_path, "-o", key, "--new-passphrase-file", tmp_path / "none"), "cannot be read"),
        (following(tmp_path, "-o", key, "--checkpoint", keys.path), f"{keys.path} is no checkpoint: "),
        (following(tmp_path, "-o", key, "--organisation", " "), "name cannot be sealed"),
        (("continue", path, path, "--origin", "x.example", "-o", key), "a ledger is never overwritten"),
        (("continue", path, tmp_path / "no" / "n", "--origin", "x.example", "-o", key), "cannot be made"),
        (("continue", keys.path, tmp_path / "n.db", "--origin", "x.example", "-o", key), "is not an SQLite database"),
    ):
        assert sentence in refused(*command)
        assert sorted(one.name for one in tmp_path.iterdir() if "l.db-" not in one.name) == [
            "k", "k.lock", "k.record", "l.db",
        ], command  # fmt: skip
    assert path.read_bytes() == before


def test_an_old_ledger_that_cannot_be_written_to_is_followed_and_not_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _, _ = signed_ledger(tmp_path)
    command = following(tmp_path)
    if os.name == "posix" and os.geteuid() == 0:  # whom no mode stops
        from ledger.cli import continuing
        from ledger.errors import Refused

        def read_only(*_: object) -> None:
            raise Refused(f"{path}: the ledger cannot be written to here")

        monkeypatch.setattr(continuing, "open_ledger", read_only)
    else:
        path.chmod(0o400)
    said = call(*command)
    assert said.status == 0
    assert said.err.startswith(f"{path} was not closed: ")
    assert (tmp_path / "n.db").exists()


def test_a_ledger_restored_with_its_record_is_caught_by_whoever_knows_more(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    snapshot = {file: file.read_bytes() for file in (path, keys.record)}
    append(path, "lost")
    kept = tmp_path / "kept"
    assert call("checkpoint", path, "--key", keys.path, "-o", kept).status == 0
    for file, data in snapshot.items():
        file.write_bytes(data)
    append(path, "instead")
    make(path, keys)
    said = call("verify", path, "--key", key_of(keys.path), "--checkpoint", kept)
    assert said.status == 1
    assert "the entries" in said.out
    assert call("verify", path, "--key", key_of(keys.path), "--require", "signed").status == 0  # and by nobody else
