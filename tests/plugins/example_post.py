"""The example of `docs/APP.md`: one post and its receipt, as the app answers it, so that the document cannot drift."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from datasette_plugins.transfer_ledger import serving
from datasette_plugins.transfer_ledger.people.settings import Settings
from tests.plugins import browsed
from tests.plugins.asking import Reader, program

TRANSFER = {
    "id": "sims-export-4711",
    "transferred_at": "2010-08-26T14:05+01:00",
    "sender": "elm-primary",
    "recipient": "ofsted",
    "purpose": "school-inspection",
    "fields": ["upn", "surname"],
    "lawful_basis": ["dpa1998-sch2-5"],
    "subjects": {"kind": "pupil", "count": 210},
}


def answers(folder: Path) -> list[tuple[int, Any]]:
    """What the app answers to the transfer, sent twice: status and receipt."""
    tokens = {"sims": program("SIMS export", "clerk", "t" * 40)}
    settings = replace(Settings.local(8001), by_link=False, tokens=tokens)
    path = browsed.make_ledger(folder / "transfers.db", browsed.entropy())
    site = serving.open_site(path, settings, browsed.clock, browsed.entropy())
    try:
        found = []
        for _ in range(2):
            answer = Reader(site, "sims").ask("POST", "/-/transfers", json=TRANSFER)
            found.append((answer.status_code, answer.json()))
        return found
    finally:
        site.close()


def shown() -> str:
    """What is posted, and the receipt of the first time, as the document has them."""
    with TemporaryDirectory() as folder:
        (status, receipt), _ = answers(Path(folder))
    posted, kept = (f"```json\n{json.dumps(one, indent=2)}\n```" for one in (TRANSFER, receipt))
    return f"`transfer.json` is\n\n{posted}\n\nand the answer, {status}, its receipt:\n\n{kept}"
