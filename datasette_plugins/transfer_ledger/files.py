"""A whole table as a file to download: the same rows, columns and order as a page shows, however many they are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from ledger.london import utc_text
from reports.documents.blocks import Data
from reports.formats.csv_ import table_as_csv
from reports.formats.rendering import BOM
from reports.formats.xlsx import write_table

_PIECE = 1 << 18
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}


def _together(texts: Iterator[str]) -> Iterator[bytes]:
    some: list[str] = []
    size = 0
    for text in texts:
        some.append(text)
        size += len(text)
        if size >= _PIECE:
            yield "".join(some).encode()
            some, size = [], 0
    yield "".join(some).encode()


def _csv(data: Data) -> Iterator[bytes]:
    pieces = _together(table_as_csv(data))
    yield BOM + next(pieces)  # together: what cannot be read at all is told before anything is sent
    yield from pieces


def _xlsx(data: Data, author: str, at: datetime) -> Iterator[bytes]:
    with TemporaryFile() as file:
        write_table(data, author, utc_text(at), file)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def table_file(open_data: Callable[[], Iterator[Data]], format_: str, name: str, author: str, at: datetime) -> Response:
    """The table as CSV or XLSX. `open_data` is a generator that opens the ledger, gives the table once, and closes it:
    the rows are read while they are sent.
    """

    def pieces() -> Iterator[bytes]:
        for data in open_data():
            yield from _csv(data) if format_ == "csv" else _xlsx(data, author, at)

    return streamed(pieces(), format_, f"{name}.{format_}")


def streamed(pieces: Iterator[bytes], format_: str, name: str) -> Response:
    """A file of one of the formats, piece by piece."""
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return _Streamed(_in_one_thread(pieces), media_type=_TYPES[format_], headers=headers)


class _Streamed(StreamingResponse):
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Begins to answer when the first piece is there: until then it can still be said that there is none."""
        rest = aiter(self.body_iterator)
        first = await anext(rest, b"")

        async def pieces() -> AsyncIterator[Any]:
            yield first
            async for piece in rest:
                yield piece

        self.body_iterator = pieces()
        await super().__call__(scope, receive, send)


async def _in_one_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, all made in one thread, since a connection of SQLite's stays in the thread that opened it.

    Two wait to be sent at most. Whoever reads no further ends the thread.
    """
    loop, waiting, over = asyncio.get_running_loop(), asyncio.Queue[bytes | BaseException | None](2), threading.Event()

    def put(one: bytes | BaseException | None) -> None:
        asyncio.run_coroutine_threadsafe(waiting.put(one), loop).result()

    def make() -> None:
        try:
            for piece in pieces:
                if over.is_set():
                    return
                put(piece)
            put(None)
        except Exception as error:
            put(error)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    try:
        while (one := await waiting.get()) is not None:
            if isinstance(one, BaseException):
                raise one  # the file ends without its end, and whoever receives it knows
            yield one
    finally:
        over.set()
        while not waiting.empty():
            waiting.get_nowait()
