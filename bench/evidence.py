"""Proofs, checkpoints and publishing at a million entries, beside pymerkle in an environment of its own.

pymerkle is under the GPL, so it is no dependency, not even of the tests: its own Python measures it, on a tree of as
many entries.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import click

from bench.ledgers import ORIGIN, clock, contents
from ledger import checkpoints, keyfile, prove
from ledger.publish import open_target
from ledger.publish.writing import publish
from ledger.source import Source
from ledger.tlog import note
from ledger.tlog.note import COSIGNATURE_V1, ED25519
from ledger.writer import Ledger

PYMERKLE = "pymerkle==7.0.0"

_BESIDE = """
import random, sys, time
from pymerkle import SqliteTree
size = int(sys.argv[2])
tree = SqliteTree(sys.argv[1], algorithm="sha256")
tree.append_entries((b"entry %d" % n for n in range(size)), chunksize=100_000)
times = []
for _ in range(20):
    place = random.randrange(1, size + 1)
    start = time.perf_counter()
    tree.prove_inclusion(place, size)
    times.append(time.perf_counter() - start)
start = time.perf_counter()
tree.get_root()
print(sorted(times)[10], time.perf_counter() - start)
"""


def _entropy(size: int) -> bytes:
    return random.randbytes(size)


def measure(path: Path) -> None:
    """Every figure of the evidence, on the ledger at `path`, which is to have a million entries."""
    folder = path.parent
    keys = keyfile.write(folder / "bench.key", keyfile.make(ORIGIN, [ED25519], _entropy))
    (witness,) = keyfile.make("bench.example/witness", [COSIGNATURE_V1], _entropy)

    def cosign(signed: bytes, proof_from: Callable[[int], object]) -> list[note.SignatureLine]:
        return [note.signature_line(note.parse(signed).text, witness.signer(int(time.time())))]

    with Ledger(path, clock, _entropy) as ledger:
        made = checkpoints.make(ledger, keys, time.sleep, witnesses=[("a witness", cosign)])
        _proofs(path, made.note, made.tree.size)
        _signing(ledger, keys, folder)
    _publishing(path, folder, keys)
    _beside(folder, made.tree.size)


def _proofs(path: Path, signed: bytes, size: int, count: int = 2000) -> None:
    times, bytes_ = [], []
    for seq in random.Random(1).sample(range(size), count):
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)  # nothing of it is in SQLite's cache yet
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        start = time.perf_counter()
        proof = prove.inclusion(db, seq, head=signed)
        times.append(time.perf_counter() - start)
        db.close()
        bytes_.append(len(proof.encode()) - len(b64encode(proof.extra or b"")))
    times.sort()
    click.echo(
        f"a cold inclusion proof at {size:,} entries: 99th percentile {times[count * 99 // 100] * 1000:.2f} ms, "
        f"median {times[count // 2] * 1000:.2f} ms (at most 1 ms)"
    )
    click.echo(f"    its bytes besides the entry, with a signature and a cosignature: {max(bytes_):,} (at most 1,300)")


def _signing(ledger: Ledger, keys: keyfile.KeyFile, folder: Path, runs: int = 50) -> None:
    ours, plain = [], []
    for content in contents(ledger, runs, "c"):
        ledger.append(content)
        start = time.perf_counter()
        checkpoints.make(ledger, keys, time.sleep)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        with (folder / "synced").open("wb") as file:
            file.write(b"x" * 200)
            file.flush()
            os.fsync(file.fileno())
        plain.append(time.perf_counter() - start)
    mine, one = statistics.median(ours) * 1000, statistics.median(plain) * 1000
    click.echo(f"a checkpoint: {mine:.2f} ms, beside one fsync of {one:.2f} ms (at most 5 ms and one fsync)")


def _publishing(path: Path, folder: Path, keys: keyfile.KeyFile) -> None:
    target = str(folder / "published")
    start = time.perf_counter()
    with Source(path) as source:
        publish(source, open_target(target))
    whole = time.perf_counter() - start
    with Ledger(path, clock, _entropy) as ledger:
        ledger.append_many(contents(ledger, 1000, "p"))
        checkpoints.make(ledger, keys, time.sleep)
    start = time.perf_counter()
    with Source(path) as source:
        publish(source, open_target(target))
    more = time.perf_counter() - start
    click.echo(f"publishing everything: {whole:.1f} s; 1,000 entries more: {more * 1000:.0f} ms")
    shutil.rmtree(target)


def _beside(folder: Path, size: int) -> None:
    environment = folder / "pymerkle"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", PYMERKLE], check=True, stderr=subprocess.DEVNULL)
    done = subprocess.run(
        [python, "-c", _BESIDE, folder / "pymerkle.db", str(size)], capture_output=True, text=True, check=True
    )
    proof, root = (float(text) * 1000 for text in done.stdout.split())
    click.echo(f"    pymerkle's SqliteTree of as many entries: a proof {proof:.2f} ms, its root {root:.2f} ms")
