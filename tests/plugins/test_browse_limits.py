"""What the browsing app cannot do: write, show what was typed, answer strangers; and what its verb refuses."""

from __future__ import annotations

import html
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from datasette_plugins.transfer_ledger import app, front, guard
from datasette_plugins.transfer_ledger.cli import browse
from ledger import writer
from ledger.errors import Refused
from ledger.schema import objects
from reports.cli.check import check_ledger
from tests.plugins.browsed import (
    FIRST,
    QUERIES,
    RANDOM,
    TYPED,
    VIEWS,
    clock,
    make_ledger,
    read,
    stated,
    text_of,
)

pytestmark = pytest.mark.anyio

# -- what no page can do -----------------------------------------------------------------------------------------

STOCK = ("metadata", "versions", "plugins", "settings", "threads", "databases", "actor", "permissions", "allow-debug")


@pytest.mark.slow
async def test_nothing_typed_is_reachable_but_on_its_entrys_page(datasette: Any) -> None:
    tables = [name for kind, name in objects() if kind in ("table", "view")]
    waiting = ["/", "/.json", "/ledger.json", "/ledger?_show_hidden=1", "/-/messages", "/-/patterns"]
    waiting += [f"/-/{name}{format_}" for name in STOCK for format_ in ("", ".json")]
    waiting += [f"/{db}/{name}{rest}" for db in ("ledger", "_internal", "_memory") for name in tables
                for rest in ("", ".json", ".csv", "/1", "/1.json", "?_labels=on&_facet=seq")]  # fmt: skip
    seen: set[str] = set()
    while waiting and len(seen) < 500:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = await datasette.client.get(path)
        assert answer.status_code < 500, f"{path}: {answer.text[:500]}"
        if re.fullmatch(r"/-/entry/\d+", path):
            continue
        told = [text for text in TYPED if text in answer.text or html.escape(text) in answer.text]
        assert not told, f"{path} shows {told}"
        if "html" in answer.headers.get("content-type", ""):
            links = {html.unescape(link) for link in re.findall(r'href="([^"]+)"', answer.text)}
            links = {link.removeprefix("http://localhost").partition("#")[0] for link in links}
            waiting += sorted(link for link in links if link.startswith("/") and "_sort" not in link)
    assert {f"/ledger/{name}" for name in QUERIES} <= seen
    assert f"/-/entry/{FIRST + 2}" in seen


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM disclosures",
        "SELECT count(*) FROM DISCLOSURES",
        "SELECT disclosure FROM main.disclosures AS d",
        "SELECT (SELECT name FROM disclosures) FROM transfers",
        "WITH t AS (SELECT * FROM documents) SELECT count(*) FROM t",
        "SELECT count(*) FROM names",
        "SELECT seq FROM entries WHERE seq IN (SELECT seq FROM disclosures)",
        "INSERT INTO findings SELECT * FROM findings",
        "DELETE FROM checked",
        "UPDATE entries SET hash = ''",
        "CREATE TEMP TABLE t AS SELECT 1",
        "CREATE VIEW v AS SELECT 1",
        "DROP VIEW transfers",
        "ATTACH ':memory:' AS other",
        "PRAGMA writable_schema=ON",
        "PRAGMA query_only=OFF",
        "PRAGMA journal_mode=DELETE",
        "VACUUM",
        "SELECT load_extension('x')",
        "SELECT * FROM pragma_table_info('transfers'), disclosures",
    ],
)
async def test_a_browsing_connection_refuses(datasette: Any, sql: str) -> None:
    with pytest.raises(sqlite3.DatabaseError, match=r"not authorized|prohibited|authorization denied"):
        await datasette.get_database("ledger").execute(sql, log_sql_errors=False)


@pytest.mark.parametrize(
    "path",
    [
        "/ledger?sql=select+1",
        "/ledger.json?sql=select+1",
        "/ledger.csv?sql=select+1",
        "/ledger/transfers?_where=1=1",
        "/ledger/transfers.json?_where=1=1",
        "/ledger.db",
        "/ledger/entries",
        "/ledger/entries.json",
        "/ledger/entries/3",
        "/ledger/findings",
        "/ledger/disclosures.csv",
        "/ledger/documents",
        "/ledger/names",
        "/_internal",
        "/_internal.db",
    ],
)
async def test_no_sql_no_download_no_other_table(datasette: Any, path: str) -> None:
    await text_of(datasette, path, 403)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/ledger/contactpoint", "/-/messages", "/-/entry/1"])
async def test_only_reading_is_answered(datasette: Any, method: str, path: str) -> None:
    assert (await datasette.client.request(method, path)).status_code == 405


async def test_nothing_can_open_the_ledger_for_writing(datasette: Any, kept: Path) -> None:
    with pytest.raises(Refused, match="only reads"):
        datasette.get_database("ledger").connect(write=True)
    assert "immutable" not in (await text_of(datasette, "/-/databases.json")).replace('"is_mutable": true', "")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8001", "localhost:x", "", "[::2]"])
async def test_only_this_machines_names_are_answered(datasette: Any, host: str) -> None:
    answer = await datasette.client.get("/", headers={"host": host})
    assert answer.status_code == 403
    assert "Shire" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "LOCALHOST", "[::1]:80", "localhost:1"])
async def test_this_machines_names_are_answered_with_headers_that_keep_the_page_here(datasette: Any, host: str) -> None:
    answer = await datasette.client.get("/", headers={"host": host})
    assert answer.status_code == 200
    assert {name.decode(): value.decode() for name, value in front.HEADERS}.items() <= dict(answer.headers).items()


async def test_an_entry_recorded_meanwhile_shows(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "live.db")
    datasette = app.make(path)
    assert "Transfers 4 " in read(await text_of(datasette, "/"))
    await text_of(datasette, "/-/entry/10", 404)
    with writer.Ledger(path, clock, RANDOM) as ledger:
        ledger.append(stated(ledger, "meanwhile"))
        page = read(await text_of(datasette, "/"))
        assert "Transfers 5 " in page
        assert "1 entry was recorded since the last check and is not in this answer." in page
        assert "meanwhile" in await text_of(datasette, "/ledger/transfers")
        assert "meanwhile" in await text_of(datasette, "/-/entry/10")


def _in_entry(path: Path, seq: int, old: bytes, new: bytes) -> None:
    """What an attacker does: the triggers go and come back, and an entry is no text any more."""
    with closing(sqlite3.connect(path)) as db, db:
        trigger = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'entries_no_update'").fetchone()[0]
        entry = db.execute("SELECT entry FROM entries WHERE seq = ?", (seq,)).fetchone()[0].encode()
        assert old in entry
        db.execute("DROP TRIGGER entries_no_update")
        db.execute("UPDATE entries SET entry = CAST(? AS TEXT) WHERE seq = ?", (entry.replace(old, new, 1), seq))
        db.execute(trigger)


def _no_json(path: Path, id_: bytes) -> None:
    """The same in the file's own bytes, where SQLite does not look."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    old = b'"id":"' + id_ + b'","kind":"transfer"'
    assert data.count(old) == 1
    path.write_bytes(data.replace(old, old.replace(b':"transfer"', b']"transfer"')))


async def test_a_ledger_that_lost_its_genesis_still_has_pages(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = make_ledger(tmp_path / "altered.db")
    with closing(sqlite3.connect(path)) as db, db:
        trigger = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'entries_no_delete'").fetchone()[0]
        db.execute("DROP TRIGGER entries_no_delete")
        db.execute("DELETE FROM entries WHERE seq = 0")
        db.execute(trigger)
    assert "its first entry is no genesis" in await text_of(app.make(path), "/", 500)
    assert capfd.readouterr().err == ""


async def test_entries_that_were_made_unreadable_are_told_in_sentences(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = make_ledger(tmp_path / "altered.db")
    datasette = app.make(path)
    _in_entry(path, FIRST, b"elm-primary", b"elm-prim\xffry")
    for page in ("/", "/ledger/transfers", "/ledger/open-breaches"):
        await text_of(datasette, page)
    _in_entry(path, 2, b"Elm Primary", b"Elm \xffrimary")
    assert "entry 2 cannot be read" in await text_of(app.make(path), "/", 500)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("page", ["/", "/ledger/transfers", "/ledger/transfers.csv", "/ledger/contactpoint"])
async def test_an_entry_that_is_no_json_is_told_in_a_sentence(
    tmp_path: Path, page: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = make_ledger(tmp_path / "altered.db")
    _no_json(path, b"plain")
    answer = await app.make(path).client.get(page)
    assert "`transfer-ledger verify` says more." in answer.text, answer.text
    assert "malformed" not in answer.text
    assert "Traceback" not in capfd.readouterr().err


async def test_without_a_check_and_without_transfers_the_pages_say_so(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    writer.create(path, "shire.example/transfers", "Shire Council", clock, RANDOM)
    datasette = app.make(path)
    page = read(await text_of(datasette, "/"))
    assert "Not checked yet" in page
    assert "No documented purposes are adopted" in page
    assert "No transfer is recorded." in page
    for name in (*VIEWS, *QUERIES):
        await text_of(datasette, f"/ledger/{name}")
    check_ledger(path, date(2010, 8, 31), keep=True)
    assert "No breach is known, but not all could be checked" in read(await text_of(app.make(path), "/"))


async def test_stock_datasette_on_a_ledger_keeps_what_was_typed_too(kept: Path) -> None:
    stock = app.Datasette([])
    stock.add_database(app.Database(stock, path=str(make_link(kept))), name="other")
    assert (await stock.client.get("/other/transfers.json")).status_code == 200
    with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
        await stock.get_database("other").execute("SELECT * FROM disclosures", log_sql_errors=False)
    assert "Datasette" in (await stock.client.get("/")).text
    assert (await stock.client.get("/-/entry/0")).status_code == 404


def make_link(path: Path) -> Path:
    """The same ledger by a name that stock Datasette can open."""
    plain = path.with_name("plain.db")
    with sqlite3.connect(path) as db, sqlite3.connect(plain) as copy:
        db.backup(copy)
    return plain


# -- the verb ----------------------------------------------------------------------------------------------------


def refused(*arguments: str | Path) -> str:
    """What `browse` refuses with."""
    with pytest.raises(Refused) as error:
        CliRunner().invoke(browse, [str(one) for one in arguments], catch_exceptions=False)
    return str(error.value)


def test_browse_refuses_what_is_no_ledger_in_a_sentence(tmp_path: Path) -> None:
    assert "does not exist" in refused(tmp_path / "none.db")
    text = tmp_path / "text.db"
    text.write_text("no database " * 20)
    assert "is not an SQLite database" in refused(text)
    foreign = tmp_path / "foreign.db"
    with sqlite3.connect(foreign) as db:
        db.execute("CREATE TABLE t (x)")
    assert "of another application" in refused(foreign)
    altered = tmp_path / "altered.db"
    writer.create(altered, "shire.example/transfers", "Shire Council", clock, RANDOM)
    with sqlite3.connect(altered) as db:
        db.execute("DROP VIEW transfers")
        db.execute("CREATE VIEW transfers AS SELECT name, disclosure FROM disclosures")
    assert "not those that this version creates" in refused(altered)
    with sqlite3.connect(altered) as db, pytest.raises(Refused, match="not those that this version creates"):
        guard.guard(db)


def test_a_ledger_that_cannot_be_opened_live_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="must lie in a folder where its -wal and -shm files can be kept"):
        app.open_read_only(tmp_path / "none" / "transfers.db")


def test_browse_serves_on_this_machine_until_interrupted(kept: Path) -> None:
    command = "from datasette_plugins.transfer_ledger.cli import browse; browse()"
    with subprocess.Popen(
        [sys.executable, "-c", command, str(kept), "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            address = re.match(r"http://127\.0\.0\.1:(\d+)/ shows .+ Ctrl-C ends it\.$", said)
            assert address is not None, said
            with urllib.request.urlopen(f"http://127.0.0.1:{address[1]}/", timeout=20) as answer:
                assert b"Shire Council" in answer.read()
            assert f"Port {address[1]} cannot be used here" in refused(kept, "--port", address[1])
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(20) == 0
