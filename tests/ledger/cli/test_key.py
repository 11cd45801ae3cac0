"""`key new`, `show`, `rotate` and `replace`, as a hurried clerk types them."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ledger import keyfile
from ledger.tlog.note import ED25519, SUBTREE_V1, parse_vkey
from tests.ledger.cli.called import call, refused
from tests.ledger.signers import make, new_key, signed_ledger
from tests.ledger.worlds import ORIGIN, small
from tests.needed import missing


@pytest.fixture(autouse=True)
def no_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRANSFER_LEDGER_PASSPHRASE", raising=False)


def test_a_new_key_is_printed_for_others_and_kept_for_its_owner(tmp_path: Path) -> None:
    for options, algorithms in (((), [ED25519]), (("--post-quantum",), [SUBTREE_V1, ED25519])):
        path = tmp_path / f"k{len(algorithms)}"
        said = call("key", "new", "--name", ORIGIN, "-o", path, *options)
        assert (said.status, said.err) == (0, "")
        assert [parse_vkey(line).algorithm for line in said.out.splitlines()] == algorithms
        assert call("key", "show", path).out == said.out
        assert "PRIVATE" not in said.out
        assert "exists already; a key is never overwritten" in refused("key", "new", "--name", ORIGIN, "-o", path)


def test_a_passphrase_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, ledger, word = tmp_path / "k", small(tmp_path / "l.db"), tmp_path / "word"
    word.write_bytes("pässwörd\r\n".encode())
    asked = refused("key", "new", "--name", ORIGIN, "-o", path, "--encrypt")
    assert "No passphrase was given; use --new-passphrase-file or TRANSFER_LEDGER_PASSPHRASE" in asked
    word.with_name("empty").write_text("\n")
    assert "No passphrase" in refused(
        "key", "new", "--name", ORIGIN, "-o", path, "--new-passphrase-file", word.with_name("empty")
    )
    assert not path.exists()
    assert call("key", "new", "--name", ORIGIN, "-o", path, "--new-passphrase-file", word).status == 0
    assert keyfile.encrypted(path)
    assert "is encrypted, and no passphrase was given" in refused("checkpoint", ledger, "--key", path)
    monkeypatch.setenv("TRANSFER_LEDGER_PASSPHRASE", "wrong")
    assert "the passphrase is wrong" in refused("checkpoint", ledger, "--key", path)
    assert call("checkpoint", ledger, "--key", path, "--passphrase-file", word).status == 0
    monkeypatch.setenv("TRANSFER_LEDGER_PASSPHRASE", "pässwörd")
    assert call("checkpoint", ledger, "--key", path).status == 0


def test_odd_names_and_paths_get_a_sentence(tmp_path: Path) -> None:
    ledger = small(tmp_path / "l.db")
    for name in ("", "a b", "a+b", "A" * 256, "x\ud800", "a\nb"):
        assert "cannot name a ledger" in refused("key", "new", "--name", name, "-o", tmp_path / "k")
    for output, sentence in (
        (tmp_path, "exists already"),
        (ledger / "k", "cannot be written: Not a directory"),
        (tmp_path / "none" / "k", "cannot be written: No such file"),
        (tmp_path / ("x" * 300), "cannot be written: File name too long"),
        ("", "exists already"),
    ):
        assert sentence in refused("key", "new", "--name", ORIGIN, "-o", output)
    for path, sentence in (
        (tmp_path, "cannot be read: Is a directory"),
        (ledger, "is not a key file"),
        (tmp_path / "none", "does not exist"),
        ("/dev/null", "is not a key file"),
    ):
        assert sentence in refused("key", "show", path)
        assert sentence in refused("checkpoint", ledger, "--key", path)
    unusual = tmp_path / "unusual"
    assert call("key", "new", "--name", "schüle.example/übertragung", "-o", unusual).out.startswith("schüle.example/ü")


def test_a_rotation_and_a_replacement(tmp_path: Path) -> None:
    path, _, _ = signed_ledger(tmp_path)
    said = call("key", "rotate", path, "--key", tmp_path / "k", "-o", tmp_path / "k2", "--post-quantum")
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("entry 9  ")
    assert len(said.out.splitlines()) == 3
    assert "Entry 9 of the ledger names another key" in refused("checkpoint", path, "--key", tmp_path / "k")
    assert call("checkpoint", path, "--key", tmp_path / "k2").status == 0
    for command, sentence in (
        (("rotate", path, "--key", tmp_path / "k", "-o", tmp_path / "k3"), "does not hold the ledger's newest key"),
        (("rotate", path, "--key", tmp_path / "k2", "-o", tmp_path / "k2"), "never overwritten"),
        (("replace", path, "-o", tmp_path / "k3"), "Missing option '--lost'"),
        (("replace", path, "--lost", "-o", tmp_path / "k2"), "never overwritten"),
        (("replace", tmp_path / "none.db", "--lost", "-o", tmp_path / "k3"), "does not exist"),
    ):
        assert sentence in refused("key", *command)
    assert not list(tmp_path.glob("k3*"))  # a key that was sealed nowhere is not left lying about
    assert keyfile.load(tmp_path / "k2").keys
    said = call("key", "replace", path, "--lost", "-o", tmp_path / "k4")
    assert said.status == 0
    assert call("checkpoint", path, "--key", tmp_path / "k4").status == 0
    keys = [word for n in ("", "2", "4") for word in call("key", "show", tmp_path / f"k{n}").out.splitlines()]
    options = [option for key in keys for option in ("--key", key)]
    verified = call("verify", path, *options)
    assert verified.status == 0, verified


def test_a_key_that_was_sealed_is_kept_although_its_receipt_cannot_be_printed(tmp_path: Path) -> None:
    # The ledger's newest key in no file would be a ledger that nobody can sign again.
    path, _, _ = signed_ledger(tmp_path)
    if not Path("/dev/full").exists():
        missing("there is no /dev/full here")
    for verb, new in ((("rotate", path, "--key", tmp_path / "k"), "k2"), (("replace", path, "--lost"), "k3")):
        command = [sys.executable, "-m", "ledger.cli", "key", *map(str, verb), "-o", str(tmp_path / new)]
        with open("/dev/full", "w") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 0
        assert "This is recorded, but its receipt cannot be printed" in done.stderr
        assert "Traceback" not in done.stderr
        make(path, keyfile.load(tmp_path / new))
        assert call("verify", path).status == 0


def test_a_link_to_a_key_file_is_the_same_key(tmp_path: Path) -> None:
    # With a record beside the link, a ledger that was put back to last week could be signed through it.
    (tmp_path / "safe").mkdir()
    path = small(tmp_path / "l.db")
    new_key(tmp_path / "safe" / "k")
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "safe" / "k")
    backup = path.read_bytes()
    assert call("checkpoint", path, "--key", tmp_path / "safe" / "k").status == 0
    path.write_bytes(backup)
    assert "entries were lost, or this is an older copy" in refused("checkpoint", path, "--key", link)
    assert sorted(one.name for one in (tmp_path / "safe").iterdir()) == ["k", "k.lock", "k.record"]
    assert sqlite3.connect(path).execute("SELECT count(*) FROM checkpoints").fetchone() == (0,)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    path, keys = small(tmp_path / "l.db"), new_key(tmp_path / "k")
    keys.path.chmod(0o644)
    assert "can be read by others; `chmod 600 k` before it is used" in refused("checkpoint", path, "--key", keys.path)


@pytest.mark.parametrize("name", ["a#b.example", "a b.example", "a+b.example", "", "x" * 256])
def test_a_key_is_made_for_names_that_a_ledger_can_have(tmp_path: Path, name: str) -> None:
    assert "cannot name a ledger" in refused("key", "new", "--name", name, "-o", tmp_path / "k")
    assert not (tmp_path / "k").exists()
