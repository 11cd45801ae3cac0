"""Who may ask: a browser on this machine, by a name of this machine, to read.

A page elsewhere can make a browser send requests here, and can point a name of its own at 127.0.0.1 to read the
answers (DNS rebinding). So the name asked for must be this machine's, and no method but GET and HEAD is
answered. What is answered is not kept, framed, or told to where a link leads.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LOCAL = frozenset({"127.0.0.1", "localhost", "[::1]"})

HEADERS = (
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)


def _host(scope: Message) -> str:
    given = [value for name, value in scope["headers"] if name.lower() == b"host"]
    text = given[0].decode("latin-1").lower() if len(given) == 1 else ""
    name, colon, port = text.rpartition(":")
    return name if colon and port.isdecimal() else text


async def _answer(send: Send, status: int, sentence: str) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": sentence.encode()})


def reading_only(app: App) -> App:
    """`app`, answering only requests to read that name this machine."""

    async def front(scope: Message, receive: Receive, send: Send) -> None:
        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
            await send(message)

        if scope["type"] != "http":
            await app(scope, receive, send)
        elif _host(scope) not in LOCAL:
            await _answer(send, 403, "This ledger is browsed from its own machine only, at http://127.0.0.1.\n")
        elif scope["method"] not in ("GET", "HEAD"):
            await _answer(send, 405, "These pages only show the record; nothing is changed from here.\n")
        else:
            await app(scope, receive, send_on)

    return front
