"""A desk at which several record, while time goes on; and the forms that they send as a browser sends them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from datasette_plugins.transfer_ledger import serving
from datasette_plugins.transfer_ledger.people.settings import Account, Settings
from ledger.source import Recorded, Source
from tests.plugins import browsed
from tests.plugins.asking import NOW, Reader
from tests.plugins.checked import check

PEOPLE = {
    "cleo": Account("Cleo Clerk", "clerk", None),
    "carl": Account("Carl Clerk", "clerk", None),
    "lena": Account("Lena Lead", "lead", None),
    "dora": Account("Dora Officer", "dpo", None),
    "abe": Account("Abe Auditor", "auditor", None),
    "gus": Account("Gus Governor", "governor", None),
}
SETTINGS = replace(Settings.local(8001), people=PEOPLE, by_link=False)


FLOW = "/-/record?flow=school-connexions&to=connexions"
CONNEXIONS = "Connexions service provider"


class Desk:
    """The app over a ledger, asked as the people above ask it; `close` it."""

    def __init__(self, ledger: Path, settings: Settings = SETTINGS) -> None:
        self.now = NOW
        self.site = serving.open_site(ledger, settings, self.clock, browsed.entropy())
        check(self.site)
        self.app = serving.app_of(self.site)
        self.ledger = ledger
        self._readers: dict[str | None, Reader] = {}

    def clock(self) -> datetime:
        """The time here, which a test may move."""
        self.now += timedelta(seconds=1)
        return self.now

    def close(self) -> None:
        """Ends what runs."""
        self.site.close()

    def of(self, who: str | None) -> Reader:
        """Somebody, signed in once."""
        if who not in self._readers:
            self._readers[who] = Reader(self.site, who, app=self.app)
        return self._readers[who]

    def ask(self, who: str | None, method: str, path: str, **more: Any) -> httpx.Response:
        """The answer to one request."""
        return self.of(who).ask(method, path, **more)

    def get(self, who: str | None, path: str) -> httpx.Response:
        """A page."""
        return self.of(who).get(path)

    def post(self, who: str, path: str, fields: Mapping[str, str | Sequence[str]], **more: Any) -> httpx.Response:
        """A form that is sent with the secret of the session."""
        return self.ask(who, "POST", path, data={"csrf": self.of(who).csrf, **fields}, **more)

    def drop(self, who: str, name: str, data: bytes, **fields: str) -> httpx.Response:
        """A file that is dropped."""
        fields = {"csrf": self.of(who).csrf, **fields}
        return self.ask(who, "POST", "/-/record/file", data=fields, files={"file": (name, data)})

    def last(self) -> Recorded:
        """The newest statement in the ledger, with its erasable values."""
        with Source(self.ledger) as source:
            return source.statement(source.head.size - 1)

    def size(self) -> int:
        """How many entries the ledger has."""
        with Source(self.ledger) as source:
            return source.head.size


_INPUT = re.compile(r"<(input|textarea|select)\b([^>]*)>")
_ATTRIBUTE = re.compile(r'([a-z-]+)(?:="([^"]*)")?')


def fields_of(page: str, form: str = "states") -> dict[str, Any]:
    """What a browser would send of the form of this class on a page, without the secret."""
    inner = re.search(rf'<form [^>]*class="{form}"[^>]*>(.*?)</form>', page, re.S)
    assert inner is not None, page[:500]
    found: dict[str, Any] = {}

    def put(name: str, value: str) -> None:
        if name in found:
            before = found[name] if isinstance(found[name], list) else [found[name]]
            found[name] = [*before, value]
        else:
            found[name] = value

    for match in _INPUT.finditer(inner[1]):
        attributes = {name: html.unescape(value or "") for name, value in _ATTRIBUTE.findall(match[2])}
        if match[1] == "textarea":
            text = inner[1][match.end() : inner[1].index("</textarea>", match.end())]
            put(attributes["name"], html.unescape(text))
        elif match[1] == "select":
            text = inner[1][match.end() : inner[1].index("</select>", match.end())]
            chosen = re.search(r'<option value="([^"]*)" selected', text)
            put(attributes["name"], html.unescape(chosen[1]) if chosen else "")
        elif attributes.get("type") != "checkbox" or "checked" in attributes:
            put(attributes["name"], attributes.get("value", ""))
    found.pop("csrf", None)
    return found


def begun(desk: Desk, path: str = FLOW, **changed: Any) -> dict[str, Any]:
    """The form as it is shown, with some of it changed."""
    answer = desk.get("cleo", path)
    assert answer.status_code == 200, answer.text
    return {**fields_of(answer.text), **changed}


def recorded(desk: Desk, **changed: Any) -> int:
    """The entry of a transfer that Cleo recorded."""
    answer = desk.post("cleo", "/-/record", begun(desk, **{"sender": "Elm Primary School", **changed}))
    assert answer.status_code == 303, browsed.read(answer.text)
    return int(answer.headers["location"].rpartition("=")[2])
