"""The browsing app: every page, facet and saved query over a live ledger."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest

from datasette_plugins.transfer_ledger import functions, guard, render
from ledger.schema import objects
from tests.plugins.browsed import (
    FIRST,
    METADATA,
    QUERIES,
    VIEWS,
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
