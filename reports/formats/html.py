"""Documents as HTML, each one file: style and charts inside, nothing from the network, no script.

The page's Content-Security-Policy allows its own style sheet by its hash, and pictures that are inside the page.
Whatever a ledger holds, a browser that opens the page loads nothing and runs nothing.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import count, groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from reports.documents.blocks import Block, Chart, Document, Heading, Made, Number, Suppressed, Table
from reports.formats.beside import table_with

if TYPE_CHECKING:
    from jinja2 import Environment

    from reports.formats.html_table import Part
    from reports.formats.html_text import Writer

DESIGN = Path(__file__).parents[1] / "design"


class IndexEntry(NamedTuple):
    """One file of a folder of reports. `file` is its path below the folder, parted by "/"; `size` is in bytes."""

    file: str
    title: str
    about: str
    sha256: str
    size: int


class _Ids:
    """Gives each element an id of its own: the one asked for, or that with a number."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def give(self, wanted: str) -> str:
        found = wanted
        for number in count(2):
            if found not in self._given:
                break
            found = f"{wanted}-{number}"
        self._given.add(found)
        return found


class _Page:
    """A document's ids, texts and tables as its template asks for them."""

    def __init__(self, document: Document, charts: Mapping[str, str]) -> None:
        from reports.formats.html_text import Writer

        self._ids = _Ids()
        self._charts = charts
        # What other people link to comes first, and has the very ids that the document gives it.
        self._of: dict[int, str] = {}
        self.targets: dict[str, str] = {}
        for at, block in enumerate(document.blocks):
            if isinstance(block, Heading):
                self._name(at, block.anchor, block.anchor)
        for at, block in enumerate(document.blocks):
            if isinstance(block, Table):
                self._name(at, block.id, f"table-{block.id}")
            elif isinstance(block, Chart):
                self._name(at, block.figure.name, f"chart-{block.figure.name}")
        self.main, self.contents, self.made = map(self._ids.give, ("main", "contents", "made"))
        self.write: Writer = Writer(self.targets)
        self.blocks = tuple(enumerate(document.blocks))
        self.sections = [
            (self._of[at], block) for at, block in self.blocks if isinstance(block, Heading) and block.level == 2
        ]

    def _name(self, at: int, anchor: str, wanted: str) -> None:
        self._of[at] = self._ids.give(wanted)
        self.targets.setdefault(anchor, self._of[at])

    def kind(self, block: Block) -> str:
        """The macro that lays a block out."""
        return str(block.__struct_config__.tag).replace("-", "_")

    def id(self, at: int) -> str:
        """The id of the block in this place."""
        return self._of[at]

    def number_id(self, number: Number) -> str:
        """An id for one count."""
        return self._ids.give(f"number-{number.id}")

    def parts(self, block: Table | Chart, at: int) -> Iterator[tuple[str, str, Part]]:
        """The block's table in parts that fit on paper, each with its id and that of its caption."""
        from reports.formats.html_table import of_figure, parts

        table = block if isinstance(block, Table) else of_figure(block.figure)
        for number, part in enumerate(parts(table, self.write)):
            first = isinstance(block, Table) and number == 0
            id_ = self._of[at] if first else self._ids.give(f"{self._of[at]}-{'part' if number else 'numbers'}")
            yield id_, self._ids.give(f"{id_}-caption"), part

    def beside(self, chart: Chart) -> str | None:
        """The id of the document's own table that has the chart's numbers; None where they need one."""
        table = table_with(chart.figure, (block for _, block in self.blocks))
        return None if table is None else self.targets[table.id]

    def picture(self, chart: Chart) -> str | None:
        """The chart as an address that holds the whole of it; None where it has no number to show."""
        svg = self._charts.get(chart.figure.name)
        return None if svg is None else "data:image/svg+xml;base64," + b64encode(svg.encode()).decode()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    from reports.formats.html_text import day, moment, number, plain

    environment = Environment(
        loader=FileSystemLoader(DESIGN),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (DESIGN / "report.css").read_text("utf-8")
    environment.filters |= {"day": day, "moment": moment, "number": number, "bytes": _bytes, "plain": plain}
    environment.tests["few"] = lambda value: isinstance(value, Suppressed)
    environment.globals |= {
        "style": Markup(style),
        "style_hash": "sha256-" + b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    }
    return environment


def _bytes(size: int) -> str:
    if size < 1000:
        return f"{size} bytes" if size != 1 else "1 byte"
    return f"{size / 1000:,.0f} kB" if size < 999_500 else f"{size / 1_000_000:,.1f} MB"


def as_html(document: Document, charts: Mapping[str, str]) -> str:
    """The document as the text of one HTML file. `charts` are SVG texts by the names of its figures."""
    page = _Page(document, charts)
    template = _environment().get_template("document.html")
    return template.render(document=document, page=page, write=page.write, made=document.made)


def index_html(entries: Sequence[IndexEntry], organisation: str, title: str, about: str, made: Made | None) -> str:
    """The page that leads to the files of a folder, in the order given; those of one title stand together.

    `made` is None where the files were made from more than one ledger.
    """
    from reports.formats.html_text import Writer

    groups = [(*key, list(group)) for key, group in groupby(entries, lambda one: (one.title, one.about))]
    template = _environment().get_template("index.html")
    return template.render(
        groups=groups,
        organisation=organisation,
        title=title,
        about=about,
        made=made,
        write=Writer({}),
        # The first letters keep a name from being read as the start of an address elsewhere.
        address=lambda file: "./" + quote(file),
    )
