"""Texts of a document as HTML: whatever they hold, no letter of them becomes markup.

Long runs of letters may break anywhere, so that a name of 2,000 letters widens no page; letters that run from right to
left stay among themselves, so that they turn nothing around that stands beside them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime

from markupsafe import Markup, escape

from ledger.london import LONDON
from reports.documents.blocks import Cell, Code, Column, Inline, Link, Suppressed, Tag, Text
from reports.scope import day_in_words

LONGEST = 24
"""A run of more letters than this without a space may break anywhere."""

_RUN = re.compile(rf"(\S{{{LONGEST + 1},}})")
_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f-\x9f<>\"'\\`{}|^]+")
_TURNING = frozenset("R AL AN RLE RLO RLI LRE LRO LRI FSI PDF PDI".split())
_CONTROLS = {code: "\N{REPLACEMENT CHARACTER}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"}


def plain(text: str) -> str:
    """`text` for an attribute. Control characters, which HTML does not allow, are shown as replaced."""
    return text.translate(_CONTROLS)


def words(text: str) -> Markup:
    """`text` as it is, escaped."""
    text = plain(text)
    marked = escape(text)
    if len(text) > LONGEST:
        run = Markup('<span class="long">{}</span>')
        marked = Markup("").join(run.format(one) if at % 2 else one for at, one in enumerate(_RUN.split(text)))
    if not text.isascii() and any(unicodedata.bidirectional(letter) in _TURNING for letter in text):
        marked = Markup("<bdi>{}</bdi>").format(marked)
    return marked


def day(value: date) -> Markup:
    """A day as people write it, and as programs do."""
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), day_in_words(value))


def moment(value: datetime) -> Markup:
    """A time in London, to the minute."""
    there = value.astimezone(LONDON)
    said = f"{day_in_words(there.date())} at {there:%H:%M} London time"
    return Markup('<time datetime="{}">{}</time>').format(there.isoformat(timespec="seconds"), said)


def number(value: int | Suppressed) -> str:
    """A count, its thousands parted by commas."""
    return str(value) if isinstance(value, Suppressed) else f"{value:,}"


class Writer:
    """Writes the texts of one document. `targets` are the ids in the page by the anchors that links name."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        self._targets = targets

    words = staticmethod(words)

    def inline(self, piece: Inline) -> Markup:
        """One piece of a line. A link that leads nowhere, or to what is no web address, is plain text."""
        match piece:
            case str():
                return words(piece)
            case Code(text):
                wraps = ' class="wraps"' if len(text) > LONGEST else ""
                return Markup(f"<code{wraps}>{{}}</code>").format(words(text))
            case Tag(text, kind):
                return Markup('<span class="tag {}">{}</span>').format(kind, words(text))
            case Link(text, to):
                shown = words(text if text.strip() else to)
                if to.startswith("#") and to[1:] in self._targets:
                    return Markup('<a href="#{}">{}</a>').format(self._targets[to[1:]], shown)
                if _ADDRESS.fullmatch(to):
                    return Markup('<a href="{}" rel="noopener noreferrer">{}</a>').format(to, shown)
                return shown

    def text(self, text: Text) -> Markup:
        """A line or paragraph."""
        return Markup("").join(map(self.inline, text))

    def code(self, text: str) -> Markup:
        """A hash, an id, a file's name."""
        return self.inline(Code(text))

    def command(self, line: str) -> Markup:
        """What a reader types: its words stay whole, so that no hyphen ends a line, and it is one line."""
        whole = Markup('<span class="nowrap">{}</span>')
        parts = line.translate(dict.fromkeys(map(ord, "\t\n\r"), "\N{REPLACEMENT CHARACTER}")).split(" ")
        return Markup(" ").join(whole.format(words(one)) if len(one) <= LONGEST else words(one) for one in parts)

    def cell(self, value: Cell, column: Column) -> Markup:
        """A cell of a table, "" where there is nothing."""
        match value:
            case None:
                return Markup("")
            case str():
                return self.inline(Code(value)) if column.kind == "code" and value else words(value)
            case 0 if column.upright:
                return Markup('<span class="quiet">0</span>')
            case int():
                return self.inline(Code(str(value))) if column.kind == "code" else Markup(number(value))
            case date():
                return day(value)
            case Suppressed():
                return Markup(number(value))
            case tuple():
                return self.text(value)
