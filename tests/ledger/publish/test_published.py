"""What is published verifies without the ledger, and no change to any of it goes unnoticed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.errors import NotGenuine, Refused
from ledger.publish import Published
from ledger.publish.files import Folder
from ledger.tlog import merkle, note, tiles
from ledger.tlog.checkpoint import Checkpoint, parse
from ledger.verify.published import ENTRIES_ALONE, HASHES_ONLY, verify_published
from tests.ledger.publish.places import KEY, grow, ledger_of, put, sign
from tests.ledger.tlog.signed import signed
from tests.ledger.worlds import ORIGIN, open_ledger


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`entries` and `hashes`: 300 entries, published after 200 of them were."""
    folder = tmp_path_factory.mktemp("sites")
    path = ledger_of(folder / "l.db", 200)
    for size in (200, 300):
        grow(path, size)
        sign(path, size)
        put(path, Folder(folder / "entries"))
        put(path, Folder(folder / "hashes"), hashes_only=True)
    return folder


@pytest.fixture(params=["entries", "hashes"])
def site(request: pytest.FixtureRequest, sites: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sites / request.param, tmp_path / request.param))


@pytest.fixture
def entries(sites: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sites / "entries", tmp_path / "pub"))


def problems(site: Path) -> list[tuple[int | None, str]]:
    return [(one.seq, one.problem) for one in verify_published(str(site)).problems]


def test_a_publication_verifies_and_says_what_was_not_checked(site: Path) -> None:
    counted: list[int] = []
    found = verify_published(str(site), sizes=[1, 200, 256], done=counted.append)
    assert found.problems == found.warnings == []
    assert found.not_checked == [ENTRIES_ALONE if site.name == "entries" else HASHES_ONLY]
    assert (found.tree.origin, found.tree.size) == (ORIGIN, 300)
    assert parse(note.parse(found.note).text) == found.tree
    assert sorted(found.roots) == [0, 1, 200, 256]
    assert found.roots[200] == merkle.root(200, Published(str(site)).reader(200))
    assert counted == [256, 300]
    last = Published(str(site)).tile(0, 1, 300)[-32:]
    assert found.head == last.hex()


def _needed(site: Path) -> list[Path]:
    files = [*site.glob("tile/*/000"), *site.rglob("*.p/44"), *site.rglob("*.p/1")]
    assert len(files) == (5 if site.name == "entries" else 3)
    return files


def test_every_file_that_the_checkpoint_needs_is_missed(site: Path) -> None:
    for file in _needed(site):
        data = file.read_bytes()
        file.unlink()
        assert problems(site), file
        file.write_bytes(data)
    for file in site.rglob("*.p/200"):
        file.unlink()  # of an older checkpoint
    assert problems(site) == []


def test_every_changed_byte_is_noticed(site: Path) -> None:
    for file in _needed(site):
        data = file.read_bytes()
        for at in {*range(0, len(data), max(1, len(data) // 12)), len(data) - 1}:
            file.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert problems(site), (file, at)
        for other in (b"", data[:-1], data + b"\x00", data + data[-32:], data[32:]):
            file.write_bytes(other)
            assert problems(site), (file, len(other))
        file.write_bytes(data)
    assert problems(site) == []


def test_a_problem_names_the_entry(entries: Path) -> None:
    bundle = entries / "tile/entries/001.p/44"
    texts = tiles.unbundle(bundle.read_bytes())
    texts[4] = texts[4].replace(b"forename", b"birthday")
    bundle.write_bytes(tiles.bundle(texts))
    found = verify_published(str(entries)).problems
    assert [(one.seq, one.problem) for one in found] == [(260, "hash"), (261, "link"), (None, "rewritten")]
    texts[4] = b"{}"
    bundle.write_bytes(tiles.bundle(texts))
    assert (260, "unknown-kind") in problems(entries)


def test_a_chain_that_is_broken_under_a_root_that_is_right(entries: Path) -> None:
    """Whoever holds the key can sign any tree; the chain inside the entries has to be right as well."""
    published = Published(str(entries))
    texts = [*published.entries(0, 300), *published.entries(1, 300)]

    def republished(texts: list[bytes], origin: str = ORIGIN) -> list[tuple[int | None, str]]:
        site = entries.parent / "again"
        shutil.rmtree(site, ignore_errors=True)
        place, growing = Folder(site), tiles.Growing()
        made = growing.add([merkle.leaf_hash(text) for text in texts]) + growing.partial()
        for level, n, hashes in made:
            place.write(tiles.tile_path(level, n, len(hashes) // 32), hashes)
        for n in range(0, len(texts), 256):
            part = texts[n : n + 256]
            place.write(tiles.entries_path(n // 256, len(part)), tiles.bundle(part))
        head = Checkpoint(origin, len(texts), growing.root())
        place.write("checkpoint", note.render(signed(head.text(), KEY)))
        return problems(site)

    assert republished(texts) == []
    assert republished([*texts[:270], texts[271], texts[270], *texts[272:]]) == [
        *((270, "seq"), (270, "link"), (271, "seq"), (271, "link"), (272, "link")),
    ]
    assert republished([*texts[:10], *texts[11:]])[:2] == [(10, "seq"), (10, "link")]
    assert republished(texts[1:])[:3] == [(0, "seq"), (0, "link"), (0, "no-genesis")]
    assert republished([texts[0], texts[0]]) == [(1, "seq"), (1, "link"), (1, "kind-out-of-place")]
    assert republished(texts, "other.example/x") == [(0, "origin")]
    assert republished([]) == [(None, "empty")]

    path = ledger_of(entries.parent / "closed.db", 5)
    with open_ledger(path, "2011-01-01T09:00:00+00:00") as ledger:
        ledger.close("organisation-closed", None, {})
        closed = [row[0].encode() for row in ledger.db.execute("SELECT entry FROM entries ORDER BY seq")]
    assert republished(closed) == []
    assert (5, "kind-out-of-place") in republished([*closed, closed[4]])


def test_hashes_alone_do_not_pass_for_entries_and_a_lone_bundle_is_missed(entries: Path) -> None:
    (entries / "tile/entries/000").unlink()
    assert problems(entries) == [(None, "bundle")]
    shutil.rmtree(entries / "tile/entries")
    found = verify_published(str(entries))
    assert (found.problems, found.not_checked) == ([], [HASHES_ONLY])


def test_where_neither_bytes_nor_hashes_are_it_stops_and_says_so(site: Path) -> None:
    """Also for a checkpoint that claims more entries than anyone could read."""
    head = Checkpoint(ORIGIN, 2**63 - 1, b"\x01" * 32)
    (site / "checkpoint").write_bytes(note.render(signed(head.text(), KEY)))
    found = verify_published(str(site))
    assert found.problems
    assert "All from entry 256 on, and the root" in found.not_checked[0]
    assert found.head is None


def test_another_root_is_another_history(site: Path) -> None:
    head = Checkpoint(ORIGIN, 300, b"\x01" * 32)
    (site / "checkpoint").write_bytes(note.render(signed(head.text(), KEY)))
    assert problems(site) == [(None, "rewritten")]


@pytest.mark.parametrize("change", [lambda site: (site / "checkpoint").unlink(), shutil.rmtree])
def test_without_a_checkpoint_nothing_is_published(entries: Path, change: Callable[[Path], object]) -> None:
    change(entries)
    with pytest.raises(Refused, match="holds no checkpoint"):
        verify_published(str(entries))


def test_a_checkpoint_that_cannot_be_read(entries: Path) -> None:
    (entries / "checkpoint").write_bytes(b"x\n")
    with pytest.raises(Refused, match="checkpoint: The note has no empty line"):
        verify_published(str(entries))


# -- the reader ------------------------------------------------------------------------------------------------------


def test_proofs_from_a_publication(sites: Path) -> None:
    published = Published(str(sites / "entries"))
    for size in (200, 256, 300):
        read = published.reader(size)
        root = merkle.root(size, read)
        for index in {0, 1, 199, 255, 256, 299} & set(range(size)):
            entry = published.entries(index // 256, size)[index % 256]
            proof = merkle.inclusion_proof(index, size, read)
            merkle.verify_inclusion(merkle.leaf_hash(entry), index, size, proof, root)
    assert published.checkpoint().root == root


def test_a_partial_tile_that_is_gone_is_read_from_the_full_one(entries: Path) -> None:
    published = Published(str(entries))
    before = published.tile(0, 0, 200), published.entries(0, 200), merkle.root(200, published.reader(200))
    for file in entries.rglob("*.p/200"):
        file.unlink()
    assert (published.tile(0, 0, 200), published.entries(0, 200), merkle.root(200, published.reader(200))) == before


def test_what_the_reader_says_of_trouble(entries: Path) -> None:
    published = Published(str(entries))
    (entries / "tile/0/001.p/44").write_bytes(b"\x01" * 33)
    with pytest.raises(NotGenuine, match=r"tile/0/001\.p/44 is not 1,408 bytes long"):
        published.tile(0, 1, 300)
    (entries / "tile/0/001.p/44").unlink()
    with pytest.raises(NotGenuine, match=r"lacks tile/0/001\.p/44, which 300 entries need"):
        published.reader(300)([(0, 299)])
    bundle = entries / "tile/entries/001.p/44"
    bundle.write_bytes(tiles.bundle([b"a"]))
    with pytest.raises(NotGenuine, match="holds 1 entries, where its name says 44"):
        published.entries(1, 300)
    bundle.write_bytes(b"\x00")
    with pytest.raises(NotGenuine, match=r"001\.p/44: "):
        published.entries(1, 300)
    bundle.unlink()
    with pytest.raises(NotGenuine, match="lacks tile/entries"):
        published.entries(1, 300)


def test_times_in_the_future_are_warnings_and_the_first_names_the_clock(entries: Path) -> None:
    found = verify_published(str(entries), now=datetime(2000, 1, 1, tzinfo=UTC))
    assert found.problems == []
    clocks = [one for one in found.warnings if one.problem == "clock-ahead"]
    assert [one.seq for one in clocks] == [0]
    assert "later than now (2000-01-01T00:00:00Z" in clocks[0].message
    assert any(one.problem == "dated-ahead" for one in found.warnings)
    assert verify_published(str(entries), now=datetime(2030, 1, 1, tzinfo=UTC)).warnings == []
