"""The browsing app: every page, filter and saved query over a live ledger, and what none of them can do."""

from __future__ import annotations

import html
import itertools
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from datasette_plugins.transfer_ledger import app, front, guard, render
from datasette_plugins.transfer_ledger.cli import browse
from ledger import store, writer
from ledger.entry import Content, when
from ledger.errors import Refused
from ledger.register.read import load_notice, notice_bytes
from ledger.schema import objects
from reports import cache
from reports.cli.check import check_ledger

pytestmark = pytest.mark.anyio

OPERATOR, NOTE, REASON = "Jo Typed", "a note that was typed", "the reason that was typed"
RECIPIENT, FIELD, PURPOSE = "Mystery <b>Ltd</b>", "Shoe size as typed", "some purpose as typed"
TYPED = (OPERATOR, NOTE, REASON, RECIPIENT, FIELD, PURPOSE)
"""Erasable values; each stands on the page of its own entry and nowhere else."""

FIRST = 3
"""The first transfer's seq: the genesis, the register and an organisation go before."""

METADATA = app.metadata()["databases"]["ledger"]
VIEWS, QUERIES = tuple(METADATA["tables"]), tuple(METADATA["queries"])


def clock() -> datetime:
    """Three weeks after ContactPoint closed."""
    return datetime(2010, 8, 27, 9, tzinfo=UTC)


def entropy() -> Any:
    """Bytes that differ from call to call, the same in every run."""
    numbers = itertools.count(1)
    return lambda size: next(numbers).to_bytes(size, "big")


RANDOM = entropy()


def stated(ledger: writer.Ledger, id_: str, on: str = "2010-07-05", **members: Any) -> Content:
    """A transfer to Ofsted, unless `members` says otherwise."""
    facts = {
        "id": id_,
        "sender": "elm-primary",
        "recipient": "ofsted",
        "purpose": "school-inspection",
        "fields": ["upn"],
        "lawful_basis": ["dpa1998-sch2-5"],
        "subjects": {"kind": "pupil", "count": 210},
        **when(on),
        **members,
    }
    return ledger.settle(facts, {"operator": OPERATOR, "note": NOTE})


def make_ledger(path: Path) -> Path:
    """A ledger with one transfer of each sort that a page shows differently, checked."""
    writer.create(path, "shire.example/transfers", "Shire Council", clock, RANDOM)
    with writer.Ledger(path, clock, RANDOM) as ledger:
        notice = load_notice("england-2010")
        ledger.adopt(notice, notice_bytes("england-2010").decode(), (date(2009, 9, 1), None, True))
        ledger.add_organisations(
            [{"id": "elm-primary", "name": "Elm Primary School", "role": "school", "phase": "primary"}]
        )
        ledger.append(stated(ledger, "plain"))
        ledger.append(stated(ledger, "late", "2010-08-20T10:00:00+01:00", recipient="contactpoint"))
        ledger.append(stated(ledger, "odd", recipient=RECIPIENT, purpose=PURPOSE, fields=["upn", FIELD]))
        ledger.append(stated(ledger, "wrong", recipient="contactpoint", purpose="maintain-accuracy"))
        ledger.append(stated(ledger, "undone", recipient="qca"))
        ledger.correct("wrong", REASON, stated(ledger, "wrong"), {})
        ledger.correct("undone", REASON, None, {})
    assert cache.keep(path, *check_ledger(path, date(2010, 8, 31))) is None
    return path


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger that tests share and none changes. Its name is one that a URI would misread."""
    return make_ledger(tmp_path_factory.mktemp("ledger") / "what?100%.db")


@pytest.fixture
def datasette(kept: Path) -> Iterator[Any]:
    """The app over the shared ledger."""
    made = app.make(kept)
    yield made
    made.get_database("ledger").close()


async def text_of(datasette: Any, path: str, status: int = 200) -> str:
    """The body that `path` is answered with."""
    answer = await datasette.client.get(path)
    assert answer.status_code == status, f"{path}: {answer.status_code}: {answer.text[:400]}"
    return str(answer.text)


def read(page: str) -> str:
    """A page's text, without markup, in single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


# -- pages -------------------------------------------------------------------------------------------------------


async def test_the_overview_answers_first(datasette: Any) -> None:
    page = read(await text_of(datasette, "/"))
    assert "Shire Council" in page
    assert re.search(r"\d+ breaches are open See them all", page)
    assert "1 after the closing" in page
    assert "Closed: 6 August 2010 at 12:00 London time." in page
    assert "1 transfer to it, from it or for it, from 20 August 2010 to 20 August 2010." in page
    assert "Transfers 4 Corrections 2 " in page
    assert "Documented purposes england-2010 " in page
    size, head = 10, datasette.get_database("ledger").path_
    with sqlite3.connect(head) as db:
        last = db.execute("SELECT hash FROM entries WHERE seq = ?", (size - 1,)).fetchone()[0]
    assert f"Entries {size}, " in page
    assert last in page
    assert "Checked as of 31 August 2010." in page
    assert "recorded since" not in page


async def test_counts_of_findings_on_the_overview_are_of_those_that_stand(datasette: Any) -> None:
    page = read(await text_of(datasette, "/"))
    found = (await text_of(datasette, "/ledger/open-breaches.json?_shape=array")).count('"check_name"')
    assert f"{found} breaches are open" in page


@pytest.mark.parametrize("seq", range(10))
async def test_every_entry_has_its_page(datasette: Any, kept: Path, seq: int) -> None:
    page = read(await text_of(datasette, f"/-/entry/{seq}"))
    with sqlite3.connect(kept) as db:
        sealed, hash_ = db.execute("SELECT entry, hash FROM entries WHERE seq = ?", (seq,)).fetchone()
    assert sealed in page
    assert f"Hash {hash_} Previous" in page


async def test_an_entry_is_told_in_a_sentence_and_in_names(datasette: Any) -> None:
    page = read(await text_of(datasette, f"/-/entry/{FIRST}"))
    assert "On 5 July 2010, Elm Primary School sent Unique pupil number, about 210 pupils, to Ofsted, for “" in page
    assert "Sender Elm Primary School elm-primary" in page
    assert "Subjects: count 210" in page


async def test_findings_stand_beside_what_was_sent(datasette: Any) -> None:
    page = read(await text_of(datasette, f"/-/entry/{FIRST + 1}"))
    assert "critical contactpoint-closed breach Expected No use of ContactPoint after" in page
    assert re.search(r"Found .+ Written in .+ Next step Stop these transfers", page)
    plain = read(await text_of(datasette, "/-/entry/0"))
    assert "The last check found nothing on this entry." in plain


async def test_what_was_typed_shows_on_its_entrys_page_as_text(datasette: Any) -> None:
    page = await text_of(datasette, f"/-/entry/{FIRST + 2}")
    assert "Mystery &lt;b&gt;Ltd&lt;/b&gt;" in page
    assert "sent Unique pupil number and what is unlisted" in read(page)
    assert all(text in read(page) for text in (OPERATOR, NOTE, FIELD, PURPOSE))
    answer = await datasette.client.get(f"/-/entry/{FIRST + 2}")
    assert answer.headers["cache-control"] == "no-store"


async def test_corrections_and_withdrawals_lead_to_each_other(datasette: Any) -> None:
    for seq, by, what in ((FIRST + 3, FIRST + 5, "correction"), (FIRST + 4, FIRST + 6, "withdrawal")):
        page = await text_of(datasette, f"/-/entry/{seq}")
        assert f'<a href="/-/entry/{by}">Entry {by}: {what}</a>' in page
        assert f"Reason: {REASON} holds now" in read(page)
        assert f"Entry {by}: {what} (this one)" in read(await text_of(datasette, f"/-/entry/{by}"))
    assert "This withdraws the transfer" in await text_of(datasette, f"/-/entry/{FIRST + 6}")
    assert "Corrections" not in read(await text_of(datasette, f"/-/entry/{FIRST}"))


@pytest.mark.parametrize("seq", ["10", "999999999999999", "9007199254740993"])
async def test_an_entry_that_is_not_there_is_a_sentence(datasette: Any, seq: str) -> None:
    assert "The ledger has no entry with this number" in await text_of(datasette, f"/-/entry/{seq}", 404)


@pytest.mark.parametrize("path", ["/-/entry/-1", "/-/entry/x", "/-/entry/1e3", "/-/entry/" + "9" * 40])
async def test_what_is_no_number_is_no_entry(datasette: Any, path: str) -> None:
    await text_of(datasette, path, 404)


async def test_an_erased_value_shows_as_erased_and_a_missing_one_as_missing(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "erased.db")
    with sqlite3.connect(path) as db:
        hash_ = db.execute("SELECT hash FROM entries WHERE seq = ?", (FIRST,)).fetchone()[0]
        digests = dict(db.execute("SELECT name, digest FROM disclosures WHERE seq = ?", (FIRST,)))
    with writer.Ledger(path, clock, RANDOM) as ledger, store.writing(ledger._db):
        erasure = {"erases": {"seq": FIRST, "hash": hash_}, "name": "note", "digest": digests["note"]}
        ledger._one("erasure", Content({**erasure, "ground": "retention-ended"}, {}))
        ledger._db.execute("DELETE FROM disclosures WHERE digest = ?", (digests["note"],))
    datasette = app.make(path)
    page = read(await text_of(datasette, f"/-/entry/{FIRST}"))
    assert "Note erased by entry 10 (retention-ended)" in page
    assert NOTE not in page
    assert "missing" not in page
    with sqlite3.connect(path) as db:
        trigger = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'disclosures_erased'").fetchone()[0]
        db.execute("DROP TRIGGER disclosures_erased")
        db.execute("DELETE FROM disclosures WHERE digest = ?", (digests["operator"],))
        db.execute(trigger)
    page = read(await text_of(app.make(path), f"/-/entry/{FIRST}"))
    assert "1 sealed value is missing, and no entry says that it was erased" in page


# -- tables, facets, saved queries -------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", ["", ".json", ".csv"])
@pytest.mark.parametrize("name", [*VIEWS, *QUERIES])
async def test_every_view_and_saved_query_answers(datasette: Any, name: str, format_: str) -> None:
    assert await text_of(datasette, f"/ledger/{name}{format_}")


@pytest.mark.parametrize("view", VIEWS)
async def test_every_column_is_described(datasette: Any, view: str) -> None:
    answer = await datasette.client.get(f"/ledger/{view}.json")
    assert list(METADATA["tables"][view]["columns"]).sort() == list(answer.json()["columns"]).sort()
    assert set(METADATA["tables"][view]["columns"]) == set(answer.json()["columns"])


@pytest.mark.parametrize("view", VIEWS)
async def test_every_facet_counts_and_narrows(datasette: Any, view: str) -> None:
    answer = (await datasette.client.get(f"/ledger/{view}.json")).json()
    facets = METADATA["tables"][view]["facets"]
    declared = [one["array"] if isinstance(one, dict) else one for one in facets]
    assert not answer.get("facets_timed_out")
    assert sorted(answer["facet_results"]) == sorted(declared)
    for facet in answer["facet_results"].values():
        assert facet["results"]
        for value in facet["results"]:
            narrowed = (await datasette.client.get(value["toggle_url"].replace("http://localhost", ""))).json()
            assert narrowed["filtered_table_rows_count"] == value["count"], value


async def test_the_views_are_those_of_the_ledger() -> None:
    assert set(VIEWS) == set(guard.BROWSABLE) == {name for kind, name in objects() if kind == "view"}


async def test_transfers_stand_as_corrected_and_lead_to_their_entries(datasette: Any) -> None:
    page = await text_of(datasette, "/ledger/transfers")
    assert f'<a href="/-/entry/{FIRST + 5}">wrong</a>' in page
    assert "undone" not in page
    assert '<span class="item">unlisted</span>, <span class="item">upn</span>' in page
    flagged = await text_of(datasette, "/ledger/transfers_with_findings?severity=critical")
    assert f'<a href="/-/entry/{FIRST + 1}#findings">' in flagged
    assert '<span class="badge critical">critical</span>' in flagged


async def test_breaches_of_a_month(datasette: Any) -> None:
    august = await text_of(datasette, "/ledger/breaches-this-month.csv?month=2010-08")
    assert "contactpoint-closed" in august
    assert "late" in august
    july = await text_of(datasette, "/ledger/breaches-this-month.csv?month=2010-07")
    assert "odd" in july
    assert "wrong" not in july.replace("\r", "").split("\n")[1:]
    assert len((await text_of(datasette, "/ledger/breaches-this-month.csv")).splitlines()) == 1


async def test_contactpoint_transfers_are_those_that_stand(datasette: Any) -> None:
    lines = (await text_of(datasette, "/ledger/contactpoint.csv")).splitlines()
    assert len(lines) == 2
    assert "late" in lines[1]
    assert "contactpoint-closed" in lines[1]


async def test_fields_per_recipient(datasette: Any) -> None:
    rows = (await datasette.client.get("/ledger/fields-per-recipient.json?_shape=array")).json()
    assert {(row["recipient"], row["field"]): row["times_sent"] for row in rows} == {
        ("contactpoint", "upn"): 1,
        ("ofsted", "upn"): 2,
        ("unlisted", "upn"): 1,
        ("unlisted", "unlisted"): 1,
    }


async def test_late_recordings(datasette: Any) -> None:
    rows = (await datasette.client.get("/ledger/recorded-late.json?_shape=array")).json()
    assert {row["days_late"] for row in rows} == {53}
    none = (await datasette.client.get("/ledger/recorded-late.json?_shape=array&days=60")).json()
    assert none == []


def test_cells_are_left_alone_unless_they_are_known() -> None:
    def path(text: str) -> str:
        return text

    assert render.cell({"seq": 4}, "<i>", "id", path) == '<a href="/-/entry/4">&lt;i&gt;</a>'
    assert render.cell({}, "t1", "id", path) is None
    assert render.cell({"seq": 4}, '["<i>"]', "fields", path) == '<span class="item">&lt;i&gt;</span>'
    folded = render.cell({"seq": 4}, '["a", "b", "c", "d", "<i>"]', "fields", path)
    assert folded is not None
    assert folded.startswith("<details><summary>a, b and 3 more</summary>")
    assert "&lt;i&gt;" in folded
    for value in ("[1]", "[", "text", None):
        assert render.cell({"seq": 4}, value, "fields", path) is None
    assert render.cell({"seq": 4}, "onload=x", "severity", path) is None


# -- what no page can do -----------------------------------------------------------------------------------------

STOCK = ("metadata", "versions", "plugins", "settings", "threads", "databases", "actor", "permissions", "allow-debug")


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
    cache.keep(path, *check_ledger(path, date(2010, 8, 31)))
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
