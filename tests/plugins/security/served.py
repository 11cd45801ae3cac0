"""The app on a real server, as `serve` runs it, and bytes sent to it through a socket of one's own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from datasette_plugins.transfer_ledger.serving import server_of
from ledger.connections import LIMITS, Limits


@contextmanager
def served(app: Any, port: int = 0, limits: Limits = LIMITS) -> Iterator[int]:
    """The app on 127.0.0.1, on the server of `transfer-ledger serve`; the port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    server = server_of(app, limits, patience=1)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def raw(port: int, *parts: bytes, wait: float = 2.0, shut: bool = False) -> bytes:
    """All that is answered to these bytes until the server closes or says nothing for `wait` seconds."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as one:
        found = b""
        try:
            for part in parts:
                one.sendall(part)
            if shut:
                one.shutdown(socket.SHUT_WR)
            while data := one.recv(65536):
                found += data
        except (TimeoutError, ConnectionError):
            pass
        return found
