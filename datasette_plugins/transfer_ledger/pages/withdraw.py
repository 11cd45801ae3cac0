"""Withdrawing a transfer: it never took place, or was entered twice. What it stated stays in the record."""

from __future__ import annotations

from starlette.responses import Response

from datasette_plugins.transfer_ledger.pages.correct import WITHDRAWN, Current, current, made_from, reason_of
from datasette_plugins.transfer_ledger.pages.record import STALE
from datasette_plugins.transfer_ledger.recording import own, sealed
from datasette_plugins.transfer_ledger.recording.queue import Full
from datasette_plugins.transfer_ledger.web import Asked
from ledger.errors import Busy, Conflict, Refused


def page(asked: Asked) -> Response:
    """`/-/record/SEQ/withdraw`."""
    asked.only()
    found = current(asked)
    if asked.method == "POST":
        return _withdraw(asked, found)
    return _form(asked, found, told=WITHDRAWN if found.facts is None else "")


def _withdraw(asked: Asked, found: Current) -> Response:
    shown = made_from(asked)
    reason, wrong = reason_of(asked)
    if asked.stale:
        return _form(asked, found, reason=reason, told=STALE, status=409)
    if wrong:
        return _form(asked, found, reason=reason, wrong=wrong, status=422)
    job = sealed.correction(found.root, shown, None, {"reason": reason}, asked.who.id, "")
    try:
        receipt = sealed.done(asked.site.recorder, job, asked.actor)
    except Refused as error:
        newest = error.seq if isinstance(error, sealed.Overtaken) else None
        status = 409 if isinstance(error, Conflict) else 503
        late = "Not recorded yet. " if isinstance(error, Busy | Full) else ""
        return _form(asked, found, reason=reason, told=late + asked.site.said(error), newest=newest, status=status)
    own.recorded(asked.site, asked.who, receipt)
    return asked.see("/-/receipts", seq=receipt.seq)


def _form(
    asked: Asked, found: Current, *, reason: str = "", wrong: str = "", told: str = "", newest: int | None = None,
    status: int = 200,
) -> Response:  # fmt: skip
    return asked.page(
        "withdraw.html", status=status, found=found, reason=reason, wrong=wrong, told=told, newest=newest
    )  # fmt: skip
