"""An app over a ledger with a person of each role, and how one of them asks it: as a browser does, over the front."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from datasette_plugins.transfer_ledger.front import Front
from datasette_plugins.transfer_ledger.people.address import Address
from datasette_plugins.transfer_ledger.people.settings import Account, Settings
from datasette_plugins.transfer_ledger.roles import ROLES
from datasette_plugins.transfer_ledger.serving import open_site
from datasette_plugins.transfer_ledger.site import Site
from ledger.seal import Clock

NOW = datetime(2010, 8, 27, 9, tzinfo=UTC)
NAMES = {"dpo": "Ann Smith", "auditor": "Bob Jones", "governor": "Gus Gray", "clerk": "Cleo Clerk"}
SETTINGS = Settings(
    at=Address("http", "127.0.0.1", 8001, ""), people={role: Account(NAMES[role], role) for role in ROLES}
)


@contextmanager
def site_over(path: Path, settings: Settings = SETTINGS, clock: Clock = lambda: NOW) -> Iterator[Site]:
    """The app over the ledger at `path`; an account is called as its role. Whatever runs has ended after it."""
    site = open_site(path, settings, clock)
    try:
        yield site
    finally:
        site.close()


def asked_of(
    site: Site, method: str, path: str, headers: Mapping[str, str], content: str | None = None
) -> httpx.Response:
    """What the app of `site` answers to one request; nothing of it is Datasette's."""

    async def behind(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("nothing of this is Datasette's")

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=Front(site, behind))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=site.settings.origin) as client:
            return await client.request(method, path, content=content, headers=headers)

    return asyncio.run(asked())


class Reader:
    """Somebody who is signed in; None as the role is anonymous."""

    def __init__(self, site: Site, role: str | None = "dpo") -> None:
        self.site, self._cookie, self._csrf = site, "", ""
        if role is not None:
            person, value = site.people.start(role, site.clock(), "in a test")
            self._cookie, self._csrf = f"{SETTINGS.cookie}={value}", person.csrf

    def _ask(self, method: str, path: str, content: str | None = None, **headers: str) -> httpx.Response:
        given = {"accept": "text/html", "origin": SETTINGS.origin, "cookie": self._cookie, **headers}
        return asked_of(self.site, method, path, given, content)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """What a page is answered with."""
        return self._ask("GET", path, **headers)

    def post(self, path: str, form: Mapping[str, str | list[str]]) -> httpx.Response:
        """What a form is answered with; its secret goes with it."""
        content = urlencode({"csrf": self._csrf, **form}, doseq=True)
        return self._ask("POST", path, content, **{"content-type": "application/x-www-form-urlencoded"})


def read(answer: httpx.Response) -> str:
    """What a page says: its main part as text on one line."""
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL)
    assert main is not None
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main[0])).split())
