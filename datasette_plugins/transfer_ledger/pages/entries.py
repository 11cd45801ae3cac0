"""The entries of the ledger from one on, of one kind or of all: what numbers on the overview count, newest first."""

from __future__ import annotations

from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.entries.sentences import sentence
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, whole
from ledger.source import Source

MOST = 50
"""So many entries stand on a page."""

KINDS = {
    "transfer": ("transfer recorded", "transfers recorded"),
    "correction": ("correction or withdrawal", "corrections and withdrawals"),
    "refusal": ("request refused", "requests refused"),
    "review": ("decision on a finding", "decisions on findings"),
    "confirmation": ("confirmation by a second person", "confirmations by a second person"),
    "person": ("person added, or another role for one", "people added, or other roles for some"),
    "batch": ("import", "imports"),
    "register": ("register adopted", "registers adopted"),
    "organisation": ("organisation added or changed", "organisations added or changed"),
    "erasure": ("value erased", "values erased"),
    "attestation": ("report attested", "reports attested"),
    "key": ("change of the signing key", "changes of the signing key"),
    "closing": ("closing of the ledger", "closings of the ledger"),
}
"""Kinds of entries, one and many, in the order in which they are told."""


class Line(NamedTuple):
    """One entry: its number, what it says in a sentence, when it was recorded."""

    seq: int
    sentence: str
    recorded_at: str


def counts(source: Source, first: int) -> dict[str, int]:
    """How many entries there are of each kind, from entry `first` on."""
    found: dict[str, int] = dict(
        source.db.execute(
            "SELECT kind, count(*) FROM entries WHERE kind <> 'transfer' AND seq >= ? GROUP BY kind", (first,)
        )
    )
    found["transfer"] = source.head.size - first - sum(found.values())
    return found


def _number(asked: Asked, name: str, default: int) -> int:
    text = asked.one(name)
    found = whole(text) if text else default
    if found is None:
        raise BadRequest(f"“{name}” is the number of an entry.")
    return found


def page(asked: Asked) -> Response:
    """`GET /-/entries`: from entry `from` on, those before entry `before`, of a `kind`."""
    asked.only("from", "before", "kind")
    kind = asked.one("kind")
    if kind and kind not in KINDS:
        raise BadRequest("“kind” is a kind of entries, such as transfer.")
    label = asked.site.view().labels
    with asked.site.reading() as source:
        size = source.head.size
        first = min(_number(asked, "from", 0), size)
        before = min(_number(asked, "before", size), size)
        by_kind = counts(source, first)
        # Transfers are most of all entries, and the others have an index of their own.
        where = "kind = 'transfer'" if kind == "transfer" else "kind <> 'transfer' AND kind = ?" if kind else "true"
        rows = source.db.execute(
            f"SELECT seq, recorded_at FROM entries WHERE {where} AND seq >= ? AND seq < ? ORDER BY seq DESC LIMIT ?",
            (*([kind] if kind not in ("", "transfer") else []), first, before, MOST + 1),
        ).fetchall()
        lines = [
            Line(seq, sentence(entry[0], label), at)
            for seq, at in rows[:MOST]
            if (entry := source.entry(seq)) is not None
        ]
    return asked.page(
        "entries.html", lines=lines, kind=kind, first=first, total=by_kind.get(kind, 0) if kind else size - first,
        by_kind=by_kind, kinds=KINDS, next=rows[MOST - 1][0] if len(rows) > MOST else None,
    )  # fmt: skip
