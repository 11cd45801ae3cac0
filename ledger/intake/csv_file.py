"""A CSV file, record by record: strict about what it is, and never holding more of it than one record.

A row that cannot be read is a problem of that row; only what hides where rows end (a quotation mark that never
closes, a line without end) stops the reading. Bytes that are not of the encoding and NUL are carried along and
told with the line and heading of their cell.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

from ledger.entry import MAX_BYTES
from ledger.errors import Refused
from ledger.intake.row import MAX_BLANK, Record, Row, Table, too_many_blank
from ledger.intake.row import rows as rows_of

if TYPE_CHECKING:
    from ledger.intake.mapping import Map

MAX_LINE = 1 << 20
"""The longest physical line that is read, in bytes: sixteen times what an entry may hold."""

MAX_RECORD = 4 << 20
"""The longest record over several lines, in bytes."""

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How a zip file begins, which an .xlsx is, and an OLE file, which an .xls of before 2007 or an encrypted one is."""

CODECS = {"utf-8": "utf-8", "windows-1252": "cp1252"}
"""The encodings that a map may declare, by the name it uses."""


class Named(Protocol):
    """What is read as a file: one on the disk, by its `Path`, or one that was sent and lies in memory."""

    @property
    def name(self) -> str:
        """What it is called in sentences."""

    @property
    def suffix(self) -> str:
        """Its ending, with the dot."""

    def open(self, mode: Literal["rb"], /) -> BinaryIO:
        """Opens it for reading."""


def open_bytes(path: Named) -> BinaryIO:
    """`path` opened for reading; `Refused` with a sentence where that cannot be."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise Refused(f"{path} is not there.") from None
    except IsADirectoryError:
        raise Refused(f"{path} is a folder, not a file.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None


def _cell_at(text: str, delimiter: str) -> int:
    """The index of the cell in which a record that `csv` could not read goes wrong.

    That is one too long to be read, one with text after its closing quotation mark, or the last.
    """
    index = start = place = 0
    quoted = False
    while place < len(text) and place - start <= MAX_BYTES:
        char, following = text[place], text[place + 1 : place + 2]
        if char == '"' and quoted and following == '"':
            place += 1
        elif char == '"' and quoted:
            quoted = False
            if following not in ("", delimiter, "\r", "\n"):
                break
        elif char == '"' and place == start:
            quoted = True
        elif char == delimiter and not quoted:
            index, start = index + 1, place + 1
        place += 1
    return index


class _Lines:
    """The decoded lines of a file for `csv.reader`, which keep what the present record has taken so far."""

    def __init__(self, file: BinaryIO, codec: str, name: str) -> None:
        self._file, self._codec, self._name = file, codec, name
        self.taken: list[str] = []
        self.size = 0
        self.number = 0
        self.too_long = False

    def begin(self) -> None:
        """A new record begins."""
        self.taken.clear()
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        while data := self._file.readline(MAX_LINE + 1):
            self.number += 1
            if self.number == 1:
                if data.startswith((b"\xff\xfe", b"\xfe\xff")):
                    raise Refused(f"{self._name} is in UTF-16 (“Unicode text”); save it as CSV UTF-8.")
                if data.startswith(WORKBOOKS):
                    raise Refused(
                        f"{self._name} is a workbook, whatever its name says; save it as .xlsx or as CSV UTF-8."
                    )
                data = data.removeprefix(b"\xef\xbb\xbf") if self._codec == "utf-8" else data
            self.size += len(data)
            # The bytes that are no characters come along as lone surrogates: `row.cell_problem` names their cell.
            line = data.decode(self._codec, "surrogateescape")
            self.taken.append(line)
            if len(data) > MAX_LINE or self.size > MAX_RECORD:
                self.too_long = True
                return
            yield line


def _broken(lines: _Lines, name: str, start: int, headings: tuple[str, ...], delimiter: str, why: str) -> Refused:
    text = "".join(lines.taken)
    index = _cell_at(text, delimiter)
    heading = f"“{headings[index]}”" if index < len(headings) else f"column {index + 1}"
    if lines.too_long or "field larger" in why:
        what = (
            f"the cell is longer than {MAX_BYTES:,} bytes, and so is no cell of ours; or a quotation mark opens "
            f"there that never closes."
        )
    elif "unexpected end" in why:
        what = "a quotation mark opens a cell in this row and never closes."
    elif "new-line" in why:
        what = "the lines end in CR alone, as old Macintosh files do; save the file as CSV UTF-8."
    else:
        what = "a quotation mark stands inside a cell; double it, and put the whole cell in quotation marks."
    return Refused(f"{name}, line {start}, {heading}: {what}")


def _records(lines: _Lines, name: str, delimiter: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each record with the line it starts in; blank ones come as ()."""
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    headings: tuple[str, ...] = ()
    blank = 0
    while True:
        lines.begin()
        start = lines.number + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _broken(lines, name, start, headings, delimiter, str(error)) from None
        if lines.too_long:
            raise _broken(lines, name, start, headings, delimiter, "")
        if cells is None:
            return
        found = tuple(cells) if any(map(str.strip, cells)) else ()
        headings = headings or found
        blank = 0 if found else blank + 1
        if blank > MAX_BLANK:
            raise too_many_blank(name, f"line {start}")
        yield start, found


def table(path: Named, delimiter: str = ",", encoding: str = "utf-8") -> Table:
    """The CSV file at `path` as a table; records are read as they are asked for.

    `encoding` is a key of `CODECS`; UTF-8 may begin with a byte order mark. Raises `Refused` for a file that is
    empty or cannot be read at once, and for broken quoting and endless lines when they are reached.
    """
    name = path.name
    file = open_bytes(path)
    lines = _Lines(file, CODECS[encoding], name)
    found = _records(lines, name, delimiter)
    try:
        start, headings = next(((line, cells) for line, cells in found if cells), (0, ()))
    except BaseException:
        file.close()
        raise
    if not headings:
        file.close()
        raise Refused(f"{name} is empty; its first line is to hold the headings.")
    if len(headings) == 1:
        other = next((mark for mark in ";\t|," if mark != delimiter and mark in headings[0]), None)
        if other is not None:
            file.close()
            shown = "tab" if other == "\t" else f'"{other}"'
            raise Refused(
                f"{name}, line {start}: the headings are not separated by “{delimiter}”; if it is another "
                f"character, say so in a map: `delimiter: {shown}`."
            )

    def records() -> Iterator[Record]:
        for number, (line, cells) in enumerate(found, 1):
            if cells:
                yield Record(number, f"line {line}", cells)

    return Table(name, f"line {start}", headings, records(), file.close)


def rows(path: Path, map_: Map | None = None) -> Iterator[Row]:
    """The rows of the CSV file at `path`, read by `map_` if its headings are not ours. See `row.rows`."""
    found = table(path) if map_ is None else table(path, map_.delimiter, map_.encoding)
    yield from rows_of(found, map_)
