"""The page that a form was answered with, to be read as often as its browser asks for it."""

from __future__ import annotations

from starlette.responses import Response

from datasette_plugins.transfer_ledger.web import Asked

GONE = (
    "This answer is no longer kept. Whatever was recorded stays recorded: it is among your receipts, and decisions are "
    "among the decided findings."
)


async def page(asked: Asked) -> Response:
    """`GET /-/answers/ID`."""
    asked.only()
    kept = asked.site.answers.read(asked.who, asked.vars["once"], asked.now)
    return kept or asked.page("told.html", status=404, sentence=GONE, code=404)
