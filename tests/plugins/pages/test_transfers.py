"""The list of transfers: what it shows of each, how it is narrowed, and that its files hold exactly what it lists."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from datasette_plugins.transfer_ledger.pages.rows import COLUMNS
from datasette_plugins.transfer_ledger.site import Site
from ledger import writer
from tests.codes import LEAD
from tests.plugins.asking import Reader, read, site_over
from tests.plugins.browsed import RANDOM, TYPED, clock, make_ledger, stated


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    path = make_ledger(tmp_path_factory.mktemp("list") / "l.db")
    with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
        ledger.append_many([stated(ledger, f"more-{n:03}", "2009-11-05") for n in range(120)])
    with site_over(path) as made:
        made.columns.settle()
        yield made


def shown(text: str) -> list[int]:
    return [int(seq) for seq in re.findall(r'data-head="Entry"><a href="/-/entries/([0-9]+)"', text)]


def test_names_are_for_people_and_ids_on_demand(site: Site) -> None:
    text = Reader(site).get("/-/transfers?q=plain").text
    assert '<a href="/-/organisations/elm-primary" title="elm-primary">Elm Primary School</a>' in text
    assert "Office for Standards in Education" in text or "Ofsted" in text
    assert "5 July 2010" in text


def test_a_badge_leads_to_the_findings(site: Site) -> None:
    text = Reader(site).get("/-/transfers?recipient=contactpoint").text
    assert re.search(r'<a class="tag critical" href="/-/entries/4#findings">critical and 4 more</a>', text), text[
        -3000:
    ]


def test_unlisted_is_said_and_what_was_typed_is_not(site: Site) -> None:
    text = Reader(site).get("/-/transfers?q=odd").text
    assert "Not a known name (unlisted)" in text
    assert not [one for one in TYPED if one in text]


def test_all_pages_together_are_the_list_in_order(site: Site) -> None:
    reader, path, found = Reader(site), "/-/transfers?size=25", []
    while path:
        text = reader.get(path).text
        found += shown(text)
        following = re.search(r'<a rel="next" href="([^"]+)"', text)
        path = following[1].replace("&amp;", "&") if following else ""
    assert len(found) == len(set(found)) == 124
    before = re.search(r'<a rel="prev" href="([^"]+)"', text)
    assert before is not None
    assert shown(reader.get(before[1].replace("&amp;", "&")).text) == found[-49:-24]


@pytest.mark.parametrize("query", ["", "?recipient=ofsted&sort=recorded", "?q=more-00&sort=-day", "?findings=any"])
def test_files_hold_exactly_what_is_listed(site: Site, query: str) -> None:
    reader = Reader(site)
    listed = shown(reader.get(f"/-/transfers{query or '?'}&size=200".replace("?&", "?")).text)
    table = reader.get(f"/-/transfers.csv{query}")
    assert table.headers["content-disposition"] == 'attachment; filename="transfers.csv"'
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [int(row["Entry"]) for row in rows] == listed
    sheet = openpyxl.load_workbook(io.BytesIO(reader.get(f"/-/transfers.xlsx{query}").content)).active
    assert sheet is not None
    cells = list(sheet.iter_rows(values_only=True))
    assert list(cells[0]) == [one.title for one in COLUMNS]
    assert [int(row[0]) for row in cells[1:]] == listed  # type: ignore[arg-type]
    answer = json.loads(reader.get(f"/-/transfers.json{query or '?'}&size=1000".replace("?&", "?")).text)
    assert [one["seq"] for one in answer["transfers"]] == listed
    assert answer["count"] == len(listed)


def test_json_goes_on_from_where_it_ended(site: Site) -> None:
    reader, after, found = Reader(site), "", []
    while True:
        answer = json.loads(reader.get(f"/-/transfers.json?size=50{after}").text)
        found += [one["seq"] for one in answer["transfers"]]
        if answer["after"] is None:
            break
        after = f"&after={answer['after']}"
    assert len(found) == len(set(found)) == 124


@pytest.mark.parametrize(
    ("query", "about"),
    [
        ("?nothing=1", "nothing"), ("?recipient=nobody-here", "recipient"), ("?sort=--day", "sort"),
        ("?after=-1", "after"), ("?after=99999999", "leads nowhere"), ("?size=0", "size"), ("?size=100000", "size"),
        ("?recipient=ofsted&recipient=qca", "recipient"), ("?year=2010", "year"), ("?from=2010-02-30", "from"),
        ("?q=" + "x" * 300, "q"), ("?findings=some", "findings"), ("?after=1&before=2", "after"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(site: Site, query: str, about: str) -> None:
    for ending in ("", ".json", ".csv") if "leads" not in about else ("", ".json"):
        answer = Reader(site).get(f"/-/transfers{ending}{query}")
        assert answer.status_code == 400
        assert about in answer.text


def test_nothing_found_helps_on(site: Site) -> None:
    assert "No transfer is all of this." in read(Reader(site).get("/-/transfers?q=zeppelin"))


def test_no_transfer_at_all_helps_on(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    writer.create(path, "shire.example/transfers", "Shire Council", clock, RANDOM, actor=LEAD)
    with site_over(path) as made:
        assert "No transfer is recorded yet." in read(Reader(made).get("/-/transfers"))
        assert Reader(made).get("/-/transfers.csv").content.decode("utf-8-sig").count("\n") == 1


def test_a_chosen_filter_can_be_taken_away_again(site: Site) -> None:
    text = Reader(site).get("/-/transfers?recipient=ofsted&year=2009-10").text
    chips = re.findall(r'<li class="chip">([^:]+): <strong>[^<]*</strong> <a href="([^"]+)"', text)
    assert {name: link.replace("&amp;", "&") for name, link in chips} == {
        "School year": "/-/transfers?recipient=ofsted", "Recipient": "/-/transfers?year=2009-10",
    }  # fmt: skip
