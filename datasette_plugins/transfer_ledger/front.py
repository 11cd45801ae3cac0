"""The outermost wrapper: every request is looked at here before anything parses it, and denied unless it is allowed.

The order is: is it a request at all (headers, host, size), who asks, is there such an address for them. Whatever is not
in the table of `routes`, or not for this person, gets one and the same answer, so that nobody learns what exists. Only
then the body is read, with its limit, and the page's handler runs. Datasette, with whatever its plugins would answer,
stands behind, for the saved queries and the tables that `stock` lists.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import cache
from importlib import import_module
from typing import Any

from starlette.responses import JSONResponse, RedirectResponse, Response

from datasette_plugins.transfer_ledger import bodies, hygiene, stock
from datasette_plugins.transfer_ledger.hygiene import Unacceptable
from datasette_plugins.transfer_ledger.roles import Person
from datasette_plugins.transfer_ledger.routes import Found, Route, find
from datasette_plugins.transfer_ledger.site import Site
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, NotThere
from ledger.errors import Busy, Conflict, Refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_MOST_AT_ONCE = 8
"""So many handlers run at once; the others wait their turn."""

NOT_SIGNED_IN = "Sign in first, or send a token that is known here."
_ELSEWHERE = Route("", "", "Not here")


@cache
def _handler(name: str) -> Callable[[Asked], Any]:
    module, _, function = name.partition(":")
    found: Callable[[Asked], Any] = getattr(import_module(f"{__package__}.pages.{module}"), function)
    return found


class Front:
    """The app of one site, as ASGI. `behind` is Datasette."""

    def __init__(self, site: Site, behind: App) -> None:
        self._site, self._behind = site, behind
        self._turns = asyncio.Semaphore(_MOST_AT_ONCE)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] == "lifespan":
            await self._behind(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, hygiene.sending(self._site.settings, scope, send))

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            headers = hygiene.headers_of(scope, self._site.settings)
            path = hygiene.path_of(scope, self._site.settings)
        except Unacceptable as error:
            await _plain(error)(scope, receive, send)
            return
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        cookies = hygiene.cookies_of(headers)
        person = self._site.people.resolve(headers, cookies, self._site.clock())
        found = None if path is None else find(path)
        if found is not None and found.route.may(method, person.role if person else None):
            answer = await self._ours(scope, receive, found, method, path or "", headers, cookies, person)
        elif person is not None and path is not None and method == "GET" and stock.may(path, person.role):
            scope = {**scope, "transfer_ledger": (self._site, person), "method": "GET"}
            await self._behind(scope, receive, hygiene.without_body(scope, send) if scope["method"] == "HEAD" else send)
            return
        else:
            answer = self._denied(scope, headers, found, method, path, person)
        await answer(scope, receive, hygiene.without_body(scope, send))

    def _denied(
        self,
        scope: Message,
        headers: Mapping[str, str],
        found: Found | None,
        method: str,
        path: str | None,
        person: Person | None,
    ) -> Response:
        # What exists and what does not have one answer: it depends on who asks and how, never on the address.
        if person is None:
            if method == "GET" and "authorization" not in headers and "text/html" in headers.get("accept", ""):
                back = "" if path in (None, "/") else str(path)
                return RedirectResponse(self._site.url("/-/sign-in", next=back), status_code=303)
            return JSONResponse({"error": NOT_SIGNED_IN}, status_code=401, headers={"www-authenticate": "Bearer"})
        if found is not None and (found.route.get | found.route.post) & {person.role}:
            return self._told(self._asked(found, method, path or "", headers, {}, scope, person), 405,
                              "This address is not asked in that way.")  # fmt: skip
        elsewhere = Found(_ELSEWHERE, {}, "")
        return self._told(self._asked(elsewhere, method, "", headers, {}, scope, person), 404, str(NotThere()))

    def _asked(
        self,
        found: Found,
        method: str,
        path: str,
        headers: Mapping[str, str],
        cookies: Mapping[str, str],
        scope: Message,
        person: Person | None,
        posted: bodies.Posted | None = None,
    ) -> Asked:
        query: dict[str, list[str]] = {}
        for name, value in hygiene.query_of(scope):
            query.setdefault(name, []).append(value)
        posted = posted or bodies.Posted()
        return Asked(
            site=self._site, route=found.route, method=method, path=path, query=query, headers=headers,
            vars=found.vars, format=_format(found, headers, person), client=hygiene.client_of(scope), person=person,
            now=self._site.clock(), form=posted.form, body=posted.body, cookies=cookies,
        )  # fmt: skip

    async def _ours(
        self,
        scope: Message,
        receive: Receive,
        found: Found,
        method: str,
        path: str,
        headers: Mapping[str, str],
        cookies: Mapping[str, str],
        person: Person | None,
    ) -> Response:
        asked = self._asked(found, method, path, headers, cookies, scope, person)
        try:
            if person is not None and person.via == "token" and not found.route.api:
                raise NotThere
            if method == "POST":
                posted = await bodies.read(found.route, headers, receive, person, self._site.settings)
                asked = self._asked(found, method, path, headers, cookies, scope, person, posted)
            handler = _handler(found.route.handler)
            if inspect.iscoroutinefunction(handler):
                answer: Response = await handler(asked)
            else:
                async with self._turns:
                    answer = await asyncio.to_thread(handler, asked)
            return answer
        except Unacceptable as error:
            return self._told(asked, error.status, str(error), error.retry)
        except NotThere as error:
            elsewhere = Found(_ELSEWHERE, {}, "")
            return self._told(self._asked(elsewhere, method, "", headers, {}, scope, person), 404, str(error))
        except BadRequest as error:
            return self._told(asked, 400, str(error))
        except Conflict as error:
            return self._told(asked, 409, str(error))
        except Busy as error:
            return self._told(asked, 503, str(error), retry=5)
        except Refused as error:
            return self._told(asked, 503, str(error))
        except Exception:
            # Without the local variables: what people typed may be among them.
            print(traceback.format_exc(), file=sys.stderr)
            return self._told(asked, 500, "This program made a mistake; nothing was changed by it. Its keeper finds "
                              "what happened in the program's own log.")  # fmt: skip

    def _told(self, asked: Asked, status: int, sentence: str, retry: int = 0) -> Response:
        """What went wrong, as a page or as JSON. Where the file lies is nobody's business here."""
        sentence = sentence.replace(f"{self._site.path}: ", "").replace(str(self._site.path), "The ledger")
        more = {"retry-after": str(retry)} if retry else {}
        if asked.format == "html":
            answer: Response = asked.page("told.html", status=status, sentence=sentence, code=status)
        else:
            answer = asked.json({"error": sentence}, status=status)
        answer.headers.update(more)
        return answer


def _plain(error: Unacceptable) -> Response:
    """Of a request that cannot even be read, the answer is a sentence."""
    return Response(f"{error}\n", status_code=error.status, media_type="text/plain; charset=utf-8")


def _format(found: Found, headers: Mapping[str, str], person: Person | None) -> str:
    """What to answer in: what the address ends with, else what the one who asks can read."""
    formats = found.route.formats
    if found.format:
        return found.format
    if formats[0] != "html":
        return formats[0]
    reads = headers.get("accept", "")
    if "text/html" in reads:
        return "html"
    machine = (person is not None and person.via == "token") or "application/json" in reads
    return "json" if machine and ("json" in formats or not found.route.handler) else "html"
