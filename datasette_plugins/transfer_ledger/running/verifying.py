"""A verification: every entry read anew, with whatever the one who started it brought."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ledger.cli.verify import as_json
from ledger.errors import Refused
from ledger.source import Source
from ledger.tlog.note import parse_vkey
from ledger.verify.assurance import verify
from ledger.verify.levels import Brought
from ledger.verify.proofs import Trusted


def brought(what: dict[str, Any]) -> Brought:
    """What was brought: verifier keys, a line each, and a checkpoint that was kept, as text. `Refused` as they are."""
    keys = tuple(parse_vkey(line.strip()) for line in str(what.get("keys", "")).split("\n") if line.strip())
    kept = str(what.get("kept", "")).strip()
    return Brought(Trusted(keys), (("the checkpoint that you brought", f"{kept}\n".encode()),) if kept else ())


def work(ledger: Path, folder: Path, what: dict[str, Any], tell: Callable[[int, int], None]) -> dict[str, Any]:
    """Verifies the ledger. What was found is as `verify --format json` prints it."""
    with Source(ledger) as source:
        total = source.head.size
    report = verify(ledger, lambda done: tell(done, total), brought(what))
    found = as_json(report)
    if not isinstance(found, dict):
        raise Refused("The verification gave no report.")
    return dict(found)
