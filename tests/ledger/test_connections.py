"""Sockets that ask for nothing, half of something, or read no answer: each is let go, and nobody is kept out."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from ledger.connections import Limits, server
from ledger.witness import app as witness_app
from ledger.witness.app import application
from tests.ledger.witness.logs import new_witness

GENEROUS = 30.0
"""How long a test waits for the server to close: what is asserted is that it does, not when."""

ASKED = b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
LARGE = b"x" * (8 << 20)


async def answers(scope: Any, receive: Any, send: Any) -> None:
    body = LARGE if scope["path"] == "/large" else b"here"
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for at in range(0, len(body), 1 << 16):
        more = at + (1 << 16) < len(body)
        await send({"type": "http.response.body", "body": body[at : at + (1 << 16)], "more_body": more})


@contextmanager
def running(app: Any, limits: Limits, held: list[uvicorn.Server] | None = None) -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(512)
        one = server(app, limits, lifespan="off", timeout_graceful_shutdown=1)
        if held is not None:
            held.append(one)
        thread = threading.Thread(target=one.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not one.started:
            time.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            one.should_exit = True
            thread.join(10)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=GENEROUS)


def to_the_end(one: socket.socket) -> bytes:
    """All that comes until the server closes; `TimeoutError` fails the test where it does not."""
    found = b""
    try:
        while data := one.recv(1 << 16):
            found += data
    except ConnectionResetError:
        pass
    return found


HALVES = {
    "nothing": b"",
    "a line": b"GET / HT",
    "a head without its end": b"GET / HTTP/1.1\r\nHost: x\r\n",
    "an answer, and half a request behind it": ASKED + b"GET /",
    "an answer, and no body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab",
}


@pytest.mark.parametrize("half", HALVES)
def test_half_a_request_is_let_go(half: str) -> None:
    with running(answers, Limits(head_seconds=0.2)) as port, connected(port) as one:
        one.sendall(HALVES[half])
        assert to_the_end(one).startswith(b"HTTP/1.1 200" if "answer" in half else b"")


@pytest.mark.parametrize("before", [b"", ASKED], ids=["first", "behind an answer"])
def test_a_request_that_comes_a_byte_at_a_time_is_let_go(before: bytes) -> None:
    with running(answers, Limits(head_seconds=0.3)) as port, connected(port) as one:
        one.sendall(before + b"GET / HTTP/1.1\r\nX: ")
        dripping = threading.Event()

        def drip() -> None:
            try:
                while not dripping.wait(0.02):
                    one.sendall(b"x")
            except OSError:
                pass

        thread = threading.Thread(target=drip)
        thread.start()
        to_the_end(one)
        dripping.set()
        thread.join()


def test_a_body_that_never_comes_is_answered_and_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_app, "BODY_SECONDS", 0.2)
    witness = application(new_witness(tmp_path / "w"), lambda: 0)
    with running(witness, Limits(head_seconds=0.2)) as port, connected(port) as one:
        one.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nold 0\n")
        assert to_the_end(one).startswith(b"HTTP/1.1 408")


def test_who_reads_nothing_of_an_answer_is_let_go() -> None:
    """Also where all of the answer was given to the machine: the server is rid of it, and who reads has all of it."""
    held: list[uvicorn.Server] = []
    with running(answers, Limits(stall_seconds=0.2), held) as port, connected(port) as deaf:
        deaf.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        deaf.recv(1)
        until = time.monotonic() + GENEROUS
        while held[0].server_state.connections:
            assert time.monotonic() < until, "the server still holds the connection"
            time.sleep(0.01)
        assert len(to_the_end(deaf)) < len(LARGE)


def test_who_reads_gets_all_of_a_large_answer() -> None:
    with running(answers, Limits(stall_seconds=5.0, head_seconds=0.05)) as port, connected(port) as one:
        one.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        found = one.recv(1)
        time.sleep(0.3)  # longer than a request may take to come
        assert (found + to_the_end(one)).endswith(LARGE)


def test_four_hundred_idle_connections_keep_nobody_out() -> None:
    with running(answers, Limits(connections=8)) as port, ExitStack() as sockets:
        idle = [sockets.enter_context(connected(port)) for _ in range(400)]
        for one in idle[::2]:
            with suppress(OSError):  # it may have been let go
                one.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(20):
            with connected(port) as visitor:
                visitor.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert to_the_end(visitor).endswith(b"here")
        for one in idle[: 400 - 8]:  # a new one takes the place of the oldest
            to_the_end(one)
