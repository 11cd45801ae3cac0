"""Verifying a small ledger takes its time reading one register's YAML, which is the same every time: read it once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from ledger.register import read


@pytest.fixture(scope="session", autouse=True)
def registers_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read, "read_register", cache(read.read_register))
        yield
