"""The ledger that the tests of this folder share."""

from __future__ import annotations

import shutil
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
    return Path(shutil.copyfile(kept, tmp_path / "what?100%.db"))
