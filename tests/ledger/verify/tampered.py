"""One signed, cosigned ledger on disk, what an auditor keeps of it, and the hands of whoever tampers with it.

`Base` is built once: 648 entries, a rotation, four checkpoints. Tampering is raw SQL on a copy, with the triggers
dropped and put back as an administrator could; `rewrite` recomputes the whole chain as a thief of the file could.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from ledger import checkpoints, entry, erase, keyfile, schema
from ledger.canonical import encode
from ledger.keyfile import KeyFile, PrivateKey
from ledger.tlog import checkpoint, note, tiles
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import COSIGNATURE_V1, SignatureLine
from tests.ledger.cli.called import Said, call
from tests.ledger.signers import new_key
from tests.ledger.worlds import ORIGIN, open_ledger, settled, small

TRIGGERS = {s.split()[2]: s for s in schema.STATEMENTS if s.startswith("CREATE TRIGGER")}

OLD_WITNESSED, NEW_WITNESSED = timedelta(days=30), timedelta(days=1)
"""How long ago the witness cosigned the older checkpoint and the newest."""


class Base(NamedTuple):
    """The untouched ledger and what was kept of it elsewhere."""

    folder: Path
    path: Path
    first: KeyFile
    second: KeyFile
    witness: PrivateKey
    old: bytes
    newest: bytes

    def brings(self, level: str) -> list[object]:
        """The options with which somebody asks for `level`: what they keep, got otherwise than from the ledger."""
        keys: list[object] = ["--key", self.folder / "keys.txt"]
        return {
            "consistent": [],
            "signed": keys,
            "anchored": [*keys, "--checkpoint", self.folder / "kept.txt"],
            "witnessed": [*keys, "--policy", self.folder / "policy.txt"],
            "fresh": [*keys, "--policy", self.folder / "policy.txt", "--not-older-than", "10d"],
        }[level]


def cosigner(witness: PrivateKey, at: datetime) -> checkpoints.Cosign:
    """A witness that cosigns whatever it gets, at the time `at`."""

    def cosign(signed: bytes, proof_from: object) -> list[SignatureLine]:
        return [note.signature_line(note.parse(signed).text, witness.signer(int(at.timestamp())))]

    return cosign


def build(folder: Path) -> Base:
    """The ledger and the files beside it, in `folder`."""
    path = small(folder / "l.db")
    first, second = new_key(folder / "first"), new_key(folder / "second")
    witness = keyfile.make("county.example/witness", [COSIGNATURE_V1], os.urandom)[0]
    now = datetime.now(UTC)

    def transfers(name: str, count: int) -> Iterator[Any]:
        return (settled(ledger, f"{name}{n}", {"note": f"{name} {n}"}) for n in range(count))

    with open_ledger(path, "2010-05-20T09:00:00+00:00") as ledger:
        checkpoints.make(ledger, first, time.sleep)  # seals the key as entry 8, and signs 9
        ledger.append_many(transfers("b", 290), (290, {"source_sha256": "0" * 64}))  # 9, 10…299
        ledger.correct("t0", "typed wrongly", None, {})  # 300
        erase.erase(ledger, 4, "note", "request-of-person", {})  # 301
        checkpoints.make(ledger, first, time.sleep)  # 302
        checkpoints.rotate(ledger, first, second, time.sleep)  # 302
        ledger.append_many(transfers("c", 317))  # 303…619
        old = checkpoints.make(
            ledger, second, time.sleep, witnesses=[("county", cosigner(witness, now - OLD_WITNESSED))]
        )
        with sqlite3.connect(folder / "backup.db") as backup:
            ledger.db.backup(backup)
        backup.close()
        ledger.append_many(transfers("d", 20))  # 620…639
        newest = checkpoints.make(
            ledger, second, time.sleep, witnesses=[("county", cosigner(witness, now - NEW_WITNESSED))]
        )
        ledger.append_many(transfers("e", 8))  # 640…647, which no checkpoint covers
    (folder / "keys.txt").write_text("".join(f"{file.keys[0].key.text()}\n" for file in (first, second)))
    (folder / "kept.txt").write_bytes(newest.note)
    (folder / "policy.txt").write_text(policy_text(second, witness))
    return Base(folder, path, first, second, witness, old.note, newest.note)


def policy_text(log: KeyFile, witness: PrivateKey) -> str:
    """A policy that names the log and asks for the one witness."""
    return f"log {log.keys[0].key.text()}\nwitness county {witness.key.text()}\nquorum county\n"


# -- what was found ------------------------------------------------------------------------------------------------


def problems(report: Mapping[str, Any]) -> str:
    """The problems of a JSON report in one line: «301 hash, 302-310 link, file checkpoint 3»."""
    runs: list[tuple[str, int, int]] = []
    of_file = Counter(one["problem"] for one in report["problems"] if one["seq"] is None)
    for code, seq in sorted((one["problem"], one["seq"]) for one in report["problems"] if one["seq"] is not None):
        if runs and runs[-1][0] == code and runs[-1][2] in (seq - 1, seq):
            runs[-1] = (code, runs[-1][1], seq)
        else:
            runs.append((code, seq, seq))
    said = []
    for code, first, last in sorted(runs, key=lambda run: run[1:]):
        said.append(f"{first if first == last else f'{first}-{last}'} {code}")
    for code, count in sorted(of_file.items()):
        said.append(f"file {code}" + (f" {count}" if count > 1 else ""))
    return ", ".join(said)


def verified(path: Path, level: str, *brought: object) -> tuple[str, Said]:
    """What `verify --format json` answers where `level` is asked for: its exit status, and the problems in one line."""
    required = "witnessed" if level == "fresh" else level
    said = call("verify", path, *brought, "--require", required, "--format", "json")
    if said.status == 1 or said.out:
        found = problems(json.loads(said.out))
        assert (said.status == 1) is bool(found), said
        return f"{said.status} {found}".strip(), said
    return f"{said.status} could not run", said


# -- tampering -----------------------------------------------------------------------------------------------------


@contextmanager
def administrator(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to the file at `path` as its administrator has it: the triggers away, and put back at the end."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA foreign_keys=OFF")
    try:
        there = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in there:
            db.execute(f"DROP TRIGGER {name}")
        db.execute("BEGIN")
        yield db
        db.execute("COMMIT")
        for _, sql in there:
            db.execute(sql)
    finally:
        db.close()


def reseal(db: sqlite3.Connection, seq: int, **changes: object) -> None:
    """Changes members of one entry and recomputes its hash, and nothing else."""
    members = json.loads(db.execute("SELECT entry FROM entries WHERE seq = ?", (seq,)).fetchone()[0]) | changes
    data = encode({name: value for name, value in members.items() if value is not None})
    db.execute("UPDATE entries SET entry = ?, hash = ? WHERE seq = ?", (data.decode(), entry.leaf_hash(data), seq))


def rewrite(
    db: sqlite3.Connection, changed: Callable[[dict[str, Any]], None], keys: Mapping[str, PrivateKey] | None = None
) -> None:
    """Another history: `changed` edits each entry's members; hashes, links and tiles are recomputed from the first on.

    `keys` maps each key that the ledger named to the one that now signs in its place: itself, or the attacker's.
    Without `keys` the signatures in `key` entries stay what they were.
    """
    prev = entry.NO_PREV
    rows = db.execute("SELECT seq, entry FROM entries ORDER BY seq").fetchall()
    growing, made = tiles.Growing(), []
    hashes: dict[int, str] = {}
    for seq, text in rows:
        members = json.loads(text)
        changed(members)
        members["prev"] = prev
        for cites in ("corrects", "erases"):
            if cites in members:
                members[cites]["hash"] = hashes[members[cites]["seq"]]
        if members["kind"] == "key" and keys is not None:
            signers = [keys[one["key"]] for one in members.pop("signatures")]
            members["keys"] = sorted(keys[one].key.text() for one in members["keys"])
            message = encode(members)
            members["signatures"] = [
                {"key": one.key.text(), "signature": b64encode(one.sign_bytes(message)).decode()}
                for one in sorted(signers, key=lambda one: one.key.text())
            ]
        data = encode(members)
        prev = hashes[seq] = entry.leaf_hash(data)
        made += growing.add([bytes.fromhex(prev)])
        db.execute("UPDATE entries SET entry = ?, hash = ? WHERE seq = ?", (data.decode(), prev, seq))
    db.execute("DELETE FROM tiles")
    made += [one for one in growing.partial() if one[0] > 0]
    db.executemany("INSERT INTO tiles VALUES (?, ?, ?)", {(level, n): (level, n, h) for level, n, h in made}.values())


def root(db: sqlite3.Connection, size: int) -> bytes:
    """The root of the first `size` entries, from the hashes that are kept."""
    growing = tiles.Growing()
    growing.add([bytes.fromhex(h) for (h,) in db.execute("SELECT hash FROM entries ORDER BY seq LIMIT ?", (size,))])
    return growing.root()


def sign(db: sqlite3.Connection, size: int, key: PrivateKey) -> bytes:
    """A checkpoint of the first `size` entries by `key`, whatever they are."""
    text = Checkpoint(ORIGIN, size, root(db, size)).text()
    return note.render(note.Note(text, (note.signature_line(text, key.signer()),)))


def keep(db: sqlite3.Connection, size: int, signed: bytes) -> None:
    """Puts a checkpoint into the file."""
    db.execute("INSERT INTO checkpoints VALUES (?, ?, NULL)", (size, signed.decode()))


def own_tiles(db: sqlite3.Connection) -> None:
    """Makes the tiles those of the hashes that are kept."""
    growing = tiles.Growing()
    made = growing.add([bytes.fromhex(h) for (h,) in db.execute("SELECT hash FROM entries ORDER BY seq")])
    made += [one for one in growing.partial() if one[0] > 0]
    db.execute("DELETE FROM tiles")
    db.executemany("INSERT INTO tiles VALUES (?, ?, ?)", made)


def append(db: sqlite3.Connection, **changes: object) -> None:
    """A well-formed transfer in the next place, sealed without any program of ours."""
    size, prev = db.execute("SELECT seq + 1, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
    members = json.loads(db.execute("SELECT entry FROM entries WHERE seq = 647").fetchone()[0])
    members.pop("_sd")
    members |= {"seq": size, "prev": prev, "id": f"raw-{size}", **changes}
    data = encode(members)
    db.execute("INSERT INTO entries (seq, entry, hash) VALUES (?, ?, ?)", (size, data.decode(), entry.leaf_hash(data)))
    if (size + 1) % tiles.WIDTH == 0:
        own_tiles(db)


def flip(data: bytes, at: int) -> bytes:
    """`data` with one bit of the byte at `at` changed."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def tree_of(signed: bytes) -> Checkpoint:
    """What a checkpoint's note says."""
    return checkpoint.parse(note.parse(signed).text)


def copy(base: Base, folder: Path) -> Path:
    """A copy of the ledger's file, to be tampered with."""
    return Path(shutil.copy(base.path, folder / "l.db"))
