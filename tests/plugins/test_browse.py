"""The browsing app: every page, facet and saved query over a live ledger."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

import pytest

from tests.plugins.browsed import (
    read,
    text_of,
)

pytestmark = pytest.mark.anyio

# -- pages -------------------------------------------------------------------------------------------------------


async def test_the_overview_answers_first(datasette: Any) -> None:
    page = read(await text_of(datasette, "/"))
    assert "Shire Council" in page
    assert re.search(r"\d+ breaches are open See them all", page)
    assert "1 after the closing" in page
    assert "Closed: 6 August 2010 at 12:00 London time." in page
    assert "1 transfer to it, from it or for it, from 20 August 2010 to 20 August 2010." in page
    assert "Transfers 4 Corrections 2 " in page
    assert "Documented purposes england-2010 " in page
    size, head = 10, datasette.get_database("ledger").path_
    with sqlite3.connect(head) as db:
        last = db.execute("SELECT hash FROM entries WHERE seq = ?", (size - 1,)).fetchone()[0]
    assert f"Entries {size}, " in page
    assert last in page
    assert "Checked as of 31 August 2010." in page
    assert "recorded since" not in page


async def test_counts_of_findings_on_the_overview_are_of_those_that_stand(datasette: Any) -> None:
    page = read(await text_of(datasette, "/"))
    found = (await text_of(datasette, "/ledger/open-breaches.json?_shape=array")).count('"check_name"')
    assert f"{found} breaches are open" in page
