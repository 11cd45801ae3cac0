"""Axe-core finds nothing on any page, whoever looks at it, by day and by night, at a desk and on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from datasette_plugins.transfer_ledger.roles import Role
from datasette_plugins.transfer_ledger.routes import ROUTES
from tests.browser import chromium
from tests.plugins.browser.lived import Places
from tests.plugins.browser.pictures import ALL, DRAWN, PICTURES, STOCK, App, Picture, shows, viewers
from tests.plugins.browser.served import Served
from tests.plugins.browser.visitor import Visitor
from tests.reports.accessible import judged

# Axe takes seconds for hundreds of rows, of which each is like the first ones.
_SHORTEN = """most => {
  const shorten = (all, kept) => [...all].slice(kept).forEach(one => one.remove());
  for (const body of document.querySelectorAll("tbody")) shorten(body.rows, most);
  for (const list of document.querySelectorAll("ul, ol, dl")) shorten(list.children, 2 * most);
  for (const alike of [".cause", ".flow"]) shorten(document.querySelectorAll(alike), most);
}"""
MOST = 8

SEEN = [(picture, role) for picture in ALL for role in viewers(picture)]


@pytest.fixture(scope="module")
def visitor(apps: dict[App, Served], places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """One tab for all pictures."""
    with chromium(tmp_path_factory.mktemp("profile")) as context:
        yield Visitor(context, apps, places)


def test_every_page_has_its_picture() -> None:
    drawn = {picture.route for picture in PICTURES} | set(DRAWN)
    assert drawn - {STOCK} <= {route.path for route in ROUTES}
    assert {route.path for route in ROUTES if shows(route)} <= drawn
    assert len({picture.name for picture in ALL}) == len(ALL)


def test_every_page_is_seen_by_each_role_that_may() -> None:
    for route in (one for one in ROUTES if shows(one) and not one.public and one.path not in DRAWN):
        seen = {role for picture, role in SEEN if picture.route == route.path and picture.status < 400}
        assert route.get <= seen, route.path


@pytest.mark.slow
@pytest.mark.parametrize(("picture", "role"), SEEN, ids=[f"{role}-{picture.name}" for picture, role in SEEN])
def test_axe_finds_nothing_and_nothing_is_asked_elsewhere(
    visitor: Visitor, apps: dict[App, Served], picture: Picture, role: Role | None
) -> None:
    with visitor.at(picture, role) as tab:
        tab.evaluate(_SHORTEN, MOST)
        found = []
        for width, scheme in ((1280, "light"), (360, "dark")):
            broken, kept = judged(tab, width, scheme)  # type: ignore[arg-type]
            assert {"color-contrast", "region", "html-has-lang"} <= kept | {one for one, _ in broken}
            found += [(width, scheme, *one) for one in broken]
        assert found == []
    assert visitor.strangers(apps[picture.app]) == []
    told = [one for one in visitor.complaints if picture.status < 400 or not one.startswith("Failed to load resource")]
    assert told == []
