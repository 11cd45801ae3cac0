"""Back, Forward and Reload after something was sealed: no error of the browser's own, and nothing sealed twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.source import Source
from tests.browser import browser
from tests.plugins.browser.served import Served, served
from tests.plugins.checked import check
from tests.reports.ledgers import AFTER, UNDOCUMENTED, make_ledger

pytestmark = pytest.mark.slow

REASON = "Looked into with the school"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    """The app over a ledger in which three transfers went wrong in one way and one in another."""
    path = make_ledger(tmp_path / "transfers.db", AFTER, AFTER, AFTER, UNDOCUMENTED)
    with served(path) as app:
        check(app.site)
        yield app


@pytest.fixture(scope="module")
def opened() -> Iterator[Any]:
    with browser() as one:
        yield one


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def tab(request: pytest.FixtureRequest, opened: Any, office: Served) -> Iterator[Any]:
    """A tab in which a data protection officer is signed in."""
    context = opened.new_context(java_script_enabled=request.param, base_url=office.address)
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(f"/-/sign-in/{office.site.people.link('dpo', office.site.clock())}")
    page.get_by_role("button", name="Sign in").click()
    yield page
    context.close()


def heading(tab: Any) -> str:
    """The heading of the page that is shown; a browser's own error has none of ours."""
    tab.wait_for_load_state()
    return str(tab.locator("main h1").inner_text())


def sealed(office: Served) -> int:
    with Source(office.site.path) as source:
        return source.head.size


def receipt(tab: Any) -> str:
    return str(tab.locator("main .verdict.good .answer").inner_text())


def test_after_a_decision_every_page_is_there_again_and_it_is_sealed_once(office: Served, tab: Any) -> None:
    before = sealed(office)
    tab.goto("/-/findings?state=open&check=contactpoint-closed")
    tab.get_by_role("button", name=re.compile("Decide about all")).first.click()
    assert heading(tab) == "Decide about 3 findings"
    tab.reload()
    assert heading(tab) == "Decide about 3 findings"
    tab.locator("#f-decision-remedied").check()
    tab.locator("#f-reason").fill("Write to a@example.org")  # a mistake, which is told
    tab.get_by_role("button", name="Seal 3 decisions").click()
    assert heading(tab) == "Decide about 3 findings"
    assert "Your decision is not sealed yet" in tab.locator("main").inner_text()
    tab.locator("#f-reason").fill(REASON)
    tab.get_by_role("button", name="Seal 3 decisions").click()
    assert heading(tab) == "3 decisions sealed"
    told = receipt(tab)
    assert f"entries {before} to {before + 2}" in told
    for _ in range(2):
        tab.reload()
        assert (heading(tab), receipt(tab)) == ("3 decisions sealed", told)
    tab.go_back()
    assert heading(tab) == "Decide about 3 findings"
    tab.go_back()
    assert heading(tab) == "Decide about 3 findings"
    tab.go_back()
    assert heading(tab) == "Findings"
    for _ in range(3):
        tab.go_forward()
    assert (heading(tab), receipt(tab)) == ("3 decisions sealed", told)
    # Sent once more from the page before, it is the same receipt.
    tab.go_back()
    tab.locator("#f-decision-remedied").check()
    tab.locator("#f-reason").fill(REASON)
    tab.get_by_role("button", name="Seal 3 decisions").click()
    assert (heading(tab), receipt(tab)) == ("3 decisions sealed", told)
    assert "sent this form before" in tab.locator("main").inner_text()
    assert sealed(office) == before + 3


def test_after_a_withdrawal_every_page_is_there_again_and_it_is_sealed_once(office: Served, tab: Any) -> None:
    with Source(office.site.path) as source:
        seq = source.db.execute("SELECT min(seq) FROM entries WHERE kind = 'transfer'").fetchone()[0]
    before = sealed(office)
    tab.goto(f"/-/record/{seq}/withdraw")
    first = heading(tab)
    tab.locator("main textarea, main input[name=reason]").first.fill(
        "Write to a@example.org"
    )  # no reason, but a person
    with tab.expect_navigation():
        tab.locator("main form.states button, main form button").first.click()
    assert sealed(office) == before
    tab.reload()
    assert heading(tab) == first
    tab.locator("main textarea, main input[name=reason]").first.fill("It was entered twice")
    with tab.expect_navigation():
        tab.locator("main form.states button, main form button").first.click()
    done = heading(tab)
    assert sealed(office) == before + 1
    tab.reload()
    assert heading(tab) == done
    tab.go_back()
    assert heading(tab) == first
    tab.go_back()
    heading(tab)
    tab.go_forward()
    tab.go_forward()
    assert heading(tab) == done
    assert sealed(office) == before + 1
