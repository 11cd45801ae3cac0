"""The outermost wrapper: every request is looked at here before anything parses it, and denied unless it is allowed.

The order is: is it a request at all (headers, host, size), who asks, is there such an address for them. Whatever is not
in the table of `routes`, or not for this person, gets one and the same answer, so that nobody learns what exists. Only
then the body is read, with its limit, and the page's handler runs. Datasette, with whatever its plugins would answer,
stands behind, for the saved queries and the tables that `stock` lists.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import sqlite3
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import cache
from importlib import import_module
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from datasette_plugins.transfer_ledger import bodies, hygiene, stock, unusable
from datasette_plugins.transfer_ledger.hygiene import Plain, Unacceptable
from datasette_plugins.transfer_ledger.roles import Person
from datasette_plugins.transfer_ledger.routes import Found, Route, find
from datasette_plugins.transfer_ledger.site import Site
from datasette_plugins.transfer_ledger.web import MISTAKE, Asked, BadRequest, NotThere, address, without_place
from ledger.errors import Busy, Conflict, Refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_MOST_AT_ONCE = 8
"""So many handlers run at once; the others wait their turn."""

NOT_SIGNED_IN = "Sign in first, or send a token that is known here."
NOTHING_POSTED = bodies.Posted()
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+", re.ASCII)
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
            await self._http(scope, receive, hygiene.sending(self._site.settings, send))

    async def _http(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["method"] == "HEAD":
            send = hygiene.without_body(send)
        try:
            plain = hygiene.plain(scope, self._site.settings)
        except Unacceptable as error:
            await _in_text(error)(scope, receive, send)
            return
        person = self._site.people.resolve(plain.headers, plain.cookies, self._site.clock())
        found = None if plain.path is None else find(plain.path)
        if found is not None and found.route.may(plain.method, person.role if person else None):
            answer = await self._ours(receive, found, plain, person)
        elif person is not None and _stock(plain, person):
            asked = self._asked(Found(_ELSEWHERE, {}, ""), plain, person)
            try:
                await asyncio.to_thread(self._site.columns.stands)
                await asyncio.to_thread(self._site.checked_view)
                why = stock.problem(plain.path or "", plain.query)
            except Refused as error:
                answer = self._told(asked, 503, str(error), retry=5 if isinstance(error, Busy) else 0)
            else:
                if why is None:
                    await self._behind(self._for_datasette(scope, asked), receive, send)
                    return
                answer = self._told(asked, 400, why)
        elif (
            person is None
            and _by_hand(plain)
            and (typed := await bodies.typed(plain.headers, receive, self._site.settings))
        ):
            answer = self._signed_out(plain, typed)
        else:
            answer = self._denied(plain, found, person)
        await self._sent(answer, plain, person, scope, receive, send)

    async def _sent(
        self, answer: Response, plain: Plain, person: Person | None, scope: Message, receive: Receive, send: Send
    ) -> None:
        """Sends an answer. What is only read while it is sent may turn out to be unreadable."""
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await answer(scope, receive, noting)
        except (Refused, sqlite3.Error) as error:
            sentence = unusable.sentence(error) if isinstance(error, sqlite3.Error) else str(error)
            if sentence is None:
                raise
            if begun:
                # Without its end, so that whoever receives it knows that it is not whole.
                print(f"A file was cut off while it was sent: {sentence}", file=sys.stderr)
                return
            asked = self._asked(Found(_ELSEWHERE, {}, ""), plain, person)
            await self._told(asked, 503, sentence)(scope, receive, send)

    def _for_datasette(self, scope: Message, asked: Asked) -> Message:
        # Datasette is told who asks, and is to find out nothing by itself. It puts the prefix before every link that it
        # makes, whatever the path had, and takes the scheme from here.
        return {
            **scope,
            "method": "GET",
            "scheme": "https" if self._site.settings.secure else "http",
            "path": asked.path,
            "raw_path": asked.path.encode("ascii"),
            "headers": [pair for pair in scope["headers"] if pair[0].lower() not in (b"authorization", b"cookie")],
            "transfer_ledger": asked,
        }

    def _denied(self, plain: Plain, found: Found | None, person: Person | None) -> Response:
        # What exists and what does not have one answer: it depends on who asks and how, never on the address.
        if person is None:
            reads = "text/html" in plain.headers.get("accept", "")
            if plain.method == "GET" and "authorization" not in plain.headers and reads:
                back = "" if plain.path in (None, "/") else address("", str(plain.path), dict(plain.query))
                return RedirectResponse(self._site.url("/-/sign-in", next=back), status_code=303)
            return JSONResponse({"error": NOT_SIGNED_IN}, status_code=401, headers={"www-authenticate": "Bearer"})
        theirs = found is not None and (found.route.api or person.via != "token")
        if found is not None and theirs and person.role in found.route.get | found.route.post:
            return self._told(self._asked(found, plain, person), 405, "This address is not asked in that way.")
        return self._nowhere(plain, person)

    def _signed_out(self, plain: Plain, typed: list[tuple[str, str]]) -> Response:
        # Half an hour of typing is not to be lost with a session: it goes back to whoever sent it, wherever that was.
        asked = self._asked(Found(_ELSEWHERE, {}, ""), plain, None)
        path = plain.path if _PLAIN_PATH.fullmatch(plain.path or "") else "/"
        return asked.page("signed_out.html", status=401, path=path, typed=typed)

    def _nowhere(self, plain: Plain, person: Person | None) -> Response:
        return self._told(self._asked(Found(_ELSEWHERE, {}, ""), plain, person), 404, str(NotThere()))

    def _asked(
        self, found: Found, plain: Plain, person: Person | None, posted: bodies.Posted = NOTHING_POSTED
    ) -> Asked:
        query: dict[str, list[str]] = {}
        for name, value in plain.query:
            query.setdefault(name, []).append(value)
        return Asked(
            site=self._site,
            route=found.route,
            method=plain.method,
            path=plain.path or "",
            query=query,
            headers=plain.headers,
            vars=found.vars,
            format=_format(found, plain.headers, person),
            client=plain.client,
            person=person,
            now=self._site.clock(),
            form=posted.form,
            stale=posted.stale,
            body=posted.body,
            cookies=plain.cookies,
        )

    async def _ours(self, receive: Receive, found: Found, plain: Plain, person: Person | None) -> Response:
        asked = self._asked(found, plain, person)
        try:
            if person is not None and person.via == "token" and not found.route.api:
                raise NotThere
            if plain.method == "POST":
                posted = await bodies.read(found.route, plain.headers, receive, person, self._site.settings)
                asked = self._asked(found, plain, person, posted)
            posted_to = found.route.posted if plain.method == "POST" else ""
            handler = _handler(posted_to or found.route.handler)
            if inspect.iscoroutinefunction(handler):
                answer: Response = await handler(asked)
            else:
                async with self._turns:
                    answer = await asyncio.to_thread(handler, asked)
            return self._to_be_read_again(asked, answer)
        except Unacceptable as error:
            return self._told(asked, error.status, str(error), error.retry)
        except NotThere:
            return self._nowhere(plain, person)
        except BadRequest as error:
            return self._told(asked, 400, str(error))
        except Conflict as error:
            return self._told(asked, 409, str(error))
        except Busy as error:
            return self._told(asked, 503, str(error), retry=5)
        except Refused as error:
            return self._told(asked, 503, str(error))
        except Exception as error:
            if isinstance(error, sqlite3.Error) and (why := unusable.sentence(error)) is not None:
                return self._told(asked, 503, why)
            # Without the local variables: what people typed may be among them.
            print(traceback.format_exc(), file=sys.stderr)
            return self._told(asked, 500, MISTAKE)

    def _to_be_read_again(self, asked: Asked, answer: Response) -> Response:
        """A form's answer at an address of its own, so that Back and a reload show it and send nothing twice."""
        person = asked.person
        if (
            asked.method != "POST" or person is None or person.via == "token" or asked.route.unkept
            or not isinstance(answer, HTMLResponse)
        ):  # fmt: skip
            return answer
        id_ = self._site.answers.keep(person, answer, asked.now, self._site.entropy)
        return asked.see(f"/-/answers/{id_}")

    def _told(self, asked: Asked, status: int, sentence: str, retry: int = 0) -> Response:
        """What went wrong, as a page or as JSON."""
        sentence = without_place(sentence, self._site.path)
        more = {"retry-after": str(retry)} if retry else {}
        if asked.format == "html":
            answer: Response = asked.page("told.html", status=status, sentence=sentence, code=status)
        else:
            answer = asked.json({"error": sentence}, status=status)
        answer.headers.update(more)
        return answer


def _by_hand(plain: Plain) -> bool:
    """Whether a browser sends what somebody typed, and no program."""
    return (
        plain.method == "POST"
        and "authorization" not in plain.headers
        and "text/html" in plain.headers.get("accept", "")
    )


def _stock(plain: Plain, person: Person) -> bool:
    # Programs ask what the table of routes says is theirs, and nothing of Datasette's.
    asks = plain.method == "GET" and person.via != "token"
    return asks and plain.path is not None and stock.may(plain.path, person.role)


def _in_text(error: Unacceptable) -> Response:
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
