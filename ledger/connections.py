"""The HTTP connections of a server of ours: bounded in number, and none held by a client that does nothing.

uvicorn waits for ever for a request that was begun, and for whoever reads no answer, so that a few hundred sockets
would keep everybody else out. A body that does not come is the application's matter: it answers 408.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol


class Limits(NamedTuple):
    """How many connections there may be, and how long each may wait."""

    connections: int = 256
    head_seconds: float = 20.0
    """For a request to arrive, up to the end of its headers, from the connection or the answer before it."""
    stall_seconds: float = 60.0
    """For a client to take any more of an answer."""


LIMITS = Limits()


class _Bounded(H11Protocol):
    limits = LIMITS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._timer: asyncio.TimerHandle | None = None
        self._left = 0
        self._waits_since = self.loop.time()
        self._look_after(self.limits.head_seconds)
        if len(self.connections) > self.limits.connections:
            # Who has asked for nothing for longest makes room; that is the newcomer where all others are answered.
            waiting = [one for one in self.connections if isinstance(one, _Bounded) and one._waits()]
            min(waiting, key=lambda one: one._waits_since).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._look_after(None)
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._waits_since = self.loop.time()
        self._look_after(self.limits.head_seconds)
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look_after(self.limits.stall_seconds)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._left = 0  # something was taken

    def _waits(self) -> bool:
        """Whether the server waits for the client's next request, and has sent all of the answer before it."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.transport.is_closing() and not self.transport.get_write_buffer_size()

    def _look_after(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._look)

    def _look(self) -> None:
        left = self.transport.get_write_buffer_size()
        if left and left != self._left:  # some of the answer was taken since, or this is the first look
            self._left = left
            self._look_after(self.limits.stall_seconds)
        elif left or self._waits():
            self.transport.abort()


def server(app: Callable[..., Awaitable[None]], limits: Limits, **options: Any) -> uvicorn.Server:
    """The server of `app` with these limits; `options` are uvicorn's."""
    bounded = type("Bounded", (_Bounded,), {"limits": limits})
    return uvicorn.Server(uvicorn.Config(app, http=bounded, log_level="warning", **options))
