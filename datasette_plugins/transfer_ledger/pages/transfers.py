"""The list of transfers: narrowed by what people look for, page by page, or as a file of exactly what is listed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.asked import Turn, address_of, turn_of, wanted_of
from datasette_plugins.transfer_ledger.columns.facets import Facets
from datasette_plugins.transfer_ledger.columns.selected import Selected
from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import Wanted
from datasette_plugins.transfer_ledger.files import table_file
from datasette_plugins.transfer_ledger.pages import rows
from datasette_plugins.transfer_ledger.pages.rows import Row
from datasette_plugins.transfer_ledger.site import Site
from datasette_plugins.transfer_ledger.web import Asked, bad_input
from reports.documents.blocks import Data
from reports.documents.findings import named
from reports.wording import Labels

SIZES = {25: "25", 50: "50", 100: "100", 200: "200"}
MOST_JSON = 1000
"""The most transfers of one answer in JSON; the next ones are asked for with `after`."""

IN_WORDS = {
    "day": "newest first", "-day": "oldest first", "recorded": "last recorded first", "recipient": "by recipient",
    "sender": "by sender", "purpose": "by purpose", "count": "most people first", "findings": "most findings first",
}  # fmt: skip
"""The orders that the page offers."""

FACETS = {
    "findings": "Findings", "recipient": "Recipient", "purpose": "What for", "field": "Data item sent",
    "school": "School", "sender": "Sender", "year": "School year", "term": "Term", "late": "Recorded late",
}  # fmt: skip
"""What the page can be narrowed by, in this order."""

SHOWN = 8
"""So many values of a facet stand open; the others are folded."""


class Shown(NamedTuple):
    """One transfer as the page shows it."""

    row: Row
    sender: str
    recipient: str
    purpose: str
    fields: tuple[str, ...]
    severity: str
    findings: int


class Chosen(NamedTuple):
    """One filter that is set: what it is, its value for people, and the address without it."""

    name: str
    value: str
    without: str


class Listing(NamedTuple):
    """The page: how many there are, those shown, and where its links lead."""

    total: int
    first: int
    shown: tuple[Shown, ...]
    facets: dict[str, Facets]
    chosen: tuple[Chosen, ...]
    query: Mapping[str, str]
    sort: str
    size: int
    newer: int | None
    older: int | None


def _gravest(view: View, seq: int) -> list[str]:
    # Those that stand come first, and of these the worst.
    return [item.severity for item in view.found.by_entry([seq])[seq] if item.stands]


def shown_of(view: View, row: Row) -> Shown:
    """A transfer with its names for people."""
    label, found = view.labels, _gravest(view, row.seq)
    return Shown(
        row,
        named(row.sender, label),
        named(row.recipient, label),
        named(row.purpose, label),
        tuple(label(one, "field") for one in row.fields),
        found[0] if found else "",
        len(found),
    )


def _chosen(asked: Asked, view: View, query: Mapping[str, str], facets: Mapping[str, Facets]) -> tuple[Chosen, ...]:
    found = []
    for name, value in query.items():
        text = next((one.label for one in facets[name].values if one.chosen), value) if name in facets else value
        rest = {other: text for other, text in query.items() if other != name}
        title = {**FACETS, "q": "Words", "from": "From", "to": "To", "check": "Check", "severity": "Severity"}
        found.append(Chosen(title.get(name, name.capitalize()), text, asked.url("/-/transfers", **rest)))
    return tuple(found)


def listing(asked: Asked, view: View, selected: Selected, wanted: Wanted, turn: Turn) -> Listing:
    """The page that was asked for."""
    with bad_input():
        page = selected.page(turn.sort, turn.after, turn.before, turn.size)
    with asked.site.reading() as source:
        shown = tuple(shown_of(view, row) for row in rows.rows_of(source, page.seqs))
    facets, query = selected.facets(), dict(parse_qsl(address_of(wanted)))
    return Listing(
        selected.count, page.first_rank, shown, facets, _chosen(asked, view, query, facets), query, turn.sort,
        turn.size, page.newer, page.older,
    )  # fmt: skip


def page(asked: Asked) -> Response:
    """`GET /-/transfers`, and as a file or as JSON."""
    with asked.site.reading() as source:
        view = asked.site.checked_view(source)
    with bad_input():
        wanted = wanted_of(asked.query, view, asked.today)
        turn = turn_of(asked.query, MOST_JSON if asked.format == "json" else max(SIZES))
    selected = view.select(wanted, asked.today)
    if asked.format == "json":
        return _json(asked, view, selected, turn)
    if asked.format == "html":
        found = listing(asked, view, selected, wanted, turn)
        return asked.page(
            "transfers.html", listing=found, facets=FACETS, sorts=IN_WORDS, sizes=SIZES.items(), most=SHOWN
        )
    return table_file(
        lambda: _data(asked.site, view, selected, turn.sort), asked.format, "transfers", _keeper(asked), asked.now
    )


def _keeper(asked: Asked) -> str:
    with asked.site.reading() as source:
        return source.genesis().organisation


def _data(site: Site, view: View, selected: Selected, sort: str) -> Iterator[Data]:
    """All that is listed, as a table, while the ledger is open."""
    with site.reading() as source:
        listed = (
            rows.values(row, view.labels, _gravest(view, row.seq)) for row in rows.in_runs(source, selected.seqs(sort))
        )
        yield Data("transfers", "Transfers", rows.COLUMNS, listed)


def as_json(row: Row, label: Labels, findings: Sequence[str]) -> dict[str, Any]:
    """One transfer as the API gives it: by the sealed names, with the keys of its findings."""
    return {
        "seq": row.seq, "id": row.id, "transferred_at": row.at, "sender": row.sender, "recipient": row.recipient,
        "purpose": row.purpose, "fields": list(row.fields), "lawful_basis": list(row.basis),
        "schools": list(row.schools), "subject_kind": row.subjects or None, "subject_count": row.people,
        "recorded_at": row.recorded_at, "corrected": row.corrected, "findings": list(findings),
        "names": {"sender": named(row.sender, label), "recipient": named(row.recipient, label),
                  "purpose": named(row.purpose, label)},
    }  # fmt: skip


def _json(asked: Asked, view: View, selected: Selected, turn: Turn) -> Response:
    with bad_input():
        page_ = selected.page(turn.sort, turn.after, turn.before, turn.size)
    on = view.found.by_entry(page_.seqs)
    with asked.site.reading() as source:
        found = [
            as_json(row, view.labels, [item.key for item in on.get(row.seq, ())])
            for row in rows.rows_of(source, page_.seqs)
        ]
    return asked.json({"count": selected.count, "after": page_.older, "before": page_.newer, "transfers": found})
