"""docs/THREATS.md names commands: each is run, and says what the page says of it."""

from __future__ import annotations

import os
import re
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger import checkpoints, keyfile
from ledger.tlog.note import COSIGNATURE_V1
from tests.ledger.cli.called import Said, call
from tests.ledger.signers import append, make, new_key
from tests.ledger.verify.tampered import administrator, cosigner, keep, policy_text, rewrite, sign
from tests.ledger.worlds import open_ledger, small

PAGE = (Path(__file__).parents[3] / "docs" / "THREATS.md").read_text("utf-8")
COMMANDS = re.findall(r"^ {4,}transfer-ledger (.+)$", PAGE, re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the page names: the ledger is whole, and all of it was kept."""
    monkeypatch.chdir(tmp_path)
    path, keys = small(tmp_path / "transfers.db"), new_key(tmp_path / "ledger.key")
    witness = keyfile.make("county.example/witness", [COSIGNATURE_V1], os.urandom)[0]
    shutil.copy(path, "backup.db")
    made = make(path, keys, witnesses=[("county", cosigner(witness, datetime.now(UTC) - timedelta(days=2)))])
    Path("vkey.txt").write_text(f"{keys.keys[0].key.text()}\n")
    Path("kept.txt").write_bytes(made.note)
    Path("policy.txt").write_text(policy_text(keys, witness))
    assert call("publish", "transfers.db", "public").status == 0
    assert call("prove", "transfers.db", "5", "-o", "entry.tlog-proof").status == 0
    assert call("bundle", "transfers.db", "-o", "evidence.zip", "--as-of", "2010-10-01").status == 0
    return tmp_path


def run(beginning: str) -> Said:
    """Runs the page's one command that begins so."""
    (command,) = [one for one in COMMANDS if one.startswith(beginning)]
    return call(*command.split())


def test_every_option_that_the_page_names_is_one(folder: Path) -> None:
    assert len(COMMANDS) >= 10
    for command in COMMANDS:
        verb = command.split()[0] if command.split()[0] not in ("key", "witness") else " ".join(command.split()[:2])
        text = call(*verb.split(), "--help").out
        for option in re.findall(r"(?<= )-{1,2}[a-z-]+", command):
            assert re.search(rf"{option}\b", text), (command, option)
    for option in re.findall(r"`(--[a-z-]+)", PAGE):
        assert any(option in call(verb, "--help").out for verb in ("verify", "publish", "prove", "confirm")), option


def test_a_whole_ledger_passes_every_check_of_the_page(folder: Path) -> None:
    verifies = [one for one in COMMANDS if one.startswith(("verify ", "verify-proof ")) and "--authority" not in one]
    assert len(verifies) == 5
    for command in verifies:
        said = call(*command.split())
        assert said.status == 0, (command, said)
    assert run("checkpoint transfers.db --key ledger.key --published").status == 0
    assert run("erase").status == 0
    assert call("check", "transfers.db").status in (0, 1)
    said = run("key replace")
    assert said.status == 0
    assert call("verify", "transfers.db", "--key", "vkey.txt", "--require", "signed").status == 2


def test_a_rewritten_ledger_that_the_key_signed_passes_only_the_weaker_ones(folder: Path) -> None:
    key = keyfile.load(Path("ledger.key")).keys[0]
    with administrator(Path("transfers.db")) as db:
        rewrite(db, lambda members: members.update(recipient="qca") if members["seq"] == 4 else None, {
            key.key.text(): key
        })  # fmt: skip
        db.execute("DELETE FROM checkpoints")
        keep(db, 9, sign(db, 9, key))
    assert call("verify", "transfers.db", "--key", "vkey.txt", "--require", "signed").status == 0
    anchored, witnessed = (
        call(*one.split()) for one in COMMANDS if one.startswith("verify transfers") and "--not-older" not in one
    )
    assert anchored.status == 1
    assert "another root" in anchored.out
    assert witnessed.status == 2
    assert run("verify transfers.db --key vkey.txt --checkpoint kept.txt --policy").status == 1


def test_a_restored_ledger_is_not_signed_and_can_be_followed(folder: Path) -> None:
    path, keys = folder / "transfers.db", keyfile.load(folder / "ledger.key")
    append(path, "lost")
    newer = make(path, keys)
    (folder / "kept.txt").write_bytes(newer.note)
    assert call("publish", "transfers.db", "public").status == 0
    shutil.copy("backup.db", "transfers.db")
    published = "checkpoint transfers.db --key ledger.key --published"
    said = run(published)
    assert said.status == 2
    assert "ledger.key.record" in said.err
    (folder / "ledger.key.record").unlink()
    said = run(published)
    assert said.status == 2
    assert "published at public" in said.err
    said = call("verify", "transfers.db", "--checkpoint", "kept.txt")
    assert said.status == 1
    assert "its end was cut off" in said.out
    assert run("continue").status == 0
    assert call("verify", "next.db").status == 0


def test_the_state_of_a_witness_can_be_asked(folder: Path) -> None:
    assert call("witness", "init", "witness", "--name", "county.example/witness").status == 0
    assert run("witness status").status == 0


def test_a_key_that_was_lost_counts_where_its_checkpoint_was_kept(folder: Path) -> None:
    assert run("key replace").status == 0
    said = call("verify", "transfers.db", "--key", "vkey.txt", "--checkpoint", "kept.txt", "--require", "anchored")
    assert said.status == 0


@pytest.mark.slow
def test_a_report_counts_where_it_was_attested_and_is_what_the_ledger_gives(folder: Path) -> None:
    made = ("report", "transfers.db", "--for", "dpo", "--as-of", "2010-10-01", "-o", "report.html")
    call(*made)
    assert run("verify-report").status == 1
    assert "Attested" in call(*made, "--attest").out
    assert run("verify-report").status == 0
    Path("report.html").write_bytes(Path("report.html").read_bytes() + b" ")
    assert run("verify-report").status == 1


def test_a_key_that_was_rotated_out_is_reported(folder: Path) -> None:
    path, old = folder / "transfers.db", keyfile.load(folder / "ledger.key")
    new = new_key(folder / "rotated.key")
    with open_ledger(path) as ledger:
        checkpoints.rotate(ledger, old, new, time.sleep)
    with administrator(path) as db:
        (folder / "kept.txt").write_bytes(sign(db, 10, old.keys[0]))
    said = call("verify", "transfers.db", "--key", "vkey.txt", "--checkpoint", "kept.txt")
    assert said.status == 1
    assert "[key-range]" in said.out
