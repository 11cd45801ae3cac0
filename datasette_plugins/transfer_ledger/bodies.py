"""What is posted, read with its limit and its patience, and looked at before a page's handler sees it."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.datastructures import FormData, Headers
from starlette.formparsers import MultiPartException, MultiPartParser

from datasette_plugins.transfer_ledger.hygiene import Unacceptable, from_here, pairs
from datasette_plugins.transfer_ledger.routes import FILE_BYTES, FORM_BYTES, Route

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.people.settings import Settings
    from datasette_plugins.transfer_ledger.roles import Person

PATIENCE_SECONDS = 30
"""How long a body may take to come: half a request holds nothing for longer."""

_MOST_FIELDS = 5000
_LENGTH = re.compile(r"0|[1-9][0-9]{0,14}", re.ASCII)
_BOUNDARY = re.compile(r"multipart/form-data; *boundary=\"?[A-Za-z0-9'()+_,./:=?-]{1,70}\"?", re.ASCII)
_JSON = re.compile(r"application/json(?:; *charset=\"?utf-8\"?)?", re.ASCII | re.IGNORECASE)
_FORM = re.compile(r"application/x-www-form-urlencoded(?:; *charset=\"?utf-8\"?)?", re.ASCII | re.IGNORECASE)
_WANTED = {
    "form": (_FORM, "a form (application/x-www-form-urlencoded)"),
    "json": (_JSON, "JSON (application/json)"),
    "file": (_BOUNDARY, "a form with a file (multipart/form-data, with its boundary)"),
}


class Posted(NamedTuple):
    """What was posted: a form, or the bytes of JSON. A `stale` form has not the secret of the session."""

    form: FormData | None = None
    body: bytes = b""
    stale: bool = False


class _InMemory(MultiPartParser):
    spool_max_size = FILE_BYTES + 1  # a file with pupils' data never touches the disk


async def read(
    route: Route,
    headers: dict[str, str],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    person: Person | None,
    settings: Settings,
) -> Posted:
    """What was posted to `route`.

    `Unacceptable` for what comes from another page, is too large or too slow, is of another type than the route takes,
    or is a form without the secret of the session. JSON is posted with a token alone, which no other page can have.
    """
    token = person is not None and person.via == "token"
    if not token and not from_here(headers, settings):
        raise Unacceptable(403, "This was not sent from a page of this app, so nothing was done.")
    if route.takes == "json" and not token:
        raise Unacceptable(403, "This is for programs, which send a token; people record on the page “Record”.")
    form, what = _WANTED[route.takes]
    if form.fullmatch(headers.get("content-type", "")) is None:
        raise Unacceptable(415, f"This address takes {what}.")
    body = await _all(headers, receive, route.most)
    if route.takes == "json":
        return Posted(body=body)
    found = await _multipart(headers, body) if route.takes == "file" else FormData([*pairs(body, _MOST_FIELDS)])
    given = found.get("csrf")
    if person is not None and not (isinstance(given, str) and given.isascii() and _same(given, person.csrf)):
        if route.keeps:
            return Posted(form=found, stale=True)
        await found.close()
        raise Unacceptable(403, "This form is out of date: open the page again, and send it from there.")
    return Posted(form=found)


async def typed(
    headers: dict[str, str], receive: Callable[[], Awaitable[MutableMapping[str, Any]]], settings: Settings
) -> list[tuple[str, str]]:
    """What a form holds that a page of ours sent, to be handed back to whoever typed it; [] for anything else."""
    if not from_here(headers, settings) or _FORM.fullmatch(headers.get("content-type", "")) is None:
        return []
    try:
        found = pairs(await _all(headers, receive, FORM_BYTES), _MOST_FIELDS)
    except Unacceptable:
        return []
    return [(name, value) for name, value in found if name != "csrf"]


def _same(given: str, secret: str) -> bool:
    return bool(secret) and secrets.compare_digest(given, secret)


async def _all(headers: dict[str, str], receive: Callable[[], Awaitable[MutableMapping[str, Any]]], most: int) -> bytes:
    too_large = Unacceptable(413, f"What was sent is larger than {most:,} bytes; nothing of it was recorded.")
    length = headers.get("content-length", "0")
    if _LENGTH.fullmatch(length) is None or int(length) > most:
        raise too_large
    found = bytearray()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Unacceptable(400, "Only half of the request arrived; nothing of it was recorded.")
                found += message.get("body", b"")
                if len(found) > most:
                    raise too_large
                if not message.get("more_body", False):
                    return bytes(found)
    except TimeoutError:
        raise Unacceptable(408, "The request took too long to arrive; nothing of it was recorded.") from None


async def _multipart(headers: dict[str, str], body: bytes) -> FormData:
    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    try:
        return await _InMemory(Headers(headers), once(), max_files=1, max_fields=200, max_part_size=FILE_BYTES).parse()
    except (MultiPartException, ValueError, KeyError):
        raise Unacceptable(400, "The form with the file cannot be read; choose the file again.") from None
