"""What comes over the network byte by byte, at the server that `serve` runs: half a request, two at once, no HTTP.

The server answers what is no HTTP by itself; whatever it makes a request of, the app answers as it answers any other.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from datasette_plugins.transfer_ledger import bodies
from datasette_plugins.transfer_ledger.people.address import Address
from ledger.connections import Limits
from tests.plugins.browsed import make_ledger
from tests.plugins.security.house import ALWAYS, SETTINGS, House, house_over
from tests.plugins.security.served import free_port, raw, served
from tests.plugins.security.test_requests import STATED
from tests.plugins.security.test_roles import OURS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, int]]:
    folder = tmp_path_factory.mktemp("wire")
    port = free_port()
    settings = replace(SETTINGS, port=port, at=Address("http", "127.0.0.1", port, ""))
    with house_over(make_ledger(folder / "kept.db"), folder, settings=settings) as house, served(house.app, port) as at:
        yield house, at


@pytest.fixture(autouse=True)
def quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert "Traceback" not in (err := capfd.readouterr().err), err


def head(answer: bytes) -> tuple[int, set[str]]:
    """The status of the first answer, and the names of its headers."""
    first, *lines = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    return int(first.split()[1]), {line.partition(":")[0].lower() for line in lines}


BAD = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
    "nonsense": b"hello\r\n\r\n",
    "HTTP 0.9": b"GET /\r\n\r\n",
    "HTTP 9": b"GET / HTTP/9.9\r\nHost: HOST\r\n\r\n",
    "no host": b"GET /-/people HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /-/people HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n",
    "a host elsewhere in the target": b"GET http://evil.example/-/people HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost: HOST\r\nnonsense\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: HOST\r\nX: a\r\n b\r\n\r\n",
    "a nought in a header": b"GET / HTTP/1.1\r\nHost: HOST\r\nX: a\0b\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost : HOST\r\n\r\n",
    "bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "no path": b"GET  HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length and chunks": b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks that are none": b"POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "an odd encoding": b"POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: -5\r\n\r\n",
    "a websocket": b"GET / HTTP/1.1\r\nHost: HOST\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    "HTTP 2 in plain": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a long line": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: HOST\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_request_is_answered_with_nothing_of_the_ledger(here: tuple[House, int], what: str) -> None:
    _, port = here
    answer = raw(port, BAD[what].replace(b"HOST", f"127.0.0.1:{port}".encode()), wait=1.0)
    text = answer.decode("latin-1")
    assert not [one for one in OURS if one in text], text
    if answer:
        status, _ = head(answer)
        assert status in (303, 400, 401, 405, 414, 421, 431, 501), text


def post(port: int, token: str, body: bytes, *more: bytes) -> bytes:
    lines = [
        b"POST /-/transfers HTTP/1.1", b"Host: 127.0.0.1:%d" % port, b"Authorization: " + token.encode(),
        b"Content-Type: application/json", *more,
    ]  # fmt: skip
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def test_half_a_request_records_nothing_and_holds_nobody(
    here: tuple[House, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, port = here
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.5)
    token, size = house.who["clerk token"].headers["authorization"], house.site.view().head.size
    body = STATED % b"half"
    half = post(port, token, body[:60], b"Content-Length: %d" % len(body))
    assert head(raw(port, half))[0] == 408
    raw(port, half, shut=True, wait=0.5)  # and one who goes away
    slow = socket.create_connection(("127.0.0.1", port))
    slow.sendall(b"GET /-/people HT")
    assert head(raw(port, b"GET /robots.txt HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port))[0] == 200
    slow.close()
    assert house.site.view().head.size == size


def test_who_sends_no_request_is_let_go_and_keeps_nobody_out(here: tuple[House, int]) -> None:
    house, port = here
    silent = b"GET /robots.txt HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % port
    with served(house.app, limits=Limits(connections=4, head_seconds=60)) as at, ExitStack() as sockets:
        for _ in range(40):
            one = sockets.enter_context(socket.create_connection(("127.0.0.1", at), timeout=30))
            one.sendall(silent)
        assert head(raw(at, silent + b"Connection: close\r\n\r\n", wait=30))[0] == 200
    with (
        served(house.app, limits=Limits(head_seconds=0.3)) as at,
        socket.create_connection(("127.0.0.1", at), timeout=30) as one,
    ):
        one.sendall(silent)
        assert one.recv(1) == b""


def test_a_body_in_chunks_is_read_up_to_its_limit(here: tuple[House, int]) -> None:
    house, port = here
    token = house.who["clerk token"].headers["authorization"]
    body = STATED % b"chunked"
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(body[n : n + 40]), body[n : n + 40]) for n in range(0, len(body), 40))
    assert head(raw(port, post(port, token, chunks + b"0\r\n\r\n", b"Transfer-Encoding: chunked")))[0] == 201
    size = house.site.view().head.size
    many = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    answer = raw(port, post(port, token, b"", b"Transfer-Encoding: chunked"), *[many] * 50, b"0\r\n\r\n")
    assert not answer or head(answer)[0] == 413
    answer = raw(port, post(port, token, b"{}", b"Content-Length: %d" % (50 << 20)))
    assert head(answer)[0] == 413
    assert house.site.view().head.size == size


def test_requests_one_behind_the_other_are_each_answered_for_whoever_asks(here: tuple[House, int]) -> None:
    house, port = here
    host = b"Host: 127.0.0.1:%d\r\n" % port
    known = b"Cookie: " + house.who["dpo"].headers["cookie"].encode() + b"\r\n"
    asked = (
        b"GET /-/people HTTP/1.1\r\n" + host + known + b"\r\nGET /-/people HTTP/1.1\r\n" + host + b"\r\n"
        b"GET /robots.txt HTTP/1.1\r\n" + host + b"Connection: close\r\n\r\n"
    )
    answer = raw(port, asked)
    assert [int(one) for one in re.findall(rb"HTTP/1\.1 (\d+)", answer)] == [200, 401, 200]
    second = answer.split(b"HTTP/1.1 401")[1]
    assert b"Ann Smith" not in second


def test_a_request_hidden_in_a_body_is_no_request(here: tuple[House, int]) -> None:
    _, port = here
    hidden = b"GET /-/people HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port
    asked = (b"POST /-/sign-in HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: %d\r\n"
             b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" % (port, len(hidden))) + hidden  # fmt: skip
    assert len(re.findall(rb"HTTP/1\.1 \d+", raw(port, asked, wait=1.0))) == 1


@pytest.mark.parametrize(
    "path", ["/", "/-/people", "/-/sign-in", "/robots.txt", "/-/assets/app.css", "/ledger/transfers", "/x"]
)
def test_every_answer_over_the_wire_has_every_header_and_does_not_name_the_server(
    here: tuple[House, int], path: str
) -> None:
    house, port = here
    for cookie in (b"", b"Cookie: " + house.who["dpo"].headers["cookie"].encode() + b"\r\n"):
        answer = raw(port, b"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/html\r\nConnection: close\r\n%b\r\n"
                     % (path.encode(), port, cookie))  # fmt: skip
        _, names = head(answer)
        assert names >= ALWAYS
        assert not names & {"server", "x-powered-by", "x-databases", "access-control-allow-origin"}
