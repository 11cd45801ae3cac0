"""A map: what somebody's own headings and words mean in ours, so that a file can come in as it is.

    columns:
      Date sent: transferred_at
      Pupil initials: leave-out
    words:
      recipient: {Connexions Service: connexions, n/a: leave-out}
      fields: {CTF: [surname, forename, date-of-birth]}
    constants: {sender: springfield}
    date_order: dmy
    list_separator: ","
    delimiter: ";"
    encoding: windows-1252
    time_zone: london
    sheet: Log 2009-10

A map is as strict as what it reads: a name that is not ours is refused with the nearest one, every heading of
the file must be spoken of, and a map never guesses. Words are compared as names are (case, spaces and
punctuation make no difference).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping as Lookup
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from ledger.errors import Refused
from ledger.intake.csv_file import CODECS
from ledger.intake.draft import COLUMNS, Cell, nearest, read_cell
from ledger.intake.person import MONTHS
from ledger.intake.row import folded
from ledger.members import Erasable, Member
from ledger.register.names import fold

if TYPE_CHECKING:
    from ledger.register.nodes import Node, Scalar

LEAVE_OUT = "leave-out"
"""Written for a heading, or a word, that says nothing to us."""

KEYS = (
    "columns",
    "words",
    "constants",
    "date_order",
    "list_separator",
    "delimiter",
    "encoding",
    "time_zone",
    "sheet",
)
"""The keys of a map."""

DATE_ORDERS = ("dmy", "mdy", "ymd")
"""The orders that `date_order` may give; a date that begins with a year of four digits is ymd under each."""

_DATE = re.compile(
    r"(?P<a>\d{1,4})(?P<mark>[/.\- ])(?P<b>\d{1,2}|[A-Za-z]{3,9})(?P=mark)(?P<c>\d{1,4})"
    r"(?:(?: +|T)(?P<h>\d{1,2}):(?P<min>\d\d)(?::(?P<s>\d\d))?)?",
    re.ASCII,
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?!\d).*", re.ASCII)


@lru_cache(maxsize=65_536)
def word_key(text: str) -> str:
    """How a word is compared: folded as names are, or as it stands where folding leaves nothing."""
    return fold(text) or " ".join(text.split())


def _many(column: str) -> bool:
    member = COLUMNS[column]
    return isinstance(member, Member) and member.many


def domain_of(column: str) -> str:
    """The domain of the member that `column` fills; "text" for an erasable value."""
    member = COLUMNS[column]
    return "text" if isinstance(member, Erasable) else member.domain.partition(":")[0]


def _date_text(text: str, order: str) -> str:
    """`text` as `YYYY-MM-DD` or `YYYY-MM-DDThh:mm[:ss]`; `Refused` if it is no date in the order."""
    if _ISO.fullmatch(text):
        return text
    found = _DATE.fullmatch(text)
    problem = Refused(f"{text[:40]!r} is not a date in the map's order, {order}.")
    if found is None:
        raise problem
    a, b, c = found["a"], found["b"], found["c"]
    if len(a) == 4:
        order = "ymd"
    parts = dict(zip(order, (a, b, c), strict=True))
    word = b.lower()
    if word.isalpha():
        if order[1] != "m" or word not in MONTHS:
            raise problem
        parts["m"] = str(MONTHS[word])
    year = parts["y"]
    if len(year) not in (2, 4) or len(parts["d"]) > 2 or len(parts["m"]) > 2:
        raise problem
    try:
        # Two digits are of this century: no transfer that anybody records is of the last one.
        day = date(int(year) + (2000 if len(year) == 2 else 0), int(parts["m"]), int(parts["d"]))
    except ValueError:
        raise Refused(f"{text[:40]!r} is not a date that exists (order {order}).") from None
    if found["h"] is None:
        return day.isoformat()
    seconds = f":{found['s']}" if found["s"] else ""
    return f"{day.isoformat()}T{int(found['h']):02}:{found['min']}{seconds}"


@dataclass(frozen=True, slots=True)
class Map:
    """A map that was read. `headings` goes from a folded heading to (heading, our column or None for leave-out).

    `words` goes, per column, from `word_key` to the items it means (() for leave-out). `sha256` is the digest of
    the map's bytes, in hex, for the batch.
    """

    headings: Lookup[str, tuple[str, str | None]]
    words: Lookup[str, Lookup[str, tuple[str, ...]]]
    constants: Lookup[str, Cell]
    date_order: str | None
    list_separator: str
    delimiter: str
    encoding: str
    sheet: str | None
    sha256: str

    def translate(self, column: str, text: str) -> Cell:
        """What a cell with `text` gives in our `column`: our words, our dates; a list as its items.

        "" where nothing is stated. Raises `Refused` with a sentence for a date that is not in the map's order.
        """
        text = text.strip()
        if not text:
            return ""
        words = self.words.get(column, {})
        whole = words.get(word_key(text))
        if not _many(column):
            if whole is not None:
                return whole[0] if whole else ""
            dated = self.date_order is not None and domain_of(column) in ("date", "when")
            return _date_text(text, self.date_order or "ymd") if dated else text
        if whole is not None:
            return whole
        items: list[str] = []
        for item in text.split(self.list_separator):
            items += words.get(word_key(item), (item.strip(),))
        # An empty item stays, and the row is refused for it; the same one twice is one.
        return tuple(dict.fromkeys(items))


def _stop(node: Node, name: str, what: str) -> NoReturn:
    raise Refused(f"{name}, line {node.line}, column {node.column}: {what}")


def _pairs(node: Node, name: str, what: str) -> list[tuple[Scalar, Node]]:
    from ledger.register import nodes

    if not isinstance(node, nodes.Mapping):
        _stop(node, name, f"{what} is to be written as `key: value` lines.")
    return list(node.items)


def _word(node: Node, name: str, what: str) -> str:
    from ledger.register import nodes

    if not isinstance(node, nodes.Scalar) or not node.text:
        _stop(node, name, f"{what} is to be one word or text; put it in quotation marks if it holds : or #.")
    return node.text


def _column(node: Node, name: str, extra: tuple[str, ...] = ()) -> str:
    column = _word(node, name, "The column")
    if column not in COLUMNS and column not in extra:
        more = f" Write {LEAVE_OUT} for one that is not to be read." if extra else ""
        _stop(node, name, f"“{column}” is no column of ours.{nearest(column, (*COLUMNS, *extra))}{more}")
    return column


def _headings(node: Node, name: str) -> dict[str, tuple[str, str | None]]:
    found: dict[str, tuple[str, str | None]] = {}
    filled: dict[str, str] = {}
    for key, value in _pairs(node, name, "`columns`"):
        column = _column(value, name, (LEAVE_OUT,))
        if folded(key.text) in found:
            _stop(key, name, f"the heading “{key.text}” was given already; keep one of them.")
        if column != LEAVE_OUT and filled.setdefault(column, key.text) != key.text:
            _stop(value, name, f"`{column}` is filled by “{filled[column]}” already; leave one of the two out.")
        found[folded(key.text)] = (key.text, None if column == LEAVE_OUT else column)
    return found


def _meant(node: Node, name: str, column: str) -> tuple[str, ...]:
    from ledger.register import nodes

    if isinstance(node, nodes.Listing):
        if not _many(column):
            _stop(node, name, f"`{column}` holds one value, so a word of it cannot mean a list.")
        if not node.items:
            _stop(node, name, f"The list is empty; write {LEAVE_OUT} for a word that says nothing.")
        return tuple(_word(item, name, "Each item") for item in node.items)
    text = _word(node, name, "What a word means")
    return () if text == LEAVE_OUT else (text,)


def _words(node: Node, name: str, filled: set[str]) -> dict[str, dict[str, tuple[str, ...]]]:
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for key, value in _pairs(node, name, "`words`"):
        column = _column(key, name)
        if column not in filled:
            _stop(key, name, f"no heading under `columns` fills `{column}`, so it can have no words.")
        words = found.setdefault(column, {})
        for word, meaning in _pairs(value, name, f"The words of `{column}`"):
            items = _meant(meaning, name, column)
            if words.setdefault(word_key(word.text), items) != items:
                _stop(word, name, f"“{word.text}” is one word with another above it, and means something else.")
    return found


def _constants(node: Node, name: str, filled: set[str]) -> dict[str, Cell]:
    from ledger.register import nodes

    found: dict[str, Cell] = {}
    for key, value in _pairs(node, name, "`constants`"):
        column = _column(key, name)
        if column in filled:
            _stop(key, name, f"`{column}` is filled by a heading under `columns`; it cannot be constant too.")
        many = isinstance(value, nodes.Listing)
        cell: Cell = _meant(value, name, column) if many else _word(value, name, "A constant")
        try:
            read_cell(column, cell)
        except Refused as error:
            _stop(value, name, f"`{column}`: {error}")
        found[column] = cell
    return found


def _one_of(node: Node, name: str, key: str, allowed: tuple[str, ...]) -> str:
    word = _word(node, name, f"`{key}`")
    if word not in allowed:
        _stop(node, name, f"`{key}` is one of {', '.join(allowed)}, not “{word}”.{nearest(word, allowed)}")
    return word


def _mark(node: Node, name: str, key: str) -> str:
    word = _word(node, name, f"`{key}`")
    if word == "tab":
        return "\t"
    if len(word) != 1 or word.isalnum() or word == '"':
        _stop(node, name, f"`{key}` is one character that is no letter, digit or quotation mark, or the word tab.")
    return word


def parse(data: bytes, name: str = "The map") -> Map:
    """The map that the YAML text `data` holds. Raises `Refused` with `name`, line and column for what is wrong."""
    from ledger.register import nodes

    try:
        root = nodes.parse(data)
    except Refused as error:
        raise error.at(name) from None
    given: dict[str, Node] = {}
    for key, value in _pairs(root, name, "A map"):
        if key.text not in KEYS:
            _stop(key, name, f"“{key.text}” is no key of a map.{nearest(key.text, KEYS)}")
        given[key.text] = value
    if "columns" not in given:
        raise Refused(f"{name}: it has no `columns:`, which say what each heading means.")
    headings = _headings(given["columns"], name)
    filled = {column for _, column in headings.values() if column is not None}
    order = given.get("date_order")
    encoding = given.get("encoding")
    if "time_zone" in given:
        _one_of(given["time_zone"], name, "time_zone", ("london",))
    return Map(
        headings,
        _words(given["words"], name, filled) if "words" in given else {},
        _constants(given["constants"], name, filled) if "constants" in given else {},
        _one_of(order, name, "date_order", DATE_ORDERS) if order is not None else None,
        _mark(given["list_separator"], name, "list_separator") if "list_separator" in given else ";",
        _mark(given["delimiter"], name, "delimiter") if "delimiter" in given else ",",
        _one_of(encoding, name, "encoding", tuple(CODECS)) if encoding is not None else "utf-8",
        _word(given["sheet"], name, "`sheet`") if "sheet" in given else None,
        hashlib.sha256(data).hexdigest(),
    )


def read(path: Path) -> Map:
    """The map in the YAML file at `path`; `Refused` where it cannot be read or says what it cannot."""
    from ledger.intake.csv_file import open_bytes
    from ledger.register.nodes import MAX_BYTES

    with open_bytes(path) as file:
        return parse(file.read(MAX_BYTES + 1), path.name)
