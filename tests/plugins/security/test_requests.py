"""Requests that nobody sends who means well: odd names and values, lies about the body, bytes where text should be.

Every one is answered in a sentence with the right status, carries the headers that every answer does, leaves no
traceback and is told nothing of the ledger where nobody knows who asks. Hypothesis thinks of more in `test_fuzz.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.plugins.browsed import FIRST
from tests.plugins.security.house import NOW, Answer, House, carries_headers, house_over

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
STATED = (
    b'{"id":"%s","transferred_at":"2010-07-05","sender":"elm-primary","recipient":"ofsted","purpose":"school-inspection",'
    b'"fields":["upn"],"lawful_basis":["dpa1998-sch2-5"],"subjects":{"kind":"pupil","count":210}}'
)


@pytest.fixture(scope="module")
def house(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("requests")
    with house_over(kept, folder) as house:
        yield house


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """No request leaves a word in the program's log."""
    yield
    assert capfd.readouterr().err == ""


def sound(answer: Answer, *statuses: int) -> Answer:
    """An answer that is one, with one of these statuses."""
    assert answer.status in statuses, f"{answer.status}: {answer.text[:500]}"
    assert carries_headers(answer), answer.headers
    assert "Traceback" not in answer.text
    return answer


HEADERS: dict[str, tuple[list[tuple[str, str | bytes]], int]] = {
    "a bearer that is no ASCII": ([("authorization", "Bearer tökén-".encode() + b"t" * 32)], 400),
    "a bearer of bytes that are no text": ([("authorization", b"Bearer \xff\xfe")], 400),
    "a bearer with two tokens": ([("authorization", "Bearer a b")], 400),
    "no token": ([("authorization", "Bearer ")], 400),
    "a bearer in other letters": ([("authorization", "bearer " + "t" * 40)], 400),
    "a password in the head": ([("authorization", "Basic ZHBvOnB3")], 400),
    "two tokens": ([("authorization", "Bearer " + "t" * 40), ("authorization", "Bearer " + "u" * 40)], 400),
    "two hosts": ([("host", "127.0.0.1:8001"), ("host", "evil.example")], 400),
    "a host elsewhere": ([("host", "evil.example")], 421),
    "a host that ends elsewhere": ([("host", "127.0.0.1.evil.example:8001")], 421),
    "a host with a user": ([("host", "x@127.0.0.1:8001")], 421),
    "another port": ([("host", "127.0.0.1:9")], 421),
    "no host": ([("host", "")], 421),
    "a host that is no ASCII": ([("host", b"\xe9vil")], 400),
    "a header that is too long": ([("x-long", "x" * 8193)], 400),
    "a cookie that is too long": ([("cookie", "a=" + "b" * 9000)], 400),
    "cookies that are none": ([("cookie", ";;;=;a;=b;\x01=2; ledger-8001=ü".encode("latin-1"))], 400),
    "a name of a header that is no ASCII": ([("x-\xff", "1")], 400),
}


@pytest.mark.parametrize("what", HEADERS)
@pytest.mark.parametrize("path", ["/", "/-/people", "/-/no-such", "/ledger/transfers", "/-/transfers.json"])
def test_a_head_that_is_not_sound_is_refused_whoever_asks(house: House, what: str, path: str) -> None:
    headers, status = HEADERS[what]
    given = {
        house.ask(house.who[name], path, method, headers=headers)
        for name in ("anonymous", "dpo")
        for method in ("GET", "POST")
    }
    assert len(given) == 1
    sound(given.pop(), status)


ODD_COOKIES = ["x" * 200, "=", "ledger-8001", "ledger-8001=" + "A" * 43, "ledger-8001=" + "A" * 44, "ledger-8001=\x7f",
               "ledger-8001='; DROP TABLE sessions; --", 'ledger-8001="quoted"',
               "ledger-8001=" + "%41" * 20]  # fmt: skip


@pytest.mark.parametrize("cookie", ODD_COOKIES)
def test_a_cookie_that_means_nobody_is_nobodys(house: House, cookie: str) -> None:
    sound(house.ask(house.who["anonymous"], "/-/people", headers={"cookie": cookie}, accept="*/*"), 401)


def test_the_first_of_two_cookies_counts_and_only_one(house: House) -> None:
    cookie = house.who["dpo"].headers["cookie"]
    other = "ledger-8001=" + "A" * 43
    anonymous = house.who["anonymous"]
    assert house.ask(anonymous, "/", headers=[("cookie", f"{cookie}; {other}")]).status == 200
    assert house.ask(anonymous, "/", headers=[("cookie", other), ("cookie", cookie)]).status == 303


FORWARDED = {
    "x-forwarded-for": "10.0.0.1", "x-forwarded-host": "evil.example", "x-forwarded-proto": "https",
    "x-forwarded-prefix": "/evil", "x-forwarded-email": "dpo",
    "forwarded": "for=10.0.0.1;host=evil.example;proto=https",
    "x-original-url": "/-/people", "x-rewrite-url": "/-/people", "x-http-method-override": "DELETE",
    "x-remote-user": "dpo",
    "remote-user": "dpo", "x-proxy-secret": "", "x-script-name": "/evil",
}  # fmt: skip


def test_nothing_that_a_proxy_would_say_is_believed_of_anybody_else(house: House) -> None:
    for name in ("dpo", "anonymous"):
        for path in ("/", "/-/transfers", "/ledger/transfers", "/-/sign-in"):
            plain = house.ask(house.who[name], path)
            assert house.ask(house.who[name], path, headers=FORWARDED).text == plain.text
    assert "evil" not in house.ask(house.who["dpo"], "/ledger/transfers", headers=FORWARDED).text


@pytest.mark.parametrize(
    "origin", ["null", "https://evil.example", "http://127.0.0.1:8002", "http://127.0.0.1:8001.evil.example", ""]
)
def test_what_is_posted_comes_from_a_page_of_ours(house: House, origin: str) -> None:
    size = house.site.view().head.size
    dpo = house.who["dpo"]
    for path in ("/-/sign-in", "/-/record", "/-/findings/decide", f"/-/entries/{FIRST}/erasable", "/-/sign-out"):
        sound(
            house.form(dpo, path, headers={**FORM, "origin": origin})
            if False
            else house.ask(dpo, path, "POST", f"csrf={dpo.csrf}".encode(), {**FORM, "origin": origin}),
            403,
        )
    assert house.ask(dpo, "/").status == 200
    assert house.site.view().head.size == size


POSTS = ("/-/record", "/-/record/refused", f"/-/record/{FIRST}/correct", f"/-/record/{FIRST}/withdraw",
         "/-/findings/decide",
         f"/-/entries/{FIRST}/erasable", "/-/verification", "/-/reports", "/-/sign-out")  # fmt: skip


@pytest.mark.parametrize("path", POSTS)
def test_a_form_without_the_secret_of_the_session_does_nothing(house: House, path: str) -> None:
    size, log = house.site.view().head.size, house.site.people.logged(1)
    secrets = (
        b"",
        b"csrf=",
        b"csrf=x",
        b"csrf=%C3%BC",
        b"csrf=" + house.who["auditor"].csrf.encode(),
        b"csrf=a&csrf=b",
    )
    for body in secrets:
        sound(house.ask(house.who["dpo"], path, "POST", body, FORM), 403, 200, 400)
    assert house.site.view().head.size == size
    assert house.site.people.logged(1) == log
    assert house.ask(house.who["dpo"], "/").status == 200


BODIES: dict[str, tuple[bytes, dict[str, str | bytes], int]] = {
    "none": (b"", JSON, 400),
    "no JSON": (b"{", JSON, 400),
    "a list": (b"[]", JSON, 400),
    "a text": (b'"x"', JSON, 400),
    "null": (b"null", JSON, 400),
    "a member twice": (b'{"id":"a","id":"b"}', JSON, 400),
    "NaN": (b'{"id":NaN}', JSON, 400),
    "infinity": (b'{"subjects":{"count":-Infinity}}', JSON, 400),
    "a float": (b'{"subjects":{"count":1.5}}', JSON, 400),
    "a number that no computer holds": (b'{"subjects":{"count":' + b"9" * 5000 + b"}}", JSON, 400),
    "a depth of 10,000": (b"[" * 10_000 + b"]" * 10_000, JSON, 400),
    "objects 10,000 deep": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, JSON, 400),
    "bytes that are no text": (b'{"id":"\xff"}', JSON, 400),
    "UTF-16": ('{"id":"x"}'.encode("utf-16"), JSON, 400),
    "a mark before it": (b"\xef\xbb\xbf" + STATED % b"bom", JSON, 400),
    "half a pair": (b'{"id":"\\ud800"}', JSON, 400),
    "a nought": (b'{"id":"\\u0000"}', JSON, 400),
    "many names": (b"{" + b",".join(b'"n%d":1' % n for n in range(10_000)) + b"}", JSON, 400),
    "nothing to record": (b'{"transfers":[]}', JSON, 400),
    "too many": (b'{"transfers":[' + b",".join([b"{}"] * 1001) + b"]}", JSON, 400),
    "9 MB": (b" " * (9 << 20), JSON, 413),
    "another charset": (STATED % b"c", {"content-type": "application/json; charset=latin-1"}, 415),
    "a form": (b"id=x", FORM, 415),
    "no type": (STATED % b"t", {"content-type": ""}, 415),
    "a type that is none": (STATED % b"t", {"content-type": "application/json, text/plain"}, 415),
    "a length that is none": (STATED % b"l", {**JSON, "content-length": "x"}, 413),
    "a negative length": (STATED % b"l", {**JSON, "content-length": "-1"}, 413),
    "a huge length": (STATED % b"l", {**JSON, "content-length": "99999999999999999999"}, 413),
    "50 MB as it says": (b"{}", {**JSON, "content-length": str(50 << 20)}, 413),
}


@pytest.mark.parametrize("what", BODIES)
def test_posted_json_that_is_not_sound_is_refused_and_nothing_of_it_recorded(house: House, what: str) -> None:
    body, headers, status = BODIES[what]
    size = house.site.view().head.size
    for name in ("dpo token", "clerk token"):
        answer = sound(house.ask(house.who[name], "/-/transfers", "POST", body, headers, accept="*/*"), status)
        assert answer.header("content-type") == "application/json"
        assert '"error"' in answer.text
    for name, denied in (("auditor token", 404), ("anonymous", 401), ("dpo", 403), ("auditor", 404)):
        sound(house.ask(house.who[name], "/-/transfers", "POST", body, headers, accept="*/*"), denied, 405)
    assert house.site.view().head.size == size


def test_more_than_it_says_and_half_of_it(house: House) -> None:
    size = house.site.view().head.size
    token, body = house.who["clerk token"], STATED % b"half"
    for parts in ([body[:50], None], [None], [b"", None], [body, b" ", None]):
        sound(house.ask(token, "/-/transfers", "POST", parts, JSON, accept="*/*"), 400)
    endless = [b" " * (1 << 20)] * 51
    sound(house.ask(token, "/-/transfers", "POST", endless, {**JSON, "content-length": "10"}, accept="*/*"), 413)
    sound(house.ask(house.who["dpo"], "/-/record", "POST", endless, FORM), 413)
    assert house.site.view().head.size == size


MULTIPART: dict[str, tuple[str, bytes, int]] = {
    "no boundary": ("multipart/form-data", b"--x--", 415),
    "an empty boundary": ("multipart/form-data; boundary=", b"----", 415),
    "a long boundary": ("multipart/form-data; boundary=" + "x" * 71, b"--" + b"x" * 71, 415),
    "a boundary in other bytes": ("multipart/form-data; boundary=é", b"--x", 400),
    "another boundary": ("multipart/form-data; boundary=x", b"--y\r\n\r\n--y--\r\n", 400),
    "no end": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nabc',
        403,
    ),
    "no name": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\na\r\n--x--\r\n", 400),
    "no head": ("multipart/form-data; boundary=x", b"--x\r\n\r\nabc\r\n--x--\r\n", 400),
    "nothing": ("multipart/form-data; boundary=x", b"", 403),
    "no text": ("multipart/form-data; boundary=x", b"\xff" * 1000, 400),
    "a name that is no text": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="\xff"\r\n\r\na\r\n--x--\r\n',
        403,
    ),
    "another charset": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="_charset_"\r\n\r\nrot13\r\n--x\r\n'
        b'Content-Disposition: form-data; name="csrf"\r\n\r\nx\r\n--x--\r\n',
        403,
    ),
    "two files": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\na\r\n'
        b'--x\r\nContent-Disposition: form-data; name="b"; filename="b"\r\n\r\na\r\n--x--\r\n',
        400,
    ),
    "many fields": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\na\r\n' * 201 + b"--x--\r\n",
        400,
    ),
    "a head that is too long": (
        "multipart/form-data; boundary=x",
        b"--x\r\nX-Long: " + b"x" * 200_000 + b"\r\n\r\na\r\n--x--\r\n",
        400,
    ),
}


@pytest.mark.parametrize("what", MULTIPART)
def test_a_dropped_file_that_is_no_form_is_refused(house: House, what: str) -> None:
    kind, body, status = MULTIPART[what]
    for name in ("dpo", "clerk"):
        headers = {"content-type": kind.encode("latin-1")}
        sound(
            house.ask(house.who[name], "/-/record/file", "POST", body, headers),
            status,
            403 if status == 400 else status,
        )


@pytest.mark.parametrize("target", [
    "/?" + "&".join(f"a{n}=1" for n in range(201)), "/?" + "x" * 8193, "/?a=%ff", "/?a=%00", "/?a=%0b", "/?%00=1",
    "/-/transfers?q=" + "a" * 501, "/-/transfers?q=a&q=b", "/-/transfers?size=-1",
    "/-/transfers?size=99999999999999999999",
    "/-/transfers?size=1e3", "/-/transfers?size=%D9%A1", "/-/transfers?after=-1", "/-/transfers?after=9" + "9" * 30,
    "/-/transfers?sort=;DROP", "/-/transfers?from=2010-02-30", "/-/transfers?from=0000-00-00",
    "/-/transfers?month=2010-13",
    "/-/transfers?year=9999-00", "/-/transfers?findings=%3Cscript%3E", "/-/findings.json?after=" + "g" * 64,
    "/-/findings?page=0", "/-/findings?page=-1",
    "/-/findings.json?size=0", "/-/people?before=0", "/-/people?before=%D9%A1", "/-/evidence.zip?run=x",
    "/-/checkpoint?x=1",
    "/-/register/differences?a=x", "/-/reports/compare?a=1", "/ledger/transfers?_size=1000000",
    "/ledger/transfers?_where=1",
    "/ledger/transfers?_next=%27", "/ledger/transfers?_sort=1;--", "/ledger/transfers?_facet=disclosures",
    "/ledger/transfers.json?_shape=object", "/ledger/transfers?_trace=1", "/ledger/transfers.json?_json=id",
    "/ledger/transfers?_search=x", "/ledger/transfers?_through=%7B%7D", "/ledger/transfers?_timelimit=1",
    "/ledger/transfers?id__in=[", "/ledger/transfers?seq__gt=" + "9" * 30, "/ledger/transfers.csv?_stream=on",
    "/ledger/contactpoint?sql=select+1", "/ledger/contactpoint?month=%27", "/-/entries/3?x=1", "/-/proofs/3?x",
    "/-/saved?a",
    "/-/organisations/ofsted?x=1", "/-/openapi.json?x", "/-/tile/0/000?x=1", "/-/receipts?before=x",
    "/-/receipts.txt?before=x", "/-/record?like=x", "/-/record?flow=%3Cb%3E", "/-/sign-in?next=//evil.example&next=/",
])  # fmt: skip
def test_a_parameter_that_is_none_is_refused_in_a_sentence(house: House, target: str) -> None:
    for accept in ("text/html", "*/*"):
        answer = sound(house.ask(house.who["dpo"], target, accept=accept), 400, 404, 414)
        assert "<script>" not in answer.text
        assert "evil.example" not in answer.text
        sound(house.ask(house.who["anonymous"], target, accept=accept), 303, 400, 401, 414)


NEXT = ["//evil.example", "https://evil.example/", "/\\evil.example", "/%2f/evil.example", "javascript:alert(1)",
        "/-/people\r\nx: y",
        "/-/sign-out", "/ledger.db", "/-/no-such", "\\\\evil", "/-/people#x",
        "/-/people?x=\"><script>", " /-/people"]  # fmt: skip


@pytest.mark.parametrize("wanted", NEXT)
def test_signing_in_leads_nowhere_but_to_a_page_of_ours(house: House, wanted: str) -> None:
    from urllib.parse import urlencode

    query = urlencode({"next": wanted})
    stranger = sound(house.ask(house.who["anonymous"], f"/-/sign-in?{query}"), 200, 400)
    assert "evil" not in stranger.text
    assert "script>" not in stranger.text.partition("<main")[2]
    known = sound(house.ask(house.who["dpo"], f"/-/sign-in?{query}"), 303, 400)
    assert known.header("location") in ("/", "")


def test_a_password_that_is_wrong_is_told_the_same_whoever_it_is(tmp_path: Path, house: House) -> None:
    from tests.plugins.security.house import later

    assert later(hours=0) == NOW
    answers = set()
    for name in ("dpo", "nobody", "", "ü", "a" * 5000, "' OR 1=1 --", "<script>alert(1)</script>"):
        body = f"id={name}&password=wrong-{'x' * 100}&next=/".encode("ascii", "xmlcharrefreplace")
        answer = sound(house.ask(house.who["anonymous"], "/-/sign-in", "POST", body, FORM), 400, 403, 429)
        assert "<script>" not in answer.text
        answers.add(answer.status)
    assert 403 in answers
