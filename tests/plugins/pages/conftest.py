"""The desks at which the tests of the pages to record on sit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import pytest

from tests.plugins.browsed import make_ledger
from tests.plugins.clerking import Desk


@pytest.fixture(scope="session")
def kept_for_clerks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger to copy from."""
    return make_ledger(tmp_path_factory.mktemp("clerks") / "ledger.db")


@pytest.fixture(scope="module")
def desk(kept_for_clerks: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The app over one ledger, to which these tests add."""
    made = Desk(Path(copyfile(kept_for_clerks, tmp_path_factory.mktemp("desk") / "ledger.db")))
    yield made
    made.close()


@pytest.fixture
def fresh(kept_for_clerks: Path, tmp_path: Path) -> Iterator[Desk]:
    """The app over a ledger of its own, in which nobody recorded anything through it."""
    made = Desk(Path(copyfile(kept_for_clerks, tmp_path / "ledger.db")))
    yield made
    made.close()
