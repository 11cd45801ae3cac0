"""What a test needs of the machine: where it is missing the test says why it did not run, and in CI it fails."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(why: str) -> NoReturn:
    """Skips the test with its reason; fails it in continuous integration, which must never go without it."""
    if os.environ.get("CI"):
        pytest.fail(f"{why}, and continuous integration leaves no test out")
    pytest.skip(why)
