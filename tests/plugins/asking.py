"""An app over a ledger, and everybody who asks it: through the front, as a browser or a program does."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from datasette_plugins.transfer_ledger.front import Front
from datasette_plugins.transfer_ledger.people.address import Address
from datasette_plugins.transfer_ledger.people.secrets import Reference, Secret
from datasette_plugins.transfer_ledger.people.settings import Account, Settings
from datasette_plugins.transfer_ledger.roles import ROLES
from datasette_plugins.transfer_ledger.serving import app_of, open_site
from datasette_plugins.transfer_ledger.site import Site
from ledger.errors import Refused
from ledger.seal import Clock
from tests.plugins.checked import check

NOW = datetime(2010, 8, 27, 9, tzinfo=UTC)
NAMES = {"lead": "Lea Head", "dpo": "Ann Smith", "auditor": "Bob Jones", "governor": "Gus Gray", "clerk": "Cleo Clerk"}


def program(name: str, role: str, token: str) -> Account:
    """A program with its token."""
    return Account(name, role, Secret(Reference(env="UNREAD"), token))  # type: ignore[arg-type]


SETTINGS = Settings(
    at=Address("http", "127.0.0.1", 8001, ""),
    people={
        **{role: Account(NAMES[role], role) for role in ROLES},
        "dan": Account("Dan Jones", "dpo"),
        "lena": Account("Lena Hall", "lead"),
    },
    tokens={"program": program("A program", "dpo", "t" * 40), "audit": program("Audit program", "auditor", "a" * 40)},
)
"""A person of each role, whose account is called as the role, a second lead and officer, and two programs."""


@contextmanager
def site_over(
    path: Path, settings: Settings = SETTINGS, clock: Clock = lambda: NOW, *, checked: bool = True
) -> Iterator[Site]:
    """The app over the ledger at `path`, which it has checked. Whatever runs has ended after it."""
    site = open_site(path, settings, clock)
    try:
        with suppress(Refused):  # of a ledger that was altered, pages say so
            if checked:
                check(site)
        yield site
    finally:
        site.close()


async def _nothing_behind(_scope: Any, _receive: Any, _send: Any) -> None:
    raise AssertionError("nothing of this is Datasette's")


class Reader:
    """Somebody at the app: a person who is signed in, a program with its token, or, with None, nobody who is known.

    `expects` is the status that every answer is to have, for tests that look at what pages say. Without `app` nothing
    may be Datasette's to answer.
    """

    def __init__(self, site: Site, who: str | None = "dpo", expects: int | None = None, app: Any = None) -> None:
        self.site, self._expects = site, expects
        self._app = app or Front(site, _nothing_behind)
        self.headers, self.csrf = {"accept": "text/html"}, ""
        if who in site.settings.tokens:
            secret = site.settings.tokens[who].secret
            assert secret is not None
            self.headers = {"accept": "*/*", "authorization": f"Bearer {secret.value}"}
        elif who is not None:
            person, value = site.people.start(who, site.clock(), "in a test")
            self.headers["cookie"], self.csrf = f"{site.settings.cookie}={value}", person.csrf

    async def asked(self, method: str, path: str, *, follow: bool = True, **more: Any) -> httpx.Response:
        """The answer to one request; `more` is httpx's. As a browser, it goes on to the page that answers a form."""
        origin = self.site.settings.origin
        headers = {**self.headers, **({"origin": origin} if method == "POST" else {}), **more.pop("headers", {})}
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url=origin) as client:
            answer = await client.request(method, path, headers=headers, **more)
            if follow and "/-/answers/" in (there := answer.headers.get("location", "")):
                answer = await client.get(there, headers=self.headers)
            return answer

    def ask(self, method: str, path: str, status: int | None = None, **more: Any) -> httpx.Response:
        """The same, for a test that does nothing else meanwhile; `status` is what is expected for once."""
        answer = asyncio.run(self.asked(method, path, **more))
        expected = status or self._expects
        assert expected in (None, answer.status_code), f"{path}: {answer.status_code}: {answer.text[-3000:]}"
        return answer

    def get(self, path: str, status: int | None = None, **headers: str) -> httpx.Response:
        """What a page is answered with."""
        return self.ask("GET", path, status, headers=headers)

    def post(
        self,
        path: str,
        form: Mapping[str, str | list[str]] | Sequence[tuple[str, str]],
        status: int | None = None,
        follow: bool = True,
    ) -> httpx.Response:
        """What a form is answered with; its secret goes with it."""
        pairs = [*form.items()] if isinstance(form, Mapping) else [*form]
        content = urlencode([("csrf", self.csrf), *pairs], doseq=True)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.ask("POST", path, status, content=content, headers=headers, follow=follow)


class Opened:
    """The whole app of a site, with Datasette behind it, and everybody at it."""

    def __init__(self, site: Site) -> None:
        self.site, self.front = site, app_of(site)
        self._readers: dict[str | None, Reader] = {}

    def of(self, who: str | None) -> Reader:
        """Somebody, signed in once."""
        if who not in self._readers:
            self._readers[who] = Reader(self.site, who, app=self.front)
        return self._readers[who]

    def get(self, path: str, who: str | None = "dpo", **headers: str) -> httpx.Response:
        """What the app answers to them."""
        return self.of(who).get(path, **headers)


@contextmanager
def opened(path: Path, clock: Clock = lambda: NOW, **settings: Any) -> Iterator[Opened]:
    """The whole app over the ledger at `path`, with some of its settings changed."""
    with site_over(path, replace(SETTINGS, **settings), clock) as site:
        yield Opened(site)


def plain(page: str) -> str:
    """A page's text, without markup, in single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def read(answer: httpx.Response) -> str:
    """What a page says: its main part as text on one line."""
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL)
    assert main is not None
    return plain(main[0])


_HIDDEN = re.compile(r'<(?:input|button)[^>]* name="([^"]+)"[^>]* value="([^"]*)"')


def hidden(page: str) -> list[tuple[str, str]]:
    """What the forms of a page say by themselves, without the secret of the session."""
    found = [(name, html.unescape(value)) for name, value in _HIDDEN.findall(page)]
    return [(name, value) for name, value in found if name != "csrf"]
