"""The ledger and the app that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datasette_plugins.transfer_ledger import app
from tests.plugins.browsed import make_ledger


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger that tests share and none changes. Its name is one that a URI would misread."""
    return make_ledger(tmp_path_factory.mktemp("ledger") / "what?100%.db")


@pytest.fixture
def datasette(kept: Path) -> Iterator[Any]:
    """The app over the shared ledger."""
    made = app.make(kept)
    yield made
    made.get_database("ledger").close()
