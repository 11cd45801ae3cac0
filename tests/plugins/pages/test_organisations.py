"""Organisations and flows: the map says what its table says, and each page what was documented beside what went."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import pytest

from datasette_plugins.transfer_ledger.columns.wanted import Wanted
from datasette_plugins.transfer_ledger.pages import flow_map
from datasette_plugins.transfer_ledger.site import Site
from tests.plugins.asking import NOW, Reader, read, site_over
from tests.plugins.browsed import TYPED, make_ledger


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site_over(make_ledger(tmp_path_factory.mktemp("all") / "l.db")) as made:
        made.columns.settle()
        yield made


def test_the_map_has_a_line_for_each_row_of_the_table(site: Site) -> None:
    view = site.view()
    rows = flow_map.between(view, view.select(Wanted(), NOW.date()).flows())
    text = Reader(site).get("/-/organisations").text
    table = re.search(r'<caption id="flows">.*?</table>', text, re.DOTALL)
    assert table is not None
    assert (
        table[0].count("<tr>") - 1 == len(rows) == text.count('stroke-width="1.6"') + sum(not one.open for one in rows)
    )
    assert sum(one.transfers for one in rows) == 4


def test_lines_end_in_lanes_of_their_own() -> None:
    rows = [
        flow_map.Between(f"s{n % 7}", f"S {n % 7}", f"r{n % 11}", "R" * 80, 100 - n, "", "", n % 2) for n in range(77)
    ]
    drawn = flow_map.drawn(rows)
    ends = [line.path.rsplit(" ", 1)[1] for line in drawn.lines]
    assert len(ends) == len(set(ends)) == flow_map.MOST_LINES
    assert drawn.left_out == 77 - flow_map.MOST_LINES
    for nodes in (drawn.senders, drawn.recipients):
        heights = sorted(one.y for one in nodes)
        assert all(after - before >= 20 for before, after in pairwise(heights))
        assert heights[-1] <= drawn.height


def test_an_organisations_page_lays_what_went_beside_what_may(site: Site) -> None:
    says = read(Reader(site).get("/-/organisations/contactpoint"))
    assert "What it got" in says
    assert "sent, NOT documented" in says
    says = read(Reader(site).get("/-/organisations/ofsted"))
    assert "What it may get" in says
    assert "documented, never sent" in says


def test_a_school_says_what_it_sent(site: Site) -> None:
    says = read(Reader(site).get("/-/organisations/elm-primary"))
    assert says.startswith("Organisations and flows Elm Primary School School")
    assert "What it sent" in says


def test_nobody_whom_nothing_knows_has_a_page(site: Site) -> None:
    assert Reader(site).get("/-/organisations/zz-nobody").status_code == 404


def test_what_was_typed_is_on_neither(site: Site) -> None:
    for path in ("/-/organisations", "/-/organisations/unlisted"):
        answer = Reader(site).get(path)
        assert answer.status_code == 200
        assert not [one for one in TYPED if one in answer.text]


def test_words_find_an_organisation(site: Site) -> None:
    says = read(Reader(site).get("/-/organisations?q=ELM+school"))
    assert "1 of 4" in says or "1 of" in says
    assert "has all of these words" in read(Reader(site).get("/-/organisations?q=zeppelin"))
