"""A file that is about to go, seen from outside: its digest, size, type, how many rows, and which data items it has.

A pupil file is full of pupils. Of its cells nothing is kept, shown or logged: they are counted, in memory, and let go.
Of its headings only those that name a data item we know are spoken of, by our own name for it: where a file has no
headings, its first row is somebody.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable
from functools import cache
from time import monotonic
from typing import BinaryIO, NamedTuple

from ledger.errors import Refused
from ledger.intake.guess import likenesses, table_of
from ledger.members import NOT_STATED
from ledger.register.names import fold
from ledger.register.read import load_vocabularies

MOST_UNPACKED = 64 << 20
"""The most bytes that a workbook may unpack to for its rows to be counted while somebody waits."""
PATIENCE_SECONDS = 15.0
"""How long the rows of a file are counted; one that takes longer is recorded without their number."""
MOST_COLUMNS = 1000

_TYPES = {
    "csv": "text/csv",
    "txt": "text/plain",
    "tsv": "text/tab-separated-values",
    "xml": "application/xml",
    "ctf": "application/xml",
    "json": "application/json",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "gz": "application/gzip",
    "7z": "application/x-7z-compressed",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}
_BEGINNINGS = (
    (b"%PDF-", "application/pdf"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"<?xml", "application/xml"),
    (b"\xef\xbb\xbf<?xml", "application/xml"),
)
_PLAIN = ("csv", "txt", "tsv", "xml", "ctf", "json")
"""The endings of files that begin with nothing of their own; what begins otherwise than its ending says is neither."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UNKNOWN = "application/octet-stream"
_LISTS = {"text/csv": ".csv", "text/tab-separated-values": ".csv", "text/plain": ".csv", _TYPES["xlsx"]: ".xlsx"}

NO_TABLE = "Its rows and columns could not be read as a list, so they are for you to state."
BROKEN_OFF = "Not all of its rows could be read as a list, so their number is for you to state."
TOO_LARGE = "It is too large to be counted while you wait, so its rows and columns are for you to state."


class Dropped(NamedTuple):
    """What is known of a file: `sha256` in hex, its size in `bytes`, its media type.

    `rows` is how many follow the headings, None where nobody could count them. `fields` are the ids of the data items
    that its headings name, in the vocabulary's order; `columns` is how many headings there are, `unknown` the places
    (from 1) of those that name none. `wrong` says in a sentence why something is missing, "" where nothing is.
    """

    sha256: str
    bytes: int
    media_type: str
    rows: int | None
    fields: tuple[str, ...]
    columns: int
    unknown: tuple[int, ...]
    wrong: str


class _InMemory(NamedTuple):
    """The bytes of a file as what reads files takes them. It is called by what it is, never by its own name."""

    data: bytes
    suffix: str

    @property
    def name(self) -> str:
        return f"the file{self.suffix}"

    def open(self, mode: str, /) -> BinaryIO:
        return io.BytesIO(self.data)


def look(name: str, data: bytes) -> Dropped:
    """What is known of the file with these bytes. Of its `name` only the ending counts; whatever it is, it is taken."""
    type_ = media_type(name, data)
    rows: int | None = None
    fields: tuple[str, ...] = ()
    unknown: tuple[int, ...] = ()
    columns, wrong = 0, ""
    if not data:
        wrong = "The file is empty; look whether it is the right one."
    elif suffix := _LISTS.get(type_):
        try:
            rows, headings, wrong = _counted(_InMemory(_plain(data) if suffix == ".csv" else data, suffix))
            fields, unknown = items(headings)
            columns = len(headings)
        except Refused:  # its sentence may quote the file
            wrong = NO_TABLE
    return Dropped(hashlib.sha256(data).hexdigest(), len(data), type_, rows, fields, columns, unknown, wrong)


def media_type(name: str, data: bytes) -> str:
    """The media type of a file: by how it begins where that tells, and else by the ending of its name."""
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    named = _TYPES.get(suffix, _UNKNOWN)
    if data.startswith(_OLE):
        return named if suffix in ("doc", "xls") else _TYPES["xls"] if suffix == "xlsx" else _UNKNOWN
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data, named)
    known = next((type_ for start, type_ in _BEGINNINGS if data.startswith(start)), None)
    if known is not None:
        return known
    return named if suffix in _PLAIN else _UNKNOWN


def _zipped(data: bytes, named: str) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {part.filename for part in archive.infolist()[:5000]}
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return named if named not in _LISTS else _TYPES["zip"]
    if "xl/workbook.xml" in parts:
        return _TYPES["xlsx"]
    return _TYPES["docx"] if "word/document.xml" in parts else named if "opendocument" in named else _TYPES["zip"]


def _plain(data: bytes) -> bytes:
    """A list in UTF-16, as Excel's “Unicode text”, as UTF-8; any other as it is."""
    if not data.startswith(_UTF16):
        return data
    try:
        return data.decode("utf-16").encode("utf-8")
    except UnicodeError:
        raise Refused(NO_TABLE) from None


def _counted(file: _InMemory) -> tuple[int | None, tuple[str, ...], str]:
    """How many rows, the headings, and what is wrong."""
    if file.suffix == ".xlsx" and _unpacked(file.data) > MOST_UNPACKED:
        return None, (), TOO_LARGE
    until = monotonic() + PATIENCE_SECONDS
    table, _ = table_of(file)
    try:
        if len(table.headings) > MOST_COLUMNS:
            raise Refused(NO_TABLE)
        rows = 0
        for _ in table.records:
            rows += 1
            if rows % 1024 == 0 and monotonic() > until:
                return None, table.headings, TOO_LARGE
        return rows, table.headings, ""
    except Refused:
        return None, table.headings, BROKEN_OFF
    finally:
        table.close()


def _unpacked(data: bytes) -> int:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise Refused(NO_TABLE) from None


@cache
def _names() -> dict[str, str]:
    return {
        text: term.id
        for term in load_vocabularies().field
        if term.id != NOT_STATED
        for text in (term.id.replace("-", " "), term.label, *term.aliases)
    }


def items(headings: Iterable[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The data items that headings name, exactly or nearly, in the vocabulary's order; and where none is named."""
    headings = list(headings)
    exact = {fold(text): id_ for text, id_ in _names().items()}
    found = {heading: id_ for heading in headings if (id_ := exact.get(fold(heading[:200])))}
    taken = set(found.values())
    near = {text: id_ for text, id_ in _names().items() if id_ not in taken}
    rest = [heading for heading in headings if heading not in found and len(heading) <= 200]
    found |= {heading: id_ for heading, (id_, _) in likenesses(rest, near).items()}
    ids = set(found.values())
    order = [term.id for term in load_vocabularies().field if term.id in ids]
    return tuple(order), tuple(place for place, heading in enumerate(headings, 1) if heading not in found)
