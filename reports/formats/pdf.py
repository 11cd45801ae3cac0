"""A document as a PDF: tagged for those who listen to it (PDF/UA-1), kept for those who archive it (PDF/A-3a).

Typst sets it, from one file of layout (reports/design/report.typ). Every text of the document goes there as data, so
that none can be markup, and fonts come from the locked packages alone: docs/decisions/0006-typst.md says why.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from reports.documents.blocks import (
    Block,
    Bullets,
    Cell,
    Chart,
    Code,
    Column,
    Commands,
    Document,
    Facts,
    Heading,
    Inline,
    Link,
    Numbers,
    PageBreak,
    Paragraph,
    Suppressed,
    Table,
    Tag,
    Text,
    Verdict,
)
from reports.documents.figure import Figure
from reports.formats.beside import table_with
from reports.scope import day_in_words
from reports.wording import dated

if TYPE_CHECKING:
    from typst import Fonts

LAYOUT = Path(__file__).parents[1] / "design" / "report.typ"

STANDARDS: tuple[Literal["ua-1"], Literal["a-3a"]] = ("ua-1", "a-3a")

NUMBERS = "The charts in numbers"
"""The last heading of a document with charts: what each of them shows, as a table."""

UNTITLED = "Untitled"
"""What stands where a title says nothing: PDF/UA-1 wants one."""

LONGEST_WORD = 18
"""Letters of one word that are kept on one line. A longer one may break anywhere."""

LONGEST_TITLE = 90
"""Letters of a column's title that fit above it; a longer one is shortened there and told in full below its table."""

LONGEST_RUNNING = 80
"""Letters of the line at the top or the foot of each page."""

LONGEST_FRAMED = 28
"""Letters of a tag that fit into a frame on one line; a longer one is told in bold."""

LONGEST_ADDRESS = 2000
"""Letters of an address that readers of PDFs follow."""

LONGEST_TOGETHER = 600
"""Letters of a table's row, or of facts, that stay on one page."""

_TYPES = {
    "csv": "text/csv",
    "json": "application/json",
    "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}

# Controls, halves of characters, what has no meaning but a private one (PDF/A-3a forbids it), and what turns the
# direction of the text around it: a name may hold right-to-left letters, but never turn what stands beside it.
_UNSHOWN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufffe\uffff\U000f0000-\U0010ffff]"
)
_BLANK = re.compile("[\t\n\r\x0b\x0c\x85\u2028\u2029]")
# What no line is broken within: a hyphen is a place to break only before a letter.
_UNBROKEN = r"(?:[^ \-]|-(?![A-Za-z]))"
_LONG = re.compile(f"({_UNBROKEN}{{{LONGEST_WORD + 1},}})")
_WORD = re.compile(f"{_UNBROKEN}+-?")
_ADDRESS = re.compile(r"https?://[!-~]+")

Json: TypeAlias = Any
"""What the layout reads; its shape is there."""


def _shown(text: str) -> str:
    """`text` with a mark in place of each character that a page cannot show.

    Where a soft hyphen lets a line break, so does a space of no width: typst 0.15 fails where a link ends with the
    former.
    """
    return _UNSHOWN.sub("�", _BLANK.sub(" ", text.replace("\N{SOFT HYPHEN}", "\N{ZERO WIDTH SPACE}")))


def _runs(text: str) -> list[str]:
    """`text` in pieces: in each odd place one that may break anywhere."""
    return _LONG.split(_shown(text))


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


class _Labels:
    """Where a link within the document leads: an anchor → a name that the layout gives to the place."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._places: dict[str, str] = {}
        for place, block in enumerate(blocks):
            for anchor in _anchors(block):
                self._places.setdefault(anchor, f"block-{place}")

    def get(self, to: str) -> str | None:
        """The name of the place, or None where there is none."""
        return self._places.get(to[1:]) if to.startswith("#") else None


def _anchors(block: Block) -> tuple[str, ...]:
    if isinstance(block, Heading):
        return (block.anchor,)
    if isinstance(block, Table):
        return (block.id,)
    if isinstance(block, Chart):
        return (block.figure.name,)
    return ()


class _Setter:
    """Turns the parts of one document into what the layout reads."""

    def __init__(self, blocks: tuple[Block, ...], charts: Mapping[str, str]) -> None:
        self._blocks = blocks
        self._labels = _Labels(blocks)
        self._charts = charts
        self._level = 0
        self.files: dict[str, bytes] = {}
        self.numbers: list[Json] = []

    def inline(self, one: Inline) -> Json:
        """A piece of a line."""
        match one:
            case str():
                return {"is": "text", "runs": _runs(one)}
            case Code():
                return {"is": "code", "runs": _runs(one.text)}
            case Tag():
                short = len(one.text) <= LONGEST_FRAMED
                return {"is": "tag" if short else "bold", "kind": one.kind, "runs": _runs(one.text)}
            case Link():
                if (label := self._labels.get(one.to)) is not None:
                    return {"is": "inside", "to": label, "runs": _runs(one.text)}
                if len(one.to) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(one.to):
                    return {"is": "outside", "to": one.to, "runs": _runs(one.text)}
                return {"is": "text", "runs": _runs(one.text)}

    def text(self, pieces: Text) -> Json:
        """A line or a paragraph."""
        return [self.inline(one) for one in pieces]

    def cell(self, value: Cell) -> Json:
        """A cell of a table: dates and numbers stay on one line."""
        match value:
            case None:
                return []
            case tuple():
                return self.text(value)
            case date():
                return [{"is": "solid", "runs": [day_in_words(value)]}]
            case int():
                return [{"is": "text", "runs": _runs(f"{value:,}")}]
            case _:
                return self.text((str(value),))

    def table(self, table: Table, label: str) -> Json:
        """A table, with the longest texts of each column, from which the layout finds its width."""
        rows = [[self.cell(cell) for cell in row] for row in table.rows]
        columns = [_column(one, [row[at] for row in rows if at < len(row)]) for at, one in enumerate(table.columns)]
        return {
            "is": "table",
            "label": label,
            "caption": _runs(table.caption),
            "columns": columns,
            "rows": [{"cells": row, "long": _letters(row) > LONGEST_TOGETHER} for row in rows],
            "empty": _runs(table.empty),
        }

    def chart(self, figure: Figure, label: str) -> Json:
        """A chart; its numbers are kept for the end."""
        svg = self._charts.get(figure.name)
        beside = table_with(figure, self._blocks)
        made = {
            "is": "chart",
            "label": label,
            "to": f"{label}-numbers" if beside is None else self._labels.get(f"#{beside.id}"),
            "title": _runs(figure.title),
            "description": _runs(figure.description),
            "alt": f"{_shown(figure.title)}. {_shown(figure.description)}",
            "empty": _runs(figure.empty),
            "file": None,
        }
        if svg is not None:
            made["file"] = f"{label}.svg"
            self.files[f"{label}.svg"] = svg.encode()
            if beside is None:
                self.numbers.append(self.table(numbers_of(figure), f"{label}-numbers"))
        return made

    def heading(self, text: str, label: str, level: int, tags: tuple[Tag, ...] = ()) -> Json:
        """A heading. No level is left out on the way down, as PDF/UA-1 and people who jump along them want."""
        self._level = min(level, self._level + 1)
        runs = _runs(text if text.strip() else UNTITLED)
        return {
            "is": "heading",
            "label": label,
            "level": self._level,
            "runs": runs,
            "tags": [self.inline(tag) for tag in tags],
        }

    def block(self, block: Block, label: str) -> Json:
        """Any block; `label` names its place."""
        match block:
            case Heading():
                return self.heading(block.text, label, block.level - 1, block.tags)
            case Paragraph():
                return {"is": "paragraph", "text": self.text(block.text), "quiet": block.quiet}
            case Bullets():
                return {
                    "is": "bullets",
                    "items": [self.text(item) for item in block.items],
                    "numbered": block.numbered,
                }
            case Verdict():
                return {
                    "is": "verdict",
                    "kind": block.kind,
                    "title": _runs(block.title),
                    "text": [self.text(text) for text in block.text],
                }
            case Numbers():
                return {
                    "is": "numbers",
                    "items": [
                        {
                            "value": _runs(str(one.value) if isinstance(one.value, Suppressed) else f"{one.value:,}"),
                            "few": isinstance(one.value, Suppressed),
                            "label": _runs(one.label),
                        }
                        for one in block.items
                    ],
                }
            case Facts():
                items = self.facts(block.items)
                letters = sum(_letters([[{"runs": name}], text]) for name, text in items)
                return {"is": "facts", "items": items, "long": letters > LONGEST_TOGETHER}
            case Table():
                return self.table(block, label)
            case Chart():
                return self.chart(block.figure, label)
            case Commands():
                return {"is": "commands", "lines": [_runs(line) for line in block.lines]}
            case PageBreak():
                return {"is": "page-break"}

    def facts(self, items: Iterable[tuple[str, Text]]) -> Json:
        """Names and what they stand for."""
        return [[_runs(name), self.text(text)] for name, text in items]


def _longest(texts: Iterable[str], most: int = 3) -> list[str]:
    return sorted(set(texts), key=lambda text: (-len(text), text))[:most]


def _words(text: str) -> Iterator[str]:
    # A word that may break anywhere needs no more than the few letters that stay together.
    return (word if len(word) <= LONGEST_WORD + 1 else "MMMMMM" for word in _WORD.findall(text))


def _letters(cells: list[Json]) -> int:
    return sum(len(run) for cell in cells for one in cell for run in one["runs"])


def _column(column: Column, cells: list[Json]) -> Json:
    title = _short(_shown(column.title), LONGEST_TITLE)
    inlines = [one for cell in cells for one in cell]
    plain = ["".join(one["runs"]) for one in inlines if one["is"] not in ("code", "solid", "tag")]
    solid = ["".join(one["runs"]) for one in inlines if one["is"] in ("solid", "tag")]
    codes = ["".join(one["runs"]) for one in inlines if one["is"] == "code"]
    # What stands beside other pieces of its cell may not break from them either.
    joined = ["".join("".join(one["runs"]) for one in cell if one["is"] != "code") for cell in cells]
    return {
        "kind": column.kind,
        "upright": column.upright,
        "title": _LONG.split(title),
        "title-whole": [title],
        "whole": _runs(column.title) if len(column.title) > LONGEST_TITLE else None,
        "heads": _longest(_words(title)),
        "pieces": _longest([*(word for text in (*plain, *joined) for word in _words(text)), *solid]),
        "codes": _longest(word for text in codes for word in _words(text)),
        "wholes": _longest(["".join("".join(one["runs"]) for one in cell)[:300] for cell in cells]),
    }


def numbers_of(figure: Figure) -> Table:
    """The numbers that a figure shows, as a table."""
    upright = len(figure.columns) > 6
    return Table(
        id=figure.name,
        caption=figure.title,
        columns=(
            Column("name", figure.heading),
            *(Column(f"n{at}", name, "number", upright) for at, name in enumerate(figure.columns)),
        ),
        rows=tuple((name, *numbers) for name, numbers in figure.table),
        empty=figure.empty,
    )


def _made(document: Document, attachments: Mapping[str, bytes]) -> list[tuple[str, Text]]:
    made = document.made
    facts: list[tuple[str, Text]] = [
        ("Ledger", (made.origin,)),
        *((("Entries", (f"{made.entries:,}",)),) if made.entries is not None else ()),
        ("Last entry recorded", (dated(made.head_at.isoformat()),)),
        ("Hash of the last entry", (Code(made.head),)),
        ("As of", (day_in_words(made.as_of),)),
        *(("Documented purposes (SHA-256)", (Code(one),)) for one in made.registers),
        ("Made with", (f"transfer-ledger {made.version}",)),
        *((("Options", (Code(" ".join(made.options)),)),) if made.options else ()),
    ]
    for name, content in attachments.items():
        digest = Code(sha256(content).hexdigest())
        facts.append(("Attached", (Code(name), f", {len(content):,} bytes, SHA-256 ", digest)))
    return facts


def _sections(blocks: Iterable[Json]) -> list[list[Json]]:
    """The blocks, those under one heading together."""
    sections: list[list[Json]] = [[]]
    for block in blocks:
        if block["is"] == "heading":
            sections.append([])
        sections[-1].append(block)
    return sections


def _fonts() -> Fonts:
    """The fonts that come with the locked packages: never the machine's own, which differ from one to the next."""
    import matplotlib
    import typst

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def as_pdf(document: Document, charts: Mapping[str, str], attachments: Mapping[str, bytes] | None = None) -> bytes:
    """The document as a PDF, the same bytes for the same document, charts and attachments.

    `charts` are SVG texts by the names of the document's figures; a chart without one says that it is empty.
    `attachments` are files that travel inside the PDF, by their names. The only time in it is the head's.
    """
    import typst

    attached = [
        {
            "name": name,
            "file": f"attachment-{place}",
            "mime": _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream"),
            "description": f"{name}, which belongs to: {_short(_shown(document.title), LONGEST_RUNNING)}",
        }
        for place, name in enumerate(attachments or {})
    ]
    setter = _Setter(document.blocks, charts)
    blocks = [setter.block(block, f"block-{place}") for place, block in enumerate(document.blocks)]
    sections = _sections(blocks)
    if setter.numbers:
        # Each a section of its own, so that a wide one turns no other's page.
        first, *others = setter.numbers
        sections += [[setter.heading(NUMBERS, "numbers", 1), first], *([one] for one in others)]
    title = _shown(document.title) or UNTITLED
    data = {
        "title": title,
        "title-runs": _runs(title),
        "about": _runs(document.about),
        "organisation": _runs(document.organisation),
        "running": {
            "title": _runs(_short(title, LONGEST_RUNNING)),
            "organisation": _runs(_short(_shown(document.organisation), LONGEST_RUNNING)),
        },
        "warning": None if document.warning is None else _runs(document.warning),
        "sections": sections,
        "footer": [setter.text(text) for text in document.footer],
        "made": setter.facts(_made(document, attachments or {})),
        "attached": attached,
    }
    files = {"main.typ": LAYOUT.read_bytes(), "document.json": json.dumps(data).encode(), **setter.files}
    files |= {f"attachment-{place}": content for place, content in enumerate((attachments or {}).values())}
    # Of files that it is given in memory, typst 0.15 takes only what is text; a bundle is not.
    with TemporaryDirectory(prefix="transfer-ledger-") as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        compiled: bytes = typst.compile(
            str(Path(folder) / "main.typ"),
            root=folder,
            format="pdf",
            pdf_standards=[*STANDARDS],
            font_paths=_fonts(),
            ignore_system_fonts=True,
            timestamp=int(document.made.head_at.timestamp()),
        )
    return compiled
