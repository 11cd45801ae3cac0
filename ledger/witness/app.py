"""The witness behind HTTP: an ASGI application with two routes (c2sp.org/tlog-witness, HTTP Interface).

    POST /add-checkpoint                              cosigns
    GET  /<SHA-256 of the origin in hex>/checkpoint   the newest checkpoint of that log that was cosigned here

The second is what the page leaves open (Monitor Retrieval Mechanism). Everything that blocks runs in a thread; what
an answer says was on the disk before its first byte leaves.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from ledger.errors import Busy, Refused
from ledger.witness.decide import Answer, refusal
from ledger.witness.state import Witness

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 500_000
"""A note with 100 signatures of type 0x06 has 330 kB; and with our own lines it stays below `note.MAX_BYTES`."""

BODY_SECONDS = 10

_CHECKPOINT = re.compile("/([0-9a-f]{64})/checkpoint", re.ASCII)

# What uvicorn prints; a refusal here is the operator's business, and none of the client's.
_log = logging.getLogger("uvicorn.error")


def application(witness: Witness, clock: Callable[[], int]) -> Application:
    """The ASGI application of `witness`; `clock` gives seconds since 1970."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        answer = await _answer(witness, clock, scope, receive)
        if answer is None:  # whoever asked has left
            return
        headers = [
            (b"content-type", answer.content_type.encode("ascii")),
            (b"content-length", b"%d" % len(answer.body)),
            (b"cache-control", b"no-store"),
        ]
        if answer.status == 405:
            headers.append((b"allow", b"POST" if scope["path"] == "/add-checkpoint" else b"GET, HEAD"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.body", "body": body})

    return app


async def _answer(witness: Witness, clock: Callable[[], int], scope: Scope, receive: Receive) -> Answer | None:
    path, method = scope["path"], scope["method"]
    try:
        if path == "/add-checkpoint":
            if method != "POST":
                return refusal(405, "Checkpoints are added by POST.")
            body = await _body(receive)
            if not isinstance(body, bytes):
                return body
            return await asyncio.to_thread(witness.add_checkpoint, body, clock)
        if (found := _CHECKPOINT.fullmatch(path)) is not None:
            if method not in ("GET", "HEAD"):
                return refusal(405, "Checkpoints are read by GET.")
            newest = await asyncio.to_thread(witness.newest, found[1])
            return refusal(404, "No checkpoint of this log was cosigned.") if newest is None else Answer(200, newest)
        return refusal(404, "A witness has POST /add-checkpoint and GET /<SHA-256 of the origin>/checkpoint.")
    except Busy as error:
        _log.warning("%s", error)
        return refusal(503, "The witness is busy; nothing was cosigned. Try again.")
    except Refused as error:
        _log.error("%s", error)
        return refusal(500, "The witness cannot use its record, and cosigned nothing.")


async def _body(receive: Receive) -> bytes | Answer | None:
    too_large = refusal(413, f"A request has {MOST_BYTES:,} bytes at most.")
    body, more = bytearray(), True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                body += message.get("body", b"")
                if len(body) > MOST_BYTES:
                    return too_large
                more = message.get("more_body", False)
    except TimeoutError:
        return refusal(408, f"The request was not all here within {BODY_SECONDS} seconds.")
    return bytes(body)
