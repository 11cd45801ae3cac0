"""Bad rows, written to a file of their own, to be mended and imported later.

The file has the headings of the one that the rows came from, so that the same map reads it, and first a column
`what_is_wrong`, which the reader ignores when the file comes back. It stands first so that a row with a cell too
many keeps its cells where they were. Rows of a workbook are set aside as CSV, JSON Lines as JSON Lines.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from ledger.errors import Refused
from ledger.intake.csv_file import CODECS
from ledger.intake.draft import WHAT_IS_WRONG, Problem
from ledger.intake.row import Row

if TYPE_CHECKING:
    from ledger.intake.mapping import Map


class SetAside:
    """A new file for bad rows: `add` each, then `close` (or use it in a `with`). No bad row, no file.

    `map_` is the map that read the rows, whose delimiter and encoding the file is written with. The file is
    made at the first row, for its owner alone; `Refused` where one is there already or it cannot be written.
    """

    def __init__(self, path: Path, map_: Map | None = None) -> None:
        self.path, self._map = path, map_
        self.count = 0
        self._file: TextIO | None = None

    def _open(self, row: Row) -> TextIO:
        wanted = ".csv" if row.headings else ".jsonl"
        if self.path.suffix.lower() != wanted:
            raise Refused(f"{self.path.name}: rows of this file are set aside in a {wanted} file; name it so.")
        codec = CODECS[self._map.encoding] if self._map is not None and row.headings else "utf-8"
        try:
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise Refused(f"{self.path} is there already; name another file for the rows set aside.") from None
        except OSError as error:
            raise Refused(f"{self.path} cannot be written: {error.strerror}.") from None
        # surrogateescape gives back the very bytes that were no characters, to be mended where they stood.
        file = os.fdopen(handle, "w", encoding=codec, errors="surrogateescape", newline="")
        if row.headings:
            file.write(self._line((WHAT_IS_WRONG, *row.headings)))
        return file

    def _line(self, cells: Sequence[str]) -> str:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self._map.delimiter if self._map is not None else ",").writerow(cells)
        return text.getvalue()

    def add(self, row: Row, problems: Sequence[Problem] | None = None) -> None:
        """Writes `row` with what is wrong with it; `problems` that came up after it was read, if given."""
        file = self._file = self._file or self._open(row)
        wrong = [sentence.removeprefix(", ") for sentence in row.sentences("", problems)]
        try:
            if row.headings:
                sayable = " ".join(wrong).encode(file.encoding, "replace").decode(file.encoding)
                file.write(self._line((" ".join(sayable.split()), *row.given)))
            else:
                file.write(_json_line(row.given[0], " ".join(wrong)) + "\n")
        except (OSError, UnicodeEncodeError) as error:
            raise Refused(f"{self.path} cannot be written: {error}.") from None
        self.count += 1

    def close(self) -> None:
        """Puts what was written on the disk and closes the file."""
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def __enter__(self) -> SetAside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _json_line(line: str, wrong: str) -> str:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        # What is no object cannot carry a member; it stands as text until somebody mends it.
        return json.dumps({WHAT_IS_WRONG: wrong, "line": line}, ensure_ascii=True)
    value.pop(WHAT_IS_WRONG, None)
    return json.dumps({WHAT_IS_WRONG: wrong, **value}, ensure_ascii=True)
