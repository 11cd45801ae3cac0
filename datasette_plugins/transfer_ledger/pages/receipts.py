"""Receipts: what somebody recorded here, where it is sealed and with which hash, to be read, kept and put right."""

from __future__ import annotations

from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.entries.sentences import sentence
from datasette_plugins.transfer_ledger.recording import own
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, NotThere, download, whole
from ledger.london import utc_text
from ledger.members import Correction, Refusal, Transfer
from ledger.source import Source
from reports.wording import Labels, dated

PAGE = 50


class Receipt(NamedTuple):
    """One entry that somebody recorded: what it says, where it is sealed, when, and by which id it goes.

    `root` is the entry of the transfer that it states, None for a refusal; `newest` the entry that holds now.
    `changed` is whether the entry is no longer the one that the receipt was given for. `stands` is whether the
    transfer holds, so that it can be corrected.
    """

    seq: int
    hash: str
    id: str
    kind: str
    sentence: str
    recorded_at: str
    root: int | None
    newest: int
    stands: bool
    changed: bool


KINDS = {
    "transfer": "Transfer recorded",
    "correction": "Transfer corrected",
    "withdrawal": "Transfer withdrawn",
    "refusal": "Refused request recorded",
}


def page(asked: Asked) -> Response:
    """`GET /-/receipts`: the list, or one; as text, to be kept."""
    asked.only("seq", "before")
    if not asked.one("seq"):
        return _list(asked)
    seq = _number(asked, "seq")
    if seq is None or not own.may_see(asked.site, asked.who, seq):
        raise NotThere
    with asked.site.reading() as source:
        found = receipt(source, seq, None, asked.site.view().labels)
        if found is None:
            raise NotThere
        origin = source.genesis().origin
    if asked.format == "txt":
        return download(as_text(found, origin).encode("utf-8"), f"receipt-{seq}.txt", "text/plain; charset=utf-8")
    return asked.page("receipt.html", receipt=found, heading=KINDS[found.kind], origin=origin)


def _number(asked: Asked, name: str) -> int | None:
    text = asked.one(name)
    if not text:
        return None
    if whole(text) is None:
        raise BadRequest(f"“{name}” is the number of an entry.")
    return int(text)


def _list(asked: Asked) -> Response:
    before = _number(asked, "before")
    rows = asked.site.beside.recorded(asked.who.id, PAGE + 1, before)
    view: View = asked.site.view()
    with asked.site.reading() as source:
        found = [receipt(source, seq, hash_, view.labels) or lost(seq, hash_) for seq, hash_ in rows[:PAGE]]
    return asked.page(
        "receipts.html", receipts=found, before=before, older=rows[PAGE - 1][0] if len(rows) > PAGE else None,
        kinds=KINDS,
    )  # fmt: skip


def lost(seq: int, hash_: str) -> Receipt:
    """The receipt of an entry that is not there any more, or is no transfer now."""
    return Receipt(seq, hash_, "", "transfer", "", "", None, seq, False, True)


def receipt(source: Source, seq: int, hash_: str | None, label: Labels) -> Receipt | None:
    """The receipt of entry `seq`, None where it is nothing that is recorded here; `hash_` is that of the receipt."""
    found = source.entry(seq) if seq < source.head.size else None
    if found is None:
        return None
    one, _, is_ = found
    if not isinstance(one, Transfer | Correction | Refusal):
        return None
    changed = hash_ is not None and hash_ != is_
    at = utc_text(one.recorded_at)
    if isinstance(one, Refusal):
        return Receipt(seq, is_, one.id, "refusal", sentence(one, label), at, None, seq, False, changed)
    root = one.corrects.seq if isinstance(one, Correction) else seq
    newest = source.statements_of(root)[-1]
    last = one if newest == seq else (source.entry(newest) or (None,))[0]
    stands = not (isinstance(last, Correction) and last.withdrawn)
    withdrawn = isinstance(one, Correction) and one.withdrawn
    kind = "withdrawal" if withdrawn else "correction" if isinstance(one, Correction) else "transfer"
    text = sentence(one, label)
    return Receipt(seq, is_, one.id, kind, text, at, root, newest, stands, changed)


def as_text(found: Receipt, origin: str) -> str:
    """A receipt as a file to keep: it names nobody, and holds what a proof of the entry is compared with."""
    when = dated(found.recorded_at)
    lines = [
        f"{KINDS[found.kind]}",
        "",
        found.sentence,
        "",
        f"Ledger:       {origin}",
        f"Entry:        {found.seq}",
        f"Id:           {found.id}",
        f"Hash:         {found.hash}",
        f"Recorded at:  {when} ({found.recorded_at})",
        "",
        "Keep this. If the ledger ever shows another hash for this entry, it was altered.",
        "",
    ]
    return "\n".join(lines)
