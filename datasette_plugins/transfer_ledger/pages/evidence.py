"""What an auditor downloads: the checkpoint, the tree as tlog-tiles, the evidence bundle, the page that verifies.

The tiles are those that `transfer-ledger publish` writes, made from the live ledger when they are asked for: whoever
copies them into a folder can verify the copy. They are as true as the file; what proves them is the root in the
checkpoint, and its signature.
"""

from __future__ import annotations

import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import IO

from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from datasette_plugins.transfer_ledger.running import packing
from datasette_plugins.transfer_ledger.verifier_page import VERIFIER
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, NotThere, download
from ledger import checkpoints, tree
from ledger.errors import Conflict, Refused
from ledger.publish.published import width
from ledger.source import connect
from ledger.store import sentences
from ledger.tlog import tiles

NO_CHECKPOINT = (
    "No checkpoint of this ledger was made yet, so nothing can be proved to anybody else; `transfer-ledger checkpoint` "
    "makes one."
)

_RUN = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_FOR_GOOD = "private, max-age=31536000, immutable"
_ZIP, _SQLITE = "application/zip", "application/vnd.sqlite3"
_CHUNK = 1 << 20


def _missing(asked: Asked, sentence: str) -> Response:
    """404 with its own sentence, for people or for programs."""
    if "text/html" in asked.headers.get("accept", ""):
        return asked.page("told.html", status=404, sentence=sentence, code=404)
    return asked.json({"error": sentence}, status=404)


def checkpoint(asked: Asked) -> Response:
    """`GET /-/checkpoint`: the newest kept checkpoint, as a signed note."""
    asked.only()
    with asked.site.reading() as source:
        stored = checkpoints.newest(source.db)
    if stored is None:
        return _missing(asked, NO_CHECKPOINT)
    return PlainTextResponse(stored.note)


def tile(asked: Asked) -> Response:
    """`GET /-/tile/L/N[.p/W]` and `/-/tile/entries/N[.p/W]`: what the newest checkpoint covers, as tlog-tiles."""
    asked.only()
    try:
        place = tiles.parse_path(f"tile/{asked.vars['rest']}")
    except Refused:
        raise NotThere from None
    with asked.site.reading() as source:
        stored = checkpoints.newest(source.db)
        if stored is None or place.width > width(place.level or 0, place.n, stored.size):
            raise NotThere
        data = tree.content(source.db, place)
    # The name stands for one content for ever, so whoever has it need not ask again.
    return Response(data, media_type="application/octet-stream", headers={"cache-control": _FOR_GOOD})


def bundle(asked: Asked) -> Response:
    """`GET /-/evidence.zip`: begins to pack the evidence bundle; with `run`, the one that this run packed.

    A person is sent to the page of the run, which shows how far it is; a program is told what to ask for, and when.
    """
    asked.only("run")
    given = asked.one("run")
    if given == "":
        with asked.site.reading() as source:
            if checkpoints.newest(source.db) is None:
                return _missing(asked, NO_CHECKPOINT)
        return _packing(asked, asked.site.runs.start("bundle", {}, asked.who.id))
    if _RUN.fullmatch(given) is None:
        raise BadRequest("“run” is the number of a run, as in the address of its page.")
    found = asked.site.runs.one(int(given), "bundle")
    if found is None:
        raise NotThere
    if found.state == "running":
        return _packing(asked, found.n)
    if found.state != "done":
        raise Conflict(str(found.result["sentence"]))
    file = asked.site.runs.files(found.n) / packing.NAME
    if not file.is_file():
        raise NotThere
    name = f"evidence-{found.n}.zip"
    return FileResponse(file, media_type=_ZIP, filename=name, headers={"cache-control": "no-store", **_APART})


_APART = {"content-security-policy": "default-src 'none'; sandbox"}


def _packing(asked: Asked, n: int) -> Response:
    if asked.who.via == "token":
        answer = asked.json({"run": n, "file": asked.url("/-/evidence.zip", run=n)}, status=202)
        answer.headers["retry-after"] = "5"
        return answer
    return asked.see(f"/-/verification/{n}")


def verifier(asked: Asked) -> Response:
    """`GET /-/verifier.html`: the page that verifies evidence offline, to keep. It is never shown inside the app."""
    asked.only()
    return download(VERIFIER.read_bytes(), "verify.html", "text/html; charset=utf-8")


def whole(asked: Asked) -> Response:
    """`GET /-/ledger.db`: a consistent copy of the file, erasable values with the rest, where the settings allow it."""
    asked.only()
    if not asked.site.settings.download:
        raise NotThere
    asked.site.columns.stands()
    # Before anything is read: what cannot be written in the log is not handed out.
    asked.site.people.log(asked.who, "downloaded the ledger's file", "the whole of it, with all erasable values")
    copy, name, size = _copy(asked.site.path)
    return StreamingResponse(
        _read(copy, name),
        media_type=_SQLITE,
        headers={
            "content-length": str(size),
            "content-disposition": 'attachment; filename="ledger.db"',
            "cache-control": "no-store",
            **_APART,
        },
    )


def _copy(path: Path) -> tuple[IO[bytes], str, int]:
    """A copy of the ledger at `path` as it is now, open, its name, and its size in bytes.

    It lies beside the ledger, where its erasable values are as safe, and goes when it is closed.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".copy", dir=path.parent)
    except OSError as error:
        raise Refused(f"A copy of the ledger cannot be made beside it: {error.strerror}.") from None
    copy = os.fdopen(handle, "rb", closefd=True)
    try:
        with sentences(path), closing(connect(path)) as db, closing(sqlite3.connect(name)) as into:
            db.backup(into)
        size = copy.seek(0, os.SEEK_END)
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    finally:
        _remove(name)  # what is open is read on until it is closed
    return copy, name, size


def _remove(name: str) -> None:
    for ending in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            os.unlink(f"{name}{ending}")


def _read(copy: IO[bytes], name: str) -> Iterator[bytes]:
    try:
        with copy:
            while chunk := copy.read(_CHUNK):
                yield chunk
    finally:
        _remove(name)  # Windows removes nothing that is open
