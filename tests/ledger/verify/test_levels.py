"""Which level is reached, by what is brought; what the command then says; and what nobody may be told by mistake."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ledger import checkpoints, keyfile
from ledger.cli.keys import BEGIN, END
from ledger.keyfile import KeyFile, PrivateKey
from ledger.tlog import note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import COSIGNATURE_V1, ED25519, SUBTREE_V1, parse_vkey
from ledger.verify.assurance import verify
from ledger.verify.levels import Brought
from ledger.verify.proofs import Trusted
from tests.ledger.cli.called import Said, call
from tests.ledger.signers import append, make, new_key, signed_ledger
from tests.ledger.verify.tampered import (
    administrator,
    cosigner,
    flip,
    keep,
    policy_text,
    reseal,
    rewrite,
    sign,
    tree_of,
)
from tests.ledger.worlds import ORIGIN, open_ledger, small

NOW = datetime.now(UTC)


class World(NamedTuple):
    """A ledger of 15 entries: signed at 9 (the first key), rotated at 10, cosigned at 13 (the second), two more."""

    folder: Path
    path: Path
    first: KeyFile
    second: KeyFile
    witness: PrivateKey
    nine: bytes
    thirteen: bytes

    def file(self, name: str, data: bytes | str) -> Path:
        """A file beside the ledger."""
        path = self.folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path


def vkey(file: KeyFile) -> str:
    return file.keys[0].key.text()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("levels")
    path, first, made = signed_ledger(folder)
    second, witness = (
        new_key(folder / "second"),
        keyfile.make("county.example/witness", [COSIGNATURE_V1], os.urandom)[0],
    )
    append(path, "x")
    with open_ledger(path, "2010-05-11T09:00:00+00:00") as ledger:
        checkpoints.rotate(ledger, first, second, time.sleep)
    append(path, "y", "z")
    thirteen = make(path, second, witnesses=[("county", cosigner(witness, NOW - timedelta(days=3)))])
    append(path, "later", "latest")
    return World(folder, path, first, second, witness, made.note, thirteen.note)


@pytest.fixture
def world(built: World, tmp_path: Path) -> World:
    return built._replace(folder=tmp_path, path=Path(shutil.copy(built.path, tmp_path / "l.db")))


def asked(world: World, *options: object) -> tuple[int, dict[str, Any]]:
    said = call("verify", world.path, *options, "--format", "json")
    assert said.out, said
    return said.status, json.loads(said.out)


def remarks(report: dict[str, Any]) -> str:
    return " ".join(report["not_checked"])


# -- each level ----------------------------------------------------------------------------------------------------


def test_the_levels_alone_and_together(world: World) -> None:
    keys = ["--key", vkey(world.first), "--key", vkey(world.second)]
    kept = ["--checkpoint", world.file("kept", world.thirteen)]
    policy = ["--policy", world.file("policy", policy_text(world.second, world.witness))]
    for options, levels, covered, assurance in (
        ([], [], 0, "consistent"),
        (keys, ["signed"], 13, "signed"),
        (keys[:2], ["signed"], 9, "signed"),
        (kept, ["anchored"], 13, "anchored"),
        (policy, ["witnessed"], 13, "witnessed"),
        ([*keys, *kept], ["signed", "anchored"], 13, "signed and anchored"),
        ([*keys, *policy], ["signed", "witnessed"], 13, "signed and witnessed"),
        ([*kept, *policy], ["anchored", "witnessed"], 13, "anchored and witnessed"),
        ([*keys, *kept, *policy], ["signed", "anchored", "witnessed"], 13, "anchored and witnessed"),
    ):
        status, report = asked(world, *options)
        assert (status, report["reached"], report["covered"], report["assurance"]) == (0, levels, covered, assurance)
        assert (report["size"], report["origin"], report["problems"]) == (15, ORIGIN, [])
        for require in ("consistent", "signed", "anchored", "witnessed"):
            said = call("verify", world.path, *options, "--require", require)
            assert said.status == (0 if require in ["consistent", *levels] else 2), (options, require)
            assert bool(said.err) is (said.status == 2)


def test_what_each_level_leaves_open_is_said(world: World) -> None:
    kept = world.file("kept", world.thirteen)
    policy = world.file("policy", policy_text(world.second, world.witness))
    alone = remarks(asked(world)[1])
    for sentence in (
        "whole ledger was rewritten",
        "cut off at the end",
        "shown another ledger",
        "that nobody recorded",
    ):
        assert sentence in alone
    anchored = remarks(asked(world, "--key", vkey(world.second), "--checkpoint", kept)[1])
    assert "rewritten" not in anchored
    assert "cut off after the newest checkpoint that you got from elsewhere" in anchored
    assert "shown another ledger" in anchored
    assert "The 2 entries after the first 13 are not covered" in anchored
    assert "shown another ledger" not in remarks(asked(world, "--policy", policy)[1])
    assert "no key or policy was given to check it by" in remarks(asked(world, "--checkpoint", kept)[1])


def test_a_key_that_signed_nothing_here_is_named(world: World) -> None:
    stranger = new_key(world.folder / "stranger")
    status, report = asked(world, "--key", vkey(world.second), "--key", vkey(stranger))
    assert (status, report["reached"], report["covered"]) == (0, [], 13)
    assert f"The key {vkey(stranger)} signed no checkpoint of this ledger" in remarks(report)
    said = call("verify", world.path, "--key", vkey(stranger), "--require", "signed")
    assert said.status == 2
    assert "signed was not reached, with no sign of alteration" in said.err
    elsewhere = new_key(world.folder / "elsewhere", "county.example/other")
    assert asked(world, "--key", vkey(elsewhere), "--require", "signed")[0] == 2


def test_a_key_in_the_file_or_beside_it_makes_nothing_trusted(world: World) -> None:
    assert asked(world)[1]["reached"] == []
    assert asked(world, "--require", "signed")[0] == 2


def test_keys_may_come_from_a_file_and_twice(world: World) -> None:
    keys = world.file("keys", f"{vkey(world.first)}\n\n{vkey(world.second)}\r\n{vkey(world.first)}\n")
    assert asked(world, "--key", keys, "--key", vkey(world.first), "--require", "signed")[0] == 0


def test_a_kept_checkpoint_counts_by_a_trusted_signature_alone(world: World) -> None:
    kept = world.file("kept", world.nine)
    assert asked(world, "--key", vkey(world.first), "--checkpoint", kept, "--require", "anchored")[0] == 0
    status, report = asked(world, "--key", vkey(world.second), "--checkpoint", kept, "--require", "anchored")
    assert (status, report["reached"]) == (2, ["signed"])
    assert "signed by no key or log that you trust" in remarks(report)
    # Two were kept: each must count.
    both = ["--checkpoint", kept, "--checkpoint", world.file("newer", world.thirteen)]
    assert asked(world, "--key", vkey(world.second), *both, "--require", "anchored")[0] == 2
    keys = ["--key", vkey(world.first), "--key", vkey(world.second)]
    assert asked(world, *keys, *both, "--require", "anchored")[0] == 0


def test_a_sheet_of_paper_counts_as_the_checkpoint_on_it(world: World) -> None:
    sheet = world.file("sheet.txt", f"KEEP THIS\n\n{BEGIN}{world.nine.decode()}{END}")
    assert asked(world, "--key", vkey(world.first), "--checkpoint", sheet, "--require", "anchored")[0] == 0


def test_a_kept_checkpoint_of_another_ledger_is_refused_unless_something_is_wrong(world: World) -> None:
    other = Checkpoint("county.example/other", 3, bytes(32)).text()
    kept = world.file("kept", note.render(note.Note(other, (note.signature_line(other, world.witness.signer(1)),))))
    said = call("verify", world.path, "--checkpoint", kept)
    assert (said.status, said.out) == (2, "")
    assert "county.example/other" in said.err
    with administrator(world.path) as db:
        db.execute("UPDATE entries SET hash = printf('%064d', 0) WHERE seq = 4")
    status, report = asked(world, "--checkpoint", kept)
    assert (status, [one["problem"] for one in report["problems"]]) == (1, ["hash"])
    assert "county.example/other" in remarks(report)


# -- ranges of keys ------------------------------------------------------------------------------------------------


def test_an_old_key_covers_sizes_up_to_its_rotation(world: World) -> None:
    with administrator(world.path) as db:
        beyond = sign(db, 12, world.first.keys[0])
        within = sign(db, 10, world.first.keys[0])
        before = sign(db, 10, world.second.keys[0])
        after = sign(db, 11, world.second.keys[0])
    for signed, problems, reached in (
        (within, [], ["signed", "anchored"]),
        (after, [], ["signed", "anchored"]),
        (beyond, ["key-range"], []),
        (before, [], ["signed"]),
    ):
        kept = world.file("kept", signed)
        status, report = asked(world, "--key", vkey(world.first), "--key", vkey(world.second), "--checkpoint", kept)
        assert ([one["problem"] for one in report["problems"]], report["reached"]) == (problems, reached)
        assert status == (1 if problems else 0)


def test_the_log_of_a_policy_has_the_same_range_as_a_key(world: World) -> None:
    with administrator(world.path) as db:
        kept = world.file("kept", sign(db, 12, world.first.keys[0]))
    policy = world.file("policy", f"log {vkey(world.first)}\nquorum none\n")
    status, report = asked(world, "--policy", policy, "--checkpoint", kept)
    assert (status, [one["problem"] for one in report["problems"]]) == (1, ["key-range"])


def test_a_key_that_is_named_again_vouches_for_both_ranges(tmp_path: Path) -> None:
    # From Ed25519 alone to Ed25519 and ML-DSA-44, the first of them kept: it vouches before and after.
    path, keys, made = signed_ledger(tmp_path)
    more = keyfile.make(ORIGIN, [SUBTREE_V1], os.urandom)
    both = keyfile.write(tmp_path / "both", (*more, *keys.keys))
    append(path, "x")
    with open_ledger(path, "2010-05-11T09:00:00+00:00") as ledger:
        checkpoints.rotate(ledger, keys, both, time.sleep)
    make(path, both)
    report = verify(path, brought=Brought(Trusted((keys.keys[0].key,)), (("kept", made.note),)))
    assert (report.problems, report.reached.levels, report.reached.covered) == ([], ("signed", "anchored"), 11)


def test_a_lost_key_counts_only_where_somebody_kept_what_it_signed(world: World) -> None:
    third = new_key(world.folder / "third")
    with open_ledger(world.path, "2010-05-21T09:00:00+00:00") as ledger:
        checkpoints.replace(ledger, third)
    make(world.path, third)
    second, kept = ["--key", vkey(world.second)], ["--checkpoint", world.file("kept", world.thirteen)]
    assert asked(world, *second, "--require", "signed")[0] == 2
    assert asked(world, *second, *kept, "--require", "anchored")[0] == 0
    assert asked(world, *second, *kept, "--require", "signed")[0] == 0
    assert asked(world, "--key", vkey(third), "--require", "signed")[0] == 0


# -- witnesses and time --------------------------------------------------------------------------------------------


def test_a_policy_is_met_by_its_own_quorum_alone(world: World) -> None:
    other = keyfile.make("other.example/witness", [COSIGNATURE_V1], os.urandom)[0]
    county, second = f"witness county {world.witness.key.text()}\n", f"witness other {other.key.text()}\n"
    log, stranger = f"log {vkey(world.second)}\n", f"log {vkey(new_key(world.folder / 'stranger'))}\n"
    for text, status in (
        (f"{log}{county}quorum county\n", 0),
        (f"{county}quorum county\n", 0),
        (f"{log}{county}{second}group g any county other\nquorum g\n", 0),
        (f"{log}{county}{second}group g all county other\nquorum g\n", 2),
        (f"{log}{second}quorum other\n", 2),
        (f"{stranger}{county}quorum county\n", 2),
        (f"{log}{county}quorum none\n", 2),
    ):
        assert asked(world, "--policy", world.file("policy", text), "--require", "witnessed")[0] == status, text
    one, both = (world.file(n, f"{w}quorum {n}\n") for n, w in (("county", county), ("other", second)))
    assert asked(world, "--policy", one, "--policy", both, "--require", "witnessed")[0] == 2


def test_the_key_that_is_brought_must_have_signed_what_was_witnessed(world: World) -> None:
    policy = world.file("policy", f"witness county {world.witness.key.text()}\nquorum county\n")
    assert asked(world, "--policy", policy, "--key", vkey(world.second), "--require", "witnessed")[0] == 0
    assert asked(world, "--policy", policy, "--key", vkey(world.first), "--require", "witnessed")[0] == 2


def test_a_fresh_cosignature_and_an_old_one(world: World) -> None:
    policy = ["--policy", world.file("policy", policy_text(world.second, world.witness))]
    for limit, status in (("2d", 2), ("71h", 2), ("4d", 0), ("1w", 0), ("9999m", 0)):
        said_status, report = asked(world, *policy, "--require", "witnessed", "--not-older-than", limit)
        assert (said_status, "witnessed" in report["reached"]) == (status, status == 0), limit
        # Nobody has to name a level for a time that is too old to be noticed.
        assert asked(world, *policy, "--not-older-than", limit)[0] == status
    said = call("verify", world.path, *policy, "--not-older-than", "2d")
    assert "older than was asked for" in said.err
    # The heartbeat: a fresh cosignature on the unchanged head.
    with administrator(world.path) as db:
        fresh = note.signature_line(
            note.parse(world.thirteen).text, world.witness.signer(int(datetime.now(UTC).timestamp()))
        )
        parsed = note.parse(world.thirteen)
        keep(db, 13, note.render(note.Note(parsed.text, (parsed.signatures[0], fresh))))
    assert asked(world, *policy, "--require", "witnessed", "--not-older-than", "1h")[0] == 0


def test_a_time_is_asked_for_and_none_counts(world: World) -> None:
    for options in ([], ["--key", vkey(world.second)], ["--checkpoint", world.file("kept", world.thirteen)]):
        said = call("verify", world.path, *options, "--not-older-than", "10d")
        assert said.status == 2, said
        assert "No cosignature or timestamp that counts gives a time." in said.err
    for junk in ("0d", "10", "1y", "-1d", "1.5h", "123456h", "١d"):
        said = call("verify", world.path, f"--not-older-than={junk}")
        assert said.status == 2
        assert "is not a duration" in said.err


@pytest.mark.parametrize("ahead", [timedelta(days=4000), None])
def test_a_cosignature_from_the_future_is_not_fresh_and_stops_nothing(world: World, ahead: timedelta | None) -> None:
    seconds = 2**63 - 1 if ahead is None else int((NOW + ahead).timestamp())
    parsed = note.parse(world.thirteen)
    line = note.signature_line(parsed.text, world.witness.signer(seconds))
    with administrator(world.path) as db:
        keep(db, 13, note.render(note.Note(parsed.text, (parsed.signatures[0], line))))
    policy = ["--policy", world.file("policy", policy_text(world.second, world.witness))]
    assert asked(world, *policy, "--require", "witnessed")[0] == 0
    said = call("verify", world.path, *policy, "--require", "witnessed", "--not-older-than", "10d")
    assert said.status == 2
    assert "has not come yet" in said.err


# -- timestamps by a real authority --------------------------------------------------------------------------------

_CONFIG = """[t]
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
"""


class Authority:
    """OpenSSL's time stamping authority, in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "cnf").write_text(_CONFIG)
        (folder / "ext").write_text("extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n")
        (folder / "serial").write_text("01\n")
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        ca = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
        self._run("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", "9", "-subj", "/CN=Root", *ca)
        self._run("req", *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA")
        self._run("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                  "-out", "tsa.pem", "-days", "9", "-extfile", "ext")  # fmt: skip

    @property
    def root(self) -> Path:
        """Its root certificate."""
        return self.folder / "ca.pem"

    def _run(self, *arguments: str) -> bytes:
        return subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, check=True).stdout

    def stamp(self, message: bytes) -> bytes:
        """Its response on `message`, now."""
        (self.folder / "message").write_bytes(message)
        (self.folder / "query").write_bytes(self._run("ts", "-query", "-data", "message", "-sha256", "-cert"))
        return self._run("ts", "-reply", "-queryfile", "query", "-config", "cnf", "-section", "t")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_a_timestamp_gives_the_time_to_who_brings_the_certificate(world: World) -> None:
    authority, stranger = Authority(world.folder / "tsa"), Authority(world.folder / "stranger")
    text = tree_of(world.thirteen).text().encode()
    with administrator(world.path) as db:
        db.execute("INSERT INTO checkpoints VALUES (13, ?, ?)", (world.thirteen.decode(), authority.stamp(text)))
    fresh = ["--not-older-than", "1h"]
    status, report = asked(world, *fresh)
    assert status == 2
    assert "The 1 timestamps in the file: no certificate of an authority was given." in remarks(report)
    status, report = asked(world, "--authority", authority.root, *fresh)
    assert (status, report["seen"][:10]) == (0, f"{datetime.now(UTC):%Y-%m-%d}")
    # The witness saw it three days ago, the authority just now: it stood still, and is witnessed.
    policy = ["--policy", world.file("policy", policy_text(world.second, world.witness))]
    assert asked(world, *policy, *fresh, "--require", "witnessed")[0] == 2
    assert asked(world, *policy, *fresh, "--require", "witnessed", "--authority", authority.root)[0] == 0
    # By somebody else, or of something else, it is evidence that the file was altered.
    status, report = asked(world, "--authority", stranger.root)
    assert (status, [one["problem"] for one in report["problems"]]) == (1, ["checkpoint"])
    with administrator(world.path) as db:
        db.execute("UPDATE checkpoints SET timestamp = ? WHERE timestamp IS NOT NULL", (authority.stamp(text + b"\n"),))
    status, report = asked(world)
    assert (status, [one["problem"] for one in report["problems"]]) == (1, ["timestamp"])


# -- the command ---------------------------------------------------------------------------------------------------


def said_of(world: World, *options: object) -> Said:
    return call("verify", world.path, *options)


def test_what_the_command_says_of_a_whole_ledger(world: World) -> None:
    said = said_of(world, "--key", vkey(world.second), "--checkpoint", world.file("kept", world.thirteen))
    assert (said.status, said.err) == (0, "")
    assert f"\nVerified: 15 entries of {ORIGIN} are consistent with themselves.\n- signed: " in said.out
    assert "\n- anchored: " in said.out
    assert "\n13 of 15 entries are covered by a checkpoint that counts.\n" in said.out
    assert f"\nhead {verify(world.path).head}\n" in said.out
    said = said_of(world, "--policy", world.file("policy", policy_text(world.second, world.witness)))
    assert f"Others last saw it, as it is or shorter, at {NOW - timedelta(days=3):%Y-%m-%d %H:%M:%S} UTC." in said.out


def test_what_the_command_says_of_an_altered_one(world: World) -> None:
    with administrator(world.path) as db:
        db.execute("UPDATE entries SET hash = printf('%064d', 0) WHERE seq = 4")
    said = said_of(world, "--require", "signed", "--not-older-than", "1d")
    assert (said.status, said.err) == (1, "")
    assert said.out.startswith("entry 4: Its bytes have the hash ")
    assert "\nNOT VERIFIED: 1 problems in 15 entries.\n" in said.out


def test_the_first_divergent_entry_is_named_where_the_file_still_tells(world: World) -> None:
    kept = ["--checkpoint", world.file("kept", world.thirteen)]
    # The entry was changed, and its hash was not: the hashes are those that were signed.
    whole = world.path.read_bytes()
    with administrator(world.path) as db:
        db.execute("UPDATE entries SET entry = replace(entry, '\"connexions\"', '\"connexionz\"') WHERE seq = 5")
    assert "kept) has another root than the entries: entry 5 is the first" in said_of(world, *kept).out
    # The entry and its hash were changed: nothing in so small a ledger, which has no tile, still tells.
    world.path.write_bytes(whole)
    with administrator(world.path) as db:
        reseal(db, 5, recipient="qca")
    out = said_of(world, *kept).out
    assert "entry 6: It follows an entry with the hash" in out
    assert "Which entry was the first, the file does not tell." in out


def test_what_a_witness_saw_last_shows_a_ledger_that_was_put_back(world: World) -> None:
    with administrator(world.path) as db:
        db.execute("DELETE FROM entries WHERE seq >= 10")
        db.execute("DELETE FROM disclosures WHERE seq >= 10")
        db.execute("DELETE FROM checkpoints WHERE size > 9")
    assert asked(world, "--key", vkey(world.first), "--require", "signed")[0] == 0
    status, report = asked(world, "--checkpoint", world.file("of the witness", world.thirteen))
    assert (status, [one["problem"] for one in report["problems"]]) == (1, ["cut-off"])


@pytest.mark.parametrize(
    "options",
    [
        ["--key", "nonsense"],
        ["--key", f"{ORIGIN}+00000000+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"],
        ["--policy", "absent"],
        ["--policy", "keys"],
        ["--checkpoint", "absent"],
        ["--checkpoint", "keys"],
        ["--authority", "keys"],
        ["--require", "certain"],
    ],
)
def test_what_cannot_be_read_is_status_2(world: World, options: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    world.file("keys", f"{vkey(world.first)}\n")
    monkeypatch.chdir(world.folder)
    said = said_of(world, *options)
    assert (said.status, said.out) == (2, "")
    assert said.err


# -- the ledger's own keys, whatever they hold ----------------------------------------------------------------------


@pytest.mark.slow
def test_no_changed_byte_of_a_key_entry_or_a_checkpoint_ends_without_a_verdict(world: World) -> None:
    whole = world.path.read_bytes()
    db = sqlite3.connect(world.path)
    raw = db.execute("SELECT entry FROM entries WHERE seq = 8").fetchone()[0].encode()
    db.close()
    for at in range(0, len(raw), 11):
        world.path.write_bytes(whole)
        with administrator(world.path) as db:
            if not db.execute("SELECT json_valid(CAST(? AS TEXT))", (flip(raw, at),)).fetchone()[0]:
                continue  # its generated columns cannot be made
            db.execute("UPDATE entries SET entry = CAST(? AS TEXT) WHERE seq = 8", (flip(raw, at),))
        status, report = asked(world, "--key", vkey(world.first), "--checkpoint", world.file("kept", world.nine))
        assert status == 1, (at, report)
        assert (8, "hash") in {(one["seq"], one["problem"]) for one in report["problems"]}
    for at in range(0, len(world.nine), 3):
        world.path.write_bytes(whole)
        with administrator(world.path) as db:
            changed = flip(world.nine, at)
            db.execute("UPDATE checkpoints SET note = CAST(? AS TEXT) WHERE size = 9", (changed,))
        assert asked(world)[0] == 1, (at, changed)


def test_a_ledger_that_names_a_key_that_is_none_is_judged(world: World) -> None:
    def changed(members: dict[str, Any]) -> None:
        if members["seq"] == 8:
            members["keys"] = [members["keys"][0][:-4] + "AAA="]

    with administrator(world.path) as db:
        rewrite(db, changed)
        db.execute("DELETE FROM checkpoints")
        keep(db, 9, sign(db, 9, world.first.keys[0]))
    status, report = asked(world, "--key", vkey(world.second))
    found = [(one["seq"], one["problem"]) for one in report["problems"]]
    assert (status, found) == (1, [(8, "key"), (8, "key"), (10, "key"), (10, "key"), (None, "checkpoint")])


def test_the_type_of_a_key_that_is_brought_makes_no_difference(tmp_path: Path) -> None:
    path, keys = small(tmp_path / "l.db"), new_key(tmp_path / "k", algorithms=[SUBTREE_V1, ED25519])
    make(path, keys)
    for one in keys.keys:
        report = verify(path, brought=Brought(Trusted((parse_vkey(one.key.text()),))))
        assert (report.problems, report.reached.levels) == ([], ("signed",))
