"""The evidence bundle, made beside the app: the ledger is verified and checked anew before anything is handed out."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from datasette_plugins.transfer_ledger.running.telling import Tell
from ledger.source import Source
from reports.cli.bundle import bundle_of, must_verify
from reports.cli.edge import day
from reports.cli.writing import write

NAME = "evidence.zip"
"""The bundle's name in the folder of its run."""

_KEPT = 3
"""So many bundles are kept, the newest; each may be large, and any can be made again."""


def work(ledger: Path, folder: Path, what: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Packs the bundle as of today in London into `folder`; what it is of, and its SHA-256.

    `Refused` where the ledger does not verify, or has no checkpoint to prove anything with.
    """
    today = day(None)
    with Source(ledger) as source:
        size = source.head.size
    must_verify(ledger, lambda done: tell(done, size, "Verifying"))
    data = bundle_of(ledger, today, {}, lambda done: tell(done, 0, "Proving"))
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / NAME, (data,))
    _forget(folder)
    return {
        "size": size,
        "as_of": today.isoformat(),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _forget(folder: Path) -> None:
    made = [one for one in folder.parent.glob(f"*/{NAME}") if one.parent.name.isascii() and one.parent.name.isdecimal()]
    for one in sorted(made, key=lambda file: int(file.parent.name), reverse=True)[_KEPT:]:
        with suppress(OSError):  # somebody may be downloading it
            one.unlink()
            one.parent.rmdir()
