"""The pages are there for whoever enlarges them to 400 %, has a keyboard and no mouse, or prints them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datasette_plugins.transfer_ledger.roles import Role
from tests.browser import chromium
from tests.plugins.browser.lived import Places
from tests.plugins.browser.pictures import ALL, App, Picture, viewers
from tests.plugins.browser.served import Served
from tests.plugins.browser.visitor import Visitor
from tests.reports.accessible import judged

pytestmark = pytest.mark.slow

ENLARGED = (320, 256)
"""A window of 1280 by 1024 pixels at 400 %: so many pixels of CSS are left."""

BY_KEYBOARD = ("overview", "transfers narrowed", "findings open", "deciding half typed", "entry: bad", "organisations",
               "verification", "reports", "differences", "the same as last time", "people",
               "view transfers narrowed")  # fmt: skip

# What lies outside of the window, and not in a part that scrolls by itself.
_OUTSIDE = """() => [...document.body.querySelectorAll("*")].filter(one => {
  const box = one.getBoundingClientRect();
  return box.width && box.right > innerWidth + 1 && !one.closest(".scroll, .unseen, .skip") && one.checkVisibility();
}).map(one => one.outerHTML.slice(0, 160))"""

# Every element that does something, by its place; of radio buttons of one name the first.
_INTERACTIVE = """() => {
  const names = new Set();
  window.found = [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")].filter(one => {
    if (!one.checkVisibility() || one.disabled) return false;
    if (one.type !== "radio") return true;
    const first = !names.has(one.name);
    names.add(one.name);
    return first;
  });
  return found.length;
}"""
_FOCUSED = """() => {
  const one = document.activeElement, look = getComputedStyle(one), box = one.getBoundingClientRect();
  const seen = look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2 && box.width > 0
    && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return [found.indexOf(one), seen, one.outerHTML.slice(0, 160)];
}"""


def _sorts() -> list[tuple[Picture, Role | None]]:
    # How a page is laid out depends on who looks only by what it leaves out: whoever sees most.
    return [(picture, found[0]) for picture in ALL if (found := viewers(picture))]


@pytest.fixture(scope="module")
def visitor(apps: dict[App, Served], places: Places, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    """One tab for all pictures."""
    with chromium(tmp_path_factory.mktemp("profile")) as context:
        yield Visitor(context, apps, places)


def named(name: str) -> tuple[Picture, Role | None]:
    """A picture by its name, and who sees most of it."""
    return next(one for one in _sorts() if one[0].name == name)


@pytest.mark.parametrize(("picture", "role"), _sorts(), ids=[one.name for one, _ in _sorts()])
def test_nothing_has_to_be_scrolled_to_sideways_at_400_percent_and_paper_has_no_bars(
    visitor: Visitor, picture: Picture, role: Role | None
) -> None:
    with visitor.at(picture, role) as tab:
        tab.emulate_media(color_scheme="light", media="screen")
        tab.set_viewport_size(dict(zip(("width", "height"), ENLARGED, strict=True)))
        tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        assert tab.evaluate("document.documentElement.scrollWidth") <= ENLARGED[0], tab.evaluate(_OUTSIDE)
        assert tab.evaluate(_OUTSIDE) == []
        tab.emulate_media(media="print")
        left = "nav, .bar, .skip, .help, form:not(.cause form), input:not(.cause input), button, summary"
        assert tab.evaluate(
            "left => [...document.querySelectorAll(left)].filter(one => one.checkVisibility()).map("
            "one => one.outerHTML.slice(0, 160))", left,
        ) == []  # fmt: skip
        assert tab.locator("main h1").is_visible()


@pytest.mark.parametrize("name", BY_KEYBOARD)
def test_everything_is_reached_by_the_keyboard_and_shows_where_it_is(visitor: Visitor, name: str) -> None:
    with visitor.at(*named(name)) as tab:
        tab.emulate_media(color_scheme="light", media="screen")
        tab.set_viewport_size({"width": 1280, "height": 800})
        number = tab.evaluate(_INTERACTIVE)
        assert number > 5
        # From the very beginning of the page, where a browser that has just opened it is.
        tab.keyboard.press("Tab")
        reached, unseen = [], []
        # A box for a date is several stops: its day, its month, its year and its calendar.
        for _ in range(number + 4 * tab.locator("input[type=date]").count()):
            place, seen, what = tab.evaluate(_FOCUSED)
            if place < 0 or (place == 0 and len(reached) > 1):
                break  # past the last one, and at the first again
            reached.append(place)
            if not seen:
                unseen.append(what)
            tab.keyboard.press("Tab")
        left = [tab.evaluate("n => found[n].outerHTML.slice(0, 160)", n) for n in set(range(number)) - set(reached)]
        assert left == []
        assert reached == sorted(reached), "the order of the keyboard is not that of the page"
        assert unseen == []


def test_the_first_key_leads_past_the_navigation(visitor: Visitor) -> None:
    with visitor.at(*named("transfers")) as tab:
        tab.set_viewport_size({"width": 1280, "height": 800})
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"
        assert tab.locator(".skip").bounding_box()["x"] >= 0
        tab.keyboard.press("Enter")
        assert tab.evaluate("document.activeElement.id") == "main"
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_file_that_was_dropped_fills_in_a_form_that_everybody_can_use(
    visitor: Visitor, apps: dict[App, Served], tmp_path: Path
) -> None:
    file = tmp_path / "leavers.csv"
    file.write_text("Forename,Surname,Shoe size\nA,B,4\nC,D,5\n", encoding="utf-8")
    picture, role = named("ways to record")
    with visitor.at(picture, role) as tab:
        tab.get_by_label("The file that goes, or went").set_input_files(file)
        tab.get_by_role("button", name="Look at the file").click()
        assert "2 rows" in tab.locator(".verdict .answer").first.inner_text()
        assert _broken(tab) == []


def _broken(tab: Any) -> list[Any]:
    return [*judged(tab, 1280, "light")[0], *judged(tab, 360, "dark")[0]]
