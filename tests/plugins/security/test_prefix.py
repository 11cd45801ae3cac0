"""Behind a proxy that serves https below a prefix: every address that the app writes has the prefix, and its host.

The proxy is a real one, small, between two real servers: it hands on what it gets, with the prefix, as
docs/DEPLOY.md has it, and says who asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datasette_plugins.transfer_ledger.people.address import Address
from tests.plugins.browsed import FIRST, make_ledger
from tests.plugins.security.house import SETTINGS, House, house_over
from tests.plugins.security.served import free_port, served

pytestmark = pytest.mark.slow

HOST, PREFIX = "ledger.shire.example", "/transfers"
OUTSIDE = f"https://{HOST}{PREFIX}/"
LATER = ("content-length", "connection", "transfer-encoding")


def proxy_to(port: int) -> Starlette:
    """A proxy that hands everything on to the app, as it came, with the client's address."""

    async def handed_on(request: Request) -> Response:
        headers = {name: value for name, value in request.headers.items() if name not in LATER}
        headers |= {"x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https"}
        async with httpx.AsyncClient() as client:
            target = f"http://127.0.0.1:{port}{request.scope['raw_path'].decode()}"
            if request.url.query:
                target += f"?{request.url.query}"
            found = await client.request(request.method, target, headers=headers, content=await request.body())
        answer = Response(found.content, found.status_code)
        answer.raw_headers = [pair for pair in found.headers.raw if pair[0].lower() not in
                              (b"transfer-encoding", b"connection", b"content-encoding")]  # fmt: skip
        return answer

    return Starlette(routes=[Route("/{path:path}", handed_on, methods=["GET", "HEAD", "POST", "PUT", "OPTIONS"])])


class Browser:
    """Somebody who types the address outside, and gets there through the proxy."""

    def __init__(self, house: House, port: int, who: str) -> None:
        self._who, self._port = house.who[who], port

    def ask(self, target: str, method: str = "GET", **more: Any) -> httpx.Response:
        headers = {"host": HOST, "accept": "text/html", **self._who.headers, **more.pop("headers", {})}
        return httpx.request(method, f"http://127.0.0.1:{self._port}{target}", headers=headers, timeout=30, **more)

    def post(self, target: str, fields: dict[str, str]) -> httpx.Response:
        return self.ask(target, "POST", data={"csrf": self._who.csrf, **fields}, headers={"origin": f"https://{HOST}"})


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, int, int]]:
    folder = tmp_path_factory.mktemp("prefix")
    port = free_port()
    settings = replace(SETTINGS, port=port, at=Address("https", HOST, 443, PREFIX), proxies=("127.0.0.1",))
    with (
        house_over(make_ledger(folder / "kept.db"), folder, settings=settings) as house,
        served(house.app, port) as behind,
        served(proxy_to(behind)) as before,
    ):
        yield house, before, behind


class Addresses(HTMLParser):
    """Every address in a page, of whatever kind."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.links: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (
                name in ("href", "src", "action", "formaction", "data", "poster", "srcset", "cite")
                and value is not None
            ):
                self.found.add(value)
                if tag == "a":
                    self.links.add(value)


def below(address: str, page: str) -> bool:
    """Whether an address on a page leads to the app, as a browser resolves it."""
    if address.startswith(("data:", "#", "urn:")):
        return True
    found = urlsplit(urljoin(f"https://{HOST}{page}", address))
    return (found.scheme, found.netloc) == ("https", HOST) and (found.path + "/").startswith(PREFIX + "/")


@pytest.mark.parametrize("who", ["dpo", "governor", "clerk"])
def test_every_address_on_every_page_has_the_prefix(outside: tuple[House, int, int], who: str) -> None:
    house, port, _ = outside
    browser = Browser(house, port, who)
    waiting, seen = [f"{PREFIX}/", f"{PREFIX}/-/no-such", f"{PREFIX}/-/transfers?q={'a' * 501}"], set[str]()
    while waiting and len(seen) < 150:
        page = waiting.pop(0)
        # One page of each kind is enough of those that only differ in their parameters.
        kind = re.sub(r"[0-9a-f]{64}|\d+|=[^&]*", "", page)
        if kind in seen or "/-/ledger.db" in page or "/-/evidence.zip" in page:
            continue
        seen.add(kind)
        answer = browser.ask(page)
        assert answer.status_code < 500, page
        if location := answer.headers.get("location"):
            assert below(location, page), f"{page} sends on to {location}"
            waiting.append(location)
        if "html" in answer.headers.get("content-type", ""):
            addresses = Addresses(answer.text)
            wrong = [one for one in addresses.found if not below(one, page)]
            assert not wrong, f"{page}: {wrong}"
            assert not re.findall(r"(?<![A-Za-z0-9])/-/[a-z]", answer.text.replace(f"{PREFIX}/-/", ""))
            for one in sorted(addresses.links):
                found = urlsplit(urljoin(f"https://{HOST}{page}", one))
                if found.scheme == "https":
                    waiting.append(found._replace(scheme="", netloc="", fragment="").geturl())
    assert len(seen) > (12 if who == "dpo" else 4)


def test_what_sends_on_and_what_is_set_keeps_to_the_prefix(outside: tuple[House, int, int]) -> None:
    house, port, _ = outside
    stranger = Browser(house, port, "anonymous")
    away = stranger.ask(f"{PREFIX}/-/findings?state=all")
    assert (away.status_code, away.headers["location"]) == (
        303,
        f"{PREFIX}/-/sign-in?next=%2F-%2Ffindings%3Fstate%3Dall",
    )
    assert away.headers["strict-transport-security"]
    out = Browser(house, port, "auditor").post(f"{PREFIX}/-/sign-out", {})
    assert (out.status_code, out.headers["location"]) == (303, f"{PREFIX}/-/sign-in")
    cookie = out.headers["set-cookie"]
    assert cookie.startswith("__Secure-ledger-")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert attributes >= {"secure", "httponly", "samesite=lax", f"path={PREFIX}"}


def test_files_feeds_and_documents_name_the_address_outside(outside: tuple[House, int, int]) -> None:
    house, port, _ = outside
    browser, token = Browser(house, port, "dpo"), Browser(house, port, "dpo token")
    feed = browser.ask(f"{PREFIX}/-/findings.atom?state=all").text
    links = re.findall(r'href="([^"]+)"', feed)
    assert len(links) > 2
    assert all(link.startswith(OUTSIDE) for link in links), links
    document = json.loads(token.ask(f"{PREFIX}/-/openapi.json").content)
    assert document["servers"] == [{"url": OUTSIDE.rstrip("/")}]
    entry = token.ask(f"{PREFIX}/-/entries/{FIRST}.json").json()
    assert entry["proof"] is None or entry["proof"].startswith(PREFIX)
    for page in (
        "/ledger/transfers",
        "/ledger/transfers?_size=1",
        "/ledger/contactpoint",
        "/ledger/transfers.json?_size=1",
    ):
        text = browser.ask(PREFIX + page).text
        assert "127.0.0.1" not in text, page
        assert "http://" not in text.replace("http://www.w3.org/", ""), page
    assert PREFIX in browser.ask(f"{PREFIX}/ledger/transfers.json?_size=1").json()["next_url"]


def test_without_the_prefix_or_past_the_proxy_nothing_is_there(outside: tuple[House, int, int]) -> None:
    house, port, _ = outside
    browser = Browser(house, port, "dpo")
    nowhere = browser.ask(f"{PREFIX}/-/no-such")
    for path in (
        "/",
        "/-/people",
        "/transfersx/-/people",
        "/-/transfers",
        "/ledger/transfers",
        "/Transfers/",
        "//transfers/",
    ):
        answer = browser.ask(path)
        assert (answer.status_code, answer.text) == (404, nowhere.text), path
    assert browser.ask(PREFIX).status_code == 200
    other = browser.ask(f"{PREFIX}/", headers={"host": "evil.example"})
    assert other.status_code == 421
    # Somebody on another machine who speaks to the app itself, without TLS.
    given = dict(house.who["dpo"].headers)
    app, scope_client = house.app, ("198.51.100.9", 5)

    async def past(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "client": scope_client}, receive, send)

    house.app = past
    try:
        assert given
        assert house.ask(house.who["dpo"], f"{PREFIX}/").status == 403
    finally:
        house.app = app


def test_a_transfer_is_posted_and_a_form_is_sent_through_it(outside: tuple[House, int, int]) -> None:
    from tests.plugins.security.test_requests import STATED

    house, port, _ = outside
    token = Browser(house, port, "clerk token")
    answer = token.ask(
        f"{PREFIX}/-/transfers", "POST", content=STATED % b"proxied", headers={"content-type": "application/json"}
    )
    assert answer.status_code == 201, answer.text
    browser = Browser(house, port, "dpo")
    shown = browser.post(f"{PREFIX}/-/entries/{FIRST}/erasable", {})
    assert "Jo Typed" in shown.text
    elsewhere = browser.ask(
        f"{PREFIX}/-/entries/{FIRST}/erasable", "POST", data={}, headers={"origin": "http://127.0.0.1"}
    )
    assert elsewhere.status_code == 403
