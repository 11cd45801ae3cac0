"""The ledger that the tests of this folder share."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.plugins.browsed import make_ledger


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger that tests share and none changes. Its name is one that a URI would misread."""
    return make_ledger(tmp_path_factory.mktemp("ledger") / "what?100%.db")


@pytest.fixture
def copied(kept: Path, tmp_path: Path) -> Path:
    """A copy of it, for a test that changes it or lays files beside it."""
    path = tmp_path / "what?100%.db"
    with closing(sqlite3.connect(kept)) as db, closing(sqlite3.connect(path)) as copy:
        db.backup(copy)  # a copy of the file alone lacks what is still beside it
    return path
