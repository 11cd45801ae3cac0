"""Findings for programs and spreadsheets: all that a page lists, in the words and columns of the reports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.codes import Ints
from datasette_plugins.transfer_ledger.columns.finding import Item
from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import WantedFindings
from datasette_plugins.transfer_ledger.decisions import as_decided
from datasette_plugins.transfer_ledger.files import table_file
from datasette_plugins.transfer_ledger.pages import inbox
from datasette_plugins.transfer_ledger.web import Asked, BadRequest
from ledger.source import Source
from reports.documents import listed
from reports.documents.blocks import Data
from reports.documents.findings import Decided, Row, Rows, Sent
from reports.formats.json_ import KEYS, decision_as_json

MOST = 1000
"""The most findings of one answer in JSON; the next ones are asked for with `after`."""

USUAL = 100

_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)


def rows_of(asked: Asked, view: View, places: Ints, source: Source) -> Rows:
    """The findings at `places`, in their order, as reports have them. `view` has the decisions until `source` ends."""
    decisions, found = asked.site.decisions, view.found
    kinds = inbox.kinds_of(view, places.tolist(), source)
    sent: list[Sent] = []
    same: dict[object, Sent] = {}
    decided: dict[str, Decided] = {}
    for item in found.items(places.tolist()):
        of = (item.on, item.sender, item.recipient, item.purpose, item.id is None, kinds.get(item.seq))
        sent.append(same.get(of) or same.setdefault(of, _sent(view, item, kinds)))
        if item.decision is not None and (one := decisions.newest(item.key, source.head.size)) is not None:
            decided[item.key] = Decided(item.decision, item.due, item.closed(asked.today), one.seq)
    return Rows([found.read(place).finding for place in places.tolist()], sent, view.labels, decided)


def _sent(view: View, item: Item, kinds: Mapping[int, str]) -> Sent:
    of = inbox.about(view, item, kinds)
    # What is on no transfer is so from both ends, as in reports.
    recipient = of.recipient or of.sender
    return Sent(item.on, of.sender_id, of.sender, of.recipient_id, recipient, of.purpose, of.purpose_id)


def as_file(asked: Asked, view: View, wanted: WantedFindings) -> Response:
    """The findings that are listed, all pages of them, in the order of the page, as CSV or XLSX."""
    with asked.site.reading() as source:
        author = source.genesis().organisation
    return table_file(lambda: _data(asked, view, wanted), asked.format, "findings", author, asked.now)


def _data(asked: Asked, view: View, wanted: WantedFindings) -> Iterator[Data]:
    with asked.site.reading() as source:
        view = as_decided(view, asked.site.decisions, source)
        places = view.found.groups(view.findings(wanted, asked.today)).in_order()
        yield listed.data(rows_of(asked, view, places, source))


def member(row: Row) -> dict[str, Any]:
    """One finding as the API gives it: the members of `check --format json`, then those that say what it is on."""
    return {
        **{key: getattr(row, key) for key in KEYS},
        "decision": decision_as_json(row.decision),
        "reason": row.reason,
        "state": row.state,
        "entries": list(row.entries),
        "corrected_by": row.corrected_by,
        "transferred_on": None if row.on is None else row.on.isoformat(),
        "sender": row.sender_id,
        "recipient": row.recipient_id,
        "names": {"sender": row.sender, "recipient": row.recipient, "purpose": row.purpose},
        "assigned": row.assigned,
    }


def _turn(asked: Asked) -> tuple[str, int]:
    after, size = asked.one("after"), asked.one("size")
    if after and not _KEY.fullmatch(after):
        raise BadRequest("“after” is the key of the last finding of the answer before, 64 digits and letters a to f.")
    count = inbox.whole(size) if size else USUAL
    if count is None or not 0 < count <= MOST:
        raise BadRequest(f"“size” is how many findings to give at once, a whole number from 1 to {MOST:,}.")
    return after, count


def as_json(asked: Asked, view: View, wanted: WantedFindings) -> Response:
    """The findings that are wanted, by their keys: as many as asked for, from after the key that was given."""
    after, size = _turn(asked)
    with asked.site.reading() as source:
        view = as_decided(view, asked.site.decisions, source)
        places = view.findings(wanted, asked.today)
        keys: Sequence[str] = view.found.keys[places].tolist()
        order = sorted((place for place in range(len(keys)) if keys[place] > after), key=keys.__getitem__)
        shown = [member(row) for row in rows_of(asked, view, places[order[:size]], source)]
    checked = {"as_of": view.checked.get("as_of"), "size": int(view.checked["size"])} if view.checked else None
    more = len(order) > size
    return asked.json(
        {"checked": checked, "size": view.head.size, "count": len(keys), "findings": shown,
         "after": shown[-1]["key"] if more else None}
    )  # fmt: skip
