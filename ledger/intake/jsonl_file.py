"""A JSON Lines file: one transfer a line, by the sealed member names, with JSON's own types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ledger import canonical
from ledger.errors import Refused
from ledger.intake.csv_file import MAX_LINE, open_bytes
from ledger.intake.draft import Problem, Problems, Stated, from_json
from ledger.intake.row import MAX_BLANK, Row, checked, too_many_blank

if TYPE_CHECKING:
    from ledger.intake.mapping import Map


def _skip_line(file: BinaryIO) -> None:
    while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
        pass


def _stated(line: bytes) -> tuple[Stated | None, tuple[Problem, ...]]:
    try:
        return checked(from_json(canonical.decode(line)))
    except Problems as error:
        return None, tuple(error.found)
    except Refused as error:
        return None, (("", str(error).replace("at line 1, column", "at character")),)


def rows(path: Path, map_: Map | None = None) -> Iterator[Row]:
    """The rows of the JSON Lines file at `path` (UTF-8, with or without a byte order mark), one at a time.

    A line that cannot be read is a problem of that row. Raises `Refused` for an empty file, one that cannot be
    opened, and for a map, which is for tables only.
    """
    if map_ is not None:
        raise Refused(f"{path.name} is JSON Lines, which a map has nothing to say about; leave --map out.")
    with open_bytes(path) as file:
        number = blank = 0
        some = False
        while line := file.readline(MAX_LINE + 1):
            number += 1
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            place = f"line {number}"
            if len(line) > MAX_LINE:
                _skip_line(file)
                some, blank = True, 0
                long = f"The line is longer than {MAX_LINE:,} bytes, and an entry has at most 65,535."
                yield Row(number, place, None, (("", long),), ("",), (), {})
                continue
            if not line.strip():
                blank += 1
                if blank > MAX_BLANK:
                    raise too_many_blank(path.name, place)
                continue
            some, blank = True, 0
            stated, problems = _stated(line.strip())
            yield Row(number, place, stated, problems, (line.decode("utf-8", "replace").strip(),), (), {})
        if not some:
            raise Refused(f"{path.name} is empty; each line is to hold one transfer as a JSON object.")
