"""`POST /-/transfers`: one transfer or a list of them, recorded as the command does it, with their receipts."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from datasette_plugins.transfer_ledger.recording.posted import Conflicting, Unfit, posted
from datasette_plugins.transfer_ledger.recording.queue import Full
from datasette_plugins.transfer_ledger.recording.transfers import recorded_transfers
from datasette_plugins.transfer_ledger.web import Asked

_LARGE = 64 * 1024
"""A longer body is read in a thread, so that reading it keeps nobody waiting."""


async def post(asked: Asked) -> Response:
    """Answers when what was posted is on the disk: 201, or 200 where all of it had been recorded before."""
    try:
        found = posted(asked.body) if len(asked.body) < _LARGE else await asyncio.to_thread(posted, asked.body)
        kept = await asyncio.wrap_future(
            recorded_transfers(asked.site.recorder, found.stated, asked.who.id, asked.actor)
        )
    except Full as error:
        answer = asked.json({"error": str(error)}, status=503)
        answer.headers["retry-after"] = str(error.retry_after)
        return answer
    except Unfit as error:
        status = 409 if isinstance(error, Conflicting) else 400
        return asked.json({"error": str(error), "problems": error.answer()}, status=status)
    asked.site.runs.check_soon()
    receipts = [one.answer() for one in kept]
    status = 201 if any(one.receipt.new for one in kept) else 200
    return asked.json({"transfers": receipts} if found.many else receipts[0], status=status)
