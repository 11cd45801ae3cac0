"""What a page of ours is asked, and what it answers with: Starlette's answers, and a few ways to refuse.

A handler is a function of one `Asked`. It runs in a thread of its own, since SQLite and the templates block, unless it
is `async`. It answers with a response of Starlette's, or raises: what went wrong becomes a page or JSON, by what was
asked for, in one place (`front`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ledger.errors import Refused
from ledger.london import day_of

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.roles import Actor, Person
    from datasette_plugins.transfer_ledger.routes import Route
    from datasette_plugins.transfer_ledger.site import Site


MISTAKE = (
    "This program made a mistake; nothing was changed by it. Its keeper finds what happened in the program's own log."
)


def without_place(sentence: str, path: Path, name: str = "The ledger") -> str:
    """The sentence without where on the machine `path` lies, which is nobody's business on a page."""
    return sentence.replace(f"{path}: ", "").replace(f"{path}/", "").replace(str(path), name)


class BadRequest(Refused):
    """What was asked for cannot be understood: 400, with the sentence."""


class NotThere(Refused):
    """What was asked for is not there, or not for whoever asked: 404, the same answer for both."""

    def __init__(self) -> None:
        super().__init__("There is no such page here, or it is not for you.")


@contextmanager
def bad_input() -> Iterator[None]:
    """Makes a `BadRequest` of what is `Refused` inside."""
    try:
        yield
    except BadRequest:
        raise
    except Refused as error:
        raise BadRequest(str(error)) from None


_WHOLE = re.compile(r"0|[1-9][0-9]{0,14}", re.ASCII)


def whole(text: str) -> int | None:
    """The whole number that is written so, or None for any other text: no sign, no spaces, no leading zero."""
    return int(text) if _WHOLE.fullmatch(text) else None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, after everything about it that could be wrong was looked at.

    `path` is without the app's prefix. `vars` are the parts of the path that its route names, `query` every value of
    each parameter, in order. `form` is what was posted as a form, `body` the bytes of what was posted otherwise.
    `stale` is a form of a session that has ended: of what it holds nothing may be done, but it may be shown again.
    `format` is the one of the route's that was asked for. `person` is None on the public pages alone.
    """

    site: Site
    route: Route
    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    vars: Mapping[str, str]
    format: str
    client: str
    person: Person | None
    now: datetime
    form: FormData | None = None
    stale: bool = False
    body: bytes = b""
    cookies: Mapping[str, str] = field(default_factory=dict)

    @property
    def who(self) -> Person:
        """The person who asks; a route that is not public has one."""
        assert self.person is not None
        return self.person

    @property
    def actor(self) -> Actor:
        """Who causes what is sealed for this request."""
        return self.site.people.actor(self.who)

    @property
    def today(self) -> date:
        """The day in London on which it was asked."""
        return day_of(self.now)

    def one(self, name: str) -> str:
        """The only value of a parameter, "" where it is absent. `BadRequest` where it is repeated or too long."""
        values = self.query.get(name, [])
        if len(values) > 1:
            raise BadRequest(f"“{name}” stands more than once in the address; give it once.")
        if values and len(values[0]) > 500:
            raise BadRequest(f"“{name}” is longer than 500 characters.")
        return values[0] if values else ""

    def only(self, *known: str) -> None:
        """`BadRequest` for a parameter that the page does not know."""
        for name in self.query:
            if name not in known:
                there = f"It knows {', '.join(known)}." if known else "It takes none."
                raise BadRequest(f"This page knows no parameter “{name[:40]}”. {there}")

    def field(self, name: str) -> str:
        """One text of the form, without spaces around it, "" where it is absent. `BadRequest` where it is repeated."""
        values = () if self.form is None else self.form.getlist(name)
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) > 1:
            raise BadRequest(f"The form has “{name}” more than once.")
        return texts[0].strip() if texts else ""

    def fields(self, name: str) -> list[str]:
        """Every text of this name in the form that is not empty."""
        values = () if self.form is None else self.form.getlist(name)
        return [text for value in values if isinstance(value, str) and (text := value.strip())]

    def url(self, path: str, /, **query: str | int | Sequence[str]) -> str:
        """The address of a page of this app, with its prefix; parameters that are "" are left out."""
        return self.site.url(path, **query)

    def page(self, template: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
        """An HTML page of ours: the template's, in the shell that all pages share. No copy of it is to be kept."""
        html = self.site.render(template, asked=self, **context)
        return HTMLResponse(html, status_code=status, headers={"cache-control": "no-store"})

    def json(self, value: Any, *, status: int = 200) -> Response:
        """The value as JSON."""
        data = msgspec.json.encode(value)
        return Response(data, status, {"cache-control": "no-store"}, media_type="application/json")

    def see(self, path: str, /, **query: str | int | Sequence[str]) -> RedirectResponse:
        """Sends the browser on to another page of ours, to be read (303)."""
        return RedirectResponse(self.url(path, **query), status_code=303, headers={"cache-control": "no-store"})


def address(prefix: str, path: str, query: Mapping[str, str | int | Sequence[str]]) -> str:
    """A path of this app with its prefix and its parameters; those that are "" are left out."""
    pairs = [
        (name, str(one))
        for name, value in query.items()
        for one in ([value] if isinstance(value, (str, int)) else value)
        if one != ""
    ]
    return prefix + quote(path, safe="/-._~@:!$&'()*+,;=") + (f"?{urlencode(pairs)}" if pairs else "")


def download(data: bytes, name: str, media_type: str) -> Response:
    """A file to keep, under a name of our own making. It is never shown inside the app."""
    return Response(
        data,
        media_type=media_type,
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
            "content-security-policy": "default-src 'none'; sandbox",
        },
    )
