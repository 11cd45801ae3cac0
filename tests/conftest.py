"""What every test shares: one asynchronous backend, and hypothesis without a stopwatch."""

from __future__ import annotations

import os
import tempfile

import pytest
from hypothesis import settings

from tests.codes import LEAD

# A busy machine makes a fast example slow now and then; that is no failure of the law tested. What else
# hypothesis chooses for continuous integration (the same examples every time) stays.
settings.register_profile("unhurried", settings.default, deadline=None)
settings.load_profile("unhurried")

# No test writes into the configuration folder of whoever runs it, and commands act as the lead of the tests' ledgers.
os.environ["XDG_CONFIG_HOME"] = tempfile.mkdtemp(prefix="transfer-ledger-tests-")
os.environ["TRANSFER_LEDGER_ACTOR"] = LEAD


@pytest.fixture
def anyio_backend() -> str:
    """Tests marked `anyio` run on asyncio, which is what Datasette runs on."""
    return "asyncio"
