"""The real app over a ledger file, with Datasette behind it, asked as a browser or a program asks it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from datasette_plugins.transfer_ledger import serving
from datasette_plugins.transfer_ledger.people.secrets import Reference, Secret
from datasette_plugins.transfer_ledger.people.settings import Account
from datasette_plugins.transfer_ledger.roles import Role
from datasette_plugins.transfer_ledger.site import Site
from ledger.seal import Clock
from tests.plugins.asking import NOW, SETTINGS, site_over

PROGRAM = {"authorization": f"Bearer {'t' * 32}", "accept": "*/*"}
"""How the program asks that every such app knows."""


class Opened:
    """One app that runs, without a server."""

    def __init__(self, site: Site) -> None:
        self.site, self.front = site, serving.app_of(site)
        self._cookies: dict[Role, str] = {}

    def _cookie(self, role: Role) -> str:
        if role not in self._cookies:
            self._cookies[role] = self.site.people.start(role, self.site.clock(), "in a test")[1]
        return self._cookies[role]

    async def asked(self, path: str, role: Role | None = "dpo", method: str = "GET", **headers: str) -> httpx.Response:
        """What the app answers to somebody of this role, None for anonymous."""
        settings = self.site.settings
        given = {"accept": "text/html"}
        if role is not None:
            given["cookie"] = f"{settings.cookie}={self._cookie(role)}"
        transport = httpx.ASGITransport(app=self.front)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=settings.origin) as client:
            return await client.request(method, path, headers={**given, **headers})

    def get(self, path: str, role: Role | None = "dpo", **headers: str) -> httpx.Response:
        """The same, for a test that does nothing else meanwhile."""
        return asyncio.run(self.asked(path, role, **headers))


@contextmanager
def opened(path: Path, clock: Clock = lambda: NOW, **settings: Any) -> Iterator[Opened]:
    """The app over the ledger at `path`, three weeks after ContactPoint closed; one program may ask as a DPO."""
    program = Account("A program", "dpo", Secret(Reference(env="UNREAD"), "t" * 32))
    with site_over(path, replace(SETTINGS, **{"tokens": {"program": program}, **settings}), clock) as site:
        yield Opened(site)
