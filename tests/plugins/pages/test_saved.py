"""Datasette's own pages behind the front: the views and the saved queries, and which parameters they get."""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasette_plugins.transfer_ledger import app as datasette_app
from datasette_plugins.transfer_ledger import functions, guard, render, stock, verdicts
from datasette_plugins.transfer_ledger.people.address import Address
from datasette_plugins.transfer_ledger.roles import ROLES
from ledger import writer
from ledger.schema import objects
from reports.cli.check import check_ledger
from tests.codes import LEAD
from tests.plugins.asking import Opened, opened, plain
from tests.plugins.browsed import (
    FIRST,
    METADATA,
    QUERIES,
    RANDOM,
    REASON,
    TYPED,
    VIEWS,
    clock,
    make_ledger,
    stated,
)
from tests.plugins.checked import check

PAGES = (*VIEWS, *QUERIES)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(make_ledger(tmp_path_factory.mktemp("saved") / "what?100%.db")) as app:
        yield app


def rows(app: Opened, path: str) -> list[dict[str, Any]]:
    joined = "&" if "?" in path else "?"
    answer = app.get(f"{path}{joined}_shape=array", accept="*/*")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


# -- the pages -----------------------------------------------------------------------------------------------------


def test_the_list_leads_to_every_query_and_view(app: Opened) -> None:
    page = app.get("/-/saved", "auditor").text
    for name in PAGES:
        assert f'href="/ledger/{name}"' in page
    for of in (*METADATA["queries"].values(), *METADATA["tables"].values()):
        assert " ".join(of["description"].split()) in plain(page)
    assert "It asks for a month as 2010-08." in plain(page)


@pytest.mark.parametrize("format_", ["", ".json", ".csv"])
@pytest.mark.parametrize("name", PAGES)
def test_every_view_and_saved_query_answers_readers_alone(app: Opened, name: str, format_: str) -> None:
    for role in ROLES:
        answer = app.get(f"/ledger/{name}{format_}", role)
        assert answer.status_code == (200 if role in ("lead", "dpo", "auditor") else 404), (role, answer.text[:300])
        assert not [text for text in TYPED if text in answer.text]
    assert app.get(f"/ledger/{name}{format_}", None, accept="*/*").status_code == 401


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_in_the_shell_and_its_links_lead_somewhere(app: Opened, name: str) -> None:
    page = app.get(f"/ledger/{name}").text
    assert page.count("<html lang=") == page.count("<main ") == page.count("<h1>") == 1
    assert not [one for one in ("<style", "<script", "style=") if one in page]
    links = {link.replace("&amp;", "&") for link in re.findall(r'(?:href|action)="([^"#]+)[^"]*"', page)}
    own = {link.removeprefix("http://127.0.0.1:8001") for link in links if not link.startswith("data:")}
    assert all(link.startswith("/") for link in own), own
    for link in sorted(own - {link for link in own if "_sort" in link and not link.endswith("sort=seq")}):
        if link.startswith("/ledger/"):
            answer = app.get(link)
            assert answer.status_code == 200, (link, answer.text[:300])


@pytest.mark.parametrize("view", VIEWS)
def test_every_column_is_described_and_every_facet_narrows(app: Opened, view: str) -> None:
    answer = app.get(f"/ledger/{view}.json", accept="*/*").json()
    described = METADATA["tables"][view]
    assert set(described["columns"]) == set(answer["columns"])
    assert not answer.get("facets_timed_out")
    assert sorted(answer["facet_results"]) == sorted(described["facets"])
    for facet in answer["facet_results"].values():
        assert facet["results"]
        for value in facet["results"]:
            narrowed = app.get(value["toggle_url"].removeprefix("http://127.0.0.1:8001"), accept="*/*").json()
            assert narrowed["filtered_table_rows_count"] == value["count"], value


def test_the_views_are_those_of_the_ledger_and_of_its_findings() -> None:
    of_ledger = {name for kind, name in objects() if kind == "view"}
    assert set(VIEWS) == set(guard.BROWSABLE) == of_ledger | set(verdicts.VIEWS)


def test_transfers_stand_as_corrected_and_lead_to_their_entries(app: Opened) -> None:
    page = app.get("/ledger/transfers").text
    assert f'<a href="/-/entries/{FIRST + 5}">wrong</a>' in page
    assert "undone" not in page
    assert '<span class="nowrap">unlisted</span>, <span class="nowrap">upn</span>' in page
    flagged = app.get("/ledger/transfers_with_findings?severity=critical").text
    assert f'<a href="/-/entries/{FIRST + 1}#findings">' in flagged
    assert '<span class="tag critical">critical</span>' in flagged


def test_below_a_prefix_and_behind_tls_every_link_has_both(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db")
    address = Address("https", "ledger.example", 443, "/a/b")
    with opened(path, at=address, proxies=("127.0.0.1",)) as app:
        for name in ("transfers?_size=1&recipient=ofsted", "recorded-late"):
            page = app.get(f"/a/b/ledger/{name}").text
            links = [one for one in re.findall(r'(?:href|action)="([^"#]+)[^"]*"', page) if not one.startswith("data:")]
            assert len(links) > 10
            assert all(one.removeprefix("https://ledger.example").startswith("/a/b/") for one in links), links
            assert not [one for one in links if "/a/b/a/b" in one]
        sent = app.get("/a/b/ledger/transfers?_filter_column=seq&_filter_op=gt&_filter_value=3")
        assert sent.headers["location"].removeprefix("https://ledger.example") == "/a/b/ledger/transfers?seq__gt=3"


# -- saved queries -------------------------------------------------------------------------------------------------


def test_breaches_of_a_month(app: Opened) -> None:
    august = rows(app, "/ledger/breaches-this-month.json?month=2010-08")
    assert "contactpoint-closed" in {row["check_name"] for row in august}
    assert {row["id"] for row in august} == {"late"}
    july = rows(app, "/ledger/breaches-this-month.json?month=2010-07")
    # What was corrected is still there, until a second person has confirmed the correction.
    assert {"odd", "wrong"} <= {row["id"] for row in july}
    assert "awaiting-confirmation" in {row["state"] for row in july if row["seq"] == FIRST + 3}


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
def test_this_month_is_londons(app: Opened, monkeypatch: pytest.MonkeyPatch, now: str, month: str) -> None:
    monkeypatch.setattr(functions, "clock", lambda: datetime.fromisoformat(now).replace(tzinfo=UTC))
    named = rows(app, f"/ledger/breaches-this-month.json?month={month}")
    assert rows(app, "/ledger/breaches-this-month.json") == named
    assert bool(named) is (month in ("2010-07", "2010-08"))


def test_the_london_day_of_what_a_ledger_records() -> None:
    assert functions.london_day("2010-07-31T23:00:00Z") == "2010-08-01"
    assert functions.london_day("2010-12-31T23:59:59Z") == "2010-12-31"
    for odd in (None, "", "soon", "2010-07-31", "2010-07-31T23:00:00", "9999-12-31T23:59:59-14:00", 7, b"now"):
        assert functions.london_day(odd) is None


def test_contactpoint_transfers_are_those_that_stand(app: Opened) -> None:
    (only,) = rows(app, "/ledger/contactpoint.json")
    assert only["id"] == "late"
    assert "contactpoint-closed" in only["contactpoint_findings"]


def test_fields_per_recipient(app: Opened) -> None:
    found = rows(app, "/ledger/fields-per-recipient.json")
    assert {(row["recipient"], row["field"]): row["times_sent"] for row in found} == {
        ("contactpoint", "upn"): 1,
        ("ofsted", "upn"): 2,
        ("unlisted", "upn"): 1,
        ("unlisted", "unlisted"): 1,
    }


def test_late_recordings_are_counted_in_londons_days_from_when_the_date_was_first_recorded(tmp_path: Path) -> None:
    path = tmp_path / "transfers.db"
    now = [datetime(2010, 7, 31, 22, 59, 59, tzinfo=UTC)]
    writer.create(path, "shire.example/transfers", "Shire Council", lambda: now[0], RANDOM, actor=LEAD)

    def record(id_: str, at: datetime) -> None:
        now[0] = at
        with writer.Ledger(path, lambda: now[0], RANDOM, LEAD) as ledger:
            ledger.append(stated(ledger, id_, "2010-07-01"))

    record("july-31", now[0])
    record("august-1", datetime(2010, 7, 31, 23, 0, tzinfo=UTC))  # midnight of summer time
    record("midnight", datetime(2010, 7, 31, 23, 0, tzinfo=UTC))
    now[0] = datetime(2010, 9, 30, 12, tzinfo=UTC)
    with writer.Ledger(path, lambda: now[0], RANDOM, LEAD) as ledger:
        ledger.correct("july-31", REASON, stated(ledger, "july-31", "2010-07-01", channel="post"), {})
        ledger.correct("august-1", REASON, stated(ledger, "august-1", "2010-07-02"), {})
    with opened(path) as app:
        found = {row["id"]: row["days_late"] for row in rows(app, "/ledger/recorded-late.json?days=0")}
        assert found == {"july-31": 30, "midnight": 31, "august-1": 90}
        assert {row["id"] for row in rows(app, "/ledger/recorded-late.json")} == {"midnight", "august-1"}
        assert {row["id"] for row in rows(app, "/ledger/recorded-late.json?days=31")} == {"august-1"}
        assert {row["id"] for row in rows(app, "/ledger/recorded-late.json?days=29")} == set(found)
    checked = check_ledger(path, date(2010, 10, 1)).result.findings
    late = {one.id: one.found[0] for one in checked if one.check == "recorded-late" and one.corrected_by is None}
    assert late == {"midnight": 31, "august-1": 90}


def test_late_recordings(app: Opened) -> None:
    assert {row["days_late"] for row in rows(app, "/ledger/recorded-late.json")} == {53}
    assert rows(app, "/ledger/recorded-late.json?days=60") == []


# -- parameters ----------------------------------------------------------------------------------------------------


def test_every_parameter_of_a_saved_query_has_its_form() -> None:
    assert {one for query in METADATA["queries"].values() for one in query.get("params", ())} == set(stock.ASKED)


@pytest.mark.parametrize(
    "query",
    ["breaches-this-month?month=2010-13", "breaches-this-month?month=2010-7", "breaches-this-month?month=%C2%B2010-07",
     "breaches-this-month?month=%27%3B--", "recorded-late?days=abc", "recorded-late?days=-1", "recorded-late?days=1e3",
     "recorded-late?days=%C2%B2", "recorded-late?days=999999", "recorded-late?sql=select+1", "transfers?seq__in=%5B",
     "transfers?seq__gt=%C2%B2", "transfers?seq__lte=99999999999999999999", "transfers?_sort=seq&_sort_desc=seq",
     "transfers?_facet_array=recipient", "transfers?_facet_date=transferred_on", "transfers?_where=1",
     "transfers?_size=0",
     "transfers?_size=max", "transfers?_size=-1", "transfers?_next=-1", "transfers?_next=x", "transfers?_sort=hash",
     "transfers?_facet=entry", "transfers?_shape=object", "transfers?_trace=1", "transfers?_through={}",
     "transfers?_timelimit=x", "transfers?_stream=on", "transfers?_search=a", "transfers?entry=1",
     "transfers?seq__glob=1",
     "transfers.json?_filter_column=seq", "transfers.csv?_next=1"],
)  # fmt: skip
def test_what_datasette_would_choke_on_is_refused_in_a_sentence(app: Opened, query: str) -> None:
    answer = app.get(f"/ledger/{query}")
    assert answer.status_code == 400, answer.text[:300]
    assert "Traceback" not in answer.text


NAMES = sorted({name for one in METADATA["tables"].values() for name in one["columns"]} | set(stock.ASKED))
SPECIAL = ("_sort", "_sort_desc", "_facet", "_facet_array", "_facet_size", "_size", "_next", "_shape", "_labels", "_dl",
           "_filter_column", "_filter_op", "_filter_value", "_filter_column_1", "_filter_op_1", "_filter_value_1",
           "_nocount", "_col", "_where", "_search", "_extra", "_json", "_timelimit", "_ttl", "_header")  # fmt: skip
OPERATORS = (*stock._OPERATORS, "glob", "like", "arraycontains", "date", "")
names = st.one_of(
    st.sampled_from(NAMES),
    st.builds("{}__{}".format, st.sampled_from(NAMES), st.sampled_from(OPERATORS)),
    st.sampled_from(SPECIAL),
)
values = st.one_of(
    st.sampled_from(["", "1", "0", "max", "on", "objects", "array", "arrays", "fields", "lawful_basis", "2010-07",
                     "exact", "isblank__1", "[1", "[]", "%", "{c}", "\u00b2", "\u0663", "1e400", "nan", "'", '"', "\\",
                     "9" * 15, "9" * 16, "-1", "a,b,,", *NAMES]),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x1F600, exclude_categories=["Cs", "Cc"]), max_size=30),
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PAGES), st.sampled_from(["", ".json", ".csv"]), st.lists(st.tuples(names, values), max_size=6))
def test_no_parameters_that_are_let_through_make_a_mistake(
    fuzzed: tuple[Opened, asyncio.Runner], name: str, format_: str, query: list[tuple[str, str]]
) -> None:
    app, runner = fuzzed
    answer = runner.run(app.of("dpo").asked("GET", f"/ledger/{name}{format_}?{urlencode(query)}"))
    assert answer.status_code in (200, 302, 400), (answer.status_code, query, answer.text[-400:])
    refused = stock.problem(f"/ledger/{name}{format_}", query)
    assert (answer.status_code != 400) is (refused is None), (query, refused, answer.text[-400:])


@pytest.fixture(scope="module")
def fuzzed(app: Opened) -> Iterator[tuple[Opened, asyncio.Runner]]:
    with asyncio.Runner() as runner:
        yield app, runner


# -- who may -------------------------------------------------------------------------------------------------------


def test_everything_described_has_its_own_allow() -> None:
    described = datasette_app.metadata()
    readers = {"role": ["lead", "dpo", "auditor"]}
    database = described["databases"]["ledger"]
    assert described["allow"] == database["allow"] == readers
    for one in (*database["tables"].values(), *database["queries"].values()):
        assert one["allow"] == readers


@pytest.mark.anyio
async def test_plain_datasette_with_our_metadata_shows_nobody_anything(app: Opened, tmp_path: Path) -> None:
    copy = tmp_path / "ledger.db"
    with sqlite3.connect(app.site.path) as db, sqlite3.connect(copy) as into:
        db.backup(into)
    stock_ = datasette_app.Datasette([str(copy)], metadata=datasette_app.metadata())
    for path in ("/", "/ledger", "/ledger.json", *(f"/ledger/{name}.json" for name in PAGES),
                 "/ledger/entries", "/ledger/disclosures.json",
                 "/ledger.json?sql=select+1", "/-/metadata.json", "/ledger.db"):  # fmt: skip
        answer = await stock_.client.get(path)
        assert answer.status_code == (
            404 if path.removeprefix("/ledger/").removesuffix(".json") in verdicts.VIEWS else 403
        ), path
        assert "Shire" not in answer.text


@pytest.mark.anyio
async def test_plain_datasette_on_a_ledger_keeps_what_was_typed_to_itself(app: Opened, tmp_path: Path) -> None:
    copy = tmp_path / "plain.db"
    with sqlite3.connect(app.site.path) as db, sqlite3.connect(copy) as into:
        db.backup(into)
    stock_ = datasette_app.Datasette([str(copy)])
    assert (await stock_.client.get("/plain/transfers.json")).status_code == 200
    with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
        await stock_.get_database("plain").execute("SELECT * FROM disclosures", log_sql_errors=False)


# -- a ledger that changes, or that somebody changed ---------------------------------------------------------------


def test_an_entry_recorded_meanwhile_shows_and_an_empty_ledger_has_every_page(tmp_path: Path) -> None:
    path = tmp_path / "transfers.db"
    writer.create(path, "shire.example/transfers", "Shire Council", clock, RANDOM, actor=LEAD)
    with opened(path) as app:
        for name in PAGES:
            assert app.get(f"/ledger/{name}").status_code == 200
        assert "Nothing here fits what was asked." in app.get("/ledger/transfers").text
        assert "Nothing fits this question now." in app.get("/ledger/open-breaches").text
        with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
            ledger.append(stated(ledger, "meanwhile"))
            assert "meanwhile" in app.get("/ledger/transfers").text


def test_a_decided_finding_is_listed_as_decided_and_open_again_when_overdue(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db")
    checked = check_ledger(path, date(2010, 8, 31)).result.findings
    (key,) = (one.key for one in checked if one.check == "field-not-documented" and one.seq == FIRST + 1)
    with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
        review = ledger.review(key, "field-not-documented", "accepted", date(2010, 9, 30), None, {"reason": REASON})
    for as_of, overdue in ((date(2010, 8, 31), False), (date(2010, 10, 1), True)):
        with opened(path) as app:
            check(app.site, as_of)
            still = {row["check_name"] for row in rows(app, "/ledger/open-breaches.json") if row["seq"] == FIRST + 1}
            assert ("field-not-documented" in still) is overdue
            (decided,) = rows(app, "/ledger/decided.json")
            assert (decided["check_name"], decided["state"]) == (
                "field-not-documented", "open" if overdue else "settled",
            )  # fmt: skip
            assert decided["decided_in"] == review.seq
            page = app.get("/ledger/decided").text
            assert f'<a href="/-/entries/{review.seq}">' in page
            assert REASON not in page


@pytest.mark.parametrize("page", ["transfers", "transfers.csv", "recorded-late"])
def test_an_entry_that_is_no_json_any_more_is_told_in_a_sentence(
    tmp_path: Path, page: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = make_ledger(tmp_path / "altered.db")
    with opened(path) as app:
        old = b'"id":"plain","kind":"transfer"'
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        data = path.read_bytes()
        assert data.count(old) == 1
        path.write_bytes(data.replace(old, old.replace(b':"transfer"', b']"transfer"')))
        answer = app.get(f"/ledger/{page}")
    assert "`transfer-ledger verify` says more." in answer.text
    assert "malformed" not in answer.text
    assert "Traceback" not in capfd.readouterr().err


# -- cells ---------------------------------------------------------------------------------------------------------


def test_cells_are_left_alone_unless_they_are_known() -> None:
    def path(text: str) -> str:
        return text

    assert render.cell({"seq": 4}, "<i>", "id", path) == '<a href="/-/entries/4">&lt;i&gt;</a>'
    assert render.cell({}, "t1", "id", path) is None
    assert render.cell({"seq": 4}, '["<i>"]', "fields", path) == '<span class="nowrap">&lt;i&gt;</span>'
    folded = render.cell({"seq": 4}, '["a", "b", "c", "d", "<i>"]', "fields", path)
    assert folded is not None
    assert folded.startswith("<details><summary>a, b and 3 more</summary>")
    assert "&lt;i&gt;" in folded
    for value in ("[1]", "[", "text", None):
        assert render.cell({"seq": 4}, value, "fields", path) is None
    assert render.cell({"seq": 4}, "onload=x", "severity", path) is None
