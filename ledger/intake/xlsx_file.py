"""A workbook, row by row. It comes by e-mail, so it is hostile until shown otherwise.

Its zip directory is looked at before anything is unpacked: sizes, ratios and encryption. openpyxl's parser then
hands over one row at a time (the shared strings are held, which the size limit bounds), parsing with defusedxml;
rows or cells out of order are refused, since no two programs read them alike. So is a formula, because what it
shows depends on the program that last opened the file; a date cell becomes the date that it is.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ledger.errors import Refused
from ledger.intake.csv_file import Named, open_bytes
from ledger.intake.row import MAX_BLANK, Record, Row, Table, too_many_blank
from ledger.intake.row import rows as rows_of

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

    from ledger.intake.mapping import Map

MAX_UNPACKED = 200 << 20
"""The most bytes that the workbook's parts may unpack to; 100,000 transfers take about half of it."""

MAX_RATIO = 200
"""The most that a part over a megabyte may grow by: sheets of text reach some 30, bombs 1,000 and more."""

MAX_PARTS = 2_000
"""The most parts in the zip file."""

MAX_COLUMNS = 1_000
"""The most cells in a row; ours has 45."""

MAX_ROWS = 1 << 20
"""The most rows that a sheet can have (Excel specifications and limits)."""

_ANEW = "Save the list alone as a new workbook, or as CSV UTF-8."

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def _inspect(path: Named) -> None:
    """Refuse what is no workbook, is encrypted, or would unpack to far more than it says."""
    with open_bytes(path) as file:
        start = file.read(8)
        if not start:
            raise Refused(f"{path.name} is empty.")
        if start == _OLE:
            raise Refused(
                f"{path.name} is encrypted with a password, or an .xls of before 2007; take the password off and "
                f"save it as .xlsx."
            )
        try:
            with zipfile.ZipFile(file) as archive:
                parts = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            raise Refused(f"{path.name} is not a workbook (.xlsx), whatever its name says.") from None
    if any(part.flag_bits & 1 for part in parts):
        raise Refused(f"{path.name} is encrypted with a password; take it off and save the file again.")
    if not any(part.filename == "[Content_Types].xml" for part in parts):
        raise Refused(f"{path.name} is a zip file, but not a workbook (.xlsx).")
    size = sum(part.file_size for part in parts)
    swollen = any(p.file_size > max(1 << 20, MAX_RATIO * p.compress_size) for p in parts)
    if size > MAX_UNPACKED or swollen or len(parts) > MAX_PARTS:
        raise Refused(
            f"{path.name} unpacks to {size:,} bytes in {len(parts):,} parts, more than any list of transfers "
            f"takes; save the list alone as a new workbook, or as CSV UTF-8."
        )


def _dated(value: datetime, number_format: str) -> str:
    # Excel keeps times as fractions of a day, so that 11:45 comes as 11:44:59.999997.
    value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    has_time = value.time().isoformat() != "00:00:00" or "h" in number_format.lower()
    if not has_time:
        return value.date().isoformat()
    return value.isoformat(timespec="seconds" if value.second else "minutes")


def _text(cell: Any) -> tuple[str, str | None]:
    """A cell as text, and what is wrong with it."""
    value = cell.value
    if value is None:
        return "", None
    if cell.data_type == "f":
        formula = getattr(value, "text", None) or str(value)
        return str(formula), "The cell holds a formula; paste the values over it (Paste Special, Values)."
    if cell.data_type == "e":
        return str(value), f"The cell shows the error {str(value)[:20]}; mend it in the workbook."
    if isinstance(value, str):
        return value, None
    if isinstance(value, bool):
        return ("yes" if value else "no"), None
    if isinstance(value, datetime):
        return _dated(value, str(cell.number_format or "")), None
    if isinstance(value, date):
        return value.isoformat(), None
    if isinstance(value, int):
        return str(value), None
    if isinstance(value, float):
        return (str(int(value)) if value.is_integer() else repr(value)), None
    return str(value), "The cell holds a time of day or a duration without a date; write date and time together."


def _filled(cell: Any) -> bool:
    return bool(cell.value.strip()) if isinstance(cell.value, str) else cell.value is not None


def _quietly(call: Any, *args: Any, **options: Any) -> Any:
    # openpyxl warns of parts that it drops (validation, styles); none of them is text of a row.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call(*args, **options)


def _parsed(sheet: Any) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    # What `sheet.iter_rows()` reads too, but that passes over a row whose number is not above the one before, pads
    # a row numbered 900,000,000 with as many empty ones, and drops cells that stand after the last column.
    from openpyxl.worksheet._reader import WorkSheetParser

    book = sheet.parent
    with sheet._get_source() as source:
        yield from WorkSheetParser(
            source,
            sheet._shared_strings,
            data_only=book.data_only,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        ).parse()


def _sheet_rows(sheet: Any, name: str) -> Iterator[tuple[int, list[Any]]]:
    """The rows that the sheet has, each with its number; those that it leaves out are blank."""
    rows = _parsed(sheet)
    number = blank = 0
    while True:
        try:
            found = _quietly(next, rows, None)
        except Exception:  # the parsers below raise many kinds for a hostile or broken part
            raise Refused(f"{name}, after row {number}: the workbook is broken. {_ANEW}") from None
        if found is None:
            return
        following, cells = found
        if not number < following <= MAX_ROWS:
            raise Refused(
                f"{name}, after row {number}: a row numbered {following:,} follows, so the workbook is broken. {_ANEW}"
            )
        number = following
        columns = [cell["column"] for cell in cells]
        if any(after <= before for before, after in pairwise(columns)):
            raise Refused(f"{name}, row {number}: its cells are out of order, so the workbook is broken. {_ANEW}")
        row = list(sheet._get_row(cells))
        while row and row[-1].value is None:
            row.pop()
        if len(row) > MAX_COLUMNS:
            raise Refused(f"{name}, row {number}: the row has {len(row):,} cells, more than {MAX_COLUMNS:,}.")
        blank = 0 if any(_filled(cell) for cell in row) else blank + 1
        if blank > MAX_BLANK:
            raise too_many_blank(name, f"row {number}")
        yield number, row


def _chosen(book: Workbook, path: Named, sheet: str | None) -> Any:
    names = [one.title for one in book.worksheets]
    if sheet is not None:
        if sheet not in names:
            raise Refused(f"{path.name} has no sheet “{sheet}”; it has {', '.join(names)}.")
        return next(one for one in book.worksheets if one.title == sheet)
    # A sheet beside the list may be blank down to its last row: it is looked at as far as a list may be blank.
    used = [one for one in book.worksheets if any(row for _, row in islice(_sheet_rows(one, path.name), MAX_BLANK))]
    if not used:
        raise Refused(f"{path.name} is empty; its first row is to hold the headings.")
    if len(used) > 1:
        titles = ", ".join(one.title for one in used)
        raise Refused(f"{path.name} has {len(used)} sheets ({titles}); say which in a map: `sheet: {used[0].title}`.")
    return used[0]


def table(path: Named, sheet: str | None = None) -> Table:
    """The workbook's one filled sheet, or the one named, as a table; rows are read as they are asked for.

    Raises `Refused` for what is no workbook, encrypted, too large unpacked, empty, or has several sheets.
    """
    import openpyxl

    _inspect(path)
    file = open_bytes(path)
    try:
        book = _quietly(openpyxl.load_workbook, file, read_only=True, data_only=False, keep_links=False)
        chosen = _chosen(book, path, sheet)
        found = _sheet_rows(chosen, path.name)
        number, first = next(((n, row) for n, row in found if row), (0, []))
    except Refused:
        file.close()
        raise
    except Exception:  # as above: whatever the parsers raise, the file is no workbook for us
        file.close()
        raise Refused(f"{path.name} is not a workbook that can be read. {_ANEW}") from None
    headings = []
    for cell in first:
        text, problem = _text(cell)
        if problem:
            file.close()
            raise Refused(f"{path.name}, row {number}: in the headings, {problem[:1].lower()}{problem[1:]}")
        headings.append(text)

    def records() -> Iterator[Record]:
        for at, row in found:
            read = [_text(cell) for cell in row]
            cells = [text for text, _ in read]
            if any(text.strip() for text in cells):
                cells += [""] * (len(headings) - len(cells))
                problems = tuple((i, why) for i, (_, why) in enumerate(read) if why and i < len(headings))
                yield Record(at - number, f"row {at}", tuple(cells), problems)

    def close() -> None:
        book.close()
        file.close()

    return Table(path.name, f"row {number}", tuple(headings), records(), close)


def rows(path: Path, map_: Map | None = None) -> Iterator[Row]:
    """The rows of the workbook at `path`, read by `map_` if its headings are not ours. See `row.rows`."""
    yield from rows_of(table(path, map_.sheet if map_ is not None else None), map_)
