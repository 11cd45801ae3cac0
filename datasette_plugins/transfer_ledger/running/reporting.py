"""A report, in the formats that were asked for, as `report` writes it; attested where that was asked for.

Beside its files lies a summary, of which two documents are compared. Nothing takes its name in the folder before all
of it is whole on the disk.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datasette_plugins.transfer_ledger.people.acting import acted
from datasette_plugins.transfer_ledger.roles import Actor
from datasette_plugins.transfer_ledger.running.telling import Tell
from ledger.cli.edge import clock, entropy
from ledger.errors import Refused
from ledger.london import parse_date
from ledger.writer import Ledger
from reports.cli.making import Wanted, judged, reading
from reports.cli.report import attested, made
from reports.cli.writing import write_all
from reports.documents.blocks import Document, Heading, Numbers
from reports.documents.reading import Reading
from reports.formats.json_ import numbers_as_json
from reports.run import CheckRun

SUMMARY = "summary.json"
"""The file of numbers and findings by which two documents are compared; it is no document."""

_UNFIT = re.compile(r"[^A-Za-z0-9-]+")


def file_name(kind: str, period: str, ending: str) -> str:
    """What a document's file is called: for whom it is, of which time, and its format."""
    of = "-to-".join(part.partition("=")[2] or part for part in period.split(","))
    return f"{kind}-{_UNFIT.sub('-', of)[:30].strip('-')}.{ending}"


def summary(document: Document, read: Reading) -> dict[str, Any]:
    """A document's numbers by their ids, and, unless it is for the public, the findings that it speaks of."""
    public = document.kind == "governors"
    return {
        "numbers": numbers_as_json(document),
        "sections": _sections(document),
        "findings": [] if public else [[row.key, row.severity, row.check, row.seq, row.shortly] for row in read.rows],
    }


def _sections(document: Document) -> dict[str, str]:
    """The heading below which each number stands: without it, what is counted is often unclear."""
    found, heading = dict[str, str](), ""
    for block in document.blocks:
        if isinstance(block, Heading):
            heading = block.text
        elif isinstance(block, Numbers):
            found |= {one.id: heading for one in block.items}
    return found


def _left_out(checks: tuple[CheckRun, ...], *, public: bool) -> list[str]:
    if not checks:
        return []
    if public:  # the reason counts transfers
        return ["Some checks did not run, or not on all transfers."]
    return [f"{len(checks)} checks did not run, or not on all transfers: {checks[0].reason}"]


def work(ledger: Path, folder: Path, what: dict[str, Any], tell: Tell) -> dict[str, Any]:
    """Makes the report. `what` has `kind`, `period` as an attestation seals it, `school`, `formats`, `as_of`, `app` and
    `attest`: the code and role of who has it attested, null where nobody has. The result names each file with its size
    and SHA-256, and the entry that attests it.
    """
    kind, endings, notes = what["kind"], what["formats"], list[str]()
    actor = None if what["attest"] is None else Actor(*what["attest"])
    wanted = Wanted(kind, parse_date(what["as_of"]), "", what["period"], what["school"], "", what["app"])
    with judged(ledger, wanted.as_of) as of:
        tell(0, len(endings), "Counting")
        read = reading(of, wanted)
        period = read.scope.period.option or "whole"
        documents: dict[str, Document] = {}
        contents: dict[str, Iterator[bytes]] = {}
        for ending in endings:
            name = file_name(kind, period, ending)
            documents[name], contents[name] = made(of, read, ending)
        document = next(iter(documents.values()))
        contents[SUMMARY] = iter((json.dumps(summary(document, read)).encode(),))
        written = write_all(folder, _told(contents, tell))
        tell(len(endings), len(endings), "Ending")  # where nobody listens any more, nothing is sealed
        sealed: dict[str, int] = {}
        if actor is not None:
            try:
                with Ledger(ledger, clock, entropy) as opened, opened.together(whole=True):
                    for name, receipt in acted(opened, lambda to: [*attested(to, of, documents, written)], actor):
                        sealed[name] = receipt.seq
            except Refused as error:
                notes.append(str(error))
        notes += _left_out(read.not_run, public=kind == "governors")
        return {
            "title": document.title,
            "about": document.about,
            "as_of": wanted.as_of.isoformat(),
            "size": document.made.size,
            "problems": len(of.verification.problems),
            "notes": notes,
            "files": [
                {
                    "name": name,
                    "format": one.made.option("format"),
                    "size": written[name].size,
                    "sha256": written[name].sha256,
                    "attested": sealed.get(name),
                }
                for name, one in documents.items()
            ],
        }


def _told(contents: Mapping[str, Iterator[bytes]], tell: Tell) -> dict[str, Iterator[bytes]]:
    def pieces(place: int, name: str, of: Iterator[bytes]) -> Iterator[bytes]:
        tell(place, len(contents), f"Writing {name}")
        yield from of

    return {name: pieces(place, name, of) for place, (name, of) in enumerate(contents.items())}
