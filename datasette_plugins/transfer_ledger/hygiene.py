"""What every request must be before anything parses it, and what every answer carries.

The stock stack trusts what it is sent: a bearer that is no ASCII, a multipart body without a boundary or a token in the
wrong bytes raise somewhere inside it. Here a request that is not plain is refused in a sentence, the same for
everybody. A page elsewhere can make a browser send requests here, and can point a name of its own at this machine to
read the answers (DNS rebinding): so the name asked for must be ours, and whatever is posted by a browser must come from
a page of ours.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.people.settings import Settings

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

MOST_HEADER = 8 * 1024
"""The longest value of one header, in bytes; a cookie has some forty."""
MOST_PARAMETERS = 200
MOST_QUERY = 8 * 1024

_ONCE = frozenset({"host", "content-length", "content-type", "authorization", "origin", "transfer-encoding"})
_TOKEN = re.compile(r"Bearer [\x21-\x7e]{1,512}", re.ASCII)
_COOKIE = re.compile(r"([A-Za-z0-9_-]{1,64})=([A-Za-z0-9._~-]{0,256})", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

_POLICY = (
    b"default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
    b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_ALWAYS = {
    b"content-security-policy": _POLICY,
    b"cache-control": b"no-store",
    b"referrer-policy": b"same-origin",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"x-robots-tag": b"noindex, nofollow",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=()",
}
"""Every answer has these; a page may set one of its own, as a report with its own style sheet does."""


class Unacceptable(Exception):
    """A request that is not answered: the status, the sentence, and after how many seconds to try again (0: never)."""

    def __init__(self, status: int, sentence: str, retry: int = 0) -> None:
        self.status, self.retry = status, retry
        super().__init__(sentence)


class Plain(NamedTuple):
    """A request whose head is sound. `path` is without the app's prefix, None where it is not below it.

    `method` is GET for HEAD. `headers` have lower-case names and ASCII values.
    """

    method: str
    path: str | None
    query: list[tuple[str, str]]
    headers: dict[str, str]
    cookies: dict[str, str]
    client: str


def plain(scope: Message, settings: Settings) -> Plain:
    """The request in `scope`. `Unacceptable` for one that nobody who is honest sends, or that was sent elsewhere."""
    headers = _headers(scope)
    if scope["method"] not in ("GET", "HEAD", "POST"):
        raise Unacceptable(405, "This app is asked by GET, HEAD or POST.")
    if headers.get("host", "").lower() not in settings.hosts:
        raise Unacceptable(421, "This is not the address at which this app answers.")
    if settings.secure and (scope.get("client") or ("", 0))[0] not in settings.proxies:
        # Past the proxy there is no TLS, and passwords and tokens would go over the network as they are.
        raise Unacceptable(403, "This app is reached through its proxy alone.")
    given = headers.get("authorization")
    if given is not None and _TOKEN.fullmatch(given) is None:
        raise Unacceptable(400, "The Authorization header is to be “Bearer”, a space, and a token in plain ASCII.")
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return Plain(method, _path(scope, settings), _query(scope), headers, _cookies(headers), _client(scope, settings))


def _headers(scope: Message) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        if not (name.isascii() and value.isascii()) or len(value) > MOST_HEADER:
            raise Unacceptable(400, "A header of the request is not plain ASCII, or longer than 8,192 bytes.")
        key, text = name.decode("ascii").lower(), value.decode("ascii").strip()
        if key in found and key in _ONCE:
            raise Unacceptable(400, f"The header {key} stands more than once in the request.")
        found[key] = f"{found[key]}{'; ' if key == 'cookie' else ', '}{text}" if key in found else text
    return found


def _path(scope: Message, settings: Settings) -> str | None:
    path: str = scope["path"]
    if not path.isascii():
        return None
    if not settings.prefix:
        return path
    if path == settings.prefix:
        return "/"
    return path[len(settings.prefix) :] if path.startswith(f"{settings.prefix}/") else None


def pairs(data: bytes, most: int) -> list[tuple[str, str]]:
    """The pairs of an URL-encoded query or form. `Unacceptable` for what is none, or for more than `most`."""
    try:
        text = data.decode("ascii")
        found = parse_qsl(text, keep_blank_values=True, max_num_fields=most, errors="strict") if text else []
    except ValueError:
        raise Unacceptable(400, "What stands in the address or the form is not URL-encoded UTF-8 text.") from None
    if any(_CONTROL.search(part) for pair in found for part in pair):
        raise Unacceptable(400, "What stands in the address or the form has control characters.")
    return found


def _query(scope: Message) -> list[tuple[str, str]]:
    data: bytes = scope["query_string"]
    if len(data) > MOST_QUERY:
        raise Unacceptable(414, "The address is longer than 8,192 bytes.")
    return pairs(data, MOST_PARAMETERS)


def _cookies(headers: dict[str, str]) -> dict[str, str]:
    # What is no cookie of ours is passed over: another app on the same name may have set it.
    found: dict[str, str] = {}
    for part in headers.get("cookie", "").split(";"):
        if (match := _COOKIE.fullmatch(part.strip())) is not None:
            found.setdefault(match[1], match[2])
    return found


def _client(scope: Message, settings: Settings) -> str:
    """Whoever sent it: the nearest address that is no proxy of ours."""
    nearest = (scope.get("client") or ("", 0))[0]
    if nearest in settings.proxies:
        given = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("ascii", "replace")
        for one in reversed([part.strip() for part in given.split(",") if part.strip()]):
            nearest = one
            if one not in settings.proxies:
                break
    return str(nearest)[:64]


def from_here(headers: dict[str, str], settings: Settings) -> bool:
    """Whether what a browser posts comes from a page of ours, as its Origin says; a browser always says it."""
    return headers.get("origin", "").lower() in settings.origins


def sending(settings: Settings, send: Send) -> Send:
    """`send`, with the headers that every answer carries."""

    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            given = [(name.lower(), value) for name, value in message.get("headers", ())]
            there = {name for name, _ in given}
            more = [(name, value) for name, value in _ALWAYS.items() if name not in there]
            if settings.secure:
                more.append((b"strict-transport-security", b"max-age=31536000"))
            message = {**message, "headers": [*given, *more]}
        await send(message)

    return send_on


def without_body(send: Send) -> Send:
    """`send` for a HEAD request: the head of the answer, and none of its body."""

    async def send_on(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_on
