"""Asking witnesses that are down, slow, or talk nonsense: always a sentence with the address, and soon."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

import pytest

from ledger.errors import NotGenuine, Refused
from ledger.tlog import cosignature, note
from ledger.tlog.cosignature import Ed25519Cosigner
from ledger.tlog.note import Ed25519Signer, SignatureLine
from ledger.witness import ask
from tests.ledger.witness.logs import KEY, NAME, NOON, ORIGIN, Log

A = Log("a")
OWN = [cosignature.verifier(KEY.key)]
WITNESS = Ed25519Cosigner(NAME, b"\x05" * 32, NOON)
OTHER = Ed25519Cosigner("other.example/w", b"\x06" * 32, NOON)
Script = Callable[[socket.socket, bytes], None]


@contextmanager
def witness(script: Script) -> Iterator[tuple[str, list[bytes]]]:
    """A witness that reads each request whole and answers as `script` says; its address, and the bodies it got."""
    listening = socket.create_server(("127.0.0.1", 0))
    bodies: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                data = b""
                while b"\r\n\r\n" not in data:
                    data += connection.recv(65536)
                head, _, body = data.partition(b"\r\n\r\n")
                length = re.search(rb"content-length: ([0-9]+)", head.lower())
                while length and len(body) < int(length[1]):
                    body += connection.recv(65536)
                bodies.append(head.split(b" HTTP")[0] + b"\n" + body)
                with suppress(OSError):  # whoever asked had enough
                    script(connection, body)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", bodies
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(timeout=6)


def reply(body: bytes, status: int = 200, kind: str = "text/plain", more: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{more}\r\n"
    )
    return head.encode() + body


def says(*answers: bytes) -> Script:
    """Answers with these in turn, the last one again and again."""
    rest = list(answers)
    return lambda connection, _: connection.sendall(rest.pop(0) if len(rest) > 1 else rest[0])


def line(signer: note.Signer = WITNESS, size: int = 7) -> SignatureLine:
    return note.signature_line(A.tree(size).text(), signer)


def text(*lines: SignatureLine) -> bytes:
    return "".join(one.text() for one in lines).encode()


def cosign(url: str, known_size: int = 0, **other: list[note.Verifier]) -> list[SignatureLine]:
    return ask.cosign(url, A.note(7), lambda old: A.path(old, 7), known_size, **other)


SIZE = "text/x.tlog.size"
CONFLICT = {size: reply(f"{size}\n".encode(), 409, SIZE) for size in (0, 3, 4, 5, 9)}
HUGE = reply(b"x" * 2_000_000)


def test_the_size_that_the_caller_knows_is_tried_first() -> None:
    with witness(says(reply(text(line())))) as (url, bodies):
        assert cosign(url, 3) == [line()]
        assert cosign(f"{url}/", 7) == [line()]
        assert cosign(f"{url}/w1", 0) == [line()]
    asked = [b"POST /add-checkpoint\n", b"POST /add-checkpoint\n", b"POST /w1/add-checkpoint\n"]
    assert bodies == [asked[0] + A.request(3, 7), asked[1] + A.request(7, 7), asked[2] + A.request(0, 7)]


def test_another_size_is_answered_with_the_proof_from_there() -> None:
    with witness(says(CONFLICT[3], CONFLICT[4], reply(text(line())))) as (url, bodies):
        assert cosign(url) == [line()]
    assert [body.partition(b"\n")[2] for body in bodies] == [A.request(old, 7) for old in (0, 3, 4)]
    with witness(says(reply(b"3\n", 409, "Text/X.Tlog.Size; charset=utf-8"), reply(text(line())))) as (url, _):
        assert cosign(url) == [line()]


@pytest.mark.parametrize(
    ("answers", "why", "asked"),
    [
        ((CONFLICT[0],), "asks for a proof from size 0, and then for another one, without end", 1),
        ((CONFLICT[3], CONFLICT[4], CONFLICT[5]), "asks for a proof from size 5, and then", 3),
        ((CONFLICT[9],), "has cosigned 9 entries of springfield.* and this checkpoint has 7: entries were lost", 1),
        ((reply(b"x\n", 409, SIZE),), r"says that it knows another size, but not which \(x\)", 1),
        ((reply(b"", 409, SIZE),), "says that it knows another size, but not which", 1),
        ((reply(b"9" * 50_000, 409, SIZE),), "says that it knows another size, but not which", 1),
        ((reply(b"\xff\n", 409, SIZE),), "says that it knows another size, but not which", 1),
        ((reply(b"-3\n", 409, SIZE),), "says that it knows another size, but not which", 1),
        ((reply(b"3\n\n", 409, SIZE),), "says that it knows another size, but not which", 1),
        ((reply(b"3\n", 409),), r"answered with status 409 \(3\)\.", 1),
        ((reply(b"no\x1b[2J\nmore", 403),), r"answered with status 403 \(no\ufffd\[2J\)\.", 1),
        ((reply(b"", 500),), r"answered with status 500\.$", 1),
        ((reply(text(line()), 201),), "answered with status 201", 1),
        ((reply(b"", 302, more="Location: http://127.0.0.1:1/\r\n"),), "answered with status 302", 1),
        ((reply(b""),), "answered without a cosignature that counts", 1),
        ((reply(b"<html>\xff\x00"),), "answered without a cosignature that counts", 1),
        ((reply(text(line())[:-1]),), "answered without a cosignature", 1),  # cut
        ((reply(text(line()), more="Content-Encoding: gzip\r\n")[:-4],), "did not answer", 1),
        ((HUGE,), "answered with more than 100,000 bytes", 1),
        ((b"nonsense\r\n\r\n",), "did not answer", 1),
        ((b"",), "did not answer", 1),
        ((b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000,), "did not answer", 1),
    ],
)  # fmt: skip
def test_nonsense(answers: tuple[bytes, ...], why: str, asked: int) -> None:
    with witness(says(*answers)) as (url, bodies):
        with pytest.raises(Refused, match=f"^The witness {url} {why}") as caught:
            cosign(url)
        assert len(bodies) == asked
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable()


def test_only_lines_that_can_be_cosignatures_are_taken() -> None:
    log_line = note.signature_line(A.tree(7).text(), KEY)
    plain = note.signature_line(A.tree(7).text(), Ed25519Signer("plain.example/x", b"\x07" * 32))
    false_line = SignatureLine(KEY.key.name, KEY.key.key_id, line().signature)
    good = text(line(), line(OTHER))
    sent = b"junk\n" + text(log_line, plain, false_line) + b"\xe2\x80\x94 x !!\n\n" + good + b"\xff\n"
    with witness(says(reply(sent))) as (url, _):
        assert cosign(url) == [line(), line(OTHER)]
    # One witness must not fill the note, which holds 100 signatures.
    many = text(*(line(Ed25519Cosigner(f"w{at}", bytes([at]) * 32, NOON)) for at in range(99)))
    with witness(says(reply(many))) as (url, _):
        assert len(cosign(url)) == ask.MOST_LINES


def test_where_its_keys_are_known_they_alone_count() -> None:
    trusted: list[note.Verifier] = [cosignature.verifier(WITNESS.key)]
    with witness(says(reply(text(line(OTHER), line())))) as (url, _):
        assert cosign(url, verifiers=trusted) == [line()]
    none, false = says(reply(text(line(OTHER)))), says(reply(text(line(size=8))))
    with witness(none) as (url, _), pytest.raises(Refused, match="without a cosignature that counts"):
        cosign(url, verifiers=trusted)
    with witness(false) as (url, _), pytest.raises(NotGenuine, match=f"{url} sent a cosignature that is false"):
        cosign(url, verifiers=trusted)


def test_what_the_ledger_refuses_goes_on_to_the_caller() -> None:
    def proof_from(old: int) -> list[bytes]:
        raise Refused("the ledger is damaged")

    with witness(says(CONFLICT[3])) as (url, _), pytest.raises(Refused, match=r"^the ledger is damaged"):
        ask.cosign(url, A.note(7), proof_from)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply(b"", 500), "answered with status 500"),
        (reply(b"", 301, more="Location: /\r\n"), "answered with status 301"),
        (reply(b"nonsense"), "sent a checkpoint that is of no use: "),
        (
            reply(Log(origin="other").note(7)),
            f"sent a checkpoint that is of no use: it is of 'other', not of '{ORIGIN}'",
        ),
        (reply(HUGE), "answered with more than 1,000,000 bytes"),
    ],
)
def test_the_newest_is_nonsense(answer: bytes, why: str) -> None:
    with witness(says(answer)) as (url, _), pytest.raises(Refused, match=f"^The witness {url} {why}"):
        ask.newest(url, ORIGIN, OWN)


def test_a_witness_that_does_not_tell() -> None:
    for status in (404, 405):
        with witness(says(reply(b"no", status))) as (url, bodies):
            assert ask.newest(url, ORIGIN, OWN) is None
    assert bodies == [f"GET /{sha256(ORIGIN.encode()).hexdigest()}/checkpoint\n".encode()]


def drip(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(40):
        connection.sendall(b"X: y\r\n")
        time.sleep(0.05)


def drip_body(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(40):
        connection.sendall(b"x")
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("script", [lambda *_: time.sleep(0.7), drip, drip_body])
def test_a_slow_witness_is_not_waited_for(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ask, "SECONDS", 0.3)
    with witness(script) as (url, _):
        began = time.monotonic()
        with pytest.raises(Refused, match=f"^The witness {url} did not answer"):
            cosign(url)
        with pytest.raises(Refused, match=f"^The witness {url} did not answer"):
            ask.newest(url, ORIGIN, OWN)
        assert time.monotonic() - began < 2


NOWHERE = (
    "http://127.0.0.1:1 http://127.0.0.1:99999 http://127.0.0.1:x ftp://127.0.0.1/ file:///etc example http:// http://["
)


@pytest.mark.parametrize("url", [*NOWHERE.split(), "", "http://a\x00b/", "http://\ud800/"])
def test_no_witness_at_all(url: str) -> None:
    with pytest.raises(Refused, match=r"^The witness .* did not answer"):
        cosign(url)
    with pytest.raises(Refused, match=r"^The witness .* did not answer"):
        ask.newest(url, ORIGIN, OWN)
