"""One row of a file that comes in, whatever the file's kind, and a table's headings matched with our columns.

Readers of CSV and of workbooks hand over a `Table`: its headings and its records as text. `rows` makes `Row`s of
it. What is wrong with one row stays with that row, so that all bad rows of a file can be told at once; what
makes the whole file unreadable (a heading nobody knows, a quotation mark that never closes) is `Refused`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ledger.canonical import control_character
from ledger.entry import MAX_BYTES
from ledger.errors import Refused
from ledger.intake.draft import (
    COLUMNS,
    WHAT_IS_WRONG,
    Cell,
    Problem,
    Problems,
    Stated,
    from_cells,
    nearest,
)
from ledger.intake.person import persons_in
from ledger.members import REQUIRED

if TYPE_CHECKING:
    from ledger.intake.mapping import Map

_GUESS = "`transfer-ledger import --guess-map FILE` writes a map for a file with other headings."


class Record(NamedTuple):
    """One record of a table: `number` counts from 1 after the headings, `place` is "line 7" or "row 7".

    `problems` are the reader's own, each with the index of its cell, or None for the record as a whole.
    """

    number: int
    place: str
    cells: tuple[str, ...]
    problems: tuple[tuple[int | None, str], ...] = ()


MAX_BLANK = 10_000
"""The most blank rows in a row: a spreadsheet that was saved down to its last row has a million, which take long."""


def too_many_blank(name: str, place: str) -> Refused:
    """The refusal of a file in which more than `MAX_BLANK` blank rows follow each other, the last at `place`."""
    return Refused(
        f"{name}, {place}: more than {MAX_BLANK:,} blank rows come one after the other. Delete the blank rows, or copy "
        f"the list alone into a new file."
    )


class Table(NamedTuple):
    """A table as it came: `name` for messages, its headings, its records (empty ones left out).

    Whoever is done with it calls `close`.
    """

    name: str
    place: str
    headings: tuple[str, ...]
    records: Iterator[Record]
    close: Callable[[], None]


class Row(NamedTuple):
    """One row: what it states, or what is wrong with it (`stated` is None exactly where `problems` is not empty).

    `number` counts from 1 after the headings (a JSON Lines file has none) and is what `batch.row` seals. `given`
    is the row as it came, for setting it aside: cells under `headings`, or the line of JSON under no headings.
    `names` says which of the file's headings each of our columns came under.
    """

    number: int
    place: str
    stated: Stated | None
    problems: tuple[Problem, ...]
    given: tuple[str, ...]
    headings: tuple[str, ...]
    names: Mapping[str, str]

    def sentences(self, file: str, problems: Sequence[Problem] | None = None) -> list[str]:
        """Each problem as one sentence with `file`, line and heading; `problems` that came up later if given."""
        return [
            f"{file}, {self.place}" + (f", “{self.names.get(column, column)}”" if column else "") + f": {text}"
            for column, text in (self.problems if problems is None else problems)
        ]


def folded(heading: str) -> str:
    """A heading as it is compared: case and runs of spaces make no difference."""
    return " ".join(heading.split()).casefold()


def cell_problem(cell: str) -> str | None:
    """Why `cell` can be in no entry, whatever its column, or None."""
    if len(cell) > MAX_BYTES // 4 and (size := len(cell.encode("utf-8", "surrogatepass"))) > MAX_BYTES:
        return f"The cell has {size:,} bytes, and a whole entry has at most {MAX_BYTES:,}."
    if "\0" in cell:
        return "The cell holds NUL (U+0000), which is no text; remove it."
    if not cell.isascii() and any("\udc80" <= c <= "\udcff" for c in cell):
        byte = next(ord(c) - 0xDC00 for c in cell if "\udc80" <= c <= "\udcff")
        return (
            f"The byte 0x{byte:02X} is no character of the file's encoding. Save the file as UTF-8, or declare "
            f"`encoding: windows-1252` in a map if that is what it is."
        )
    return None


def _known(heading: str, table: Table, map_: Map | None) -> str | None:
    """Our column for a heading, or None for one to be left out."""
    if heading.strip() == WHAT_IS_WRONG:
        return None
    if map_ is None:
        if heading.strip() in COLUMNS:
            return heading.strip()
        raise Refused(
            f"{table.name}, {table.place}: the heading “{heading[:80]}” is no column of ours."
            f"{nearest(heading, COLUMNS)} {_GUESS}"
        )
    theirs = map_.headings
    if (key := folded(heading)) in theirs:
        return theirs[key][1]
    near = nearest(key, theirs)
    raise Refused(
        f"{table.name}, {table.place}: the map does not say what the heading “{heading[:80]}” means.{near} "
        f"Write a column of ours for it under `columns:`, or `leave-out`."
    )


def check_headings(table: Table) -> dict[str, int]:
    """The place of each folded heading, from 1; `Refused` for one that is empty, doubled or no text."""
    where = f"{table.name}, {table.place}"
    seen: dict[str, int] = {}
    for index, heading in enumerate(table.headings, 1):
        if (why := cell_problem(heading) or _control(heading)) is not None:
            raise Refused(f"{where}, column {index}: {why}")
        if not heading.strip():
            raise Refused(f"{where}: column {index} has no heading; write one, or delete the column.")
        if (before := seen.setdefault(folded(heading), index)) != index:
            raise Refused(f"{where}: the heading “{heading[:80]}” stands twice, in columns {before} and {index}.")
    return seen


def match(table: Table, map_: Map | None) -> list[str | None]:
    """Our column for each heading of `table`, None for one that is left out.

    Raises `Refused` for an empty, a doubled, an unknown heading, for a column that two headings fill, for one
    that the map names and the file lacks, and for a required column that nothing fills.
    """
    where = f"{table.name}, {table.place}"
    seen = check_headings(table)
    ours = [_known(heading, table, map_) for heading in table.headings]
    filled: dict[str, str] = {}
    for heading, column in zip(table.headings, ours, strict=True):
        if column is not None and filled.setdefault(column, heading) != heading:
            raise Refused(f"{where}: “{filled[column]}” and “{heading}” are both to fill `{column}`; keep one.")
    if map_ is not None:
        for key, (theirs, _) in map_.headings.items():
            if key not in seen:
                raise Refused(f"{where}: the map names a heading “{theirs}” that is not there.{nearest(key, seen)}")
        filled.update(dict.fromkeys(map_.constants, ""))
    if missing := [column for column in REQUIRED if column not in filled]:
        raise Refused(f"{where}: no column fills {', '.join(missing)}, which every transfer must state. {_GUESS}")
    return ours


def _control(text: str) -> str | None:
    bad = control_character(" ".join(text.split()))
    return f"The heading holds the control character {bad}; remove it." if bad else None


def checked(stated: Stated) -> tuple[Stated | None, tuple[Problem, ...]]:
    """`stated` if nothing in it looks like a person, and otherwise what does."""
    persons = tuple(persons_in(stated))
    return (None, persons) if persons else (stated, ())


def _cells(record: Record, ours: Sequence[str | None], map_: Map | None) -> tuple[dict[str, Cell], list[Problem]]:
    cells: dict[str, Cell] = dict(map_.constants) if map_ is not None else {}
    problems: list[Problem] = []
    for column, text in zip(ours, record.cells, strict=False):
        if column is None:
            continue
        if (why := cell_problem(text)) is not None:
            problems.append((column, why))
            continue
        try:
            cells[column] = text if map_ is None else map_.translate(column, text)
        except Refused as error:
            problems.append((column, str(error)))
    return cells, problems


def _read(record: Record, ours: Sequence[str | None], table: Table, map_: Map | None) -> Row:
    names = {column: heading for column, heading in zip(ours, table.headings, strict=True) if column}

    def row(stated: Stated | None, problems: Sequence[Problem]) -> Row:
        return Row(record.number, record.place, stated, tuple(problems), record.cells, table.headings, names)

    count = len(table.headings)
    if len(record.cells) > count or (len(record.cells) < count and not record.problems):
        many = f"The row has {len(record.cells)} cells under {count} headings"
        if len(record.cells) > count:
            return row(None, [("", f"{many}; a cell that holds a separator needs quotation marks.")])
        return row(None, [("", f"{many}; a cell is missing, or the row was cut off.")])
    bad = {index for index, _ in record.problems}
    found: list[Problem] = [
        ("" if index is None else ours[index] or table.headings[index], text) for index, text in record.problems
    ]
    if None in bad:
        return row(None, found)
    cells, more = _cells(record, [None if i in bad else column for i, column in enumerate(ours)], map_)
    found += more
    told = {column for column, _ in found}
    try:
        stated = from_cells(cells)
    except Problems as error:
        # A required cell that could not be read is not also "empty".
        return row(None, found + [one for one in error.found if one[0] not in told])
    persons = persons_in(stated)
    return row(None if found or persons else stated, found + persons)


def rows(table: Table, map_: Map | None) -> Iterator[Row]:
    """The rows of `table`, one at a time, each read or with all that is wrong with it.

    Raises `Refused` for headings that cannot be matched (see `match`), before the first row. Closes the table.
    """
    try:
        ours = match(table, map_)
        for record in table.records:
            yield _read(record, ours, table, map_)
    finally:
        table.close()
