"""The whole app with everybody at its door, and requests to it byte by byte, as no client that means well sends them.

A request goes to the app as a server hands it on, so that headers and paths may hold what clients refuse to send.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote_to_bytes, urlencode, urlsplit

from datasette_plugins.transfer_ledger import app as datasette_app
from datasette_plugins.transfer_ledger import serving
from datasette_plugins.transfer_ledger.front import Front
from datasette_plugins.transfer_ledger.people.address import Address
from datasette_plugins.transfer_ledger.people.beside import Beside
from datasette_plugins.transfer_ledger.people.known import People
from datasette_plugins.transfer_ledger.people.secrets import Reference, Secret
from datasette_plugins.transfer_ledger.people.settings import Account, Settings
from datasette_plugins.transfer_ledger.roles import ROLES, Person
from ledger.seal import Clock
from tests.plugins.browsed import clock, entropy
from tests.plugins.checked import check

NOW = clock()
NAMES = {"lead": "Lea Head", "dpo": "Ann Smith", "auditor": "Bob Jones", "governor": "Gus Gray", "clerk": "Cleo Clerk"}
MOVED = "max"
"""Was a data protection officer when the app last ran, and is a governor now."""

_TOKENS = {role: f"{role}-token-" + "t" * 32 for role in ROLES}
SETTINGS = Settings(
    at=Address("http", "127.0.0.1", 8001, ""),
    people={
        **{role: Account(NAMES[role], role) for role in ROLES},
        MOVED: Account("Max Moved", "governor"),
        "rita": Account("Rita Revoked", "dpo"),
    },
    tokens={
        f"{role}-program": Account(f"Program of {role}", role, Secret(Reference(env="X"), _TOKENS[role]))
        for role in ROLES
    },
    download=True,
)

Headers = Mapping[str, str | bytes]

ALWAYS = {
    "content-security-policy", "referrer-policy", "x-content-type-options", "x-frame-options", "x-robots-tag",
    "cross-origin-opener-policy", "cross-origin-resource-policy", "permissions-policy", "cache-control",
}  # fmt: skip
"""What every answer carries, whatever was asked."""


class Answer(NamedTuple):
    """What was answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


class Who(NamedTuple):
    """Somebody at the door: what they are called here, the role they have now (None: nobody), and what they send."""

    name: str
    role: str | None
    headers: Mapping[str, str]
    csrf: str = ""

    @property
    def program(self) -> bool:
        return self.role is not None and "authorization" in self.headers


class House:
    """One running app over the ledger at `path`, and everybody who asks it."""

    def __init__(self, path: Path, settings: Settings = SETTINGS, clock: Clock | None = None) -> None:
        self.path, self.settings = path, settings
        self._runner = asyncio.Runner()
        moved = self._while_max_was_dpo()
        self.site = serving.open_site(path, settings, clock or (lambda: NOW), entropy())
        check(self.site)
        self._datasette = datasette_app.make(path, self.site.verdicts.path, settings.prefix, settings.plugins())
        self.app: Any = Front(self.site, self._datasette.app())  # as serving.app_of does
        people = self.site.people
        revoked = people.start("rita", NOW, "in a test")[1]
        people.revoke("rita")
        signed_out = people.start("dpo", NOW, "in a test")[1]
        people.sign_out(signed_out)
        expired = people.start("dpo", NOW - timedelta(hours=settings.signed_in_for), "in a test")[1]
        self.who = {
            **{role: self._signed(role, role, *people.start(role, NOW, "in a test")) for role in ROLES},
            "moved": self._signed("moved", "governor", *people.start(MOVED, NOW, "in a test")),
            **{
                f"{role} token": Who(f"{role} token", role, {"authorization": f"Bearer {_TOKENS[role]}"})
                for role in ROLES
            },
            "anonymous": Who("anonymous", None, {}),
            "expired": self._cookie("expired", expired),
            "revoked": self._cookie("revoked", revoked),
            "signed out": self._cookie("signed out", signed_out),
            "before the role changed": self._cookie("before the role changed", moved),
            "wrong token": Who("wrong token", None, {"authorization": "Bearer " + "x" * 40}),
            "dpo cookie, wrong token": Who("dpo cookie, wrong token", None, {
                "authorization": "Bearer " + "x" * 40,
                **self._cookie("", people.start("dpo", NOW, "in a test")[1]).headers,
            }),
        }  # fmt: skip

    def _while_max_was_dpo(self) -> str:
        beside = Beside(self.path)
        before = replace(self.settings, people={**self.settings.people, MOVED: Account("Max Moved", "dpo")})
        people = People(before, beside, lambda: NOW, entropy(seed=2))
        try:
            return people.start(MOVED, NOW, "in a test")[1]
        finally:
            people.close()

    def _cookie(self, name: str, value: str) -> Who:
        return Who(name, None, {"cookie": f"{self.settings.cookie}={value}"})

    def _signed(self, name: str, role: str, person: Person, value: str) -> Who:
        return Who(name, role, {"cookie": f"{self.settings.cookie}={value}"}, person.csrf)

    @property
    def known(self) -> list[Who]:
        return [one for one in self.who.values() if one.role is not None]

    @property
    def strangers(self) -> list[Who]:
        return [one for one in self.who.values() if one.role is None]

    def close(self) -> None:
        self._runner.close()
        datasette_app.close(self._datasette)
        self.site.close()

    # -- asking ---------------------------------------------------------------------------------------------------

    def ask(
        self,
        who: Who,
        target: str,
        method: str = "GET",
        body: bytes | Sequence[bytes | None] = b"",
        headers: Headers | Sequence[tuple[str, str | bytes]] = (),
        accept: str = "text/html",
    ) -> Answer:
        """The answer to one request. A body in parts comes in parts; None among them is a client that goes away."""
        given = {"host": urlsplit(self.settings.origin).netloc, "accept": accept, **who.headers}
        if method == "POST":
            given["origin"] = self.settings.origin
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
        replaced = {name for name, _ in pairs}
        all_ = [(name, value) for name, value in given.items() if name not in replaced] + pairs
        path, _, query = target.partition("?")
        raw = path.encode("utf-8", "surrogateescape")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": unquote_to_bytes(raw).decode("utf-8", "replace"), "raw_path": raw,
            "query_string": query.encode("utf-8", "surrogateescape"), "root_path": "",
            "headers": [(_bytes(name), _bytes(value)) for name, value in all_],
            "client": ("127.0.0.1", 4000), "server": ("127.0.0.1", 8001),
        }  # fmt: skip
        return self._runner.run(self._asked(scope, [body] if isinstance(body, bytes) else list(body)))

    async def _asked(self, scope: dict[str, Any], parts: list[bytes | None]) -> Answer:
        told: list[Any] = []
        left = list(parts)

        async def receive() -> dict[str, Any]:
            if not left:
                await asyncio.Event().wait()  # it stays, and says nothing more
            if (part := left.pop(0)) is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": part, "more_body": bool(left)}

        async def send(message: Any) -> None:
            told.append(message)

        await self.app(scope, receive, send)
        start = told[0]
        assert start["type"] == "http.response.start", told
        assert not told[-1].get("more_body"), "it has no end"
        headers = tuple(
            sorted((name.decode("ascii").lower(), value.decode("latin-1")) for name, value in start["headers"])
        )
        return Answer(start["status"], headers, b"".join(one.get("body", b"") for one in told[1:]))

    def form(
        self, who: Who, target: str, fields: Mapping[str, str] | Sequence[tuple[str, str]] = (), **more: Any
    ) -> Answer:
        """The page that answers a form which is sent with the secret of the session; as a browser, it is asked for."""
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        body = urlencode([("csrf", who.csrf), *pairs]).encode()
        answer = self.ask(who, target, "POST", body, {"content-type": "application/x-www-form-urlencoded"}, **more)
        there = answer.header("location")
        return self.ask(who, there) if "/-/answers/" in there else answer

    def nowhere(self, who: Who, method: str = "GET", accept: str = "text/html", **more: Any) -> Answer:
        """What an address is answered with that does not exist."""
        return self.ask(who, NOWHERE, method, accept=accept, **more)


NOWHERE = "/-/no-such-page-here"


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("latin-1")


@contextmanager
def house_over(kept: Path, folder: Path, **more: Any) -> Iterator[House]:
    """The app over a copy of a ledger."""
    path = folder / "transfers.db"
    with closing(sqlite3.connect(kept)) as db, closing(sqlite3.connect(path)) as copy:
        db.backup(copy)  # with what still waits in its -wal
    house = House(path, **more)
    try:
        yield house
    finally:
        house.close()


def carries_headers(answer: Answer) -> bool:
    """Whether it has every header that every answer is to have, each once."""
    names = [name for name, _ in answer.headers]
    return all(names.count(name) == 1 for name in ALWAYS)


def later(**how: float) -> datetime:
    """So long after the tests' now."""
    return NOW + timedelta(**how)
