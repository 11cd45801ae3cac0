"""The evidence bundle of a real ledger: what goes in, what never does, and that it is verified without the ledger."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from base64 import b64decode
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger import bundle, timestamp
from ledger.errors import NotGenuine, Refused
from ledger.source import Source
from ledger.tlog import note
from ledger.verify.bundled import verify_evidence
from ledger.verify.proofs import Trusted
from ledger.writer import create
from reports.auditor_readme import keys_text, plain
from reports.bundling import evidence_bundle, members
from reports.cli.check import check_source
from tests.codes import LEAD
from tests.ledger.cli.called import Said, call, refused
from tests.ledger.signers import make, new_key
from tests.ledger.test_checkpoints import edit
from tests.ledger.test_timestamp import Authority
from tests.ledger.worlds import open_ledger, stepping
from tests.needed import missing
from tests.reports.ledgers import AFTER, GOOD, SECRET, UNDOCUMENTED, UNKNOWN, make_ledger

AS_OF = date(2011, 1, 31)
ORIGIN = "shire.example/transfers"
ROOT = Path(__file__).resolve().parents[2]


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = make_ledger(folder / "l.db", GOOD, UNKNOWN, UNDOCUMENTED, GOOD, AFTER, withdraw="t3")
        self.keys = new_key(folder / "k", ORIGIN)
        self.count = 0
        self.key = self.keys.keys[0].key.text()

    def checkpoint(self, **other: Any) -> Path:
        made = make(self.path, self.keys, **other)
        kept = self.folder / f"kept{made.tree.size}"
        kept.write_bytes(made.note)
        return kept

    def append(self, *transfers: dict[str, Any]) -> None:
        with open_ledger(self.path) as ledger:
            for stated in transfers:
                self.count += 1
                on = {"transferred_on": date.fromisoformat(stated["transferred_at"][:10])}
                ledger.append(ledger.settle({"id": f"more{self.count}", **on, **stated}, {}))

    def bundle(self, name: str = "b.zip") -> Path:
        output = self.folder / name
        said = call("bundle", self.path, "-o", output, "--as-of", AS_OF)
        assert said.status == 0, said
        return output

    def verify(self, file: Path, *more: object) -> Said:
        return call("verify-proof", file, "--key", self.key, *more)

    def made(self, **options: Any) -> dict[str, bytes]:
        with Source(self.path) as source:
            checked = check_source(source, AS_OF)
            return members(source, checked.result, checked.rows, **options)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def numbers(found: dict[str, bytes]) -> set[int]:
    return {int(name[7:-11]) for name in found if name.startswith("proofs/")}


def test_it_is_verified_by_a_key_from_elsewhere_and_says_what_is_proved(world: World) -> None:
    world.checkpoint()
    file = world.bundle()
    said = world.verify(file)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith(f"Verified: these are 9 entries of the 12 that {ORIGIN} had recorded, as they were")
    assert "genesis 1, key 1, organisation 3, register 1, transfer 3." in said.out
    assert re.search(r"registers/[0-9a-f]{64}\.yml: the documented purposes that entry 1 adopts\.", said.out)
    assert "not proved; for people: README.txt, findings.json, keys.txt, verify.html.\n" in said.out
    assert "the other 3 entries, which are not in this file" in said.out
    assert "a checkpoint that you kept (--checkpoint) would" in said.out
    refusal = refused("verify-proof", file)
    assert "keys inside a file never count" in refusal
    with zipfile.ZipFile(file) as archive:
        archive.extractall(world.folder / "out")
    assert "12 that" in world.verify(world.folder / "out" / "proofs" / "0.tlog-proof").out
    assert "no file of verifier keys" in refused("verify-proof", file, "--key", file)
    inside = world.folder / "out" / "keys.txt"
    assert world.key in inside.read_text()
    assert "is not a verifier key" in refused("verify-proof", file, "--key", inside)
    other = new_key(world.folder / "other", ORIGIN).keys[0].key.text()
    forged = call("verify-proof", file, "--key", other)
    assert (forged.status, "NOT GENUINE" in forged.out) == (1, True)


def test_it_holds_every_entry_that_matters_and_none_other(world: World) -> None:
    world.append(GOOD, GOOD)
    world.checkpoint()
    found = world.made()
    findings = json.loads(found["findings.json"])["findings"]
    with Source(world.path) as source:
        kinds = dict(source.db.execute("SELECT seq, kind FROM entries"))
        corrects = dict(source.db.execute("SELECT seq, corrects FROM entries WHERE corrects IS NOT NULL"))
        entries = {seq for one in check_source(source, AS_OF).result.findings for seq in one.entries}
    assert {one["seq"] for one in findings} <= entries
    assert findings
    expected = {seq for seq, kind in kinds.items() if kind not in ("transfer", "correction")}
    expected |= entries | {seq for seq, root in corrects.items() if root in entries} | {
        root for seq, root in corrects.items() if seq in entries
    }  # fmt: skip
    assert numbers(found) == expected
    assert len(expected) < len(kinds) - 1


def test_a_transfer_comes_with_all_that_was_stated_of_it(world: World) -> None:
    with open_ledger(world.path) as ledger:
        ledger.correct("t2", "wrong fields", None, {})
    world.checkpoint()
    with Source(world.path) as source:
        ((root, seq),) = source.db.execute("SELECT corrects, seq FROM entries WHERE corrects IS NOT NULL AND id = 't2'")
    assert {root, seq} <= numbers(world.made())


def test_findings_are_what_a_check_from_scratch_prints(world: World) -> None:
    world.checkpoint()
    said = call("check", world.path, "--as-of", AS_OF, "--format", "json")
    assert world.made()["findings.json"].decode() == said.out


def test_no_erasable_value_goes_in(world: World) -> None:
    world.checkpoint()
    for name, data in world.made().items():
        texts = [data]
        if name.startswith("proofs/"):
            texts += [b64decode(data.split(b"\n")[1].removeprefix(b"extra "))]
            assert b"\n" not in texts[1]
        for text in texts:
            assert SECRET.encode() not in text, name
            assert b"recorded by mistake" not in text, name


@pytest.mark.slow
def test_the_same_ledger_gives_the_same_bytes_anywhere(world: World) -> None:
    world.checkpoint()
    first = world.bundle().read_bytes()
    script = "from ledger.cli import main; main()"
    for zone, locale in (("Pacific/Kiritimati", "C"), ("America/Los_Angeles", "de_DE.UTF-8")):
        output = world.folder / f"{locale}.zip"
        arguments = ["bundle", world.path, "-o", output, "--as-of", AS_OF]
        environment = {**os.environ, "TZ": zone, "LC_ALL": locale, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
        subprocess.run([sys.executable, "-c", script, *map(str, arguments)], env=environment, check=True)
        assert output.read_bytes() == first


def test_every_kept_checkpoint_is_in_it_with_the_proof_of_what_it_became(world: World) -> None:
    kept = world.checkpoint()
    world.append(GOOD)
    world.checkpoint()
    world.append(GOOD, UNDOCUMENTED)
    world.checkpoint()
    file = world.bundle()
    found = bundle.read(file.read_bytes())
    assert [name for name in found if name.startswith(("checkpoints/", "consistency/"))] == [
        "checkpoints/12-1.txt", "checkpoints/13-1.txt", "checkpoints/15-1.txt",
        "consistency/12.tlog-consistency", "consistency/13.tlog-consistency",
    ]  # fmt: skip
    said = world.verify(file, "--checkpoint", kept)
    assert said.status == 0
    assert "Checkpoints inside, older ones: 2, from 12 entries on; 2 of them signed by a key that you gave." in said.out
    assert "the 12 entries that the checkpoint you kept covers are all still there" in said.out
    (world.folder / "b").mkdir()
    other = World(world.folder / "b")
    other.keys = world.keys
    os.remove(world.keys.record)
    fork = other.checkpoint()
    said = world.verify(file, "--checkpoint", fork)
    assert (said.status, said.out.startswith("NOT GENUINE: ")) == (1, True)


def test_checkpoints_of_a_key_before_count_only_with_that_key(world: World) -> None:
    world.checkpoint()
    old = world.key
    said = call("key", "rotate", world.path, "--key", world.folder / "k", "-o", world.folder / "new")
    assert said.status == 0, said
    said = call("checkpoint", world.path, "--key", world.folder / "new")
    assert said.status == 0, said
    new = call("key", "show", world.folder / "new").out.strip()
    file = world.bundle()
    assert "1, from 12 entries on; 0 of them signed" in call("verify-proof", file, "--key", new).out
    assert "1, from 12 entries on; 1 of them signed" in call("verify-proof", file, "--key", new, "--key", old).out
    assert call("verify-proof", file, "--key", old).status == 1
    assert "Entry 11 (new), for checkpoints of 12 to 12 entries:" in bundle.read(file.read_bytes())["keys.txt"].decode()


def test_it_can_be_made_again_when_there_are_more_checkpoints(world: World) -> None:
    world.checkpoint()
    before = world.made()
    witness = new_key(world.folder / "w", "county.example/w", [note.COSIGNATURE_V1]).keys[0]

    def cosign(signed: bytes, _: object) -> list[note.SignatureLine]:
        return [note.signature_line(note.parse(signed).text, witness.signer(1_274_432_400))]

    world.checkpoint(witnesses=[("county", cosign)])
    now = world.made()
    assert world.made(checkpoints=1) == before
    assert "checkpoints/12-2.txt" in now
    # Of one size, the checkpoint with the most signatures vouches for the proofs.
    assert b"county.example/w" in now["proofs/0.tlog-proof"]
    policy = world.folder / "policy"
    policy.write_text(f"log {world.key}\nwitness county {witness.key.text()}\nquorum county\n")
    file = world.bundle()
    said = call("verify-proof", file, "--policy", policy)
    assert said.status == 0
    assert "cosigned by 'county' at 2010-05-21 09:00:00 UTC" in said.out
    assert "others see the same ledger" not in said.out
    with pytest.raises(Refused, match="no checkpoint covers any entry"):
        world.made(checkpoints=0)


def test_what_no_checkpoint_covers_is_left_out_and_counted(world: World) -> None:
    world.checkpoint()
    world.append(UNDOCUMENTED, GOOD)
    found = world.made()
    assert max(numbers(found)) < 12
    assert any(one["seq"] >= 12 for one in json.loads(found["findings.json"])["findings"])
    text = " ".join(found["README.txt"].decode().split())
    assert "- 2 entries recorded after the newest checkpoint" in text
    assert "12, up to the newest checkpoint" in text


def test_reports_go_in_and_are_packed_or_proved(world: World) -> None:
    world.checkpoint()
    found = world.made(more={"auditor.pdf": b"%PDF", "findings.csv": b"a,b\n"})
    assert found["reports/auditor.pdf"] == b"%PDF"
    assert "Documents: auditor.pdf, findings.csv." in found["README.txt"].decode()
    shown = verify_evidence(found, Trusted((world.keys.keys[0].key,)))
    assert {"reports/auditor.pdf", "reports/findings.csv"} <= set(shown.intact)
    with pytest.raises(Refused, match="is not named by letters"):
        world.made(more={"../x": b""})


def test_the_page_is_the_one_of_the_documents(world: World) -> None:
    world.checkpoint()
    assert world.made()["verify.html"] == (ROOT / "docs" / "verify.html").read_bytes()


def test_where_there_is_no_room_the_worst_goes_in_first_and_the_rest_is_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.append(*[{**UNDOCUMENTED, "transferred_at": f"2010-05-{day:02}"} for day in range(1, 20)])
    world.checkpoint()
    whole = world.made()
    worst = [one["seq"] for one in json.loads(whole["findings.json"])["findings"] if one["severity"] == "critical"]
    monkeypatch.setattr(bundle, "MOST_MEMBERS", len(whole) - 12)
    some = world.made()
    assert numbers(some) < numbers(whole)
    assert set(worst) <= numbers(some)
    text = " ".join(some["README.txt"].decode().split())
    assert f"- {len(numbers(whole)) - len(numbers(some))} entries that would belong here: there was no room" in text
    key = Trusted((world.keys.keys[0].key,))
    verify_evidence(bundle.read(bundle.write(some)), key)
    monkeypatch.setattr(bundle, "MOST_BYTES", 210_000)
    fewer = world.made()
    assert numbers(fewer) < numbers(some)
    verify_evidence(bundle.read(bundle.write(fewer)), key)
    for name, most in (("MOST_BYTES", 200_000), ("MOST_BYTES", 100_000), ("MOST_MEMBERS", 5)):
        monkeypatch.setattr(bundle, name, most)
        with pytest.raises(Refused, match="more than a bundle holds"):
            world.made()


def test_no_evidence_is_handed_out_of_a_ledger_that_does_not_verify(world: World) -> None:
    world.checkpoint()
    output = world.folder / "x.zip"
    edit(world.path, "UPDATE entries SET entry = replace(entry, '\"forename\"', '\"forenamf\"') WHERE id = 't2'")
    assert "it does not verify, so no evidence is handed out of it" in refused("bundle", world.path, "-o", output)
    assert not output.exists()
    with pytest.raises(NotGenuine, match="gives no valid proof of entry"):
        world.made()


def test_a_checkpoint_that_the_ledgers_key_did_not_sign_is_none(world: World) -> None:
    world.checkpoint()
    good = note.parse(make(world.path, world.keys).note).text
    foreign = new_key(world.folder / "other", ORIGIN).keys[0]
    forged = note.render(note.Note(good, (note.signature_line(good, foreign.signer(0)),))).decode()
    elsewhere = make(world.path, world.keys).note.decode().replace(ORIGIN, "elsewhere.example", 1)
    for text in ("nonsense", elsewhere, forged):
        edit(world.path, "INSERT INTO checkpoints (size, note) VALUES (12, ?)", text)
        with pytest.raises(NotGenuine, match="The ledger's checkpoint at 12 entries: "):
            world.made()
        refused("bundle", world.path, "-o", world.folder / "x.zip")
        edit(world.path, "DELETE FROM checkpoints WHERE note = ?", text)
    world.made()


def test_odd_arguments_get_a_sentence(world: World) -> None:
    output = world.folder / "x.zip"
    assert "`transfer-ledger checkpoint` makes one" in refused("bundle", world.path, "-o", output)
    world.checkpoint()
    assert "name a file that ends in .zip" in refused("bundle", world.path, "-o", world.folder / "x")
    assert "--as-of" in refused("bundle", world.path, "-o", output, "--as-of", "soon")
    refused("bundle", world.folder / "none.db", "-o", output)
    refused("bundle", world.folder, "-o", output)
    assert not output.exists()
    world.bundle("x.zip")
    world.bundle("x.zip")  # the same bytes again
    world.append(GOOD)
    assert "exists already" in refused("bundle", world.path, "-o", output, "--as-of", AS_OF)
    (world.folder / "d.zip").mkdir()
    for where in (world.folder / "d.zip", world.folder / "no" / "x.zip", world.path / "x.zip"):
        refused("bundle", world.path, "-o", where)


def test_a_full_disk_leaves_no_half_bundle(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        missing("there is no /dev/full here")
    world.checkpoint()
    full = world.folder / "full.zip"
    full.symlink_to("/dev/full")
    assert "exists already" in refused("bundle", world.path, "-o", full)


def test_a_ledger_with_only_its_first_entry(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    create(path, ORIGIN, "Shire", stepping(), os.urandom, actor=LEAD)
    keys = new_key(tmp_path / "k", ORIGIN)
    make(path, keys)
    output = tmp_path / "b.zip"
    assert call("bundle", path, "-o", output, "--as-of", AS_OF).status == 0
    said = call("verify-proof", output, "--key", keys.keys[0].key.text())
    assert said.status == 0
    assert "these are 2 entries of the 2 that" in said.out
    assert "Not shown: what was recorded since, and what nobody recorded." in said.out


def test_names_out_of_the_ledger_cannot_turn_the_writing_of_a_text() -> None:
    assert plain("a\u202eb\u2066c\u2028") == "a<U+202E>b<U+2066>c<U+2028>"
    assert "\u202e" not in keys_text("x\u202ey", []).decode()


def test_the_command_for_timestamps_in_the_readme_works(world: World, tmp_path_factory: pytest.TempPathFactory) -> None:
    authority = Authority(tmp_path_factory.mktemp("tsa"))
    world.checkpoint(stamp=lambda text: authority.reply(authority.query(text, "-sha256", "-cert")))
    found = world.made()
    (name,) = (one for one in found if one.endswith(".tsr"))
    where = world.folder / "out"
    (where / "checkpoints").mkdir(parents=True)
    for one in (name, name.replace(".tsr", ".txt")):
        (where / one).write_bytes(found[one])
    (where / "authority.pem").write_bytes((authority.folder / "ca.pem").read_bytes())
    lines = [
        line.strip() for line in found["README.txt"].decode().split("\n") if "SIZE-N." in line and line[:2] == "  "
    ]
    assert len(lines) == 2
    for line in lines:
        command = line.replace("checkpoints/SIZE-N.tsr", name).replace("checkpoints/SIZE-N.txt", name[:-4] + ".txt")
        done = subprocess.run(["sh", "-c", command], cwd=where, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done
    assert "Verification: OK" in done.stdout + done.stderr
    timestamp.check_message(found[name], (where / "text").read_bytes())


def test_no_byte_of_a_real_bundle_can_be_changed(world: World) -> None:
    world.checkpoint()
    with Source(world.path) as source:
        checked = check_source(source, AS_OF)
        good = evidence_bundle(source, checked.result, checked.rows)
    key = Trusted((world.keys.keys[0].key,))
    verify_evidence(bundle.read(good), key)
    for at in range(0, len(good), 503):
        changed = good[:at] + bytes([good[at] ^ 1 << at % 8]) + good[at + 1 :]
        with pytest.raises(Refused):
            verify_evidence(bundle.read(changed), key)
