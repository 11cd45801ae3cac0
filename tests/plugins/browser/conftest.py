"""The apps and the browser that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ledger import writer
from tests.codes import LEAD
from tests.plugins import browsed
from tests.plugins.browser.lived import Places, copied, live
from tests.plugins.browser.pictures import App
from tests.plugins.browser.served import Served, clock, served
from tests.reports.audited import Kept
from tests.reports.played import played


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The demonstration's ledger, signed and witnessed, with its key; nobody changes it."""
    return played(tmp_path_factory.mktemp("played"))


@pytest.fixture(scope="module")
def apps(demonstration: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[App, Served]]:
    """The apps: one over the demonstration, one over a new ledger, and one whose ledger is gone."""
    folder = tmp_path_factory.mktemp("apps")
    new, gone = folder / "new.db", folder / "gone.db"
    for path in (new, gone):
        writer.create(path, "shire.example/transfers", "Shire Council", clock, browsed.entropy(), actor=LEAD)
    with ExitStack() as stack:
        made: dict[App, Served] = {
            "lived": stack.enter_context(served(copied(demonstration, folder / "lived.db"))),
            "fresh": stack.enter_context(served(new, by_link=False)),
            "gone": stack.enter_context(served(gone)),
        }
        for ending in ("", "-wal", "-shm"):
            Path(f"{gone}{ending}").unlink(missing_ok=True)
        yield made


@pytest.fixture(scope="module")
def places(apps: dict[App, Served], demonstration: Kept) -> Places:
    """Where things are in the app over the demonstration, after a morning's work at it."""
    return live(apps["lived"], demonstration)
