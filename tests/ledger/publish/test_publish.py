"""A publication is the ledger's newest checkpoint with all that it covers, and is only ever continued."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.cli import commands
from ledger.cli.publish import publish as verb
from ledger.errors import NotGenuine, Refused
from ledger.publish import Files, Published, open_target
from ledger.publish.files import Folder
from ledger.publish.writing import publish
from ledger.source import Source
from ledger.tlog import merkle, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import Ed25519Signer
from ledger.verify.published import verify_published
from tests.ledger.publish import by_the_page
from tests.ledger.publish.places import KEY, Interrupted, Watched, forge, grow, ledger_of, put, sign
from tests.ledger.tlog.signed import signed
from tests.ledger.worlds import ORIGIN

SIZES = (200, 256, 300, 512, 700)


@pytest.fixture(scope="session")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of one ledger as it was at each of SIZES, each with its checkpoints so far."""
    folder = tmp_path_factory.mktemp("grown")
    path = ledger_of(folder / "l.db", 3)
    for size in SIZES:
        grow(path, size)
        sign(path, size)
        with sqlite3.connect(path) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()
        shutil.copy(path, folder / f"{size}.db")
    return folder


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of 65,800 entries: 257 full tiles, and a level 2. Its checkpoints are at 65,530 and at the end."""
    path = ledger_of(tmp_path_factory.mktemp("large") / "l.db", 65_800)
    sign(path, 65_530)
    return path


@pytest.fixture
def ledger(grown: Path, tmp_path: Path) -> Path:
    """The ledger of 700 entries, to be changed."""
    return Path(shutil.copy(grown / "700.db", tmp_path / "l.db"))


@pytest.fixture(params=["folder", "file://", "memory://"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Files]:
    """An empty place of each kind."""
    if request.param == "memory://":
        yield open_target(f"memory://{tmp_path.name}/pub")
    else:
        yield open_target(f"{request.param.removeprefix('folder')}{tmp_path / 'web' / 'pub'}")


def on_disk(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()
    }


def sound(files: Files) -> Checkpoint:
    """The published tree, after everything that it covers was found to be there and right."""
    found = verify_published(files)
    assert found.problems == []
    size = found.tree.size
    assert merkle.root(size, Published(files).reader(size)) == found.tree.root
    return found.tree


def refused(path: Path, files: Files, *words: str, kind: type[Refused] = Refused, hashes_only: bool = False) -> None:
    """The ledger at `path` is not published to `files`, nothing is written, and the sentence has the `words`."""
    watched = Watched(files)
    with pytest.raises(kind) as error:
        put(path, watched, hashes_only=hashes_only)
    assert type(error.value) is kind
    assert watched.written == []
    for word in words:
        assert word in str(error.value)


# -- what lies there -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_another_implementation_reads_what_is_published(grown: Path, tmp_path: Path, size: int) -> None:
    put(grown / f"{size}.db", Folder(tmp_path / "pub"))
    files = on_disk(tmp_path / "pub")
    origin, count, entries = by_the_page.read(files)
    assert (origin, count) == (ORIGIN, size)
    db = sqlite3.connect(grown / f"{size}.db")
    assert entries == [row[0].encode() for row in db.execute("SELECT entry FROM entries ORDER BY seq")]
    db.close()
    assert set(files) == by_the_page.counted(size)


@pytest.mark.slow
def test_over_65_536_entries_and_continued_over_that_edge(large: Path, tmp_path: Path) -> None:
    place = Folder(tmp_path / "pub")
    put(large, place)
    assert set(on_disk(tmp_path / "pub")) == by_the_page.counted(65_530)
    newest = sign(large, 65_800)
    watched = Watched(place)
    done = put(large, watched)
    assert (done.before, done.tree.size, done.written) == (65_530, 65_800, len(watched.written))
    # 65,530 = 255 * 256 + 250, and 65,800 = 257 * 256 + 8.
    assert watched.written == [
        *("tile/0/255", "tile/0/256", "tile/0/257.p/8"),
        *("tile/1/000", "tile/1/001.p/1", "tile/2/000.p/1"),
        *("tile/entries/255", "tile/entries/256", "tile/entries/257.p/8"),
        "checkpoint",
    ]
    assert by_the_page.read(on_disk(tmp_path / "pub"))[:2] == (ORIGIN, 65_800)
    assert Published(place).checkpoint_note() == newest
    found = verify_published(place, sizes=(65_530, 65_800, 70_000))
    assert (found.problems, found.warnings) == ([], [])
    assert found.roots == {
        0: merkle.EMPTY_ROOT,
        65_530: merkle.root(65_530, Published(place).reader(65_530)),
        65_800: done.tree.root,
    }
    # On into the second tile of level 1: the full tiles before it are not looked at any more.
    grow(large, 66_100)
    sign(large, 66_100)
    watched = Watched(place)
    put(large, watched)
    assert watched.written == [
        *("tile/0/257", "tile/0/258.p/52", "tile/1/001.p/2", "tile/entries/257", "tile/entries/258.p/52"),
        "checkpoint",
    ]
    assert watched.read_paths == ["checkpoint", *watched.written]
    assert sound(place).size == 66_100


def test_the_largest_checkpoint_is_published_and_of_one_size_the_latest(ledger: Path, place: Files) -> None:
    latest = sign(ledger, 700)
    witnessed = note.parse(latest)
    other = Ed25519Signer("witness.example/w", b"\x06" * 32)
    cosigned = note.render(signed(witnessed.text, KEY, other))
    put(ledger, place)
    db = sqlite3.connect(ledger)
    db.execute("INSERT INTO checkpoints (size, note) VALUES (700, ?)", (cosigned.decode(),))
    db.execute("INSERT INTO checkpoints (size, note) VALUES (300, ?)", (latest.decode(),))
    db.commit()
    db.close()
    watched = Watched(place)
    assert put(ledger, watched).written == 1
    assert watched.written == ["checkpoint"]
    assert Published(place).checkpoint_note() == cosigned


# -- only what is new ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hashes_only", [False, True])
def test_each_run_writes_what_is_new_and_looks_at_nothing_else(grown: Path, place: Files, hashes_only: bool) -> None:
    there: set[str] = set()
    for size in SIZES:
        watched = Watched(place)
        put(grown / f"{size}.db", watched, hashes_only=hashes_only)
        wanted = by_the_page.counted(size)
        if hashes_only:
            wanted = {path for path in wanted if "entries" not in path}
        assert sorted(watched.written) == sorted(wanted - there | {"checkpoint"})
        assert set(watched.read_paths) == wanted - there | {"checkpoint"}
        assert watched.written[-1] == "checkpoint"
        tree = [path for path in watched.written if path.startswith("tile/") and "entries" not in path]
        assert watched.written[: len(tree)] == tree
        there |= wanted
        assert sound(place).size == size
        # The older partial tiles stay, and with them whatever an older checkpoint needs.
        assert all(place.has(path) for path in there)
        again = Watched(place)
        assert put(grown / f"{size}.db", again, hashes_only=hashes_only).written == 0
        assert again.read_paths == ["checkpoint"]


def test_a_file_of_a_history_that_nobody_signed_is_written_anew(grown: Path, place: Files) -> None:
    put(grown / "300.db", place)
    place.write("tile/0/001", b"\x01" * 8192)
    place.write("tile/entries/002.p/188", b"half")
    put(grown / "700.db", place)
    assert sound(place).size == 700


def test_what_was_lost_comes_back_when_the_checkpoint_is_removed(grown: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pub"
    put(grown / "700.db", Folder(folder))
    before = on_disk(folder)
    (folder / "tile/0/001").unlink()
    (folder / "tile/entries/000").write_bytes(b"")
    (folder / "checkpoint").unlink()
    watched = Watched(Folder(folder))
    put(grown / "700.db", watched)
    assert watched.written == ["tile/0/001", "tile/entries/000", "checkpoint"]
    assert on_disk(folder) == before


# -- interrupted -----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("before", [None, 200, 256])
def test_interrupted_anywhere_the_checkpoint_has_all_it_covers(
    grown: Path, tmp_path: Path, before: int | None, after: bool
) -> None:
    first = tmp_path / "first"
    first.mkdir()
    if before is not None:
        put(grown / f"{before}.db", Folder(first))
    whole = Watched(Folder(Path(shutil.copytree(first, tmp_path / "whole"))))
    put(grown / "700.db", whole)
    for fail in range(len(whole.asked)):
        folder = Path(shutil.copytree(first, tmp_path / f"at{fail}"))
        place = Folder(folder)
        with pytest.raises(Interrupted):
            put(grown / "700.db", Watched(place, fail, after))
        if before is not None or place.has("checkpoint"):
            assert sound(place).size in (before, 700)
        second = Watched(place)
        put(grown / "700.db", second)
        assert sound(place).size == 700
        assert on_disk(folder) == on_disk(tmp_path / "whole")
        # What the first run had written is not written again.
        reached = [path for what, path in whole.asked[: fail + after] if what == "write"]
        assert second.written == [path for path in whole.written if path not in reached]


def test_a_folder_never_holds_half_a_file(grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call that writes to the disk fails once; what was there stays whole, and nothing is left beside."""
    names = ("replace", "fsync")
    real = {name: getattr(os, name) for name in names}
    count, fail = 0, -1

    def failing(name: str) -> object:
        def call(*args: object) -> object:
            nonlocal count
            count += 1
            if count - 1 == fail:
                raise OSError(28, "No space left on device")
            return real[name](*args)

        return call

    for name in names:
        monkeypatch.setattr(os, name, failing(name))
    put(grown / "200.db", Folder(tmp_path / "first"))
    count = 0
    put(grown / "300.db", Folder(Path(shutil.copytree(tmp_path / "first", tmp_path / "whole"))))
    whole = on_disk(tmp_path / "whole")
    calls = count
    assert calls > 14
    for at in range(calls):
        folder = Path(shutil.copytree(tmp_path / "first", tmp_path / f"at{at}"))
        count, fail = 0, at
        with pytest.raises(Refused, match="No space left"):
            put(grown / "300.db", Folder(folder))
        left = on_disk(folder)
        assert {path: data for path, data in whole.items() if path in left and path != "checkpoint"} == {
            path: data for path, data in left.items() if path != "checkpoint"
        }
        assert sound(Folder(folder)).size in (200, 300)
        fail = -1
        put(grown / "300.db", Folder(folder))
        assert on_disk(folder) == whole


def test_tiles_are_on_the_disk_before_the_checkpoint(
    grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a run that was interrupted, too: its files were renamed, but perhaps no folder was synced."""
    folder = tmp_path / "pub"
    with pytest.raises(Interrupted):
        put(grown / "300.db", Watched(Folder(folder), fail=12))
    log: list[str] = []
    real_replace, real_open, real_fsync = os.replace, os.open, os.fsync

    def opened(path: Path, flags: int, *rest: int) -> int:
        if Path(path).is_dir():
            log.append(f"sync {Path(path).relative_to(tmp_path).as_posix()}")
        return real_open(path, flags, *rest)

    def synced(descriptor: int) -> None:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            log.append(f"content {os.fstat(descriptor).st_ino}")
        real_fsync(descriptor)

    def renamed(source: Path, target: Path) -> None:
        assert log[-1] == f"content {source.stat().st_ino}"
        log.append(f"rename {Path(target).relative_to(folder).as_posix()}")
        real_replace(source, target)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    put(grown / "300.db", Folder(folder))
    at = log.index("rename checkpoint")
    folders = {
        "",
        "/tile",
        "/tile/0",
        "/tile/0/001.p",
        "/tile/1",
        "/tile/1/000.p",
        "/tile/entries",
        "/tile/entries/001.p",
    }
    assert {line for line in log[:at] if line.startswith("sync ")} == {"sync .", *(f"sync pub{f}" for f in folders)}
    assert log[at + 1 :].count("sync pub") == 1


def test_two_runs_at_once_never_put_an_older_checkpoint_last(grown: Path, place: Files) -> None:
    put(grown / "200.db", place)

    class Overtaken(Watched):
        def sync(self, paths: object) -> None:
            put(grown / "700.db", self.files)

    with pytest.raises(Refused, match="another run has published"):
        put(grown / "300.db", Overtaken(place))
    assert sound(place).size == 700


# -- what is refused -------------------------------------------------------------------------------------------------


def test_a_ledger_without_a_checkpoint_is_told_how_to_make_one(tmp_path: Path, place: Files) -> None:
    refused(ledger_of(tmp_path / "l.db", 5), place, "has no checkpoint", "`transfer-ledger checkpoint`")


def test_another_ledgers_place(grown: Path, place: Files) -> None:
    head = Checkpoint("other.example/transfers", 200, b"\x07" * 32)
    place.write("checkpoint", note.render(signed(head.text(), Ed25519Signer(head.origin, b"\x08" * 32))))
    refused(grown / "300.db", place, "other.example/transfers", ORIGIN, "Nothing was written")


def test_a_place_that_is_ahead(grown: Path, place: Files) -> None:
    put(grown / "700.db", place)
    refused(grown / "300.db", place, "700 entries are published", "covers 300", "older copy")


@pytest.mark.parametrize("size", [200, 300])
def test_a_place_with_another_history(grown: Path, place: Files, tmp_path: Path, size: int) -> None:
    other = ledger_of(tmp_path / "other.db", size)
    sign(other, size)
    put(other, place)
    refused(grown / "300.db", place, f"{size} entries that are published", "another history")


@pytest.mark.parametrize(
    "published",
    [
        b"",
        b"no checkpoint at all\n",
        b"a\n01\nAAAA\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"\xff" * 100,
        b"x" * (note.MAX_BYTES + 5),
    ],
)
def test_a_malformed_published_checkpoint(grown: Path, place: Files, published: bytes) -> None:
    place.write("checkpoint", published)
    refused(grown / "300.db", place, f"{place.where}/checkpoint: ")


def test_a_published_checkpoint_with_lines_that_ours_never_have(grown: Path, place: Files) -> None:
    root = Checkpoint(ORIGIN, 0, merkle.EMPTY_ROOT, ("more",))
    place.write("checkpoint", note.render(signed(root.text(), KEY)))
    refused(grown / "300.db", place, "lines below the root")


def test_entries_and_hashes_only_are_never_mixed(grown: Path, tmp_path: Path) -> None:
    one, other = Folder(tmp_path / "one"), Folder(tmp_path / "other")
    put(grown / "200.db", one)
    refused(grown / "300.db", one, "entries are published", "--hashes-only", hashes_only=True)
    put(grown / "200.db", other, hashes_only=True)
    refused(grown / "300.db", other, "only hashes are published", "--hashes-only")
    # Also where no checkpoint says so yet: a run without --hashes-only was interrupted among the entries.
    third = Folder(tmp_path / "third")
    with pytest.raises(Interrupted):
        put(grown / "200.db", Watched(third, fail=7))
    assert third.has("tile/entries")
    assert not third.has("checkpoint")
    refused(grown / "200.db", third, "entries are published", hashes_only=True)


# -- a ledger that is not what was signed ----------------------------------------------------------------------------

_ENTRY = "UPDATE entries SET entry = replace(entry, 'forename', 'birthday') WHERE seq = ?"


@pytest.mark.parametrize("before", [None, 300])
@pytest.mark.parametrize("seq", [301, 511, 512, 699])
def test_an_altered_entry_is_not_published(
    grown: Path, ledger: Path, tmp_path: Path, before: int | None, seq: int
) -> None:
    place = Folder(tmp_path / "pub")
    if before is not None:
        put(grown / f"{before}.db", place)
    forge(ledger, (_ENTRY, (seq,)))
    refused(ledger, place, f"Entry {seq} ", kind=NotGenuine)
    # Nor with the hash that belongs to it.
    db = sqlite3.connect(ledger)
    text = db.execute("SELECT entry FROM entries WHERE seq = ?", (seq,)).fetchone()[0]
    db.close()
    forge(ledger, ("UPDATE entries SET hash = ? WHERE seq = ?", (merkle.leaf_hash(text.encode()).hex(), seq)))
    refused(ledger, place, "do not have the root that was signed", kind=NotGenuine)


@pytest.mark.slow
@pytest.mark.parametrize("before", [None, 300])
def test_a_ledger_whose_tiles_were_altered_publishes_right_ones_or_nothing(
    grown: Path, ledger: Path, tmp_path: Path, before: int | None
) -> None:
    db = sqlite3.connect(ledger)
    kept = db.execute("SELECT level, n, hashes FROM tiles").fetchall()
    db.close()
    assert {(level, n) for level, n, _ in kept} == {(0, 0), (0, 1), (1, 0)}
    for level, n, hashes in kept:
        for at in range(0, len(hashes), 992):
            place = Folder(tmp_path / f"pub{level}-{n}-{at}")
            if before is not None:
                put(grown / f"{before}.db", place)
            wrong = hashes[:at] + bytes([hashes[at] ^ 1]) + hashes[at + 1 :]
            forge(ledger, ("UPDATE tiles SET hashes = ? WHERE level = ? AND n = ?", (wrong, level, n)))
            try:
                put(ledger, place)
            except Refused:
                assert before is None or sound(place).size == before
            else:
                assert sound(place).size == 700
        forge(ledger, ("UPDATE tiles SET hashes = ? WHERE level = ? AND n = ?", (hashes, level, n)))
    assert put(ledger, Folder(tmp_path / "right")).tree.size == 700


def test_missing_entries_and_a_missing_end(ledger: Path, tmp_path: Path) -> None:
    place = Folder(tmp_path / "pub")
    forge(ledger, ("DELETE FROM entries WHERE seq >= ?", (690,)))
    refused(ledger, place, "690 entries", "covers 700", "cut off", kind=NotGenuine)
    sign(ledger, 600)
    forge(ledger, ("DELETE FROM checkpoints WHERE size > ?", (600,)), ("DELETE FROM entries WHERE seq = ?", (599,)))
    refused(ledger, place, "512 to 599 some are missing", kind=NotGenuine)


def test_a_checkpoint_in_the_file_that_is_not_of_this_ledger(ledger: Path, tmp_path: Path) -> None:
    place = Folder(tmp_path / "pub")
    sign(ledger, 700, root=b"\x09" * 32)
    refused(ledger, place, "root that was signed", kind=NotGenuine)
    sign(ledger, 700, origin="other.example/x")
    refused(ledger, place, f"not one of {ORIGIN}", kind=NotGenuine)
    db = sqlite3.connect(ledger)
    with db:
        db.execute("INSERT INTO checkpoints (size, note) VALUES (700, 'nonsense')")
    db.close()
    refused(ledger, place, "cannot be read", kind=NotGenuine)


def test_a_key_that_is_given_must_have_signed(grown: Path, tmp_path: Path) -> None:
    place = Folder(tmp_path / "pub")
    other = Ed25519Signer(ORIGIN, b"\x0a" * 32)
    with Source(grown / "300.db") as source:
        with pytest.raises(NotGenuine, match="is not signed by"):
            publish(source, place, keys=[KEY.key, other.key])
        assert not place.has("checkpoint")
        assert publish(source, place, keys=[KEY.key]).tree.size == 300


# -- places ----------------------------------------------------------------------------------------------------------


def test_places_that_cannot_be_used(grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="nosuch://place cannot be used: Protocol not known"):
        open_target("nosuch://me:secret@place")
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="cannot be written"):
        put(grown / "200.db", Folder(tmp_path / "file"))
    place = open_target("memory://broken")

    class Denied:
        def __getattr__(self, name: str) -> object:
            def denied(*_: object, **__: object) -> None:
                raise RuntimeError("AccessDenied")

            return denied

    monkeypatch.setattr(place, "_system", Denied())
    for what in (lambda: place.read("a", 1), lambda: place.write("a", b""), lambda: place.has("a")):
        with pytest.raises(Refused, match=r"memory://broken/a cannot be (read|written): AccessDenied\."):
            what()


def test_a_folder_that_wants_its_folders_made_first() -> None:
    """As over SFTP: fsspec's local files, not made by us, behave so."""
    from fsspec.implementations.dirfs import DirFileSystem
    from fsspec.implementations.memory import MemoryFileSystem

    from ledger.publish.files import Remote

    class Strict(MemoryFileSystem):
        protocol = "strict"
        cachable = False

        def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **kwargs: object) -> None:
            if not self.isdir(self._parent(path)):
                raise FileNotFoundError(path)
            super().pipe_file(path, value, mode, **kwargs)

    system = DirFileSystem("strict-root", Strict(global_store=False))
    place = Remote(system, "a", "strict://a")
    place.write("tile/0/000.p/3", b"abc")
    assert place.read("tile/0/000.p/3", 3) == b"abc"
    assert place.read("tile/0/000.p/3", 1) == b"ab"
    assert place.read("tile/0/001", 3) is None
    assert (place.has("tile/0"), place.has("tile/1")) == (True, False)


# -- the verb --------------------------------------------------------------------------------------------------------


def test_the_verb(grown: Path, ledger: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    target = str(tmp_path / "pub")
    first = run(verb, [str(grown / "300.db"), target, "--key", KEY.key.text()])
    assert (first.exit_code, first.output) == (
        0,
        f"{target}: 300 entries of {ORIGIN} are published.\nNew entries: 300. Files written: 6.\n",
    )
    second = run(verb, [str(grown / "300.db"), target])
    assert second.output.endswith("All of it was there already.\n")
    third = run(verb, [str(ledger), f"{target}2", "--hashes-only"])
    assert (third.exit_code, third.output.split(": ")[1].split(" are")[0]) == (
        0,
        f"the hashes of 700 entries of {ORIGIN}",
    )
    forge(ledger, (_ENTRY, (699,)))
    fourth = run(verb, [str(ledger), target])
    assert (fourth.exit_code, fourth.output.startswith("NOT PUBLISHED: Entry 699 ")) == (1, True)
    assert isinstance(fourth.exception, SystemExit)
    refusal = run(verb, [str(grown / "200.db"), target])
    assert isinstance(refusal.exception, Refused)
    assert run(commands, ["publish", "--help"]).exit_code == 0
