"""What every document is made of: a title, what it was made from, and blocks that each format lays out in its own way.

A document is finished when it is built. Formats choose fonts and boxes, never words or numbers, and every text in it is
data: no format may take it for markup. Numbers and tables have ids that stay, by which a test finds each of them and
counts the same in the ledger itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, TypeAlias

import msgspec

from reports.documents.figure import Figure
from reports.finding import Severity


class Code(msgspec.Struct, frozen=True, tag="code"):
    """A hash, an id, a file's name: as it is, in letters of one width."""

    text: str


class Link(msgspec.Struct, frozen=True, tag="link"):
    """A text that leads to `to`: an anchor in the same document (`#findings`), or an address."""

    text: str
    to: str


class Tag(msgspec.Struct, frozen=True, tag="tag"):
    """A word in a small frame. A severity has its colour; the word says the same without it."""

    text: str
    kind: Severity | Literal["plain"] = "plain"


class Suppressed(msgspec.Struct, frozen=True, tag="suppressed"):
    """A count that a public document shows only by its limits, both included (`disclosure_control`). It is not 0."""

    least: int
    most: int

    def __str__(self) -> str:
        """As every format prints it."""
        return f"fewer than {self.most + 1:,}" if self.least == 1 else f"{self.least:,} to {self.most:,}"


Inline: TypeAlias = str | Code | Link | Tag
Text: TypeAlias = tuple[Inline, ...]
"""A line or paragraph: its pieces follow each other without a space of their own."""

Value: TypeAlias = str | int | date | Suppressed | None
"""A cell as data: what CSV, XLSX and JSON hold."""

Cell: TypeAlias = str | int | date | Suppressed | Text | None
"""A cell for people: a `Text` may lead somewhere."""


class Heading(msgspec.Struct, frozen=True, tag="heading"):
    """A heading of level 2 (a section) or 3 within it. `anchor` is unique in its document: lower-case and hyphens."""

    text: str
    anchor: str
    level: Literal[2, 3] = 2
    tags: tuple[Tag, ...] = ()


class Paragraph(msgspec.Struct, frozen=True, tag="paragraph"):
    """A paragraph; `quiet` is what most readers may pass over."""

    text: Text
    quiet: bool = False


class Bullets(msgspec.Struct, frozen=True, tag="bullets"):
    """A list; `numbered` where its order matters."""

    items: tuple[Text, ...]
    numbered: bool = False


class Verdict(msgspec.Struct, frozen=True, tag="verdict"):
    """An answer in a box of its own. `kind` gives its colour, and `title` says the same in words."""

    kind: Literal["bad", "unsure", "good", "note"]
    title: str
    text: tuple[Text, ...] = ()


class Number(msgspec.Struct, frozen=True, tag="number"):
    """One count with what it counts."""

    id: str
    label: str
    value: int | Suppressed


class Numbers(msgspec.Struct, frozen=True, tag="numbers"):
    """A few counts side by side."""

    items: tuple[Number, ...]


class Facts(msgspec.Struct, frozen=True, tag="facts"):
    """Names and what they stand for, one below the other."""

    items: tuple[tuple[str, Text], ...]


class Column(msgspec.Struct, frozen=True):
    """A column of a table. `upright` headings stand on end, where there are many narrow columns of marks or numbers."""

    id: str
    title: str
    kind: Literal["text", "number", "date", "code"] = "text"
    upright: bool = False


class Table(msgspec.Struct, frozen=True, tag="table"):
    """A table for people. Its first column names each row. `caption` is read out before it."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "None."


class Chart(msgspec.Struct, frozen=True, tag="chart"):
    """A picture, with the numbers that it shows as a table beside it."""

    figure: Figure


class Commands(msgspec.Struct, frozen=True, tag="commands"):
    """Lines that a reader types, one below the other."""

    lines: tuple[str, ...]


class PageBreak(msgspec.Struct, frozen=True, tag="page-break"):
    """Where a new page begins on paper; nothing on a screen."""


Block: TypeAlias = Heading | Paragraph | Bullets | Verdict | Numbers | Facts | Table | Chart | Commands | PageBreak


class Data(msgspec.Struct, frozen=True):
    """A whole table for programs and spreadsheets, however long. `rows` can be gone through again and again."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Value, ...]]


def option_of(options: Iterable[str], name: str) -> str:
    """What an option says among those of a report, "" where it is not among them."""
    return next((one.removeprefix(f"{name}=") for one in options if one.startswith(f"{name}=")), "")


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a document was made from, so that it can be made again: the same gives the same bytes.

    `head_at` is when the last of the `size` entries was recorded, the only time in a document besides `as_of`.
    `options` are as an attestation seals them, `version` is this project's.
    """

    origin: str
    size: int
    head: str
    head_at: datetime
    as_of: date
    registers: tuple[str, ...]
    version: str
    options: tuple[str, ...]

    @property
    def entries(self) -> int | None:
        """How many entries, as a document says it; None in one for the public.

        Two papers of which one is an entry ahead would tell that a count of 9 became 10.
        """
        return None if self.option("for") in ("governors", "authority") else self.size

    def option(self, name: str) -> str:
        """What an option says, "" where it is not among them."""
        return option_of(self.options, name)


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """One document. `warning` is its first line where the record cannot be relied on.

    `data` are whole tables: CSV has the first, XLSX and JSON have all. `about` is what it speaks of, in words: of whom
    and of which time.
    """

    kind: Literal["governors", "dpo", "auditor", "authority", "ropa", "recipients", "flows", "sample"]
    title: str
    about: str
    organisation: str
    made: Made
    blocks: tuple[Block, ...]
    data: tuple[Data, ...] = ()
    warning: str | None = None
    footer: tuple[Text, ...] = ()
    lang: str = "en-GB"


def numbers(document: Document) -> dict[str, int | Suppressed]:
    """Every number of a document by its id; an id never comes twice."""
    found = [one for block in document.blocks if isinstance(block, Numbers) for one in block.items]
    assert len({one.id for one in found}) == len(found)
    return {one.id: one.value for one in found}


def figures(document: Document) -> tuple[Figure, ...]:
    """The figures of a document's charts, in order."""
    return tuple(block.figure for block in document.blocks if isinstance(block, Chart))
