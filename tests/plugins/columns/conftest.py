"""The ledger, its columns and what plain Python says of it, once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from datasette_plugins.transfer_ledger.columns.view import View
from tests.plugins.columns import mixture


class World(NamedTuple):
    """One ledger that no test changes."""

    path: Path
    view: View
    seen: list[mixture.Seen]


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ledger, which tests copy to change it."""
    return mixture.make(tmp_path_factory.mktemp("mixture") / "mixed.db")


@pytest.fixture(scope="session")
def world(mixed: Path) -> Iterator[World]:
    """The ledger as columns hold it, and as plain Python reads it."""
    columns = mixture.columns_of(mixed)
    yield World(mixed, columns.view(), mixture.seen(mixed))
    mixture.close(columns)
