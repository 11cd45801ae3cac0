"""A ledger that something happens to while it is served: each page says so in plain words, and nothing is lost.

The file is locked, altered, replaced, put back as an older copy, deleted, of a newer format, without its -wal, on a
full disk; so is the file beside it. When it is back as it was, the app works on, or says to start it again.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger import writer
from ledger.source import Source
from tests.codes import LEAD
from tests.ledger.disks import filled, mounted
from tests.plugins.browsed import FIRST, RANDOM, clock, stated
from tests.plugins.security.house import Answer, House, carries_headers, house_over
from tests.plugins.security.test_requests import JSON, STATED

PAGES = ("/", "/-/transfers", "/-/findings", f"/-/entries/{FIRST}", "/-/organisations", "/-/register", "/-/record",
         "/-/receipts",
         "/-/verification", "/-/reports", "/-/people", "/-/saved", "/ledger/transfers", "/ledger/contactpoint",
         "/-/transfers.csv", "/-/transfers.xlsx", "/-/findings.atom", "/-/checkpoint", "/-/ledger.db")  # fmt: skip
FILES = (
    "/-/transfers.json",
    "/-/findings.json",
    f"/-/entries/{FIRST}.json",
    "/ledger/transfers.json",
    "/ledger/transfers.csv",
)
ALONE = ("/-/people", "/-/saved", "/-/receipts", "/-/reports", "/-/verification")
"""Pages that need the file beside the ledger, and the ledger itself hardly or not."""


@pytest.fixture
def house(kept: Path, tmp_path: Path) -> Iterator[House]:
    folder = tmp_path / "there"
    folder.mkdir()
    with house_over(kept, folder) as house:
        yield house


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Whatever happened, the program's log has no traceback."""
    yield
    assert "Traceback" not in (err := capfd.readouterr().err), err


def told(house: House, answer: Answer, *statuses: int) -> str:
    """What an answer says, which is a sentence where it is an error: with its headers, and not where the file lies."""
    assert answer.status in statuses, f"{answer.status}: {answer.text[:800]}"
    assert carries_headers(answer)
    for secret in (str(house.path.parent), "sqlite3.", "Traceback", "site-packages"):
        assert secret not in answer.text, answer.text
    return answer.text


def every_page(house: House, *statuses: int) -> dict[str, Answer]:
    """Asks for every page and file as a data protection officer; each is answered with one of these statuses."""
    found = {}
    for path in (*PAGES, *FILES):
        accept = "text/html" if path in PAGES else "*/*"
        found[path] = answer = house.ask(house.who["dpo"], path, accept=accept)
        if path == "/-/checkpoint" and answer.status == 404:
            continue  # none was made
        told(house, answer, *statuses)
    return found


def post(house: House, id_: str) -> Answer:
    """Posts one transfer with this id."""
    return house.ask(house.who["clerk token"], "/-/transfers", "POST", STATED % id_.encode(), JSON, accept="*/*")


def ids(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [
            row[0]
            for row in db.execute(
                "SELECT json_extract(entry, '$.id') FROM entries WHERE json_extract(entry, '$.id') NOT NULL"
            )
        ]


def plain(path: Path) -> None:
    """Puts all that waits in the -wal into the file, so that the file alone is the ledger."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def works(house: House, id_: str) -> None:
    """Everything is as it was: pages are shown, and what is posted is recorded."""
    for path in ("/", "/-/transfers", "/-/findings.json", "/ledger/transfers.json"):
        told(house, house.ask(house.who["dpo"], path), 200)
    answer = post(house, id_)
    assert answer.status == 201, answer.text
    assert id_ in ids(house.path)
    assert house.ask(house.who["dpo"], f"/-/entries/{json.loads(answer.body)['seq']}").status == 200


@pytest.mark.slow
def test_a_ledger_that_another_program_holds_is_read_and_what_is_posted_waits_or_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ledger import store

    for name in ("WAIT_SECONDS", "BUSY_SECONDS", "TIMEOUT"):
        if hasattr(store, name):
            monkeypatch.setattr(store, name, 0.2)
    with closing(sqlite3.connect(house.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        every_page(house, 200)
        answer = post(house, "locked")
        told(house, answer, 503)
        assert answer.header("retry-after"), answer.headers
        assert "error" in json.loads(answer.body)
        fields = {"seal": "1", "key": "0" * 64, "decision": "remedied", "reason": "because"}
        told(house, house.form(house.who["dpo"], "/-/findings/decide", fields), 200, 503)
        other.execute("ROLLBACK")
    assert "locked" not in ids(house.path)
    works(house, "after")


def test_a_ledger_that_is_deleted_is_told_and_works_again_when_it_is_back(house: House, tmp_path: Path) -> None:
    away = tmp_path / "away"
    away.mkdir()
    plain(house.path)
    there = [
        file
        for file in house.path.parent.iterdir()
        if file.name in ("transfers.db", "transfers.db-wal", "transfers.db-shm")
    ]
    for file in there:
        os.replace(file, away / file.name)
    for path, answer in every_page(house, 200, 503).items():
        assert answer.status == 503 or path in ALONE, f"{path}: {answer.status} {answer.text}"
    told(house, post(house, "gone"), 503)
    assert not house.path.exists()
    for file in there:
        os.replace(away / file.name, house.path.parent / file.name)
    works(house, "back")
    assert "gone" not in ids(house.path)


def another(path: Path) -> Path:
    """Another ledger, of somebody else."""
    writer.create(path, "else.example/transfers", "Elsewhere Council", clock, RANDOM, actor=LEAD)
    plain(path)
    return path


def swap(house: House, with_: Path) -> None:
    """Puts another file in the place of the ledger, as `mv` does, without what lay beside it."""
    for ending in ("-wal", "-shm"):
        Path(f"{house.path}{ending}").unlink(missing_ok=True)
    os.replace(with_, house.path)


def test_a_ledger_in_whose_place_another_is_put_is_not_shown_and_not_written_to(house: House, tmp_path: Path) -> None:
    assert post(house, "first").status == 201
    plain(house.path)
    kept = shutil.copyfile(house.path, tmp_path / "kept.db")
    swap(house, another(tmp_path / "other.db"))
    for path, answer in every_page(house, 200, 503).items():
        assert "Elsewhere" not in answer.text, path
        assert answer.status != 200 or path in ALONE, path
    told(house, post(house, "lost"), 503)
    with Source(house.path) as source:
        assert source.head.size == 1
    swap(house, Path(kept))  # another file than at first, with the same entries
    works(house, "again")
    assert "first" in ids(house.path)


def test_an_older_copy_that_is_put_back_is_noticed(house: House, tmp_path: Path) -> None:
    plain(house.path)
    older = shutil.copyfile(house.path, tmp_path / "older.db")
    works(house, "newer")
    swap(house, Path(older))
    for path, answer in every_page(house, 200, 503).items():
        assert answer.status != 200 or path in ALONE, path
    answer = post(house, "lost")
    told(house, answer, 503)
    assert "lost" not in ids(house.path)


@pytest.mark.slow
def test_an_older_copy_written_over_the_file_in_place_is_noticed(house: House, tmp_path: Path) -> None:
    plain(house.path)
    older = house.path.read_bytes()
    works(house, "newer")
    plain(house.path)
    house.path.write_bytes(older)
    every_page(house, 200, 503)
    told(house, post(house, "lost"), 503)


def drop_guards(db: sqlite3.Connection) -> list[str]:
    triggers = db.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f'DROP TRIGGER "{name}"')
    return [sql for _, sql in triggers]


ALTERED = [
    "UPDATE entries SET entry = '{}' WHERE seq = 3",
    "DELETE FROM entries WHERE seq = 4",
    "UPDATE entries SET entry = replace(entry, 'elm-primary', 'oak-primary') WHERE seq = 3",
    "UPDATE entries SET entry = '[]' WHERE seq = 9",
    "UPDATE entries SET entry = replace(entry, 'elm-primary', CAST(x'ff' AS TEXT)) WHERE seq = 3",
    "UPDATE entries SET entry = replace(entry, 'elm-primary', '<script>alert(1)</script>')",
    "UPDATE entries SET hash = 'x' WHERE seq = 9",
    "DELETE FROM entries WHERE seq = 0",
    "DELETE FROM entries",
    "UPDATE names SET id = '<xss>'",
    "UPDATE disclosures SET disclosure = 'x'",
    "UPDATE documents SET content = 'x'",
]


def some_slow(changes: list[str], fast: int) -> list[Any]:
    """All of them as parameters, those after the first few only where time is taken."""
    return [pytest.param(one, marks=[pytest.mark.slow] if place >= fast else []) for place, one in enumerate(changes)]


@pytest.mark.parametrize("change", some_slow(ALTERED, 1))
def test_a_row_that_was_altered_beside_the_writer_shows_or_is_told(house: House, change: str) -> None:
    with closing(sqlite3.connect(house.path)) as db, db:
        guards = drop_guards(db)
        try:
            db.execute(change)
        except sqlite3.OperationalError as error:
            pytest.fail(str(error))
        for sql in guards:
            db.execute(sql)
    found = every_page(house, 200, 404, 503)
    for path, answer in found.items():
        for text in ("<xss>", "<script>alert"):
            assert text not in answer.text or "html" not in answer.header("content-type"), path
    if change == ALTERED[0]:
        assert [found[f"/-/transfers.{one}"].status for one in ("csv", "xlsx", "json")] == [503] * 3
    answer = post(house, "altered")
    told(house, answer, 201, 400, 409, 503)
    assert ("altered" in ids_of(house.path)) == (answer.status == 201)
    form = house.form(house.who["dpo"], f"/-/entries/{FIRST}/erasable")
    told(house, form, 200, 404, 503)


def ids_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as db:
        return " ".join(str(row[0]) for row in db.execute("SELECT CAST(entry AS BLOB) FROM entries"))


SCHEMAS = [
    "DROP VIEW transfers; CREATE VIEW transfers AS SELECT name AS id, disclosure FROM disclosures",
    "PRAGMA user_version=99",
    "DROP VIEW transfers",
    "CREATE TABLE more (x)",
    "CREATE TRIGGER t AFTER INSERT ON entries BEGIN DELETE FROM entries WHERE seq = 3; END",
    "PRAGMA application_id=1",
    "DROP TABLE names",
    "CREATE TABLE findings (key TEXT, finding TEXT)",
]


@pytest.mark.parametrize("change", some_slow(SCHEMAS, 1))
@pytest.mark.parametrize("recorded_before", [False, True])
def test_a_schema_that_is_not_ours_is_told_and_nothing_of_it_runs(
    house: House, change: str, recorded_before: bool
) -> None:
    if recorded_before:  # so that the file is open for writing when it changes
        assert post(house, "before").status == 201
    with closing(sqlite3.connect(house.path)) as db:
        db.executescript(change)
    for path, answer in every_page(house, 200, 503).items():
        for typed in ("Jo Typed", "Mystery", "a note that was typed"):
            assert typed not in answer.text or path == "/-/ledger.db", path
    answer = post(house, "other-schema")
    told(house, answer, 503)
    with closing(sqlite3.connect(house.path)) as db:
        assert db.execute("SELECT count(*) FROM entries").fetchone()[0] == 10 + 2 * recorded_before  # and who did


def test_a_wal_that_is_removed_takes_no_more_than_it_held_and_that_is_noticed(house: House) -> None:
    plain(house.path)
    assert post(house, "in-the-wal").status == 201
    wal = Path(f"{house.path}-wal")
    assert wal.stat().st_size
    wal.unlink()
    every_page(house, 200, 503)
    for id_ in ("after", "again"):
        # What was recorded would be in a file that has no name any more.
        assert "error" in json.loads(told(house, post(house, id_), 503))


@pytest.mark.slow
def test_a_file_that_is_cut_off_or_no_database_any_more_is_told(house: House) -> None:
    plain(house.path)
    whole = house.path.read_bytes()
    for data in (
        whole[:4096],
        whole[:5000],
        b"",
        b"no database " * 1000,
        b"\0" * len(whole),
        whole[:100] + os.urandom(8000),
    ):
        for ending in ("-wal", "-shm"):
            Path(f"{house.path}{ending}").unlink(missing_ok=True)
        house.path.write_bytes(data)
        every_page(house, 200, 503)
        told(house, post(house, "cut"), 503, 201)


# -- the file beside it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", some_slow(["deleted", "damaged", "emptied", "held"], 1))
def test_without_the_file_beside_it_the_ledger_is_read_and_what_needs_it_is_told(
    house: House, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = Path(f"{house.path}.app.db")
    other = sqlite3.connect(beside, isolation_level=None)
    if what == "deleted":
        for file in house.path.parent.glob("transfers.db.app.db*"):
            file.unlink()
    elif what == "held":
        house.site.beside._db.execute("PRAGMA busy_timeout=100")
        other.execute("BEGIN IMMEDIATE")
    else:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        beside.write_bytes(b"" if what == "emptied" else os.urandom(beside.stat().st_size))
    for path, answer in every_page(house, 200, 503).items():
        if answer.status == 503:
            assert "Traceback" not in answer.text, path
    answer = post(house, f"without-{what}")
    told(house, answer, 201)  # the record itself needs nothing of it
    assert f"without-{what}" in ids(house.path)
    # What must be written in the log before it is shown, is not shown where it cannot be.
    form = house.form(house.who["dpo"], f"/-/entries/{FIRST}/erasable")
    told(house, form, 200, 503)
    if what in ("held", "deleted"):
        assert form.status == 503
        assert "Jo Typed" not in form.text
    told(house, house.form(house.who["auditor"], "/-/sign-out"), 303, 503)
    assert house.ask(house.who["auditor"], "/-/people").status == 303  # signed out all the same
    if what == "held":
        other.execute("ROLLBACK")
        every_page(house, 200)
    other.close()


@pytest.mark.slow
def test_on_a_full_disk_nothing_is_half_done_and_pages_are_read(kept: Path, tmp_path: Path) -> None:
    with mounted(tmp_path / "small", "size=12m") as folder, house_over(kept, folder) as house:
        every_page(house, 200)
        size = house.site.view().head.size
        with filled(folder, 0):
            answers = [post(house, f"full-{n}") for n in range(20)]
            assert any(answer.status == 503 for answer in answers), [answer.status for answer in answers]
            for answer in answers:
                told(house, answer, 201, 503)
            every_page(house, 200, 503)
            key = json.loads(house.ask(house.who["dpo"], "/-/findings.json").body)["findings"][0]["key"]
            fields = {"seal": "1", "key": key, "decision": "remedied", "reason": "because"}
            told(house, house.form(house.who["dpo"], "/-/findings/decide", fields), 200, 503)
            body = b"id=dpo&password=x"
            told(house, house.ask(house.who["anonymous"], "/-/sign-in", "POST", body,
                                  {"content-type": "application/x-www-form-urlencoded"}), 403, 503)  # fmt: skip
            told(house, house.form(house.who["dpo"], f"/-/entries/{FIRST}/erasable"), 200, 503)
        recorded = [json.loads(answer.body)["id"] for answer in answers if answer.status == 201]
        assert set(recorded) <= set(ids(house.path))
        assert house.site.view().head.size >= size + len(recorded)
        works(house, "room-again")
        with Source(house.path) as source:
            assert source.head.size == len({*source.db.execute("SELECT hash FROM entries")})


@pytest.mark.slow
def test_what_is_recorded_by_another_program_meanwhile_shows(house: House) -> None:
    with writer.Ledger(house.path, clock, RANDOM, LEAD) as ledger:
        ledger.append(stated(ledger, "meanwhile"))
    assert "meanwhile" in house.ask(house.who["dpo"], "/-/transfers.json").text
    works(house, "own")
