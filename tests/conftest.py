"""What every test shares: one asynchronous backend, and hypothesis without a stopwatch."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A busy machine makes a fast example slow now and then; that is no failure of the law tested. What else
# hypothesis chooses for continuous integration (the same examples every time) stays.
settings.register_profile("unhurried", settings.default, deadline=None)
settings.load_profile("unhurried")


@pytest.fixture
def anyio_backend() -> str:
    """Tests marked `anyio` run on asyncio, which is what Datasette runs on."""
    return "asyncio"
