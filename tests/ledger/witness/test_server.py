"""The real server in processes of its own, asked by the real client: racing, killed, and talked nonsense to."""

from __future__ import annotations

import http.client
import random
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from ledger.errors import NotGenuine, Refused
from ledger.tlog import cosignature, note
from ledger.tlog.checkpoint import Checkpoint
from ledger.tlog.note import SignatureLine, Verifier
from ledger.witness import ask, state
from ledger.witness.app import MOST_BYTES
from ledger.witness.state import RECORD, Witness
from tests.ledger.witness.logs import KEY, NEXT_KEY, ORIGIN, Log, new_witness, served, start, stop

A = Log("a")
OWN = [cosignature.verifier(KEY.key)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Witness:
    return new_witness(tmp_path_factory.mktemp("served") / "w", pq=True)


@pytest.fixture(scope="module")
def url(made: Witness) -> Iterator[str]:
    with served(made.folder, vkeys=2) as (url,):
        yield url


def trusted(witness: Witness) -> list[Verifier]:
    return [cosignature.verifier(one.key) for one in witness.keys]


def log_of(made: Witness, origin: str, branch: str = "a", forked: int = 0) -> Log:
    made.add_log(KEY.key, origin)  # while the server runs, as the operator does
    return Log(branch, forked, origin)


def cosign(url: str, log: Log, size: int, **other: int) -> list[SignatureLine]:
    return ask.cosign(url, log.note(size), lambda old: log.path(old, size), **other)


def test_a_log_that_grows_is_cosigned(url: str, made: Witness) -> None:
    log, before = log_of(made, "grows"), int(time.time())
    for size, known in ((3, 0), (7, 3), (7, 7), (8, 0), (9, 5), (12, 99)):  # what the caller thinks may be wrong
        lines = cosign(url, log, size, known_size=known)
        whole = note.parse(log.note(size))
        full = note.Note(whole.text, (*whole.signatures, *lines))
        assert [cosignature.timestamp(line.signature) >= before for line in note.verified(full, trusted(made))] == [
            True,
            True,
        ]
        assert ask.newest(url, "grows", OWN) == log.tree(size)


def test_the_newest_checkpoint_is_served(url: str, made: Witness) -> None:
    log = log_of(made, "newest")
    where = f"{url}/{sha256(b'newest').hexdigest()}/checkpoint"
    assert (ask.newest(url, "newest", OWN), ask.newest(url, "nobody", OWN)) == (None, None)
    assert httpx.get(where).status_code == 404
    lines = cosign(url, log, 7)
    answer = httpx.get(where)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer.content == log.note(7) + "".join(line.text() for line in lines).encode()
    assert httpx.head(where).headers["Content-Length"] == str(len(answer.content))
    with pytest.raises(Refused, match="no key given here signed it; after a change of keys, an older one may have"):
        ask.newest(url, "newest", [cosignature.verifier(NEXT_KEY.key)])


def test_a_fork_is_refused_in_a_sentence_and_kept(url: str, made: Witness) -> None:
    log, fork = log_of(made, "forks"), log_of(made, "forks", "b", 3)
    cosign(url, log, 7)
    with pytest.raises(
        Refused, match=f"The witness {url} answered with status 409 .The log signed another root for its size 7"
    ):
        cosign(url, fork, 7)
    with pytest.raises(Refused, match="status 422"):
        cosign(url, fork, 8)
    with pytest.raises(Refused, match="has cosigned 7 entries of forks and this checkpoint has 5: entries were lost"):
        cosign(url, log, 5)
    (standing,) = [one for one in made.standing() if one.origin == "forks"]
    assert [kept.evidence.kind for kept in standing.kept] == ["fork", "unproven"]


def test_whom_the_witness_does_not_know(url: str) -> None:
    with pytest.raises(Refused, match=r"status 404 .The log 'nobody' is not known here"):
        cosign(url, Log(origin="nobody"), 3)
    with pytest.raises(Refused, match="status 403"):
        cosign(url, Log(signers=(NEXT_KEY,)), 3)


def test_one_connection_serves_many_requests(url: str, made: Witness) -> None:
    log = log_of(made, "alive")
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    for size in range(5):
        connection.request("POST", "/add-checkpoint", log.request(max(size - 1, 0), size))
        answer = connection.getresponse()
        assert (answer.status, len(answer.read().splitlines())) == (200, 2)
    connection.request("POST", "/add-checkpoint", log.request(0, 4))
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("Content-Type"), answer.read()) == (409, "text/x.tlog.size", b"4\n")
    connection.close()


def test_other_requests(url: str) -> None:
    assert httpx.get(f"{url}/").status_code == 404
    assert httpx.get(f"{url}/{'0' * 64}/checkpoint/").status_code == 404
    assert httpx.get(f"{url}/{'A' * 64}/checkpoint").status_code == 404
    assert httpx.put(f"{url}/add-checkpoint", content=b"").headers["Allow"] == "POST"
    refused = httpx.post(f"{url}/{'0' * 64}/checkpoint", content=b"")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
    assert httpx.post(f"{url}/add-checkpoint", content=b"").status_code == 400
    assert httpx.post(f"{url}/add-checkpoint", content=b"x" * MOST_BYTES).status_code == 400
    assert httpx.post(f"{url}/add-checkpoint", content=b"x" * (MOST_BYTES + 1)).status_code == 413
    assert httpx.post(f"{url}/add-checkpoint", content=iter([b"x" * MOST_BYTES, b"x"])).status_code == 413


def test_raw_bytes_are_no_harm(url: str, made: Witness) -> None:
    parts = urlsplit(url)
    for sent in (
        b"\x00\xff" * 100,
        b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nold 0\n",  # and gone
        b"GET /%ff%fe/checkpoint HTTP/1.0\r\n\r\n",
    ):
        with socket.create_connection((parts.hostname, parts.port or 0), timeout=2) as raw:
            raw.sendall(sent)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65536):
                pass
    assert cosign(url, log_of(made, "after raw bytes"), 3)


def test_a_record_that_cannot_be_used_cosigns_nothing(tmp_path: Path) -> None:
    witness = new_witness(tmp_path / "w")
    server = start(witness.folder)
    (witness.folder / RECORD).rename(tmp_path / "aside")
    with pytest.raises(Refused, match=r"status 500 .The witness cannot use its record, and cosigned nothing"):
        cosign(server.url, A, 3)
    (tmp_path / "aside").rename(witness.folder / RECORD)
    assert cosign(server.url, A, 3)
    # Ctrl-C ends it cleanly.
    status, err = stop(server, signal.SIGINT)
    assert status == 0
    assert err.splitlines()[-1] == "The witness has stopped."
    assert "Traceback" not in err
    assert f"{witness.folder / RECORD} cannot be used" in err


@pytest.mark.slow
def test_two_servers_of_one_witness_racing(tmp_path: Path) -> None:
    """Two branches in several sizes, from one size, at both servers at once: one alone is cosigned, and is recorded."""
    witness = new_witness(tmp_path / "w")

    def run(log: Log, url: str, size: int, start: threading.Barrier, cosigned: list[Checkpoint]) -> None:
        with httpx.Client() as client:
            client.get(url)  # it is connected
            body = log.request(0, size)
            start.wait()
            if client.post(f"{url}/add-checkpoint", content=body).status_code == 200:
                cosigned.append(log.tree(size))

    with served(witness.folder, 2) as urls:
        for at in range(10):
            logs = [log_of(witness, f"log {at}", branch) for branch in ("x", "y")]
            start, cosigned = threading.Barrier(4), list[Checkpoint]()
            threads = [
                threading.Thread(target=run, args=(log, urls[size % 2], size, start, cosigned))
                for log in logs
                for size in (1, 2)
            ]
            for one in threads:
                one.start()
            for one in threads:
                one.join()
            (tree,) = cosigned
            assert tree in [one.recorded.tree for one in witness.standing() if one.recorded]


@pytest.mark.slow
def test_what_left_before_a_kill_was_recorded(tmp_path: Path) -> None:
    """kill -9 at any moment: no cosignature ever left whose tree is not on record when the witness is back."""
    witness = new_witness(tmp_path / "w", pq=True)
    left: list[tuple[Checkpoint, bytes]] = []
    delays = random.Random(9)
    for _ in range(4):
        server = start(witness.folder, vkeys=2)
        began = len(left)

        def stream(url: str) -> None:
            with httpx.Client() as client:
                old = left[-1][0].size if left else 0
                while True:
                    try:
                        answer = client.post(f"{url}/add-checkpoint", content=A.request(old, old + 1))
                    except httpx.HTTPError:
                        return
                    if answer.status_code == 200:
                        old += 1
                        left.append((A.tree(old), answer.content))
                    else:  # the last one before the kill was recorded, and its answer did not arrive
                        assert (answer.status_code, answer.text) == (409, f"{old + 1}\n")
                        old += 1

        thread = threading.Thread(target=stream, args=(server.url,))
        thread.start()
        while len(left) < began + 3:  # it is at work
            time.sleep(0.002)
        time.sleep(delays.uniform(0, 0.06))
        stop(server)
        thread.join()
        db = sqlite3.connect(witness.folder / RECORD)  # as it was left, journal and all
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        db.close()
        (standing,) = state.load(witness.folder).standing()
        assert standing.recorded is not None
        tree, lines = left[-1]
        assert standing.recorded.tree in (tree, A.tree(tree.size + 1))
        if standing.recorded.tree == tree:
            assert standing.recorded.cosigned.endswith(lines)
    for tree, lines in left:
        assert len(note.verified(note.parse(A.note(tree.size) + lines), trusted(witness))) == 2
    assert len({tree.size for tree, _ in left}) == len(left)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    from tests.ledger.cli.called import refused

    witness = new_witness(tmp_path / "w")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused("witness", "serve", witness.folder, "--port", port).startswith(
            f"Port {port} of 127.0.0.1 cannot be listened on: Address already in use"
        )


def test_a_false_signature_of_the_log_is_said_to_be_one(
    url: str, made: Witness, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = log_of(made, "false")
    cosign(url, log, 7)
    monkeypatch.setattr(type(OWN[0]), "verify", lambda *_: False)
    with pytest.raises(NotGenuine, match=f"The witness {url} sent a checkpoint that is of no use"):
        ask.newest(url, "false", OWN)


def test_it_is_the_log_of_the_ledger(url: str, made: Witness) -> None:
    assert cosign(url, A, 7)
    assert ask.newest(url, ORIGIN, OWN) == A.tree(7)
