"""The newest findings as an Atom feed (RFC 4287), for whoever wants to be told of them elsewhere."""

from __future__ import annotations

import json
import re
import uuid
from xml.etree import ElementTree

import numpy as np
from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import WantedFindings
from datasette_plugins.transfer_ledger.decisions import as_decided
from datasette_plugins.transfer_ledger.pages import inbox
from datasette_plugins.transfer_ledger.pages.findings_files import rows_of
from datasette_plugins.transfer_ledger.web import Asked
from ledger.errors import Refused
from reports.documents.findings import Row, title

MOST = 100
"""So many findings are in the feed."""

_ATOM = "http://www.w3.org/2005/Atom"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    found = ElementTree.SubElement(parent, name, attributes)
    found.text = _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text) or None
    return found


def feed(asked: Asked, view: View, wanted: WantedFindings) -> Response:
    """The newest of the findings that are wanted, the newest entry first. Nothing erasable is in it."""
    with asked.site.reading() as source:
        view = as_decided(view, asked.site.decisions, source)
        places = view.findings(wanted, asked.today)
        newest = places[np.argsort(-view.found.first[places], kind="stable")][:MOST]
        rows = list(rows_of(asked, view, newest, source))
        genesis = source.genesis()
        recorded: dict[int, str] = dict(
            source.db.execute(
                "SELECT seq, recorded_at FROM entries WHERE seq IN (SELECT value FROM json_each(?))",
                (json.dumps([0, *{row.seq for row in rows}]),),
            ).fetchall()
        )
        if wrong := [seq for seq in (0, *(row.seq for row in rows)) if not isinstance(recorded.get(seq), str)]:
            raise Refused(f"Entry {wrong[0]} is missing or cannot be read; `transfer-ledger verify` says more.")
    here = asked.site.settings.origin
    query = inbox.query_of(wanted)
    root = ElementTree.Element("feed", {"xmlns": _ATOM, "xml:lang": "en-GB"})
    # It is known by the ledger and by what it is narrowed by, wherever the app runs.
    name = f"{genesis.origin}#findings?{json.dumps(query, sort_keys=True)}"
    _add(root, "id", f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}")
    _add(root, "title", f"Findings of {genesis.organisation}: {(inbox.STATES | inbox.EVER)[wanted.state].lower()}")
    _add(root, "updated", recorded[rows[0].seq if rows else 0])
    _add(_add(root, "author"), "name", genesis.organisation)
    _add(root, "link", rel="self", type="application/atom+xml", href=here + asked.url("/-/findings.atom", **query))
    _add(root, "link", rel="alternate", type="text/html", href=here + asked.url("/-/findings", **query))
    for row in rows:
        _entry(root, row, recorded[row.seq], here + asked.url(f"/-/findings/{row.key}"))
    data = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    headers = {"cache-control": "no-store"}
    return Response(data, media_type="application/atom+xml", headers=headers)


def _entry(root: ElementTree.Element, row: Row, recorded: str, address: str) -> None:
    entry = _add(root, "entry")
    _add(entry, "id", f"urn:transfer-ledger:finding:{row.key}")
    to = f", {row.sender} to {row.recipient}" if row.recipient_id else ""
    _add(entry, "title", f"{title(row.check)} (entry {row.seq}{to})")
    _add(entry, "updated", recorded)
    _add(entry, "link", rel="alternate", type="text/html", href=address)
    _add(entry, "category", term=row.severity)
    _add(entry, "category", term=row.outcome)
    _add(entry, "summary", f"{row.found} Expected: {row.expected} {row.next_step}", type="text")
