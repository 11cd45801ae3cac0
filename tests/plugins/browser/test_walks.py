"""People go through their morning at the app in a browser, with scripts and without: each step leads to the next.

How a clerk records is walked, and timed, in a test of its own.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from datasette_plugins.transfer_ledger.roles import Role
from datasette_plugins.transfer_ledger.routes import in_nav
from tests.browser import browser
from tests.plugins.browser.lived import copied
from tests.plugins.browser.served import Served, served
from tests.reports.audited import Kept

pytestmark = pytest.mark.slow

TYPED = "The recipient deleted what it should not have had"
"""A reason, which is an erasable value."""

RUN = 90_000
"""How long a run may take on a busy machine, in milliseconds."""


@pytest.fixture(scope="module")
def office(demonstration: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app over the demonstration, in which the walks decide, verify and make reports."""
    with served(copied(demonstration, tmp_path_factory.mktemp("office") / "transfers.db")) as app:
        yield app


@pytest.fixture(scope="module")
def opened() -> Iterator[Any]:
    """The browser."""
    with browser() as one:
        yield one


class People:
    """Whoever comes to the app with a browser of their own; with scripts or without."""

    def __init__(self, opened: Any, office: Served, scripts: bool) -> None:
        self._opened, self._office, self.scripts = opened, office, scripts
        self.contexts: list[Any] = []

    def browser(self) -> Any:
        """A tab of a new browser, in which nobody is signed in."""
        context = self._opened.new_context(java_script_enabled=self.scripts, base_url=self._office.address)
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        return context.new_page()

    def signed_in(self, role: Role) -> Any:
        """The same, after somebody of this role opened their link and pressed its button."""
        tab = self.browser()
        tab.goto(f"/-/sign-in/{self._office.site.people.link(role, self._office.site.clock())}")
        tab.get_by_role("button", name="Sign in").click()
        assert tab.url == f"{self._office.address}/"
        return tab


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def people(opened: Any, office: Served, request: pytest.FixtureRequest) -> Iterator[People]:
    """Those who come, in both ways."""
    found = People(opened, office, request.param)
    yield found
    for context in found.contexts:
        context.close()


def nav(tab: Any, name: str) -> None:
    """Goes where the navigation leads."""
    tab.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()


def state(tab: Any, name: str) -> int:
    """How many findings the page of findings says are in a state."""
    text = tab.get_by_role("navigation", name="How they stand").get_by_role("link", name=name).inner_text()
    return int(re.sub(r"\D", "", text))


def saved(tab: Any, link: Any) -> bytes:
    """What a link downloads."""
    with tab.expect_download() as found:
        link.click()
    return Path(found.value.path()).read_bytes()


def listed(tab: Any) -> list[str]:
    """The entries in the list of transfers, in order."""
    return [one.strip() for one in tab.locator("table.cards tbody tr td:last-child a").all_inner_texts()]


def choose(tab: Any, facet: str, number: int = 0) -> str:
    """Narrows the list by a value of a facet; gives the value."""
    section = tab.get_by_role("region", name=facet, exact=True)
    if not section.is_visible():
        tab.locator("summary", has_text="Narrow the list").click()
    link = section.get_by_role("link").nth(number)
    name = str(link.inner_text())
    link.click()
    return name


# -- the data protection officer ------------------------------------------------------------------------------


def test_the_morning_of_a_data_protection_officer(people: People) -> None:
    tab = people.signed_in("dpo")
    assert tab.locator(".verdict .answer").first.inner_text() == "Did we share only what we said we would? No."
    tab.get_by_role("link", name=re.compile("open")).first.click()
    _decide_about_a_cause(tab)
    _look_at_transfers(tab, people)

    assert TYPED in tab.content()
    tab.get_by_role("button", name="Sign out").click()
    assert _signed_out(tab)
    with suppress(Exception):  # what was answered to a form, a browser does not ask for again by itself
        tab.go_back()
    assert TYPED not in tab.locator("body").inner_text()
    tab.goto("/-/findings")
    assert _signed_out(tab)

    tab = people.signed_in("dpo")
    nav(tab, "Transfers")
    assert "ContactPoint" in tab.content()
    tab.get_by_role("button", name="Sign out").click()
    assert _signed_out(tab)
    tab.go_back()
    assert _signed_out(tab)


def _signed_out(tab: Any) -> bool:
    tab.wait_for_load_state()
    shown = tab.get_by_role("heading", name="Sign in").is_visible()
    return bool(shown) and "ContactPoint" not in tab.content()


def _decide_about_a_cause(tab: Any) -> None:
    open_, closed = state(tab, "Open"), state(tab, "Closed")
    cause = tab.locator(".cause").filter(has=tab.get_by_role("button", name="Decide about all")).first
    name, title = cause.locator("h3").get_attribute("id"), cause.locator("h3").inner_text()
    button = cause.get_by_role("button", name="Decide about all")
    number = int(re.search(r"all ([\d,]+)", button.inner_text())[1].replace(",", ""))  # type: ignore[index]
    assert number > 1
    button.click()
    assert tab.get_by_role("heading", level=1).inner_text() == f"Decide about {number} findings"
    tab.get_by_role("radio", name="Fixed").check()
    tab.get_by_label("Reason").fill(TYPED)
    tab.get_by_role("button", name=f"Seal {number} decisions").click()
    assert tab.get_by_role("heading", level=1).inner_text() == f"{number} decisions sealed"

    tab.get_by_role("link", name="Back to the findings").click()
    assert state(tab, "Open") == open_ - number
    # With a breach that a correction removed is closed what was found about the correction.
    assert state(tab, "Closed") >= closed + number
    assert tab.locator(f'section[aria-labelledby="{name}"]').count() == 0
    tab.get_by_role("navigation", name="How they stand").get_by_role("link", name="Closed").click()
    assert title in tab.locator(".cause h3").all_inner_texts()


def _look_at_transfers(tab: Any, people: People) -> None:
    nav(tab, "Transfers")
    recipient, item = choose(tab, "Recipient"), choose(tab, "Data item sent")
    chips = tab.get_by_role("list", name="What is asked for").inner_text()
    assert recipient in chips
    assert item in chips
    entries, address = listed(tab), tab.url
    assert entries
    (total,) = re.findall(r"([\d,]+) transfers?, 1 to", tab.locator("main").inner_text())

    table = list(csv.DictReader(io.StringIO(saved(tab, tab.get_by_role("link", name="CSV")).decode("utf-8-sig"))))
    assert len(table) == int(total.replace(",", ""))
    assert [row["Entry"] for row in table][: len(entries)] == entries

    auditor = people.signed_in("auditor")
    auditor.goto(address)
    assert listed(auditor) == entries

    tab.get_by_role("link", name=entries[0], exact=True).click()
    assert recipient in tab.locator(".lead").inner_text()
    _show_what_was_typed(tab, auditor)


def _show_what_was_typed(tab: Any, auditor: Any) -> None:
    nav(tab, "Findings")
    tab.get_by_role("navigation", name="How they stand").get_by_role("link", name="Closed").click()
    tab.locator(".cause summary").first.click()
    tab.locator(".cause td.some a").first.click()
    entry = tab.url
    assert TYPED not in tab.content()
    tab.get_by_role("button", name="Show erasable values").click()
    assert TYPED in tab.locator("main").inner_text()
    auditor.goto(entry)
    assert auditor.get_by_role("button", name="Show").count() == 0
    assert TYPED not in auditor.content()
    nav(auditor, "People")
    assert "looked at erasable values" in auditor.locator("main").inner_text()


# -- the auditor ----------------------------------------------------------------------------------------------


def test_the_check_of_an_auditor(people: People, demonstration: Kept, tmp_path: Path) -> None:
    with demonstration.at("2010-09-30T22:00:00Z") as ledger:
        (kept,) = ledger.db.execute("SELECT note FROM checkpoints ORDER BY size LIMIT 1").fetchone()
    key = demonstration.first.keys[-1].key.text()
    tab = people.signed_in("auditor")
    nav(tab, "Verification")
    tab.get_by_label("Verifier keys that you trust").fill(key)
    tab.get_by_label("A checkpoint that you kept").fill(kept)
    tab.get_by_role("button", name="Verify").click()
    tab.get_by_text("Verified as signed and anchored").wait_for(timeout=RUN)
    tab.get_by_role("link", name="All verifications").click()
    assert "Verified as signed and anchored" in tab.locator(".verdict .answer").first.inner_text()

    files = {
        "checkpoint": saved(tab, tab.get_by_role("link", name="Newest checkpoint")),
        "verifier.html": saved(tab, tab.get_by_role("link", name="Verifier page")),
        "vkey.txt": key.encode(),
        "kept.txt": kept.encode(),
    }
    tab.get_by_role("link", name="Evidence bundle").click()
    bundle = tab.get_by_role("link", name=re.compile(r"evidence-\d+\.zip"))
    bundle.wait_for(timeout=RUN)
    files["evidence.zip"] = saved(tab, bundle)
    tab.goto("/-/entries/100")
    files["100.proof"] = saved(tab, tab.get_by_role("link", name="Download the proof"))
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    _verified_by_command(tmp_path)
    if people.scripts:
        _verified_by_the_page(tab.context.new_page(), tmp_path)


def _verified_by_command(folder: Path) -> None:
    program = [sys.executable, "-m", "ledger.cli", "verify-proof"]
    for file, more in (("100.proof", []), ("evidence.zip", ["--checkpoint", folder / "kept.txt"])):
        command = [*program, folder / file, "--key", folder / "vkey.txt", *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), f"{file}: {done.stdout}"
    altered = folder / "altered.proof"
    altered.write_bytes((folder / "100.proof").read_bytes().replace(b"index 100", b"index 101"))
    done = subprocess.run([*program, altered, "--key", folder / "vkey.txt"], capture_output=True, check=False)
    assert done.returncode == 1


def _verified_by_the_page(page: Any, folder: Path) -> None:
    page.goto((folder / "verifier.html").as_uri())
    page.locator("#files").set_input_files(folder / "100.proof")
    page.locator("#trust-text").fill((folder / "vkey.txt").read_text("utf-8"))
    page.get_by_role("button", name="Check", exact=True).click()
    assert page.get_by_role("heading", name="Verified").first.inner_text() == "✓ Verified"


# -- the governor ---------------------------------------------------------------------------------------------


def test_the_reading_of_a_governor(people: People) -> None:
    tab = people.signed_in("governor")
    assert tab.get_by_role("heading", level=1).inner_text() == "Overview"
    assert tab.get_by_role("link", name="Open breaches").count() == 0
    nav(tab, "Reports")
    tab.get_by_label("For whom").select_option(label="For governors")
    tab.get_by_label("Of which time").select_option("year=2009-10")
    tab.get_by_role("button", name="Make the report").click()
    tab.get_by_role("heading", name="Its files").wait_for(timeout=RUN)
    page = tab.url
    with pikepdf.open(io.BytesIO(saved(tab, tab.get_by_role("link", name=re.compile(r"\.pdf$"))))) as pdf:
        assert 1 <= len(pdf.pages) <= 2
    tab.get_by_role("link", name="Read it here").click()
    assert "governors" in tab.url
    assert tab.locator("h1").inner_text()
    assert tab.locator(".verdict .answer").first.is_visible()
    tab.go_back()
    assert tab.url == page

    theirs = {route.path for route in in_nav("governor")}
    nowhere = _answer(tab, "/-/nothing/of/the/kind")
    assert nowhere[0] == 404
    for route in in_nav("dpo"):
        if route.path in theirs:
            assert _answer(tab, route.path)[0] == 200
        else:
            assert _answer(tab, route.path) == nowhere, route.path


def _answer(tab: Any, address: str) -> tuple[int, str]:
    answer = tab.goto(address)
    return answer.status, tab.locator("main").inner_html()
