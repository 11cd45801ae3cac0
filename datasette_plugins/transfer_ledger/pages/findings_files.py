"""Findings for programs and spreadsheets: all that a page lists, in the words and columns of the reports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.codes import Ints
from datasette_plugins.transfer_ledger.columns.finding import standing_on
from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import WantedFindings
from datasette_plugins.transfer_ledger.decisions import as_decided
from datasette_plugins.transfer_ledger.files import table_file
from datasette_plugins.transfer_ledger.pages import inbox
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, whole
from ledger.source import Source
from reports.documents import listed
from reports.documents.blocks import Data
from reports.documents.findings import Decided, Row
from reports.formats.json_ import KEYS, decision_as_json, settled_as_json

MOST = 1000
"""The most findings of one answer in JSON; the next ones are asked for with `after`."""

USUAL = 100

_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)


def rows_of(asked: Asked, view: View, places: Ints, source: Source) -> Iterator[Row]:
    """The findings at `places`, in their order, as reports have them, in the words that the last check found for them:
    it may have been of an older version, with checks that are no more.

    `view` has the decisions until `source` ends.
    """
    decisions, found, size = asked.site.decisions, view.found, source.head.size
    kinds = inbox.kinds_of(view, places.tolist(), source)
    same: dict[object, inbox.About] = {}
    for place in places.tolist():
        item, finding = found.item(place), found.read(place).finding
        of = (item.sender, item.recipient, item.purpose, item.id is None, kinds.get(item.seq))
        about = same.get(of) or same.setdefault(of, inbox.about(view, item, kinds))
        sealed = None if item.decision is None else decisions.newest(item.key, size)
        yield Row(
            key=item.key, check=item.check, reason=item.reason, outcome=item.outcome, severity=item.severity,
            seq=item.seq, id=item.id, entries=item.entries, on=item.on, sender_id=about.sender_id, sender=about.sender,
            recipient_id=about.recipient_id, recipient=about.recipient, purpose=about.purpose, expected=item.expected,
            found=item.found, shortly=item.found, citation=item.citation, assigned=finding.assigned,
            prefilled=finding.prefilled, next_step=item.next_step, corrected_by=item.corrected_by,
            standing=standing_on(item.standing, item.due, asked.today),
            decision=None if sealed is None
            else Decided(sealed.decision, sealed.due, sealed.closes(asked.today), sealed.seq),
        )  # fmt: skip


def as_file(asked: Asked, view: View, wanted: WantedFindings) -> Response:
    """The findings that are listed, all pages of them, in the order of the page, as CSV or XLSX."""
    with asked.site.reading() as source:
        author = source.genesis().organisation
    return table_file(lambda: _data(asked, view, wanted), asked.format, "findings", author, asked.now)


def _data(asked: Asked, view: View, wanted: WantedFindings) -> Iterator[Data]:
    with asked.site.reading() as source:
        view = as_decided(view, asked.site.decisions, source)
        places = view.found.groups(view.findings(wanted, asked.today)).in_order()
        rows = rows_of(asked, view, places, source)
        yield Data("findings", "Findings", listed.COLUMNS, map(listed.values, rows))


def member(row: Row) -> dict[str, Any]:
    """One finding as the API gives it: the members of `check --format json`, then those that say what it is on."""
    return {
        **{key: getattr(row, key) for key in KEYS},
        "decision": decision_as_json(row.decision),
        "reason": row.reason,
        "state": row.standing.state,
        "settled": settled_as_json(row.standing),
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
    count = whole(size) if size else USUAL
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
    checked = {"as_of": view.checked["as_of"], "size": int(view.checked["size"])}
    more = len(order) > size
    return asked.json(
        {"checked": checked, "size": view.head.size, "count": len(keys), "findings": shown,
         "after": shown[-1]["key"] if more else None}
    )  # fmt: skip
