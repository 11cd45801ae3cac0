"""RFC 3161 timestamps from a real authority: OpenSSL's, behind a small server that can also misbehave."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ledger import timestamp
from ledger.errors import NotGenuine, Refused
from ledger.tlog import note
from tests.ledger.cli.called import call
from tests.ledger.signers import append, new_key
from tests.ledger.tlog.signed import flips
from tests.ledger.worlds import small
from tests.needed import missing


@pytest.fixture(autouse=True)
def _openssl() -> None:
    if shutil.which("openssl") is None:
        missing("openssl is not installed")


MESSAGE = b"springfield.example/transfers\n9\nroot\n"

_CONFIG = """[tsa]
default_tsa = t
[t]
serial = ./serial
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
"""
_EXTENSIONS = "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\n"


class Authority:
    """A time stamping authority whose root is `ca.pem`; `answer` may be replaced by one that misbehaves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self.answer: Callable[[bytes, BaseHTTPRequestHandler], None] = self.honest
        (folder / "tsa.cnf").write_text(_CONFIG)
        (folder / "ext").write_text(_EXTENSIONS)
        (folder / "serial").write_text("01\n")
        self.openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
            "-subj", "/CN=Test Root", "-addext", "basicConstraints=critical,CA:TRUE",
            "-addext", "keyUsage=critical,keyCertSign",
        )  # fmt: skip
        self.openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "tsa.key", "-out", "tsa.csr",
                     "-subj", "/CN=Test TSA")  # fmt: skip
        self.openssl("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                     "-out", "tsa.pem", "-days", "30", "-extfile", "ext")  # fmt: skip

    def openssl(self, *arguments: str) -> bytes:
        return subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, check=True).stdout

    def reply(self, query: bytes) -> bytes:
        (self.folder / "query").write_bytes(query)
        return self.openssl("ts", "-reply", "-queryfile", "query", "-config", "tsa.cnf", "-section", "t")

    def query(self, message: bytes, *options: str) -> bytes:
        (self.folder / "message").write_bytes(message)
        return self.openssl("ts", "-query", "-data", "message", *options)

    def honest(self, query: bytes, handler: BaseHTTPRequestHandler) -> None:
        send(handler, self.reply(query))

    def verifies(self, stored: bytes, message: bytes, root: str = "ca.pem") -> bool:
        (self.folder / "stored").write_bytes(stored)
        (self.folder / "message").write_bytes(message)
        command = ["openssl", "ts", "-verify", "-data", "message", "-in", "stored", "-CAfile", root]
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=False).returncode == 0

    def roots(self) -> list[Any]:
        return timestamp.certificates((self.folder / "ca.pem").read_bytes())


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, length: int | None = None) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", "application/timestamp-reply")
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    authority = Authority(tmp_path_factory.mktemp("tsa"))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            query = self.rfile.read(int(self.headers["Content-Length"]))
            with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked had enough
                authority.answer(query, self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_port}/tsr"
    yield authority
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def tsa(served: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    served.answer = served.honest
    return served


def test_what_the_authority_says_is_kept_and_openssl_accepts_it(tsa: Authority, tmp_path: Path) -> None:
    path, keys = small(tmp_path / "l.db"), new_key(tmp_path / "k")
    before = datetime.now(UTC) - timedelta(seconds=2)
    said = call("checkpoint", path, "--key", keys.path, "--timestamp", tsa.url)
    assert (said.status, said.err) == (0, "")
    assert "9 entries are signed, 1 signatures, timestamped" in said.out
    db = sqlite3.connect(path)
    rows = db.execute("SELECT size, note, timestamp FROM checkpoints ORDER BY rowid").fetchall()
    assert [(size, stamp is None) for size, _, stamp in rows] == [(9, True), (9, False)]
    text, stored = note.parse(rows[1][1].encode()).text.encode(), rows[1][2]
    assert tsa.verifies(stored, text)
    assert not tsa.verifies(stored, text + b"\n")
    assert before <= timestamp.verify(stored, text, tsa.roots()) <= datetime.now(UTC) + timedelta(seconds=2)
    # On a head that stood still it is one more row, the only thing that shows that it did.
    assert call("checkpoint", path, "--key", keys.path, "--timestamp", tsa.url).status == 0
    assert db.execute("SELECT count(*) FROM checkpoints").fetchone() == (3,)
    db.close()
    verified = call("verify", path, "--authority", tsa.folder / "ca.pem")
    assert verified.status == 0, verified
    assert f"{datetime.now(UTC):%Y-%m-%d}" in verified.out


def test_every_flipped_bit_of_a_timestamp_is_rejected_or_says_the_same(tsa: Authority) -> None:
    # Some bits are under no signature, and some say nothing (the text of the status, spare bits in DER of the chain).
    stored, roots = timestamp.ask(tsa.url, MESSAGE), tsa.roots()
    when = timestamp.verify(stored, MESSAGE, roots)
    assert timestamp.claimed(stored) == when
    accepted = 0
    for number, changed in enumerate(flips(stored)):
        if number % 7 == 0:
            with suppress(Refused):
                assert timestamp.verify(changed, MESSAGE, roots) == when
                accepted += 1
    assert accepted < len(stored) * 8 / 7 / 50


def test_a_timestamp_of_something_else_or_by_somebody_else_is_not_genuine(
    tsa: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stored = timestamp.ask(tsa.url, MESSAGE)
    timestamp.check_message(stored, MESSAGE)
    for other in (b"", MESSAGE[:-1], MESSAGE + b"\n"):
        with pytest.raises(NotGenuine, match="a timestamp of something else"):
            timestamp.verify(stored, other, tsa.roots())
        with pytest.raises(NotGenuine, match="a timestamp of something else"):
            timestamp.check_message(stored, other)
    stranger = Authority(tmp_path_factory.mktemp("stranger"))
    for roots in (stranger.roots(), []):
        with pytest.raises(NotGenuine, match="not signed under a certificate that you gave"):
            timestamp.verify(stored, MESSAGE, roots)
    assert timestamp.verify(stored, MESSAGE, [*stranger.roots(), *tsa.roots()])
    for junk in (b"", b"garbage", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(Refused, match="no certificate in PEM"):
            timestamp.certificates(junk)


def test_what_is_no_response_is_refused(tsa: Authority) -> None:
    stored = timestamp.ask(tsa.url, MESSAGE)
    for data in (
        b"",
        b"\0",
        b"garbage",
        b"\x30\x00",
        b"\x30\x80",
        stored[:-1],
        stored + b"\0",
        stored[10:],
        stored * 2,
    ):
        for judged in (timestamp.check_message, lambda data, message: timestamp.verify(data, message, tsa.roots())):
            with pytest.raises(Refused):
                judged(data, MESSAGE)


def _wrong_nonce(tsa: Authority) -> bytes:
    return tsa.reply(tsa.query(MESSAGE, "-sha256", "-cert"))


def _no_nonce(tsa: Authority) -> bytes:
    return tsa.reply(tsa.query(MESSAGE, "-sha256", "-cert", "-no_nonce"))


def _other_digest(tsa: Authority) -> bytes:
    return tsa.reply(tsa.query(MESSAGE, "-sha512", "-cert"))


def _other_message(tsa: Authority) -> bytes:
    return tsa.reply(tsa.query(b"another", "-sha256", "-cert"))


def _rejection(tsa: Authority) -> bytes:
    return tsa.reply(tsa.query(MESSAGE, "-sha1", "-cert"))


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (_wrong_nonce, "answered another request"),
        (_no_nonce, "answered another request"),
        (_other_digest, "a timestamp of something else"),
        (_other_message, "a timestamp of something else"),
        (_rejection, "refuses with status 2"),
        (lambda tsa: b"", "no RFC 3161 response"),
        (lambda tsa: b"<html>Sign in to the wireless network</html>", "no RFC 3161 response"),
        (lambda tsa: b"\x30" * 90_000, "no RFC 3161 response"),
        (lambda tsa: b"\x30" * 200_000, "within 10 seconds and 100,000 bytes"),
    ],
)
def test_an_answer_that_is_none_is_not_kept(
    tsa: Authority, tmp_path: Path, body: Callable[[Authority], bytes], sentence: str
) -> None:
    answer = body(tsa)
    tsa.answer = lambda query, handler: send(handler, answer)
    with pytest.raises(Refused, match=sentence) as error:
        timestamp.ask(tsa.url, MESSAGE)
    assert tsa.url in str(error.value)


def test_an_answer_to_the_right_question_with_something_after_it_is_not_kept(tsa: Authority) -> None:
    tsa.answer = lambda query, handler: send(handler, tsa.reply(query) + b"\0")
    with pytest.raises(Refused, match=r"with something after it|no RFC 3161 response"):
        timestamp.ask(tsa.url, MESSAGE)


@pytest.mark.parametrize("status", [204, 302, 404, 500])
def test_a_status_other_than_200_is_no_timestamp(tsa: Authority, status: int) -> None:
    tsa.answer = lambda query, handler: send(handler, b"" if status == 204 else tsa.reply(query), status)
    with pytest.raises(Refused, match=f"answered with status {status}"):
        timestamp.ask(tsa.url, MESSAGE)


@pytest.mark.slow
def test_an_authority_that_is_slow_or_never_ends_is_given_up(tsa: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamp, "_SECONDS", 1)
    stop = threading.Event()

    def silent(query: bytes, handler: BaseHTTPRequestHandler) -> None:
        stop.wait(20)

    def dripping(query: bytes, handler: BaseHTTPRequestHandler) -> None:
        send(handler, b"", length=100_000)
        while not stop.wait(0.2):
            handler.wfile.write(b"\x30")

    def hanging_up(query: bytes, handler: BaseHTTPRequestHandler) -> None:
        send(handler, b"\x30", length=1000)
        handler.close_connection = True

    try:
        for answer in (silent, dripping, hanging_up):
            tsa.answer = answer
            began = time.monotonic()
            with pytest.raises(Refused, match="did not answer"):
                timestamp.ask(tsa.url, MESSAGE)
            assert time.monotonic() - began < 8
    finally:
        stop.set()


def test_without_the_authority_the_checkpoint_is_kept_all_the_same(tsa: Authority, tmp_path: Path) -> None:
    path, keys = small(tmp_path / "l.db"), new_key(tmp_path / "k")
    tsa.answer = lambda query, handler: send(handler, b"garbage")
    said = call("checkpoint", path, "--key", keys.path, "--timestamp", tsa.url)
    assert said.status == 2
    assert "did not timestamp the checkpoint: it is no RFC 3161 response" in said.err
    assert "9 entries are signed" in said.out
    append(path, "more")
    tsa.answer = tsa.honest
    assert call("checkpoint", path, "--key", keys.path, "--timestamp", tsa.url).status == 0
    stamps = sqlite3.connect(path).execute("SELECT size, timestamp IS NULL FROM checkpoints ORDER BY rowid").fetchall()
    assert stamps == [(9, 1), (10, 1), (10, 0)]
