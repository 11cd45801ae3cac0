"""A check of the whole ledger, whose findings go into the app's private file for the pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from datasette_plugins.transfer_ledger.verdicts import replace
from ledger.london import parse_date
from reports.cli.check import check_ledger


def work(ledger: Path, folder: Path, what: dict[str, Any], tell: Callable[[int, int], None]) -> dict[str, Any]:
    """Checks the ledger as of the day `as_of`, and puts what it finds into the file `verdicts`."""
    checked = check_ledger(ledger, parse_date(what["as_of"]))
    replace(Path(what["verdicts"]), checked)
    return {
        "size": checked.head.size,
        "as_of": checked.result.as_of.isoformat(),
        "findings": len(checked.result.findings),
    }
