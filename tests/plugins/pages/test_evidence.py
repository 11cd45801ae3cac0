"""The auditor's downloads: what is fetched through the app verifies without it."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger.pages import evidence
from datasette_plugins.transfer_ledger.running import packing
from datasette_plugins.transfer_ledger.verifier_page import verifier_sha256
from ledger import bundle
from ledger.errors import Refused
from ledger.publish.published import Published
from ledger.tlog import tiles
from ledger.verify.assurance import verify_publication
from ledger.verify.levels import Brought
from ledger.verify.proofs import Trusted
from tests.ledger.publish.places import grow, ledger_of, sign
from tests.ledger.signers import make, new_key
from tests.ledger.worlds import ORIGIN
from tests.plugins.asking import Opened, opened
from tests.plugins.browsed import make_ledger

SIZE = 600
"""Entries under the newest checkpoint: two full tiles and a partial one, and one of the level above."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("evidence")
    path = ledger_of(folder / "transfers.db", SIZE - 1)
    keys = new_key(folder / "k", ORIGIN)
    assert make(path, keys).tree.size == SIZE  # with the entry that names the key
    grow(path, SIZE + 20)
    with opened(path) as app:
        app.key = keys.keys[0].key  # type: ignore[attr-defined]
        yield app


def test_what_is_fetched_tile_by_tile_verifies_as_a_publication(app: Opened, tmp_path: Path) -> None:
    paths = ["checkpoint"]
    paths += [tiles.tile_path(*one) for one in tiles.widths(SIZE)]
    paths += [tiles.entries_path(n, wide) for level, n, wide in tiles.widths(SIZE) if level == 0]
    for path in paths:
        answer = app.get(f"/-/{path}", "auditor")
        assert answer.status_code == 200, path
        kept = "private, max-age=31536000, immutable" if path != "checkpoint" else "no-store"
        assert answer.headers["cache-control"] == kept
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(answer.content)
    report = verify_publication(str(tmp_path), brought=Brought(Trusted((app.key,)), ()))  # type: ignore[attr-defined]
    assert (report.problems, report.size, report.assurance) == ([], SIZE, "signed")
    assert Published(str(tmp_path)).checkpoint().size == SIZE


@pytest.mark.parametrize("rest", ["0/002.p/88", "0/002.p/1", "1/000.p/2", "1/000.p/1", "entries/002.p/40"])
def test_a_partial_tile_of_any_width_that_is_covered_is_there(app: Opened, rest: str) -> None:
    full = app.get("/-/tile/0/002.p/88").content
    answer = app.get(f"/-/tile/{rest}")
    assert answer.status_code == 200
    if rest.startswith("0/"):
        wide = int(rest.rpartition("/")[2])
        assert answer.content == full[: 32 * wide]


@pytest.mark.parametrize(
    "rest",
    ["0/002.p/89", "0/002", "0/003", "0/003.p/1", "1/000.p/3", "1/000", "2/000.p/1", "entries/002.p/89", "entries/003",
     "0/0", "0/x000/000", "0/000.p/256", "0/000.p/0", "0/000.p/01", "00/000", "64/000", "0/000/", "entries/", "0",
     "0/x999/x999/x999/x999/x999/x999/999", "0/%2e%2e/0/000", "0/000.P/1", "checkpoint"],
)  # fmt: skip
def test_what_no_checkpoint_covers_and_what_is_no_tile_is_not_there(app: Opened, rest: str) -> None:
    assert app.get(f"/-/tile/{rest}").status_code == 404
    assert app.get("/-/tile/0/000?x=1").status_code == 400


def test_governors_clerks_and_strangers_get_no_evidence(app: Opened) -> None:
    for path in ("/-/checkpoint", "/-/tile/0/000", "/-/evidence.zip", "/-/verifier.html", "/-/ledger.db"):
        for role in ("governor", "clerk"):
            assert app.get(path, role).status_code == 404, path  # type: ignore[arg-type]
        assert app.get(path, None).status_code in (303, 401)


def test_without_a_checkpoint_a_sentence_says_what_makes_one(kept: Path) -> None:
    with opened(kept) as app:
        page = app.get("/-/checkpoint")
        assert (page.status_code, "transfer-ledger checkpoint" in page.text) == (404, True)
        told = app.get("/-/checkpoint", accept="*/*")
        assert (told.status_code, told.json()) == (404, {"error": evidence.NO_CHECKPOINT})
        assert app.get("/-/evidence.zip", accept="*/*").json() == {"error": evidence.NO_CHECKPOINT}
        assert app.get("/-/tile/0/000.p/1").status_code == 404


def test_the_verifier_page_is_a_file_whose_digest_pages_show(app: Opened) -> None:
    answer = app.get("/-/verifier.html")
    assert answer.headers["content-disposition"] == 'attachment; filename="verify.html"'
    assert hashlib.sha256(answer.content).hexdigest() == verifier_sha256()


# -- the whole file ------------------------------------------------------------------------------------------------


def test_the_whole_file_is_for_the_dpo_where_the_settings_allow_it_and_is_logged(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db")
    with opened(path) as app:
        assert app.get("/-/ledger.db").status_code == 404
        assert not [one for one in app.site.people.logged(50) if "file" in one.what]
    with opened(path, download=True) as app:
        assert app.get("/-/ledger.db", "auditor").status_code == 404
        answer = app.get("/-/ledger.db")
        assert answer.status_code == 200
        copy = tmp_path / "copy.db"
        copy.write_bytes(answer.content)
        with sqlite3.connect(path) as one, sqlite3.connect(copy) as other:
            for table in ("entries", "disclosures", "documents"):
                of = f"SELECT * FROM {table} ORDER BY 1"
                assert one.execute(of).fetchall() == other.execute(of).fetchall() != []
        (line,) = [one for one in app.site.people.logged(50) if "file" in one.what]
        assert (line.role, line.about) == ("dpo", "the whole of it, with all erasable values")
    assert not list(tmp_path.glob(".*copy*"))


# -- the bundle ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_bundle_is_packed_by_a_run_whose_page_leads_to_the_file(app: Opened) -> None:
    begun = app.get("/-/evidence.zip", "auditor")
    assert begun.status_code == 303
    page = begun.headers["location"]
    n = int(page.removeprefix("/-/verification/"))
    address = f"/-/evidence.zip?run={n}"
    told = app.get(address, "program")
    assert (told.status_code, told.headers.get("retry-after")) in ((202, "5"), (200, None))
    app.site.runs.wait(n, 60)
    shown = app.get(page, "auditor").text
    assert address in shown
    for answer in (app.get(address, "auditor"), app.get(address, "program")):
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
        assert answer.headers["content-disposition"] == f'attachment; filename="evidence-{n}.zip"'
        assert hashlib.sha256(answer.content).hexdigest() in shown
    members = bundle.read(answer.content)
    said = bundle.read_manifest(members[bundle.MANIFEST])
    bundle.check_members(said, members)
    assert said.tree.size == SIZE
    (app.site.runs.files(n) / packing.NAME).unlink()
    assert app.get(address).status_code == 404


@pytest.mark.slow
def test_a_bundle_that_could_not_be_packed_says_why(tmp_path: Path) -> None:
    path = ledger_of(tmp_path / "transfers.db", 20)
    sign(path, 20)  # by a key that the ledger does not name
    with opened(path) as app:
        n = app.get("/-/evidence.zip", "program").json()["run"]
        app.site.runs.wait(n, 60)
        told = app.get(f"/-/evidence.zip?run={n}", "program")
        assert (told.status_code, "evidence" in told.json()["error"]) == (409, True)


def test_a_bundle_that_nobody_packed_is_not_there(app: Opened) -> None:
    assert app.get("/-/evidence.zip?run=987654").status_code == 404
    for odd in ("0", "x", "-1", "01", "9" * 20, "../1", "1&take=1"):
        assert app.get(f"/-/evidence.zip?run={odd}").status_code == 400


def test_what_is_packed_says_what_it_is_and_old_ones_go(app: Opened, tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    for n in range(1, 6):
        (tmp_path / str(n)).mkdir()
        (tmp_path / str(n) / packing.NAME).write_bytes(b"an older one")
    folder = tmp_path / "6"
    result = packing.work(app.site.path, folder, {}, lambda done, total, step="": told.append((done, total, step)))
    data = (folder / packing.NAME).read_bytes()
    assert result["sha256"] == hashlib.sha256(data).hexdigest()
    assert (result["size"], result["bytes"]) == (SIZE + 20, len(data))
    assert {step for _, _, step in told} == {"Verifying", "Proving"}
    assert sorted(one.parent.name for one in tmp_path.glob(f"*/{packing.NAME}")) == ["4", "5", "6"]


def test_a_ledger_without_a_checkpoint_is_refused_before_anything_is_packed(kept: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no checkpoint"):
        packing.work(kept, tmp_path / "1", {}, lambda _done, _total, _step="": None)
    assert not (tmp_path / "1").exists()
