"""A check of what is new since the last one, whose findings are kept for the pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from reports.cli.check import check_ledger
from reports.cli.edge import day


def work(ledger: Path, folder: Path, what: dict[str, Any], tell: Callable[[int, int], None]) -> dict[str, Any]:
    """Checks the ledger as of today in London."""
    checked = check_ledger(ledger, day(None), keep=True)
    return {
        "size": checked.head.size,
        "as_of": checked.result.as_of.isoformat(),
        "findings": len(checked.result.findings),
        "unkept": checked.unkept,
    }
