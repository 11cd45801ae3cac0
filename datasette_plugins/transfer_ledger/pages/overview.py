"""The front page, the answer first: is anything wrong, ContactPoint, what there is, and where to look."""

from __future__ import annotations

import asyncio
from typing import Any

from datasette.utils.asgi import Response

from datasette_plugins.transfer_ledger import queries
from datasette_plugins.transfer_ledger.app import DATABASE, LedgerDatabase, ledger_of, told
from ledger.register.read import load_law
from ledger.source import Source
from reports.finding import OUTCOMES, SEVERITIES
from reports.wording import Labels, dated


def _labels(database: LedgerDatabase) -> Labels:
    with Source(database.path_) as source:
        return database.names.of(source)


async def page(request: Any, datasette: Any) -> Any:
    """`GET /`."""
    database = ledger_of(datasette)
    assert database is not None
    with told():
        label = await asyncio.to_thread(_labels, database)
    law = load_law().contactpoint
    facts = await database.execute_fn(lambda db: queries.overview(db, law.party, law.purposes))
    checked_size = facts.checked.get("size", "")
    context = {
        "facts": facts,
        "label": label,
        "dated": dated,
        "closed_at": dated(law.closed_at.isoformat()),
        "unchecked": facts.size - int(checked_size) if checked_size.isdecimal() else None,
        "outcomes": OUTCOMES,
        "severities": SEVERITIES,
        "queries": await datasette.get_canned_queries(DATABASE, None),
        "database": DATABASE,
    }
    html = await datasette.render_template("ledger_overview.html", context, request=request)
    return Response.html(html, headers={"cache-control": "no-store"})
