"""A ledger that is altered, or added to, while it is served: pages show what came, and say what cannot be read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ledger import writer
from ledger.errors import Refused
from tests.codes import LEAD
from tests.plugins.asking import Opened, opened, plain, site_over
from tests.plugins.browsed import FIRST, QUERIES, RANDOM, VIEWS, clock, stated

OURS = ("/", "/-/transfers", "/-/findings", "/-/organisations", "/-/register", "/-/verification", "/-/reports")
DATASETTES = ("/ledger/transfers", "/ledger/transfers.csv", "/ledger/contactpoint")


def _without(path: Path, trigger: str, statement: str, *values: object) -> None:
    """What an attacker does: the trigger goes and comes back."""
    with closing(sqlite3.connect(path)) as db, db:
        text = db.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (trigger,)).fetchone()[0]
        db.execute(f"DROP TRIGGER {trigger}")
        db.execute(statement, values)
        db.execute(text)


def _in_entry(path: Path, seq: int, old: bytes, new: bytes) -> None:
    """Afterwards an entry is no text any more."""
    with closing(sqlite3.connect(path)) as db:
        entry = db.execute("SELECT entry FROM entries WHERE seq = ?", (seq,)).fetchone()[0].encode()
    assert old in entry
    changed = entry.replace(old, new, 1)
    _without(path, "entries_no_update", "UPDATE entries SET entry = CAST(? AS TEXT) WHERE seq = ?", changed, seq)


def _no_json(path: Path) -> None:
    """The same in the file's own bytes, where SQLite does not look."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    old = b'"id":"plain","kind":"transfer"'
    assert data.count(old) == 1
    path.write_bytes(data.replace(old, old.replace(b':"transfer"', b']"transfer"')))


ALTERED: dict[str, Callable[[Path], None]] = {
    "its genesis is gone": lambda path: _without(path, "entries_no_delete", "DELETE FROM entries WHERE seq = 0"),
    "an entry is no text": lambda path: _in_entry(path, FIRST, b"elm-primary", b"elm-prim\xffry"),
    "an organisation is no text": lambda path: _in_entry(path, 2, b"Elm Primary", b"Elm \xffrimary"),
    "an entry is no JSON": _no_json,
}


def looked_at(app: Opened, path: str) -> str:
    """The page, whatever it says: never a traceback, never SQLite's own words, never where the file lies."""
    answer = app.get(path)
    assert answer.status_code in (200, 500, 503), f"{path}: {answer.status_code}: {answer.text[:300]}"
    assert not [one for one in ("Traceback", "malformed", str(app.site.path.parent)) if one in answer.text], path
    return answer.text


@pytest.mark.parametrize("name", ALTERED)
def test_what_was_altered_meanwhile_is_told_in_sentences(
    name: str, copied: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with opened(copied) as app:
        for page in (*OURS, *DATASETTES):
            looked_at(app, page)
        ALTERED[name](copied)
        for page in (*OURS, *DATASETTES):
            looked_at(app, page)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize("name", ALTERED)
def test_a_ledger_that_was_altered_before_is_shown_or_refused_in_a_sentence(
    name: str, copied: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ALTERED[name](copied)
    try:
        with opened(copied) as app:
            said = "".join(looked_at(app, page) for page in (*OURS, *DATASETTES))
    except Refused as error:
        said = str(error)
        assert "`transfer-ledger verify` says more" in said
    assert said
    assert "Traceback" not in capfd.readouterr().err


def test_an_entry_recorded_meanwhile_shows(copied: Path) -> None:
    with opened(copied) as app:
        assert app.get("/-/entries/10").status_code == 404
        assert "meanwhile" not in app.get("/-/transfers").text
        with writer.Ledger(copied, clock, RANDOM, LEAD) as ledger:
            ledger.append(stated(ledger, "meanwhile"))
            assert "1 entry was recorded since and is being checked" in plain(app.get("/").text)
            for page in ("/-/entries/10", "/-/transfers.json", "/ledger/transfers"):
                answer = app.get(page)
                assert answer.status_code == 200, page
                assert "meanwhile" in answer.text, page


def test_without_transfers_every_view_and_saved_query_answers(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    writer.create(path, "shire.example/transfers", "Shire Council", clock, RANDOM, actor=LEAD)
    with opened(path) as app:
        for name in (*VIEWS, *QUERIES):
            assert app.get(f"/ledger/{name}").status_code == 200, name


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_ledger_that_is_no_longer_there_is_not_shown(how: str, copied: Path, kept: Path) -> None:
    with opened(copied) as app:
        assert "Shire Council" in app.get("/").text
        copied.unlink()
        if how == "replaced":  # a new one is not made beside the -wal of the first
            other = copied.with_name("other.db")
            writer.create(other, "other.example/transfers", "Other Council", clock, RANDOM, actor=LEAD)
            other.rename(copied)
        for page in ("/", "/-/transfers", "/-/findings"):
            answer = app.get(page)
            assert answer.status_code == 503, page
            assert "start the app again" in plain(answer.text)
            assert str(copied.parent) not in answer.text


def test_whatever_was_altered_the_file_beside_it_opens_again(copied: Path) -> None:
    with site_over(copied) as site:
        log = len(site.people.logged(100))
    with site_over(copied) as site:
        assert len(site.people.logged(100)) == log
