"""A crash of the witness at any system call: what it cosigned is on its disk, and it never cosigns another history."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.tlog import note
from ledger.witness import state
from tests.ledger.test_faults import traced
from tests.ledger.witness.logs import NOON, Log, new_witness
from tests.needed import missing

CALLS = ("openat", "write", "pwrite64", "fdatasync", "unlink")

_ANSWER = """
import sys
from pathlib import Path
from ledger.witness import state
answer = state.load(Path(sys.argv[1])).add_checkpoint(Path(sys.argv[2]).read_bytes(), lambda: int(sys.argv[3]))
sys.stdout.buffer.write(b"%d\\n%s" % (answer.status, answer.body))
sys.stdout.flush()
"""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A witness that cosigned seven entries."""
    folder = tmp_path_factory.mktemp("before")
    witness = new_witness(folder / "w")
    assert witness.add_checkpoint(Log().request(0, 7), lambda: NOON).status == 200
    (folder / "request").write_bytes(Log().request(7, 12))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("call_", CALLS)
def test_whatever_left_was_recorded_and_the_next_request_goes_on(call_: str, before: Path, tmp_path: Path) -> None:
    if (why := traced()) is not None:
        missing(why)
    for at in range(1, 200):
        folder = tmp_path / str(at)
        shutil.copytree(before, folder)
        files = [option for name in ("record.db", "record.db-journal", ".")
                 for option in ("-P", str(folder / "w" / name))]  # fmt: skip
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", "/dev/null", *files, "-P", str(folder / "out"), "-e", f"trace={call_}",
             "-e", f"inject={call_}:signal=KILL:when={at}",
             "sh", "-c", f'exec "$0" -c "$1" "$2" "$3" "$4" > {folder / "out"}',
             sys.executable, _ANSWER, folder / "w", folder / "request", str(NOON + 60)],
            capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode in (0, -9, 137), done.stderr
        out = (folder / "out").read_bytes() if (folder / "out").exists() else b""
        witness = state.load(folder / "w")
        (standing,) = witness.standing()
        assert standing.recorded is not None
        tree = standing.recorded.tree
        if b"\xe2\x80\x94 " in out:
            assert note.parse(Log().tree(12).text().encode() + b"\n" + out.partition(b"\n")[2]).signatures
            assert tree == Log().tree(12)  # what left was on the disk before
        assert tree in (Log().tree(7), Log().tree(12))
        size = tree.size
        # Another history is refused, whichever of the two it was; the honest one goes on.
        fork = Log("b", forked=5)
        for other in (7, 12, 15):
            assert witness.add_checkpoint(fork.request(size, other), lambda: NOON + 90).status in (400, 409, 422)
        assert witness.add_checkpoint(Log().request(size, 15), lambda: NOON + 120).status == 200
        shutil.rmtree(folder)
        if done.returncode == 0:
            assert b"200\n" in out
            assert at > 1, f"no {call_} was ever interrupted"
            return
    pytest.fail("the witness never got through")
