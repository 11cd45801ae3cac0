"""The browsing app: every page, facet and saved query over a live ledger."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from datasette_plugins.transfer_ledger import app, functions, guard, render
from ledger import store, writer
from ledger.schema import objects
from ledger.settle import Content
from tests.plugins.browsed import (
    FIELD,
    FIRST,
    METADATA,
    NOTE,
    OPERATOR,
    PURPOSE,
    QUERIES,
    RANDOM,
    REASON,
    VIEWS,
    clock,
    make_ledger,
    read,
    text_of,
)

pytestmark = pytest.mark.anyio

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
    with writer.Ledger(path, clock, RANDOM) as ledger, store.writing(ledger.db):
        erasure = {"erases": {"seq": FIRST, "hash": hash_}, "name": "note", "digest": digests["note"]}
        ledger._one("erasure", Content({**erasure, "ground": "retention-ended"}, {}))
        ledger.db.execute("DELETE FROM disclosures WHERE digest = ?", (digests["note"],))
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


@pytest.mark.parametrize(
    ("now", "month"),
    [
        ("2010-07-31T22:59:59", "2010-07"),
        ("2010-07-31T23:00:00", "2010-08"),  # midnight of summer time
        ("2010-08-31T22:59:59", "2010-08"),
        ("2010-08-31T23:00:00", "2010-09"),
        ("2010-12-31T23:59:59", "2010-12"),
        ("2011-01-01T00:00:00", "2011-01"),
    ],
)
async def test_this_month_is_londons(datasette: Any, monkeypatch: pytest.MonkeyPatch, now: str, month: str) -> None:
    monkeypatch.setattr(functions, "clock", lambda: datetime.fromisoformat(now).replace(tzinfo=UTC))
    named = await text_of(datasette, f"/ledger/breaches-this-month.csv?month={month}")
    assert await text_of(datasette, "/ledger/breaches-this-month.csv") == named
    assert (len(named.splitlines()) > 1) is (month in ("2010-07", "2010-08"))


def test_the_london_day_of_what_a_ledger_records() -> None:
    assert functions.london_day("2010-07-31T23:00:00Z") == "2010-08-01"
    assert functions.london_day("2010-12-31T23:59:59Z") == "2010-12-31"
    for odd in (None, "", "soon", "2010-07-31", "2010-07-31T23:00:00", "9999-12-31T23:59:59-14:00", 7, b"now"):
        assert functions.london_day(odd) is None


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
