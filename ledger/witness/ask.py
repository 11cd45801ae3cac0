"""Asking a witness: the log's side of c2sp.org/tlog-witness. Whatever answers is taken for hostile.

`cosign` sends a checkpoint with the proof from the size that the witness knows, and where it knows another one sends
the proof from there. `newest` asks what it cosigned last, so that a ledger that was put back to an earlier state
learns of it before it signs anything. Every failure is a sentence with the witness's address; nothing is followed
elsewhere, and all of an answer has come within `SECONDS`, or none of it counts.

Not to be called where an event loop runs already: give it a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import NamedTuple

from ledger.errors import Refused
from ledger.tlog import checkpoint, cosignature, note
from ledger.tlog.checkpoint import Checkpoint, decimal
from ledger.tlog.note import Note, SignatureLine, Verifier
from ledger.tlog.proof import Consistency
from ledger.witness.decide import SIZE

SECONDS = 10
"""For a whole answer; to connect, and for each part of it, half as long."""

MOST_LINES = 16
"""Cosignatures from one witness: all of a checkpoint's signatures must stay below `note.MAX_SIGNATURES`."""

_TRIES = 3
_MOST_ANSWER = 100_000


class _Answer(NamedTuple):
    status: int
    content_type: str
    body: bytes


def newest(url: str, origin: str, verifiers: Sequence[Verifier]) -> Checkpoint | None:
    """The newest checkpoint of the log `origin` that the witness at `url` cosigned, as far as one of `verifiers`
    (the log's) signed it; None where it has none, or does not tell.

    Raises `Refused` where it is down or answers nonsense, `NotGenuine` where a signature of the log is false.
    """
    answer = _asked(url, "GET", f"{sha256(origin.encode()).hexdigest()}/checkpoint", None, note.MAX_BYTES)
    if answer.status in (404, 405):
        return None
    if answer.status != 200:
        raise Refused(_status(url, answer))
    try:
        signed = note.parse(answer.body)
        found = checkpoint.parse(signed.text)
        if found.origin != origin:
            raise Refused(f"it is of {found.origin[:80]!r}, not of {origin!r}.")
        if not note.verified(signed, verifiers):
            raise Refused("no key given here signed it; after a change of keys, an older one may have.")
    except Refused as error:
        raise error.at(f"The witness {url} sent a checkpoint that is of no use") from None
    return found


def cosign(
    url: str,
    checkpoint_note: bytes,
    proof_from: Callable[[int], Sequence[bytes]],
    known_size: int = 0,
    verifiers: Sequence[Verifier] | None = None,
) -> list[SignatureLine]:
    """The cosignatures of the witness at `url` on a signed checkpoint, at least one.

    `known_size` is the size that the witness is thought to have cosigned last; `proof_from(size)` gives the consistency
    proof from there. Where `verifiers` (the witness's keys) are given, only their cosignatures are returned, and a
    false one is `NotGenuine`; otherwise none is verified, and that is up to the caller. Raises `Refused` for the rest.
    """
    own = note.parse(checkpoint_note)
    tree = checkpoint.parse(own.text)
    old = known_size if 0 <= known_size <= tree.size else 0
    for _ in range(_TRIES):
        path = tuple(proof_from(old)) if old else ()
        body = Consistency(old, path, checkpoint_note).encode()
        answer = _asked(url, "POST", "add-checkpoint", body, _MOST_ANSWER)
        if answer.status == 200:
            return _lines(url, own, answer.body, verifiers)
        if answer.status != 409 or answer.content_type != SIZE:
            raise Refused(_status(url, answer))
        before, old = old, _size(url, answer.body)
        if old > tree.size:
            raise Refused(
                f"The witness {url} has cosigned {old:,} entries of {tree.origin[:80]} and this checkpoint has "
                f"{tree.size:,}: entries were lost, or this is an older copy."
            )
        if old == before:
            break
    raise Refused(f"The witness {url} asks for a proof from size {old:,}, and then for another one, without end.")


def _size(url: str, body: bytes) -> int:
    try:
        return decimal(body.decode("ascii").removesuffix("\n"))
    except (UnicodeDecodeError, Refused):
        raise Refused(f"The witness {url} says that it knows another size, but not which ({_shown(body)}).") from None


def _lines(url: str, own: Note, body: bytes, verifiers: Sequence[Verifier] | None) -> list[SignatureLine]:
    signers = {(line.name, line.key_id) for line in own.signatures}
    found = []
    for line in body.split(b"\n")[:-1][: note.MAX_SIGNATURES]:
        try:
            (one,) = note.parse(own.text.encode() + b"\n" + line + b"\n").signatures
            cosignature.timestamp(one.signature)
        except Refused:
            continue
        # A false line under a name that signed already would make the whole note worthless to whoever knows that key.
        if (one.name, one.key_id) not in signers:
            found.append(one)
    if verifiers is not None:
        try:
            found = note.verified(Note(own.text, tuple(found)), verifiers)
        except Refused as error:
            raise error.at(f"The witness {url} sent a cosignature that is false") from None
    if not found:
        raise Refused(f"The witness {url} answered without a cosignature that counts ({_shown(body)}).")
    return found[:MOST_LINES]


def _status(url: str, answer: _Answer) -> str:
    said = f" ({_shown(answer.body)})" if answer.body else ""
    return f"The witness {url} answered with status {answer.status}{said}."


def _shown(body: bytes) -> str:
    # What a stranger sent is printed on a terminal: its first line, and nothing that moves the cursor.
    text = body[:1000].decode("utf-8", "replace").split("\n")[0][:200]
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _asked(url: str, method: str, path: str, body: bytes | None, most: int) -> _Answer:
    import httpx

    try:
        return asyncio.run(_exchange(f"{url.rstrip('/')}/{path}", method, body, most))
    except TimeoutError:
        raise Refused(f"The witness {url} did not answer within {SECONDS} seconds.") from None
    except Refused as error:
        raise Refused(f"The witness {url} {error}") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ExceptionGroup) as error:
        # ValueError: an address that is none, or a proxy of the environment that is none; a group where connecting
        # failed in a way that anyio does not expect.
        why = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        raise Refused(f"The witness {url} did not answer ({str(why) or type(why).__name__}).") from None


async def _exchange(url: str, method: str, body: bytes | None, most: int) -> _Answer:
    import httpx

    headers, data = {"Accept-Encoding": "identity"}, bytearray()
    async with (
        asyncio.timeout(SECONDS),
        httpx.AsyncClient(timeout=SECONDS / 2, follow_redirects=False) as client,
        client.stream(method, url, content=body, headers=headers) as answer,
    ):
        async for part in answer.aiter_raw():
            data += part
            if len(data) > most:
                raise Refused(f"answered with more than {most:,} bytes.")
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return _Answer(answer.status_code, kind, bytes(data))
