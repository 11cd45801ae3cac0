"""The first page: what it answers first, and to whom it tells what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger.site import Site
from ledger import writer
from tests.codes import LEAD
from tests.plugins.asking import NOW, Reader, read, site_over
from tests.plugins.browsed import RANDOM, clock, make_ledger, stated


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site_over(make_ledger(tmp_path_factory.mktemp("first") / "l.db")) as made:
        made.columns.settle()
        yield made


def numbers(answer: object) -> dict[str, str]:
    found = re.findall(r"<dt>([^<]*)</dt><dd>(?:<a [^>]*>)?([0-9,]*)(?:</a>)?</dd>", getattr(answer, "text", ""))
    return dict(found)


def test_the_answer_comes_first(site: Site) -> None:
    answer = Reader(site).get("/")
    says = read(answer)
    open_ = int(site.view().found.open(NOW.date()).sum())
    assert open_ == 7
    assert says.index("Did we share only what we said we would? No.") < says.index("7 findings of a breach")
    assert says.index("Is anything still to be settled? Yes.") < says.index("7 open findings")
    verified = says.index("Nobody has verified the record from this app yet")
    assert says.index("1 of them needs a second person") < verified < says.rindex("ContactPoint")
    assert numbers(answer)["Current transfers"] == "4"


def test_contactpoint_is_named_even_by_a_number(site: Site) -> None:
    says = read(Reader(site).get("/"))
    assert "It was used after it was switched off. 1 transfer used it" in says


def test_a_governor_reads_no_count_and_is_led_nowhere_they_may_not_go(site: Site) -> None:
    governor = Reader(site, "governor").get("/")
    says = read(governor)
    assert "Did we share only what we said we would? No." in says
    assert "Is anything still to be settled? Yes." in says
    assert "It was used after it was switched off." in says
    # Counts are in the governors' documents, by their rule: here is none but those of days and times.
    bare = re.sub(r"\d{1,2} [A-Z][a-z]+ \d{4}|at \d\d:\d\d|noon", "", says)
    assert not re.findall(r"\d+", bare), bare
    assert not numbers(governor)
    addresses = set(re.findall(r'href="(/[^"]*)"', governor.text)) - set(
        re.findall(r'href="(/-/assets[^"]*)"', governor.text)
    )
    assert addresses == {"/", "/-/reports", "/-/register"}


def test_a_clerk_goes_on_to_where_they_record(site: Site) -> None:
    answer = Reader(site, "clerk").get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/-/record")


def test_what_came_since_the_last_visit(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "l.db")
    with site_over(path) as made:
        assert "This is your first visit." in read(Reader(made).get("/"))
        later = NOW + timedelta(hours=2)
        with writer.Ledger(path, lambda: later - timedelta(hours=1), RANDOM, LEAD) as ledger:
            ledger.append(stated(ledger, "new-1"))
            ledger.append(stated(ledger, "new-2"))
            ledger.correct("new-1", "the reason", None, {})
        then = replace(made, clock=lambda: later)
        says = read(Reader(then).get("/"))
        assert "2 transfers recorded 1 correction or withdrawal" in says
        assert "Nothing was recorded since" in read(
            Reader(replace(made, clock=lambda: later + timedelta(hours=2))).get("/")
        )


def test_entries_after_the_check_are_said_to_be_unchecked(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "l.db")
    with site_over(path) as made:
        with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
            ledger.append(stated(ledger, "new"))
        assert "1 entry was recorded since and is being checked" in read(Reader(made).get("/"))


def test_an_empty_ledger_has_a_first_page_too(tmp_path: Path) -> None:
    path = tmp_path / "l.db"
    writer.create(path, "shire.example/transfers", "Shire Council", clock, RANDOM, actor=LEAD)
    with site_over(path) as made:
        says = read(Reader(made).get("/"))
        assert "Did we share only what we said we would? Cannot say." in says
        assert "No transfer is recorded yet." in says


def test_it_takes_no_parameter(site: Site) -> None:
    assert Reader(site).get("/?x=1").status_code == 400
