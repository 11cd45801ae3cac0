"""Signing in and out, and the page of people, asked as a browser asks: through the front, with everything it checks."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from datasette_plugins.transfer_ledger.front import Front
from datasette_plugins.transfer_ledger.pages import people as people_page
from datasette_plugins.transfer_ledger.people.known import People
from datasette_plugins.transfer_ledger.people.settings import Settings
from datasette_plugins.transfer_ledger.site import Site
from tests.plugins.people.conftest import NOW, PASSWORD, SECRET, TOKEN

PREFIX = "/transfers"
SIGN_IN = f"{PREFIX}/-/sign-in"


class Browser:
    """Asks one app, and keeps its cookies as a browser does."""

    def __init__(self, site: Site) -> None:
        self.site, self.cookies = site, dict[str, str]()
        self.set_cookie = ""

    def ask(self, method: str, path: str, form: dict[str, str] | None = None, **headers: str) -> httpx.Response:
        async def behind(_scope: Any, _receive: Any, _send: Any) -> None:
            raise AssertionError("nothing of this is Datasette's")

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app=Front(self.site, behind), client=("127.0.0.1", 1))  # type: ignore[arg-type]
            settings = self.site.settings
            given = {"accept": "text/html", "host": sorted(settings.hosts)[0], "x-forwarded-for": "192.0.2.7"}
            if method == "POST":
                given["origin"] = settings.origin
            if self.cookies:
                given["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            async with httpx.AsyncClient(transport=transport, base_url=settings.origin) as client:
                if form is not None:
                    given["content-type"] = "application/x-www-form-urlencoded"
                return await client.request(method, path, content=urlencode(form or {}), headers=given | headers)

        answer = asyncio.run(asked())
        self.set_cookie = answer.headers.get("set-cookie", "")
        if self.set_cookie:
            name, _, rest = self.set_cookie.partition("=")
            value = rest.partition(";")[0].strip('"')
            self.cookies = {name: value} if value else {}
        return answer

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.ask("GET", path, **headers)

    def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        return self.ask("POST", path, form, **headers)

    def sign_in(self, next_: str = "", id_: str = "ann", password: str = PASSWORD) -> httpx.Response:
        return self.post(SIGN_IN, {"next": next_, "id": id_, "password": password})


def site_of(people: People, settings: Settings, tmp_path: Path) -> Site:
    rest: Any = None
    return Site(
        path=tmp_path / "ledger.db", settings=settings, people=people, verdicts=rest, columns=rest, recorder=rest,
        runs=rest, beside=rest,
        clock=lambda: NOW, entropy=lambda n: b"x" * n,
    )  # fmt: skip


@pytest.fixture
def browser(people: People, settings_of: Callable[..., Settings], tmp_path: Path) -> Browser:
    return Browser(site_of(people, settings_of(), tmp_path))


@pytest.fixture
def local(opened: Callable[..., People], tmp_path: Path) -> Iterator[Browser]:
    settings = Settings.local(8001)
    return Browser(site_of(opened(settings), settings, tmp_path))  # type: ignore[return-value]


def csrf_of(answer: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', answer.text)
    assert found is not None
    return found[1]


def test_somebody_signs_in_goes_on_and_signs_out(browser: Browser) -> None:
    form = browser.get(f"{SIGN_IN}?next=/-/people")
    assert form.status_code == 200
    assert '<input type="hidden" name="next" value="/-/people">' in form.text
    assert "Transfer ledger" not in form.text
    answer = browser.sign_in("/-/people")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PREFIX}/-/people")
    name, *attributes = browser.set_cookie.split("; ")
    assert name.startswith("__Secure-ledger-8001=")
    assert sorted(one.lower() for one in attributes) == sorted(
        ["httponly", "max-age=28800", "path=/transfers", "samesite=lax", "secure"]
    )
    page = browser.get(f"{PREFIX}/-/people")
    assert page.status_code == 200
    for text in ("Ann Smith", "SIMS export", "Bob Jones", "with a password or through the identity provider"):
        assert text in page.text
    for secret in ("pbkdf2", TOKEN, SECRET, "HASH", browser.cookies["__Secure-ledger-8001"]):
        assert secret not in page.text
    assert browser.get(f"{SIGN_IN}?next=/-/people").headers["location"] == f"{PREFIX}/-/people"
    kept = dict(browser.cookies)
    out = browser.post(f"{PREFIX}/-/sign-out", {"csrf": csrf_of(page)})
    assert (out.status_code, out.headers["location"]) == (303, SIGN_IN)
    assert browser.cookies == {}
    browser.cookies = kept
    assert browser.get(f"{PREFIX}/-/people").status_code == 303


def test_nobody_is_sent_elsewhere(browser: Browser) -> None:
    browser.sign_in(id_="bob", password="another")
    for wanted in (
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "/%2f/evil.example", "evil",
        "/-/transfers//evil.example", "javascript:alert(1)", "/-/sign-out", "/-/nowhere", "/-/assets/app.css",
        "/-/people#x", '/-/people?a="><b>', "/-/people?a=\\", "/-/record", "/-/people/..//", "/-/people\n",
        "/-/sign-in", "", "/",
    ):  # fmt: skip
        answer = browser.get(f"{SIGN_IN}?{urlencode({'next': wanted})}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{PREFIX}/"), wanted
    browser.cookies = {}
    assert browser.sign_in("//evil.example/").headers["location"] == f"{PREFIX}/"


def test_a_link_with_filters_is_gone_on_to(browser: Browser) -> None:
    wanted = "/-/transfers?school=A%20B&term=2010-summer"
    assert 'value="/-/transfers?school=A%20B&amp;term=2010-summer"' in browser.get(
        f"{SIGN_IN}?next=/-/transfers%3Fschool%3DA%2520B%26term%3D2010-summer"
    ).text  # fmt: skip
    assert browser.sign_in(wanted).headers["location"] == PREFIX + wanted


@pytest.mark.parametrize(("id_", "password"), [("ann", "mistyped"), ("eve", PASSWORD), ("<b>x</b>", "y-y-y")])
def test_who_is_refused_sees_one_sentence_and_never_their_password(browser: Browser, id_: str, password: str) -> None:
    answer = browser.sign_in("/-/people", id_, password)
    assert answer.status_code == 403
    assert "do not belong together" in answer.text
    assert 'value="/-/people"' in answer.text
    assert password not in answer.text
    assert "<b>x" not in answer.text
    assert browser.set_cookie == ""


def test_who_tries_too_often_is_told_when(browser: Browser) -> None:
    for _ in range(5):
        browser.sign_in(password="wrong")
    answer = browser.sign_in()
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "900")
    assert "again in 15 minutes" in answer.text


@pytest.mark.parametrize("form", [{}, {"id": "ann"}, {"password": "x"}, {"id": " ", "password": "x"}])
def test_half_a_form_is_told(browser: Browser, form: dict[str, str]) -> None:
    answer = browser.post(SIGN_IN, form)
    assert answer.status_code == 400
    assert "Type your name" in answer.text


def test_a_page_elsewhere_signs_nobody_in(browser: Browser) -> None:
    form = {"id": "ann", "password": PASSWORD}
    for origin in ("https://evil.example", "null", "http://ledger.shire.example"):
        assert browser.post(SIGN_IN, form, origin=origin).status_code == 403
    assert browser.set_cookie == ""


def test_who_signs_in_with_another_link_is_signed_out_before(local: Browser) -> None:
    local.post(f"/-/sign-in/{local.site.people.link('dpo', NOW)}", {})
    first = dict(local.cookies)
    second = local.site.people.link("auditor", NOW)
    local.post(f"/-/sign-in/{second}", {"csrf": csrf_of(local.get(f"/-/sign-in/{second}"))})
    page = local.get("/-/people")
    assert (page.status_code, "Somebody at this machine, auditor" in page.text) == (200, True)
    local.cookies = first
    assert local.get("/-/people").status_code == 303


def test_who_comes_through_a_proxy_signs_out_there(browser: Browser) -> None:
    through = {"x-proxy-secret": SECRET, "x-forwarded-email": "ann@shire.example"}
    page = browser.get(f"{PREFIX}/-/people", **through)
    assert page.status_code == 200
    assert "Sign out" not in page.text
    person = browser.site.people.resolve(through, {}, NOW)
    assert person is not None
    answer = browser.post(f"{PREFIX}/-/sign-out", {"csrf": person.csrf}, **through)
    assert (answer.status_code, "sign out there" in answer.text) == (400, True)


def test_a_link_is_spent_by_its_button_alone(local: Browser) -> None:
    token = local.site.people.link("governor", NOW)
    for _ in range(3):
        page = local.get(f"/-/sign-in/{token}")
        assert page.status_code == 200
        assert "<strong>governor</strong>" in page.text
        assert local.set_cookie == ""
    answer = local.post(f"/-/sign-in/{token}", {})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert local.set_cookie.startswith("ledger-8001=")
    assert "secure" not in local.set_cookie.lower()
    assert "Path=/;" in local.set_cookie
    local.cookies = {}
    for answer in (local.post(f"/-/sign-in/{token}", {}), local.get(f"/-/sign-in/{token}"),
                   local.get("/-/sign-in/" + "x" * 43)):  # fmt: skip
        assert (answer.status_code, "used already" in answer.text) == (410, True)
    assert local.set_cookie == ""


def test_on_ones_own_machine_the_page_says_where_the_link_is(local: Browser) -> None:
    page = local.get("/-/sign-in")
    assert "transfer-ledger browse" in page.text
    assert "password" not in page.text
    assert local.post("/-/sign-in", {"id": "dpo", "password": "x"}).status_code == 403


def test_the_log_is_read_page_by_page_newest_first(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people_page, "AT_ONCE", 3)
    browser.sign_in()
    person, _ = browser.site.people.start("bob", NOW, "in a test")
    browser.site.people.log(person, "looked", "<script>alert(1)</script>")
    lines = []
    path = f"{PREFIX}/-/people"
    while path:
        page = browser.get(path).text
        lines += [int(n) for n in re.findall(r'<tr><td class="n">(\d+)</td>', page)]
        older = re.search(r'href="([^"]+before=\d+)"', page)
        path = older[1] if older else ""
    assert lines == [7, 6, 5, 4, 3, 2, 1]
    first = browser.get(f"{PREFIX}/-/people").text
    assert "&lt;script&gt;" in first
    assert "<script" not in first
    for wrong in ("0", "-1", "x", "1e3", "9" * 20, "٣"):
        assert browser.get(f"{PREFIX}/-/people?before={wrong}").status_code == 400
    assert browser.get(f"{PREFIX}/-/people?after=1").status_code == 400


def test_who_may_not_see_people_sees_what_is_nowhere(browser: Browser) -> None:
    token = {"authorization": f"Bearer {TOKEN}", "accept": "application/json"}
    gus = {"x-proxy-secret": SECRET, "x-forwarded-email": "gus@shire.example"}
    for headers in (token, gus):
        there, nowhere = (browser.get(f"{PREFIX}{path}", **headers) for path in ("/-/people", "/-/nothing"))
        assert (there.status_code, there.text) == (nowhere.status_code, nowhere.text) == (404, nowhere.text)
