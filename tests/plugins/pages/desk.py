"""Somebody at the app: a page is asked through the front, with everything it checks, as a proxy names people to it."""

from __future__ import annotations

import asyncio
import hashlib
import html
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec

from datasette_plugins.transfer_ledger.front import Front
from datasette_plugins.transfer_ledger.people.settings import read
from datasette_plugins.transfer_ledger.serving import open_site
from datasette_plugins.transfer_ledger.site import Site
from reports.finding import Finding

NOW = datetime(2011, 2, 28, 9, tzinfo=UTC)
_SECRETS = {"PROXY": "p" * 40, "TOKEN": "t" * 40}
_TEXT = """
port: 8001
people:
  ann: {name: Ann Smith, role: dpo}
  dan: {name: Dan Jones, role: dpo}
  bob: {name: Bob Gray, role: auditor}
  cem: {name: Cem Black, role: clerk}
tokens:
  audit: {name: Audit program, role: auditor, token: {$env: TOKEN}}
identity:
  header: x-forwarded-email
  secret_header: x-proxy-secret
  secret: {$env: PROXY}
  people: {ann@x.example: ann, dan@x.example: dan, bob@x.example: bob, cem@x.example: cem}
"""

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_HIDDEN = re.compile(r'<(?:input|button)[^>]* name="([^"]+)"[^>]* value="([^"]*)"')


@contextmanager
def opened(path: Path, now: datetime = NOW) -> Iterator[Site]:
    """The app over the ledger at `path`, as of `now`."""
    settings = path.with_name("settings.yml")
    settings.write_text(_TEXT, encoding="utf-8")
    site = open_site(path, read(settings, _SECRETS), clock=lambda: now)
    try:
        site.columns.settle()
        yield site
    finally:
        site.close()


class Desk:
    """One person at the app, "" for a program with its token."""

    def __init__(self, site: Site, who: str = "ann") -> None:
        self.site, self.who = site, who
        self.csrf = ""

    def ask(self, method: str, path: str, form: Sequence[tuple[str, str]] = ()) -> httpx.Response:
        async def behind(_scope: Any, _receive: Any, _send: Any) -> None:
            raise AssertionError("nothing of this is Datasette's")

        async def asked() -> httpx.Response:
            settings = self.site.settings
            transport = httpx.ASGITransport(app=Front(self.site, behind), client=("127.0.0.1", 1))  # type: ignore[arg-type]
            given = {"host": sorted(settings.hosts)[0], "origin": settings.origin}
            if self.who:
                given |= {"accept": "text/html", "x-proxy-secret": _SECRETS["PROXY"]}
                given["x-forwarded-email"] = f"{self.who}@x.example"
            else:
                given["authorization"] = f"Bearer {_SECRETS['TOKEN']}"
            if method == "POST":
                given["content-type"] = "application/x-www-form-urlencoded"
            async with httpx.AsyncClient(transport=transport, base_url=settings.origin) as client:
                return await client.request(method, path, content=urlencode(form), headers=given)

        answer = asyncio.run(asked())
        if self.who and not self.csrf and (found := _CSRF.search(answer.text)) is not None:
            self.csrf = html.unescape(found[1])
        return answer

    def get(self, path: str, status: int = 200) -> httpx.Response:
        answer = self.ask("GET", path)
        assert answer.status_code == status, f"{path}: {answer.status_code}: {answer.text[:600]}"
        return answer

    def post(self, path: str, form: Sequence[tuple[str, str]], status: int = 200) -> httpx.Response:
        if not self.csrf:
            self.get("/-/findings?state=all")
        answer = self.ask("POST", path, [("csrf", self.csrf), *form])
        assert answer.status_code == status, f"{path}: {answer.status_code}: {answer.text[-3000:]}"
        return answer


def hidden(page: str) -> list[tuple[str, str]]:
    """What the forms of a page say by themselves, without the secret of the session."""
    found = [(name, html.unescape(value)) for name, value in _HIDDEN.findall(page)]
    return [(name, value) for name, value in found if name != "csrf"]


def values(page: str) -> Mapping[str, str]:
    """The same, by name; of several of one name the last."""
    return dict(hidden(page))


def plain(page: str) -> str:
    """A page's text, without markup, in single spaces."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def many_findings(path: Path, count: int, causes: int) -> None:
    """Puts `count` open breaches with so many causes into what the last check of the ledger at `path` found."""
    with closing(sqlite3.connect(path)) as db, db:
        row = db.execute(
            "SELECT seq, id, check_name, outcome, severity, found, citation, next_step, finding FROM findings "
            "WHERE check_name = 'field-not-documented' AND finding IS NOT NULL AND decision IS NULL "
            "AND json_extract(finding, '$.corrected_by') IS NULL LIMIT 1"
        ).fetchone()
        one = msgspec.json.decode(row[8], type=Finding)
        rows = []
        for number in range(count):
            key = hashlib.sha256(str(number).encode()).hexdigest()
            whole = msgspec.json.encode(msgspec.structs.replace(one, key=key)).decode()
            rows.append((key, number, *row[:5], f"Expected {number % causes}.", *row[5:8], None, None, 0, whole))
        db.executemany(f"INSERT INTO findings VALUES ({', '.join('?' * 15)})", rows)
