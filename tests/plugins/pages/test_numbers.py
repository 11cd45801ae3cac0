"""Every number on the overview leads to exactly what it counts, whoever sees it, whatever the ledger is like."""

from __future__ import annotations

import html
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger.site import Site
from ledger import writer
from tests.codes import CLERK, DPO, LEAD
from tests.plugins.asking import NOW, Reader, site_over
from tests.plugins.browsed import RANDOM, clock, make_ledger, stated
from tests.plugins.checked import check
from tests.reports.played import played

VOID = {"br", "input", "meta", "link", "line", "rect", "img"}
UNCOUNTED = {"time", "svg", "h1", "h2", "th", "summary", "caption", "title"}
"""Where a number is a date, a scale, or part of a name."""


class Numbers(HTMLParser):
    """The numbers that a page says, each with the address that it leads to, "" for none."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self._open: list[str] = []
        self._to = ""
        self.feed(page[page.index("<main") :])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in VOID:
            return
        given = dict(attrs)
        self._open.append("title" if given.get("class") in ("help", "organisation") else tag)
        if tag == "a":
            self._to = given.get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self._open:
            self._open.pop()
        if tag == "a":
            self._to = ""

    def handle_data(self, data: str) -> None:
        if UNCOUNTED.isdisjoint(self._open):
            self.found += [(int(one.replace(",", "")), self._to) for one in re.findall(r"\b\d[\d,]*\b", data)]


def counted(reader: Reader, address: str) -> int:
    """How many rows there are where an address leads, all pages of it."""
    path, _, query = address.partition("?")
    if path == "/-/entries":
        total, there = 0, address
        while there:
            page = reader.get(there, 200).text
            total += len(re.findall(r'<tr><th scope="row"', page))
            following = re.search(r'<a rel="next" href="([^"]*)"', page)
            there = html.unescape(following[1]) if following else ""
        return total
    assert reader.get(address, 200)
    rows, after = 0, ""
    while after is not None:
        answer = reader.get(f"{path}.json?{query}&size=1000" + (f"&after={after}" if after else ""), 200).json()
        rows += len(answer[path.removeprefix("/-/")])
        after = answer["after"]
    assert rows == answer["count"]
    return rows


def follow(site: Site, role: str) -> list[tuple[int, str]]:
    """Asserts of every number of the overview that it leads to as much; gives them."""
    reader = Reader(site, role)
    page = reader.get("/", 200).text
    numbers = Numbers(page.replace(site.view().head.hash, "")).found
    for number, address in numbers:
        if number == 0:
            continue
        assert address, f"{number} leads nowhere"
        assert counted(reader, address) == number, address
    return numbers


def denied(path: Path) -> Path:
    """A ledger in which one person talked three uses of ContactPoint away, and two people agreed about one of them."""
    writer.create(path, "shire.example/transfers", "Shire Council", clock, RANDOM, actor=LEAD)
    make = {"recipient": "contactpoint", "purpose": "maintain-accuracy"}
    with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
        ledger.add_person(DPO, "dpo", False)
        ledger.add_person(CLERK, "clerk", False)
        ledger.add_organisations(
            [{"id": "elm-primary", "name": "Elm Primary School", "role": "school", "phase": "primary"}]
        )
        with ledger.acting(CLERK):
            for day in range(20, 26):
                ledger.append(stated(ledger, f"cp{day}", f"2010-08-{day}", **make))
            first = ledger.correct("cp20", "entered twice", None, {})
            ledger.correct("cp21", "another day", stated(ledger, "cp21", "2010-08-05", **make), {})
            ledger.correct("cp22", "another name", stated(ledger, "cp22", "2010-08-22"), {})
            ledger.correct("cp23", "another day", stated(ledger, "cp23", "2010-08-24", **make), {})
        with ledger.acting(DPO):
            ledger.confirm(
                [first.seq],
                ledger.correct("cp24", "its time", stated(ledger, "cp24", "2010-08-25", **make), {}).head,
                {},
            )
    return path


@pytest.fixture(scope="module")
def talked_away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site_over(denied(tmp_path_factory.mktemp("denied") / "l.db")) as site:
        yield site


@pytest.mark.parametrize("role", ["lead", "dpo", "auditor"])
def test_every_number_leads_to_exactly_what_it_counts(talked_away: Site, role: str) -> None:
    numbers = follow(talked_away, role)
    told = {address.partition("?")[2]: number for number, address in numbers}
    assert told["state=breach&check=contactpoint-closed"] == 6
    assert told["state=taken-back&check=contactpoint-closed"] == 3
    assert told["state=confirmed&check=contactpoint-closed"] == 1
    assert {address.partition("?")[0] for _, address in numbers} >= {"/-/findings", "/-/transfers", "/-/entries"}


def test_the_two_questions_stand_apart_with_their_own_numbers(talked_away: Site) -> None:
    page = Reader(talked_away).get("/", 200).text
    first, second = re.findall(r'<div class="verdict \w+">.*?</div>', page, re.DOTALL)[:2]
    assert "Did we share only what we said we would? No." in first
    assert "state=against" in first
    assert "state=open" not in first
    assert "Is anything still to be settled? Yes." in second
    assert "state=open" in second
    assert "state=against" not in second


def test_six_transfers_that_used_it_are_those_six(talked_away: Site) -> None:
    page = Reader(talked_away).get("/", 200).text
    assert ">6 transfers used it</a>" in page
    found = Reader(talked_away).get("/-/findings.json?state=breach&check=contactpoint-closed", 200).json()["findings"]
    assert {one["id"] for one in found} == {f"cp{day}" for day in range(20, 26)}


@pytest.mark.parametrize("role", ["lead", "dpo", "auditor"])
def test_numbers_of_what_came_since_and_of_what_a_check_has_not_seen(tmp_path: Path, role: str) -> None:
    path, now = make_ledger(tmp_path / "l.db"), NOW
    with site_over(path) as site:
        site = replace(site, clock=lambda: now)
        Reader(site, role).get("/", 200)
        now += timedelta(hours=2)
        with writer.Ledger(path, lambda: now - timedelta(hours=1), RANDOM, LEAD) as ledger:
            for number in range(60):  # more than one page of them
                ledger.append(stated(ledger, f"new-{number}"))
            ledger.correct("new-1", "the reason", None, {})
        numbers = follow(site, role)
        assert {number for number, address in numbers if address.startswith("/-/entries")} == {60, 1, 61, 71}


@pytest.mark.slow
@pytest.mark.parametrize("role", ["dpo", "auditor"])
def test_every_number_of_the_demonstration_leads_to_what_it_counts(
    demonstration: Path, role: str, tmp_path: Path
) -> None:
    path = tmp_path / "demo.db"
    with closing(sqlite3.connect(demonstration)) as db, closing(sqlite3.connect(path)) as copy:
        db.backup(copy)
    with site_over(path, clock=lambda: datetime(2010, 10, 1, 9, tzinfo=UTC)) as site:
        check(site, date(2010, 10, 1))
        assert len(follow(site, role)) > 20


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return played(tmp_path_factory.mktemp("played")).path


def test_a_governor_sees_no_number_and_no_link_to_one(talked_away: Site) -> None:
    page = Reader(talked_away, "governor").get("/", 200).text
    assert Numbers(page).found == []
    assert "/-/findings" not in page
    assert "Did we share only what we said we would? No." in page
    assert "Is anything still to be settled? Yes." in page


def test_entries_are_listed_from_one_on_and_by_kind(talked_away: Site) -> None:
    reader = Reader(talked_away, "auditor")
    page = reader.get("/-/entries?from=4&kind=correction", 200).text
    assert "<strong>5</strong> corrections and withdrawals, from" in page
    assert counted(reader, "/-/entries?from=10&kind=transfer") == 0
    assert counted(reader, "/-/entries?from=8") == counted(reader, "/-/entries") - 8
    for wrong in ("kind=nothing", "from=x", "before=-1", "page=2"):
        assert reader.get(f"/-/entries?{wrong}").status_code == 400, wrong
    assert counted(reader, "/-/entries?from=99999") == 0
