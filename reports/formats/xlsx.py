"""A document as a spreadsheet: a first sheet that says what it is, then every whole table on a sheet of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import BinaryIO

from ledger.london import utc_text
from reports.documents.blocks import Column, Data, Document, Numbers, Value
from reports.formats.plainly import flat, provenance
from reports.formats.workbook import CODE, COUNT, HEADING, TEXT, TITLE, UPRIGHT, WARNING, Sheet, Workbook

ROWS = 1_048_575
"""So many rows fit on a sheet below its heading; the rest goes on to a further sheet."""

_SAMPLE = 200  # rows by which a column's width is measured


def _front(document: Document, sheet: Sheet) -> Iterator[str]:
    if document.warning is not None:
        yield sheet.across(document.warning, WARNING)
    yield sheet.across(document.title, TITLE)
    yield sheet.across(document.about, TEXT)
    counts = [one for block in document.blocks if isinstance(block, Numbers) for one in block.items]
    if counts:
        yield sheet.row(("", ""), (TEXT, TEXT))
        yield sheet.row(("Counts", ""), (HEADING, HEADING))
        yield from (sheet.row((one.label, one.value), (TEXT, COUNT)) for one in counts)
    yield sheet.row(("", ""), (TEXT, TEXT))
    yield sheet.row(("Made from", ""), (HEADING, HEADING))
    yield sheet.row(("Organisation", document.organisation), (TEXT, TEXT))
    yield from (sheet.row(pair, (TEXT, TEXT)) for pair in provenance(document.made))
    if document.footer:
        yield sheet.row(("", ""), (TEXT, TEXT))
    yield from (sheet.across(flat(text), TEXT) for text in document.footer)


def _width(column: Column, values: Iterable[Value]) -> int:
    """How wide a column is, in letters: as its values need, within reason."""
    if column.kind == "date":
        return 14
    longest = 3 + max((len(str(value)) for value in values if value is not None), default=0)
    heading = 4 if column.upright else min(len(column.title) + 4, 24)  # the arrow of its filter stands beside it
    return min(max(longest, heading), 60 if column.kind == "text" else 36)


def _rows(columns: tuple[Column, ...], rows: Iterable[tuple[Value, ...]], sheet: Sheet) -> Iterator[str]:
    yield sheet.row([one.title for one in columns], [UPRIGHT if one.upright else HEADING for one in columns])
    looks = [CODE if one.kind == "code" else TEXT for one in columns]
    for row in rows:
        yield sheet.row(row, looks)


def _table(data: Data, book: Workbook) -> None:
    rows = iter(data.rows)
    first = list(islice(rows, _SAMPLE))
    widths = [_width(column, (row[place] for row in first)) for place, column in enumerate(data.columns)]
    number, more, rest = 1, first[:0], chain(first, rows)
    while number == 1 or more:
        sheet = book.sheet(book.name(data.title, number), widths)
        book.write(sheet, _rows(data.columns, chain(more, islice(rest, ROWS - len(more))), sheet), table=True)
        more = list(islice(rest, 1))
        number += 1


def write_xlsx(document: Document, file: BinaryIO) -> None:
    """Write the document as a workbook into `file`, which is empty and can be sought in.

    Its tables are gone through once, row by row. `Refused` where a sheet would have more than 2 GB. Whatever
    stops it (a full disk, a table that cannot be read) is raised, and leaves a file that is of no use.
    """
    book = Workbook(file)
    try:
        front = book.sheet(book.name("Report"), (38, 90))
        book.write(front, _front(document, front), table=False)
        for data in document.data:
            _table(data, book)
        book.finish(document.title, document.about, document.organisation, utc_text(document.made.head_at))
    except BaseException:
        book.abandon()
        raise


def write_table(data: Data, author: str, at: str, file: BinaryIO) -> None:
    """Write one whole table as a workbook into `file`, as `write_xlsx` does. `at` is when it was made, in UTC."""
    book = Workbook(file)
    try:
        _table(data, book)
        book.finish(data.title, "", author, at)
    except BaseException:
        book.abandon()
        raise
