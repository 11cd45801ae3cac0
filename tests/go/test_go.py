"""What the ledger signs and proves holds under golang.org/x/mod/sumdb, which nobody here wrote; what is altered fails.

Go and that module are Debian's golang-go and golang-golang-x-mod-dev. Where they are missing the test is skipped, and
in CI, which installs them, it fails.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from ledger import checkpoints, keyfile, prove
from ledger.source import Source
from ledger.tlog import checkpoint, note
from ledger.tlog.note import COSIGNATURE_V1, ED25519, SUBTREE_V1
from tests.ledger.worlds import ORIGIN, open_ledger, settled, small
from tests.needed import missing

MODULES = Path("/usr/share/gocode/src/golang.org/x/mod")


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("go") is None or not MODULES.is_dir():
        missing("golang-go and golang-golang-x-mod-dev are not installed")
    folder = tmp_path_factory.mktemp("go")
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(MODULES.parents[3]),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "-trimpath",
    }
    source = Path(__file__).with_name("main.go")
    subprocess.run(["go", "build", "-o", folder / "check", source], env=environment, check=True, cwd=folder)
    return folder / "check"


def said(go: Path, cases: list[dict[str, Any]]) -> list[str]:
    lines = "".join(json.dumps(case) + "\n" for case in cases)
    done = subprocess.run([go], input=lines, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def _case(vkey: str, signed: bytes, path: tuple[bytes, ...], **more: Any) -> dict[str, Any]:
    return {"Vkey": vkey, "Note": signed.decode(), "Path": [b64encode(one).decode() for one in path], **more}


def _entropy(size: int) -> bytes:
    return os.urandom(size)


@pytest.mark.slow
def test_go_accepts_our_checkpoints_and_proofs_and_refuses_altered_ones(go: Path, tmp_path: Path) -> None:
    keys = keyfile.write(tmp_path / "key", keyfile.make(ORIGIN, [SUBTREE_V1, ED25519], _entropy))
    (witness,) = keyfile.make("county.example/witness", [COSIGNATURE_V1], _entropy)
    vkey = keys.keys[-1].key.text()

    def cosign(signed: bytes, _: object) -> list[note.SignatureLine]:
        return [note.signature_line(note.parse(signed).text, witness.signer(1_274_432_400))]

    heads, path = [], small(tmp_path / "l.db")
    with open_ledger(path) as ledger:
        for count in (3, 250, 5, 300, 1):  # over the edges of tiles
            ledger.append_many([settled(ledger, f"t{len(heads)}-{n}") for n in range(count)])
            heads.append(checkpoints.make(ledger, keys, time.sleep, witnesses=[("county", cosign)]).note)
    good = []
    with Source(path) as source:
        for head in heads:
            size = checkpoint.parse(note.parse(head).text).size
            for seq in {0, 1, 5, size // 2, 255, 256, 511, size - 1}:
                if seq < size:
                    made = prove.inclusion(source.db, seq, head=head)
                    assert made.extra is not None
                    good.append(_case(vkey, head, made.path, Entry=made.extra.decode(), Index=seq))
        for old in heads[:-1]:
            tree = checkpoint.parse(note.parse(old).text)
            grown = prove.consistency(source.db, tree, heads[-1])
            root = b64encode(tree.root).decode()
            good.append(_case(vkey, heads[-1], grown.path, Old=tree.size, OldRoot=root))
    assert len(good) > 30
    assert said(go, good) == ["ok"] * len(good)

    altered = [{**one, "Entry": one["Entry"].replace('"seq"', '"sEq"')} for one in good if "Entry" in one]
    altered += [{**one, "Index": one["Index"] ^ 1} for one in good if "Entry" in one]
    altered += [{**one, "OldRoot": b64encode(bytes(32)).decode()} for one in good if "Old" in one]
    altered += [{**one, "Path": one["Path"][:-1]} for one in good if one["Path"]]
    altered += [{**one, "Note": one["Note"].replace("\n\n", "0\n\n", 1)} for one in good]
    altered += [{**one, "Vkey": witness.key.text()} for one in good]
    answers = said(go, altered)
    assert len(answers) == len(altered)
    assert not [one for one, answer in zip(altered, answers, strict=True) if answer == "ok"]
