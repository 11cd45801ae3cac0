"""A verification: every entry read anew, with whatever the one who started it brought."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasette_plugins.transfer_ledger.running.telling import Tell
from ledger.cli.keys import note_in
from ledger.cli.verify import as_json
from ledger.errors import Refused
from ledger.source import Source
from ledger.tlog import checkpoint, note
from ledger.tlog.note import VerifierKey, parse_vkey
from ledger.verify.assurance import verify
from ledger.verify.levels import Brought
from ledger.verify.proofs import Trusted

MOST_LISTED = 100
"""So many problems are kept of a verification, and so many warnings; the command line lists all of them."""

KEPT = "the checkpoint that you brought"
"""What the checkpoint is called that was pasted."""


def keys_in(text: str) -> tuple[VerifierKey, ...]:
    """Verifier keys, one a line. `Refused`, naming the line, for one that is none."""
    found = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if line.strip():
            try:
                found.append(parse_vkey(line.strip()))
            except Refused as error:
                raise error.at(f"Line {number}") from None
    return tuple(dict.fromkeys(found))


def kept_in(text: str) -> tuple[tuple[str, bytes], ...]:
    """A checkpoint that was kept, with its name, from its text or that of its sheet; none for "". `Refused` else."""
    if not text.strip():
        return ()
    # A browser posts every end of a line as two characters, and people copy spaces before and after.
    data = note_in(f"{text.replace(chr(13) + chr(10), chr(10)).strip()}\n".encode())
    checkpoint.parse(note.parse(data).text)
    return ((KEPT, data),)


def brought(what: dict[str, Any]) -> Brought:
    """What was brought: verifier keys, a line each, and a checkpoint that was kept, as text. `Refused` as they are."""
    return Brought(Trusted(keys_in(str(what.get("keys", "")))), kept_in(str(what.get("kept", ""))))


def work(ledger: Path, folder: Path, what: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Verifies the ledger. What was found is as `verify --format json` prints it, and `found`: how many problems."""
    with Source(ledger) as source:
        total = source.head.size
    report = verify(ledger, lambda done: tell(done, total, "Verifying"), brought(what))
    found = as_json(report._replace(problems=report.problems[:MOST_LISTED], warnings=report.warnings[:MOST_LISTED]))
    assert isinstance(found, dict)
    return {**found, "found": len(report.problems)}
