"""`transfer-ledger witness`: what is printed, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.tlog import note, policy
from ledger.tlog.policy import Group
from ledger.witness import state
from tests.ledger.cli.called import call, refused
from tests.ledger.tlog.signed import WITNESS
from tests.ledger.witness.logs import KEY, NAME, NEXT_KEY, NOON, ORIGIN, PQ_KEY, Log, served

A, B = Log("a"), Log("b", forked=3)


@pytest.mark.parametrize("post_quantum", [(), ("--post-quantum",)])
def test_init_prints_its_keys_and_a_policy_in_which_it_counts_once(
    tmp_path: Path, post_quantum: tuple[str, ...]
) -> None:
    said = call("witness", "init", tmp_path / "w", "--name", NAME, *post_quantum)
    assert (said.status, said.err) == (0, "")
    keys = [one.key for one in state.load(tmp_path / "w").keys]
    vkeys, _, fragment = said.out.partition("\n\n")
    assert vkeys.split("\n") == [key.text() for key in keys]
    assert [key.algorithm for key in keys] == ([0x06, 0x04] if post_quantum else [0x04])
    assert fragment.startswith("# For the policy")
    found = policy.parse((fragment + f"quorum {NAME}\n").encode())
    assert [one.key for one in found.witnesses.values()] == keys
    assert found.groups == {NAME: Group(1, tuple(found.witnesses))}
    assert f"group {NAME} any " in fragment
    assert policy.warnings(found) == []


def test_from_the_first_key_to_a_policy_that_is_met(tmp_path: Path) -> None:
    """The whole way, on the command line: an authority, its school, and whoever trusts them."""
    folder = tmp_path / "w"
    fragment = call("witness", "init", folder, "--name", NAME, "--post-quantum").out.partition("\n\n")[2]
    assert call("witness", "add-log", folder, KEY.key.text()).out == (
        f"{ORIGIN}: {KEY.key.text()[:60]} is trusted; keys: 1, nothing cosigned yet.\n"
    )
    from ledger.witness.ask import cosign

    with served(folder, vkeys=2) as (url,):
        lines = cosign(url, A.note(7), lambda old: A.path(old, 7))
    whole = note.parse(A.note(7))
    full = note.Note(whole.text, (*whole.signatures, *lines))
    found = policy.parse(f"log {KEY.key.text()}\n{fragment}quorum {NAME}\n".encode())
    assert policy.accept(found, full).quorum
    assert not policy.accept(found, whole).quorum


def test_status(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    assert call("witness", "init", folder, "--name", NAME).status == 0
    witness = state.load(folder)
    empty = call("witness", "status", folder)
    assert (empty.status, empty.err) == (0, "")
    vkey = witness.keys[0].key.text()
    assert empty.out == f"{vkey}\n\nNo log is known yet; `transfer-ledger witness add-log` adds one.\n"
    keys = tmp_path / "keys"
    keys.write_text(f"{KEY.key.text()}\n{PQ_KEY.key.text()}\n")
    assert call("witness", "add-log", folder, keys).status == 0
    assert call("witness", "add-log", folder, NEXT_KEY.key.text(), "--origin", "renamed").status == 0
    witness.add_checkpoint(A.request(0, 1234), lambda: NOON)
    quiet = call("witness", "status", folder)
    assert quiet.status == 0
    assert (
        quiet.out
        == f"""{vkey}

renamed
  key            {NEXT_KEY.key.text()}
  size           nothing cosigned yet
  evidence       none

{ORIGIN}
  key            {PQ_KEY.key.text()}
  key            {KEY.key.text()}
  size           1,234
  root           {note.base64(A.tree(1234).root)}
  last cosigned  2010-05-21T12:00:00Z
  evidence       none
""".replace(
            f"  key            {PQ_KEY.key.text()}\n  key            {KEY.key.text()}\n",
            "".join(f"  key            {text}\n" for text in sorted((PQ_KEY.key.text(), KEY.key.text()))),
        )
    )
    witness.add_checkpoint(B.request(1234, 1240), lambda: NOON + 1)
    doubtful = call("witness", "status", folder)
    assert doubtful.status == 0
    assert "1 signed checkpoints came with a proof that fails, the first on 2010-05-21T12:00:01Z" in doubtful.out
    witness.add_checkpoint(B.request(1234, 1234), lambda: NOON + 2)
    forked = call("witness", "status", folder)
    assert forked.status == 1
    assert "1 FORKS: this log signed two trees of one size. The first, received on 2010-05-21T12:00:02Z" in forked.out
    for signed in (A.note(1234), B.note(1234)):
        assert f"-----BEGIN CHECKPOINT-----\n{signed.decode()}-----END CHECKPOINT-----\n" in forked.out


def test_what_is_refused_is_a_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "w"
    assert call("witness", "init", folder, "--name", NAME).status == 0
    assert "is not empty" in refused("witness", "init", folder, "--name", NAME)
    assert "cannot name a key" in refused("witness", "init", tmp_path / "x", "--name", "a b")
    assert not (tmp_path / "x").exists()
    vkey = KEY.key.text()
    for wrong, why in (
        (vkey[:-1], "is not"),
        (vkey.replace("+", "+0", 1), "is not a verifier key"),
        ("nonsense", "cannot be read"),
        (WITNESS.key.text(), "a log signs with 0x01 or 0x06"),
    ):
        assert why in refused("witness", "add-log", folder, wrong)
    (tmp_path / "empty").write_text("\n")
    assert "holds no verifier key" in refused("witness", "add-log", folder, tmp_path / "empty")
    assert "that is one line of text" in refused("witness", "add-log", folder, vkey, "--origin", "a\nb")
    for verb in (["status"], ["serve"]):
        assert "holds no witness" in refused("witness", *verb, tmp_path / "nowhere")
    assert "holds no witness" in refused("witness", "add-log", tmp_path / "nowhere", vkey)
    assert "holds no witness" in refused("witness", "status", folder / "key")
    (folder / "record.db").write_text("garbage" * 200)
    assert "cannot be used as a witness's record: file is not a database" in refused("witness", "status", folder)
    assert state.KEY == "key"
