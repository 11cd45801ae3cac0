"""Any file that can be imported, by its suffix."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.errors import Refused
from ledger.intake.row import Row

if TYPE_CHECKING:
    from ledger.intake.mapping import Map


def read(path: Path, map_: Map | None = None) -> Iterator[Row]:
    """The rows of the .csv, .xlsx or .jsonl file at `path`, one at a time, with constant memory.

    Each `Row` is read whole or carries everything that is wrong with it. Raises `Refused` (here, or when the
    place is reached) for what makes the file as a whole unreadable.
    """
    suffix = path.suffix.lower()
    if suffix == ".csv":
        from ledger.intake import csv_file

        return csv_file.rows(path, map_)
    if suffix == ".jsonl":
        from ledger.intake import jsonl_file

        return jsonl_file.rows(path, map_)
    if suffix == ".xlsx":
        from ledger.intake import xlsx_file

        return xlsx_file.rows(path, map_)
    if suffix in (".xls", ".xlsm", ".ods"):
        raise Refused(f"{path.name} is a workbook of another kind; save it as .xlsx or as CSV UTF-8.")
    raise Refused(f"{path.name} has the suffix “{suffix}”; .csv, .xlsx and .jsonl files are imported.")
