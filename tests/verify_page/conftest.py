"""One Chromium, Debian's own, for the tests of the page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser import chromium
from tests.verify_page.page import PAGE


# Not for the session: while it is open, playwright's own event loop counts as running, and no other test can start one.
@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    with chromium(tmp_path_factory.mktemp("profile")) as context:
        yield context


@pytest.fixture(scope="module")
def bare(browser) -> Iterator[object]:  # type: ignore[no-untyped-def] # playwright may be missing
    """One tab for all tests that only call the page's `verify`, which keeps nothing from call to call."""
    tab = browser.new_page()
    tab.goto(PAGE.as_uri())
    yield tab
    tab.close()


@pytest.fixture
def page(browser) -> Iterator[object]:  # type: ignore[no-untyped-def] # playwright may be missing
    """The page, opened as a file, in a fresh tab; whatever it logs or asks a network for is an error."""
    tab = browser.new_page()
    said: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(PAGE.as_uri())
    yield tab
    tab.close()
    assert said == []
    assert asked == [PAGE.as_uri()]
