"""`prove` and `verify-proof`: 0 verified, 1 not genuine, 2 could not run."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ledger import bundle, keyfile
from ledger.tlog import note
from ledger.tlog.note import COSIGNATURE_V1, SUBTREE_V1
from tests.ledger.cli.called import call, refused
from tests.ledger.signers import append, make, new_key, signed_ledger
from tests.ledger.test_checkpoints import edit
from tests.ledger.worlds import ORIGIN
from tests.needed import missing


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path, self.keys, first = signed_ledger(folder)
        self.key = self.keys.keys[0].key.text()
        self.kept = folder / "kept"
        self.kept.write_bytes(first.note)

    def prove(self, *arguments: object) -> Path:
        output = self.folder / f"proof{len(list(self.folder.iterdir()))}"
        if len(arguments) > 1 and not any(str(one).startswith("--dis") for one in arguments):
            output = output.with_suffix(".zip")
        said = call("prove", self.path, *arguments, "-o", output)
        assert said.status == 0, said
        return output


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_one_entry(world: World) -> None:
    proof = world.prove("t1")
    said = call("verify-proof", proof, "--key", world.key)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith(
        f"Verified: this is entry 4 of the 9 that {ORIGIN} had recorded.\nsigned by {world.key}\n"
    )
    assert "(1 more values are sealed with it and not disclosed here.)" in said.out
    assert "note 1" not in said.out
    assert world.prove("4").read_bytes() == proof.read_bytes()
    disclosed = call("verify-proof", world.prove("t1", "--disclose", "note"), "--key", world.key)
    assert "\nnote: note 1\n" in disclosed.out


def test_several_in_one_bundle(world: World) -> None:
    append(world.path, "more")
    make(world.path, world.keys)
    proof = world.prove("t1", "9", "--consistency", world.kept)
    assert list(bundle.read(proof.read_bytes())) == [
        "consistency/9.tlog-consistency", "proofs/4.tlog-proof", "proofs/9.tlog-proof",
    ]  # fmt: skip
    said = call("verify-proof", proof, "--key", world.key, "--checkpoint", world.kept)
    assert (said.status, said.err) == (0, "")
    assert said.out.count("Verified: ") == 3
    assert "consistency/9.tlog-consistency: not checked" in call("verify-proof", proof, "--key", world.key).out
    said = call("verify-proof", world.prove("--consistency", world.kept), "--key", world.key)
    assert (said.status, "holds no proof that could be checked" in said.err) == (2, True)
    alone = world.folder / "alone"
    assert call("prove", world.path, "--consistency", world.kept, "-o", alone).status == 0
    assert "--checkpoint FILE" in refused("verify-proof", alone, "--key", world.key)
    unknown = world.folder / "unknown.zip"
    unknown.write_bytes(bundle.write({"readme.txt": b"trust me", "keys/vkey": world.key.encode()}))
    assert "holds no proof that could be checked" in refused("verify-proof", unknown, "--key", world.key)


def test_growth(world: World) -> None:
    append(world.path, "more")
    make(world.path, world.keys)
    proof = world.folder / "growth"
    assert call("prove", world.path, "--consistency", world.kept, "-o", proof).status == 0
    said = call("verify-proof", proof, "--key", world.key, "--checkpoint", world.kept)
    assert said.status == 0
    assert "the 9 entries of springfield.example/transfers that your checkpoint covers are all still there" in said.out
    # The same key signed another history of the same size: whoever kept its checkpoint is not content with this proof.
    (world.folder / "b").mkdir()
    other = World(world.folder / "b")
    other.keys = keyfile.load(world.keys.path)
    said = call("verify-proof", proof, "--key", world.key, "--checkpoint", other.kept)
    assert said.status == 1
    assert said.out.startswith("NOT GENUINE: ")
    assert "The checkpoint that was kept: None of the keys" in said.out
    said = call("verify-proof", proof, "--key", world.key, "--key", other.key, "--checkpoint", other.kept)
    assert said.status == 1
    assert "NOT GENUINE" in said.out
    refusal = call("prove", world.path, "--consistency", other.kept, "-o", world.folder / "no")
    assert (refusal.status, (world.folder / "no").exists()) == (2, False)


def test_what_is_not_genuine_is_told_from_what_cannot_be_read(world: World) -> None:
    proof = world.prove("t1")
    whole = proof.read_text()
    lines = whole.split("\n")
    other = new_key(world.folder / "other").keys[0].key.text()
    changed = world.folder / "changed"
    for text, options, status, sentence in (
        (whole, ("--key", other), 1, "None of the keys that were given signed this checkpoint"),
        (whole.replace(lines[3], lines[4]), ("--key", world.key), 1, "does not lead from this entry"),
        (whole.replace("index 4", "index 3"), ("--key", world.key), 1, "does not lead from this entry, as number 3"),
        (whole.replace("index 4", "index 40"), ("--key", world.key), 1, "40"),
        (whole.replace("\n9\n", "\n8\n"), ("--key", world.key), 1, "is not over this text"),
        (whole.replace("index 4", "index 04"), ("--key", world.key), 2, "leading zeros"),
        (whole[:-1], ("--key", world.key), 2, "no newline at its end"),
        (whole.replace("\n", "\r\n"), ("--key", world.key), 2, "carriage return"),
        ("", ("--key", world.key), 2, "no empty line"),
        (whole, (), 2, "keys inside a file never count"),
        (whole, ("--key", "garbage"), 2, "garbage cannot be read"),
        (whole, ("--key", "a+b+c"), 2, "'a+b+c' is not a verifier key"),
        (whole, ("--key", world.path), 2, "no file of verifier keys"),
        (whole, ("--key", world.key, "--policy", world.path), 2, "control characters"),
    ):
        changed.write_bytes(text.encode())
        said = call("verify-proof", changed, *options)
        assert (said.status, sentence in said.out + said.err) == (status, True), (sentence, said)
        assert said.out.startswith("NOT GENUINE") is (status == 1)


def test_odd_arguments_get_a_sentence(world: World) -> None:
    output = world.folder / "out"
    for arguments, sentence in (
        ((), "Say what to prove"),
        (("99",), "no entry the number, 99"),
        (("0x3",), "no entry the number, 0x3"),
        (("\ud800",), "lone surrogate"),
        (("t1", "t2"), "name a file that ends in .zip"),
        (("t1", "t2", "--disclose", "note"), "name one"),
        (("t1", "--disclose", "nonsense"), "has no value nonsense"),
        (("0", "--disclose", "note"), "there are: none"),
        (("--consistency", world.path), f"{world.path} is no checkpoint: "),
        (("--consistency", world.folder / "none"), "cannot be read: No such file"),
        (("t1", "--checkpoint", world.keys.path), f"{world.keys.path} is no checkpoint: "),
    ):
        assert sentence in refused("prove", world.path, *arguments, "-o", output)
        assert not output.exists()
    assert call("prove", world.path, "t1", "-o", output).status == 0
    assert call("prove", world.path, "t1", "-o", output).status == 0  # the same bytes again
    assert "exists already; name another file" in refused("prove", world.path, "t2", "-o", output)
    for where in (world.folder, world.folder / "no" / "x", world.path / "x"):
        refused("prove", world.path, "t1", "-o", where)
    for file in (world.folder, world.folder / "none", world.path, world.kept, "/dev/null"):
        assert str(file) in refused("verify-proof", file, "--key", world.key)
    append(world.path, "late")
    assert "No checkpoint covers entry 9 yet" in refused("prove", world.path, "late", "-o", world.folder / "late")


def test_a_full_disk_leaves_no_half_proof(world: World) -> None:
    if not Path("/dev/full").exists():
        missing("there is no /dev/full here")
    assert "exists already" in refused("prove", world.path, "t1", "-o", "/dev/full")


def test_an_entry_that_was_changed_in_the_file_is_not_proved(world: World) -> None:
    edit(world.path, "UPDATE entries SET entry = replace(entry, 'oak-high', 'oak-hihg') WHERE seq = 4")
    assert "gives no valid proof of entry 4" in refused("prove", world.path, "t1", "-o", world.folder / "x")
    edit(world.path, "UPDATE entries SET hash = 'nonsense' WHERE seq = 4")
    assert "are not all there" in refused("prove", world.path, "t2", "-o", world.folder / "x")
    edit(world.path, "UPDATE checkpoints SET note = 'nonsense'")
    assert "no newline at its end" in refused("prove", world.path, "t2", "-o", world.folder / "x")


def test_what_sqlite_cannot_read_is_a_sentence(world: World) -> None:
    for statement in (
        "UPDATE checkpoints SET note = CAST(x'ff' AS TEXT)",
        "UPDATE disclosures SET disclosure = CAST(x'ff' AS TEXT) WHERE seq = 4",
    ):
        edit(world.path, statement)
        refused("prove", world.path, "4", "-o", world.folder / "x", "--disclose", "note")
        said = call("checkpoint", world.path, "--key", world.keys.path)
        assert said.status in (0, 2)


def test_a_quorum_is_asked_for_by_a_policy(world: World) -> None:
    witness = new_key(world.folder / "w", "county.example/w", [COSIGNATURE_V1]).keys[0]
    policy = world.folder / "policy"
    policy.write_text(f"log {world.key}\nwitness county {witness.key.text()}\nquorum county\n")
    bare = world.prove("t1")
    assert "quorum 'county' did not cosign" in refused("verify-proof", bare, "--policy", policy)

    def cosign(signed: bytes, _: object) -> list[note.SignatureLine]:
        return [note.signature_line(note.parse(signed).text, witness.signer(1_274_432_400))]

    make(world.path, world.keys, witnesses=[("county", cosign)])
    said = call("verify-proof", world.prove("t1"), "--policy", policy)
    assert said.status == 0
    assert "cosigned by 'county'" in said.out
    assert "at 2010-05-21 09:00:00 UTC" in said.out
    assert sqlite3.connect(world.path).execute("SELECT count(*) FROM checkpoints").fetchone() == (2,)


def test_a_key_that_is_longer_than_a_file_name_can_be_given_itself(world: World) -> None:
    long = new_key(world.folder / "long", "a" * 250, [SUBTREE_V1]).keys[0].key.text()
    assert call("verify-proof", world.prove("t1"), "--key", world.key, "--key", long).status == 0
