"""The real app over a ledger file, asked as a browser or a program asks it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from datasette_plugins.transfer_ledger import serving
from datasette_plugins.transfer_ledger.people.settings import Settings
from datasette_plugins.transfer_ledger.roles import Role
from datasette_plugins.transfer_ledger.site import Site
from tests.plugins.browsed import RANDOM, clock


class Opened:
    """One app that runs, without a server."""

    def __init__(self, site: Site) -> None:
        self.site, self.front = site, serving.app_of(site)
        self._cookies: dict[Role, str] = {}

    def _cookie(self, role: Role) -> str:
        if role not in self._cookies:
            now = self.site.clock()
            self._cookies[role] = self.site.people.spend(self.site.people.link(role, now), now)[1]
        return self._cookies[role]

    async def asked(self, path: str, role: Role | None = "dpo", method: str = "GET", **headers: str) -> httpx.Response:
        """What the app answers to somebody of this role, None for anonymous."""
        settings = self.site.settings
        given = {"accept": "text/html", "host": sorted(settings.hosts)[0]}
        if role is not None:
            given["cookie"] = f"{settings.cookie}={self._cookie(role)}"
        transport = httpx.ASGITransport(app=self.front)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url=settings.origin) as client:
            return await client.request(method, path, headers={**given, **headers})

    def get(self, path: str, role: Role | None = "dpo", **headers: str) -> httpx.Response:
        """The same, for a test that does nothing else meanwhile."""
        return asyncio.run(self.asked(path, role, **headers))


@contextmanager
def opened(path: Path, **settings: Any) -> Iterator[Opened]:
    """The app over the ledger at `path`, three weeks after ContactPoint closed."""
    site = serving.open_site(path, replace(Settings.local(8001), **settings), clock, RANDOM)
    try:
        yield Opened(site)
    finally:
        site.close()
