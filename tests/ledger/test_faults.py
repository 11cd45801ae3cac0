"""Whatever happens to the machine, there are never two roots for one size under one key.

Signers at once, a crash at every system call that touches a file, a full disk, a folder that cannot be written to.
After each: the ledger verifies, the next `checkpoint` goes on, and every note that anybody ever saw is still true.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path

import pytest

from ledger import keyfile, signing
from ledger.keyfile import KeyFile
from ledger.tlog import checkpoint, cosignature, note
from ledger.verify.assurance import verify
from ledger.verify.levels import Brought
from ledger.verify.proofs import Trusted
from tests.ledger.cli.called import call, refused
from tests.ledger.disks import filled, mounted
from tests.ledger.signers import append, make, new_key, signed_ledger, tree_of
from tests.ledger.worlds import ORIGIN, small
from tests.needed import missing

COMMAND = [sys.executable, "-m", "ledger.cli", "checkpoint"]


class Seen:
    """Every note that anybody saw under one key: no two of them may speak of one size and differ."""

    def __init__(self, keys: KeyFile, notes: dict[int, bytes] | None = None) -> None:
        self.keys = keys
        self.notes = dict(notes or {})

    def add(self, data: bytes) -> int:
        """Takes a note that was printed or written; it must be whole. Gives its size."""
        parsed = note.parse(data)
        tree = checkpoint.parse(parsed.text)
        assert note.verified(parsed, [cosignature.verifier(one.key) for one in self.keys.keys])
        assert tree_of(self.notes.setdefault(tree.size, data)) == tree, f"two roots for {tree.size}"
        return tree.size

    def add_printed(self, text: str) -> None:
        """Takes what `checkpoint` printed, in which the note stands if it got so far."""
        begin, end = text.find(f"{ORIGIN}\n"), text.rfind("=\n") + 2
        if begin >= 0 and end > begin:
            self.add(text[begin:end].encode())

    def add_stored(self, path: Path) -> None:
        """Takes what the ledger keeps."""
        db = sqlite3.connect(path)
        rows = db.execute("SELECT size, note FROM checkpoints ORDER BY rowid").fetchall()
        db.close()
        assert [self.add(text.encode()) for _, text in rows] == [size for size, _ in rows]

    def all_true(self, path: Path) -> None:
        """The ledger is what every one of the notes says."""
        brought = Brought(Trusted(tuple(one.key for one in self.keys.keys)), tuple(
            (f"the note at {size}", data) for size, data in self.notes.items()
        ))  # fmt: skip
        report = verify(path, brought=brought)
        assert report.problems == []
        if self.notes:
            assert report.reached.levels == ("signed", "anchored")


@pytest.mark.slow
def test_signers_at_once_while_another_appends(tmp_path: Path) -> None:
    path, keys = small(tmp_path / "l.db"), new_key(tmp_path / "k")
    loop = f'for n in 1 2 3 4 5 6; do "$@" || exit 1; done > {tmp_path}/out$NUMBER'
    signers = [
        subprocess.Popen(
            ["/bin/sh", "-c", loop, "sh", *COMMAND, path, "--key", keys.path, "-o", tmp_path / "newest"],
            env={**os.environ, "NUMBER": str(number)}, stderr=subprocess.PIPE, text=True,
        )
        for number in range(3)
    ]  # fmt: skip
    sizes, number = [0], 0
    while any(one.poll() is None for one in signers):
        append(path, f"m{number}")
        number += 1
        sizes.append(signing.recorded(keys).size)
    for one in signers:
        _, said = one.communicate()
        assert (one.returncode, said) == (0, "")
    assert sizes == sorted(sizes)
    seen = Seen(keys)
    for file in tmp_path.glob("out*"):
        parts = [f"{ORIGIN}\n{part}" for part in file.read_text().split(f"{ORIGIN}\n")[1:]]
        assert len(parts) == 6
        printed = [tree_of(part[: part.rindex("=\n") + 2].encode()).size for part in parts]
        for part in parts:
            seen.add_printed(part)
        assert printed == sorted(printed)
    seen.add((tmp_path / "newest").read_bytes())
    printed_notes = dict(seen.notes)
    seen.add_stored(path)
    assert printed_notes == seen.notes  # whatever was printed is kept, and whatever is kept was printed
    seen.all_true(path)
    assert sqlite3.connect(path).execute("SELECT count(*) FROM entries WHERE kind = 'key'").fetchone() == (1,)
    assert signing.recorded(keys).size == max(seen.notes)


# -- a crash at any system call ------------------------------------------------------------------------------------

CALLS = ("openat", "write", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "unlink")


@cache
def traced() -> str | None:
    """Why system calls cannot be traced here, or None."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    done = subprocess.run(["strace", "-qq", "-e", "trace=none", "true"], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"strace may not trace here: {done.stderr[:100]}"


class Machine:
    """A folder with a ledger, its key and what is printed, and a twin of the ledger out of last week's backup."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path, self.key, self.out = folder / "l.db", folder / "k", folder / "newest"
        self.printed = folder / "printed"

    @property
    def keys(self) -> KeyFile:
        return keyfile.load(self.key)

    def crash(self, call_: str, at: int) -> bool:
        """Runs `checkpoint`, killed just before its `at`-th such call on these files; False if it got through."""
        names = ("l.db", "l.db-wal", "k", "k.record", "k.record.new", "k.lock", "newest", "newest.new")
        files = [option for name in (*names, "printed", ".") for option in ("-P", str(self.folder / name))]
        command = ["strace", "-f", "-qq", "-o", "/dev/null", *files, "-e", f"trace={call_}",
                   "-e", f"inject={call_}:signal=KILL:when={at}"]  # fmt: skip
        with self.printed.open("wb") as printed:
            done = subprocess.run(
                [*command, *COMMAND, self.path, "--key", self.key, "-o", self.out],
                stdout=printed, stderr=subprocess.PIPE, check=False,
            )  # fmt: skip
        assert done.returncode in (0, -9, 137), done.stderr
        return done.returncode != 0

    def look(self, seen: Seen) -> None:
        """Adds everything that anybody can have seen by now."""
        seen.add_printed(self.printed.read_text())
        if self.out.exists():
            seen.add(self.out.read_bytes())  # it is never half written
        seen.add_stored(self.path)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger before its first checkpoint."""
    folder = tmp_path_factory.mktemp("first")
    small(folder / "l.db")
    shutil.copy(folder / "l.db", folder / "backup.db")
    new_key(folder / "k")
    return folder


@pytest.fixture(scope="module")
def next_(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with a checkpoint and an entry after it; its backup has that checkpoint, and not the entry."""
    folder = tmp_path_factory.mktemp("next")
    path, keys, _ = signed_ledger(folder)
    assert call("checkpoint", path, "--key", keys.path, "-o", folder / "newest").status == 0
    shutil.copy(path, folder / "backup.db")
    append(path, "more")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("state", "call_"), [*(("first", one) for one in CALLS if one != "openat"), *(("next_", one) for one in CALLS)]
)
def test_a_crash_at_any_call(state: str, call_: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if (why := traced()) is not None:
        missing(why)
    template: Path = request.getfixturevalue(state)
    at = 0
    while True:
        at += 1
        machine = Machine(Path(shutil.copytree(template, tmp_path / f"{at}")))
        crashed = machine.crash(call_, at)
        seen = Seen(machine.keys)
        machine.look(seen)
        restored = Path(shutil.copytree(machine.folder, tmp_path / f"{at}-restored"))
        seen.all_true(machine.path)
        _goes_on(machine, Seen(seen.keys, seen.notes))
        _restored(Machine(restored), Seen(seen.keys, seen.notes))  # that did not go on
        for folder in (machine.folder, restored):
            shutil.rmtree(folder)
        if not crashed:
            break
    assert at > {"unlink": 0, "rename": 2, "fsync": 2, "openat": 8}.get(call_, 1), f"{call_} was never met"


def _goes_on(machine: Machine, seen: Seen) -> None:
    append(machine.path, "afterwards")
    said = call("checkpoint", machine.path, "--key", machine.key, "-o", machine.out)
    assert (said.status, said.err) == (0, "")
    seen.add_printed(said.out)
    machine.look(seen)
    seen.all_true(machine.path)
    assert signing.recorded(machine.keys).size == max(seen.notes)


def _restored(machine: Machine, seen: Seen) -> None:
    # Out of the backup, without what came after it, and with something else instead: refused, or nobody saw anything.
    for name in ("l.db-wal", "l.db-shm"):
        (machine.folder / name).unlink(missing_ok=True)
    shutil.copy(machine.folder / "backup.db", machine.path)
    append(machine.path, "instead", "and-more")
    said = call("checkpoint", machine.path, "--key", machine.key)
    assert said.status in (0, 2)
    assert "Nothing was signed" in said.err or said.status == 0
    seen.add_printed(said.out)
    seen.add_stored(machine.path)


def test_nothing_is_shown_before_the_record_is_on_the_disk(next_: Path, tmp_path: Path) -> None:
    # A kill leaves what was written; a power cut may take whatever was not synced. So the order of the calls counts.
    if (why := traced()) is not None:
        missing(why)
    machine = Machine(Path(shutil.copytree(next_, tmp_path / "m")))
    log = tmp_path / "log"
    subprocess.run(
        ["strace", "-f", "-y", "-qq", "-o", log, "-e", "trace=write,pwrite64,fsync,fdatasync,rename",
         *COMMAND, machine.path, "--key", machine.key, "-o", machine.out],
        capture_output=True, check=True,
    )  # fmt: skip
    calls = [line.split(maxsplit=1)[1] for line in log.read_text().splitlines()]

    def when(beginning: str, *words: str) -> int:
        return next(
            n for n, one in enumerate(calls) if one.startswith(beginning) and all(word in one for word in words)
        )

    steps = [
        when("write(", "/k.record.new>"),
        when("fsync(", "/k.record.new>"),
        when("rename(", "/k.record.new", '/k.record"'),
        when("fsync(", f"<{machine.folder}>"),
        when("pwrite64(", "/l.db-wal>"),
        when("fdatasync(", "/l.db-wal>") if any("fdatasync(" in one for one in calls) else when("fsync(", "l.db-wal>"),
        when("write(", "/newest.new>"),
        when("fsync(", "/newest.new>"),
        when("rename(", "/newest.new"),
        when("write(1<", ORIGIN),
    ]
    assert steps == sorted(steps), [calls[step] for step in steps]


# -- disks and folders ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["key", "ledger", "output"])
def test_a_full_disk_signs_nothing_that_is_lost(tmp_path: Path, what: str) -> None:
    with mounted(tmp_path / "disk", "size=900k") as disk:
        path, keys = small((disk if what == "ledger" else tmp_path) / "l.db"), new_key(tmp_path / "k")
        if what == "key":
            keys = new_key(disk / "k")
        out = (disk if what == "output" else tmp_path) / "newest"
        seen = Seen(keys)
        for number, leave in enumerate((0, 4096, 8192, 20_000, 40_000)):
            append(path, f"m{number}")
            with filled(disk, leave):
                said = call("checkpoint", path, "--key", keys.path, "-o", out)
            assert said.status == 0 or (said.status == 2 and said.err.count("\n") == 1)
            seen.add_printed(said.out)
            seen.add_stored(path)
            if out.exists():
                seen.add(out.read_bytes())
            assert not out.with_name("newest.new").exists()  # it would take the room that is missing
            seen.all_true(path)
        said = call("checkpoint", path, "--key", keys.path, "-o", out)
        assert said.status == 0, said
        seen.add(out.read_bytes())
        seen.all_true(path)


def test_a_full_disk_leaves_no_half_key_or_proof(tmp_path: Path) -> None:
    path, _, _ = signed_ledger(tmp_path)
    with mounted(tmp_path / "disk", "size=100k") as disk, filled(disk, 0):
        for command in (
            ("key", "new", "--name", ORIGIN, "-o", disk / "k"),
            ("prove", path, "t1", "-o", disk / "proof"),
            ("key", "rotate", path, "--key", tmp_path / "k", "-o", disk / "k2"),
        ):
            assert "cannot be written: No space left on device" in refused(*command)
        assert [one.name for one in disk.iterdir()] == ["fill"]
    make(path, keyfile.load(tmp_path / "k"))  # which is still the ledger's


def test_a_key_folder_that_cannot_be_written_to_signs_nothing(tmp_path: Path) -> None:
    path = small(tmp_path / "l.db")
    before = path.read_bytes()
    folder = tmp_path / "safe"
    if os.name == "posix" and os.geteuid() == 0:  # whom no mode stops
        with mounted(folder, "size=100k") as disk:
            new_key(disk / "k")
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            said = refused("checkpoint", path, "--key", disk / "k")
    else:
        folder.mkdir()
        new_key(folder / "k")
        folder.chmod(0o500)
        said = refused("checkpoint", path, "--key", folder / "k")
        folder.chmod(0o700)
    assert "the key's folder must be writable to sign" in said
    assert path.read_bytes() == before


def test_another_thread_may_read_while_it_is_signed(tmp_path: Path) -> None:
    path, keys, _ = signed_ledger(tmp_path)
    append(path, "more")
    reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM checkpoints").fetchone() == (1,)
    thread = threading.Thread(target=lambda: make(path, keys))
    thread.start()
    thread.join()
    assert reader.execute("SELECT count(*) FROM checkpoints").fetchone() == (1,)
    reader.close()
    assert verify(path).problems == []
