"""A publication is verified, and proves, as the ledger's file does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ledger.cli.called import call
from tests.ledger.worlds import ORIGIN, open_ledger, settled, small


@pytest.fixture
def published(tmp_path: Path) -> Path:
    path = small(tmp_path / "l.db", transfers=2)
    with open_ledger(path) as ledger:
        ledger.append_many([settled(ledger, f"m{n}") for n in range(600)])
    (tmp_path / "vkey").write_text(call("key", "new", "--name", ORIGIN, "-o", tmp_path / "key").out)
    assert call("checkpoint", path, "--key", tmp_path / "key", "-o", tmp_path / "old").status == 0
    with open_ledger(path) as ledger:
        ledger.append(settled(ledger, "later"))
    assert call("checkpoint", path, "--key", tmp_path / "key").status == 0
    assert call("publish", path, tmp_path / "there").status == 0
    return tmp_path / "there"


def test_a_publication_reaches_the_levels_that_the_file_reaches(published: Path) -> None:
    at = published.parent
    brought = ("--key", at / "vkey", "--checkpoint", at / "old", "--require", "anchored", "--format", "json")
    for place in (published, at / "l.db", f"file://{published}"):
        said = call("verify", place, *brought)
        assert said.status == 0, said
        found = json.loads(said.out)
        assert (found["assurance"], found["size"], found["covered"]) == ("signed and anchored", 607, 607)
        assert found["origin"] == ORIGIN


def test_an_altered_publication_is_named(published: Path) -> None:
    bundle = published / "tile/entries/001"
    data = bytearray(bundle.read_bytes())
    data[300] ^= 1
    bundle.write_bytes(data)
    said = call("verify", published, "--key", published.parent / "vkey")
    assert said.status == 1
    assert "entry 256:" in said.out


def test_a_kept_checkpoint_of_another_history_is_noticed(published: Path) -> None:
    at = published.parent
    other = small(at / "other.db", transfers=3)
    assert call("checkpoint", other, "--key", at / "key").status == 2  # the record beside the key knows better
    (at / "key.record").unlink()
    assert call("checkpoint", other, "--key", at / "key", "-o", at / "forged").status == 0
    said = call("verify", published, "--key", at / "vkey", "--checkpoint", at / "forged")
    assert said.status == 1
    assert "has another root than the entries" in said.out


def test_proofs_from_a_publication_are_those_from_the_file(published: Path) -> None:
    at = published.parent
    for name, place in (("a", at / "l.db"), ("b", published)):
        assert call("prove", place, "300", "-o", at / f"{name}.tlog-proof").status == 0
        said = call("prove", place, "--consistency", at / "old", "-o", at / f"{name}.tlog-consistency")
        assert said.status == 0, said
    assert (at / "a.tlog-proof").read_bytes() == (at / "b.tlog-proof").read_bytes()
    assert (at / "a.tlog-consistency").read_bytes() == (at / "b.tlog-consistency").read_bytes()
    said = call("verify-proof", at / "b.tlog-proof", "--key", at / "vkey")
    assert said.status == 0
    said = call("verify-proof", at / "b.tlog-consistency", "--key", at / "vkey", "--checkpoint", at / "old")
    assert "are all still there" in said.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(("m5",), "is no number"), (("607",), "is no number"), (("007",), "is no number"),
     (("5", "--disclose", "note"), "in the ledger's file")],
)  # fmt: skip
def test_what_a_publication_cannot_prove_is_a_sentence(published: Path, arguments: tuple[str, ...], says: str) -> None:
    said = call("prove", published, *arguments, "-o", published.parent / "x")
    assert said.status == 2
    assert says in said.err
    assert not (published.parent / "x").exists()
