"""A clerk in a hurry, in a real browser: from the first page to the receipt in six actions and twenty seconds."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from datasette_plugins.transfer_ledger.people.settings import Settings
from ledger.members import Transfer
from tests.browser import chromium
from tests.plugins.browsed import make_ledger
from tests.plugins.clerking import PEOPLE, Desk

pytestmark = pytest.mark.slow

MOST_ACTIONS, MOST_SECONDS = 6, 20.0


class Clerk:
    """Somebody at a browser, whose clicks and words are counted."""

    def __init__(self, page: Any) -> None:
        self.page, self.actions, self._began = page, 0, time.monotonic()

    def click(self, what: str) -> None:
        """Clicks on what is called so."""
        self.actions += 1
        self.page.click(what)

    def type(self, where: str, text: str) -> None:
        """Types into a box."""
        self.actions += 1
        self.page.fill(where, text)

    def choose(self, where: str, value: str) -> None:
        """Chooses of a list."""
        self.actions += 1
        self.page.select_option(where, value)

    def file(self, where: str, path: Path) -> None:
        """Chooses a file."""
        self.actions += 1
        self.page.set_input_files(where, path)

    def measured(self, what: str) -> None:
        """Prints how long it took, and fails where it was too long."""
        seconds = time.monotonic() - self._began
        print(f"{what}: {self.actions} actions, {seconds:.1f} s")
        assert self.actions <= MOST_ACTIONS
        assert seconds < MOST_SECONDS


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, str]]:
    """The app, served on a free port of this machine, and its address."""
    import uvicorn

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = replace(Settings.local(port), people=PEOPLE, by_link=False)
    made = Desk(make_ledger(tmp_path_factory.mktemp("browser") / "ledger.db"), settings)
    server = uvicorn.Server(uvicorn.Config(made.app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield made, settings.origin
    server.should_exit = True
    thread.join()
    made.close()


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, desk: tuple[Desk, str], tmp_path: Path) -> Iterator[Any]:
    """A page of a browser in which Cleo is signed in; what it complains of fails the test."""
    made, origin = desk
    with chromium(tmp_path / "profile", java_script_enabled=request.param) as context:
        value = made.of("cleo").headers["cookie"].partition("=")[2]
        context.add_cookies([{"name": made.site.settings.cookie, "value": value, "url": origin}])
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{origin}/")
        yield page
        assert [text for text in said if "status of 4" not in text] == []


def test_a_documented_flow_is_recorded(desk: tuple[Desk, str], page: Any) -> None:
    clerk = Clerk(page)
    clerk.click("nav >> text=Record")
    clerk.click("a:has-text('Pupils from 13, to Connexions')")
    clerk.type("#f-subject_count", "31")
    clerk.click("button:text-is('Record') >> nth=0")
    page.wait_for_selector("h1:text('Transfer recorded')")
    clerk.measured("a documented flow")
    one = desk[0].last()
    assert isinstance(one.facts, Transfer)
    assert one.hash in page.content()
    assert one.facts.subjects is not None
    assert one.facts.subjects.count == 31


def test_a_file_is_recorded(desk: tuple[Desk, str], page: Any, tmp_path: Path) -> None:
    file = tmp_path / "pupils.csv"
    file.write_text("UPN,Forename,Surname\nA1,Ann,Smith\nA2,Bob,Jones\n", encoding="utf-8")
    clerk = Clerk(page)
    clerk.click("nav >> text=Record")
    clerk.file("#f-file", file)
    clerk.choose("#f-way", "school-connexions/connexions")
    clerk.click("text=Look at the file")
    clerk.click("button:text-is('Record') >> nth=0")
    page.wait_for_selector("h1:text('Transfer recorded')")
    clerk.measured("a file")
    one = desk[0].last()
    assert isinstance(one.facts, Transfer)
    assert one.facts.fields == ("forename", "surname", "upn")
    assert one.facts.payload is not None
    assert one.facts.payload.rows == 2


def test_the_same_again_after_a_mistake_is_put_right(desk: tuple[Desk, str], page: Any) -> None:
    clerk = Clerk(page)
    clerk.click("nav >> text=Record")
    clerk.click("#same + ul a >> nth=0")
    clerk.click("summary:has-text('Who sent it, and a note')")
    clerk.type("#f-note", "for Mrs Patel")
    clerk.click("button:text-is('Record') >> nth=0")
    page.wait_for_selector("text=It looks like a title and a name")
    assert page.input_value("#f-note") == "for Mrs Patel"
    page.fill("#f-note", "for the head")
    clerk.click("button:text-is('Record') >> nth=0")
    page.wait_for_selector("h1:text('Transfer recorded')")
    clerk.measured("the same again")
    page.click("text=Withdraw")
    page.fill("#f-reason", "recorded twice")
    page.click("button:text-is('Withdraw')")
    page.wait_for_selector("h1:text('Transfer withdrawn')")


def test_a_session_that_ended_while_somebody_typed_loses_nothing(desk: tuple[Desk, str], page: Any) -> None:
    made, origin = desk
    page.goto(f"{origin}/-/record?flow=school-connexions&to=connexions")
    page.fill("#f-subject_count", "77")
    page.context.clear_cookies()
    page.click("button:text-is('Record') >> nth=0")
    page.wait_for_selector("h1:text('You are signed out')")
    _, cookie = made.site.people.start("cleo", made.now, "in a test")
    page.context.add_cookies([{"name": made.site.settings.cookie, "value": cookie, "url": origin}])
    page.click("text=I am signed in again: send it")
    page.wait_for_selector("text=What you typed is still here")
    assert page.input_value("#f-subject_count") == "77"
    page.click("button:text-is('Record') >> nth=0")
    page.wait_for_selector("h1:text('Transfer recorded')")
    one = made.last()
    assert isinstance(one.facts, Transfer)
    assert one.facts.subjects is not None
    assert one.facts.subjects.count == 77
