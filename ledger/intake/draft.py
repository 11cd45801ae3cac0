"""What one row or one JSON object states, read strictly: every problem of it is found, not only the first.

A cell is text, and what it may say follows from its member's domain in `ledger.members`. Parties, purposes,
fields and codes stay the text that was typed: which known name it means is `settle.settle`'s to decide, with the
names of the ledger at hand. Nothing here reads a file, so that `record`, `import` and `correct --with` share it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from ledger import forms, london, settle
from ledger.canonical import MAX_INTEGER
from ledger.errors import Refused
from ledger.members import ERASABLE, REQUIRED, Erasable, Member, Transfer, columns, members_of

COLUMNS = columns()
"""Every CSV column with the member or the erasable value that it fills."""

WHAT_IS_WRONG = "what_is_wrong"
"""The column (or member) that a file of set-aside rows carries besides; whoever reads it back ignores it."""

BY_THE_LEDGER = frozenset(
    {
        "seq",
        "prev",
        "salt",
        "recorded_at",
        "actor",
        "batch",
        "transferred_on",
        "transferred_until",
        "offset_assumed",
        "_sd",
    }
)
"""Members that the ledger works out or draws itself. JSON Lines that state them are refused."""

_INTEGER = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_YES_NO = {"yes": True, "true": True, "no": False, "false": False}
_TYPED = ("party", "purpose", "field", "code", "literal")
_CLEAR = {m.path: m for m in members_of(Transfer) if m.path.split(".")[0] not in BY_THE_LEDGER}
_OBJECTS = frozenset(path.split(".")[0] for path in _CLEAR if "." in path and not path.startswith("onward_of"))
_TEXTS = {e.name: e for e in ERASABLE if "transfer" in e.kinds and not e.name.endswith("_as_given")}

Problem = tuple[str, str]
"""A column (or the path of a JSON member, or "" for the row as a whole) and the sentence that says what is wrong."""

Cell = str | tuple[str, ...]
"""A cell's text; or the items of a list that a map has split and translated already."""


class Stated(NamedTuple):
    """What a transfer states: sealed `members` as `settle.settle` takes them, and erasable `texts` by name.

    Members are nested as they are sealed. Dates are dates, lists are tuples of text; parties, purposes, fields
    and codes are the text that was typed. What is not stated is absent.
    """

    members: dict[str, Any]
    texts: dict[str, str]


class Problems(Refused):
    """All that is wrong with one row: `found` holds each as (column, sentence), in the order of the columns."""

    def __init__(self, found: Iterable[Problem]) -> None:
        self.found = list(found)
        super().__init__(" ".join(f"{column}: {text}" if column else text for column, text in self.found))

    def at(self, place: str) -> Refused:
        """One plain refusal that says all of it, with `place` in front."""
        return Refused(f"{place}: {self}")


def nearest(word: str, known: Iterable[str]) -> str:
    """ " Did you mean …?" with the known name nearest to `word`, beginning with a space; "" if none is near."""
    names = list(known)
    found = difflib.get_close_matches(word.strip().lower().replace(" ", "_"), names, 1, 0.6)
    return f" Did you mean “{found[0]}”?" if found else ""


def _count(text: str, highest: int) -> int:
    if _INTEGER.fullmatch(text) is None:
        raise Refused(f"{text[:40]!r} is not a count; write a whole number from 0, in digits only.")
    if int(text) > highest:
        raise Refused(f"{text[:40]} is more than {highest:,}.")
    return int(text)


def _bool(text: str) -> bool:
    if (found := _YES_NO.get(text.lower())) is None:
        raise Refused(f"{text[:40]!r} is neither yes nor no; write yes, no, true or false.")
    return found


def _onward(text: str) -> dict[str, str]:
    origin, mark, id_ = text.rpartition("#")
    if mark and (why := forms.form_problem("origin", origin)) is not None:
        raise Refused(f"{text[:60]!r} does not name another ledger's transfer as origin#id; {why}.")
    if (why := forms.form_problem("id", id_)) is not None:
        raise Refused(f"{text[:60]!r} names no transfer; write id, or origin#id for another ledger's; {why}.")
    return {"origin": origin, "id": id_} if mark else {"id": id_}


def _form(domain: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if (why := forms.form_problem(domain, text)) is not None:
            raise Refused(f"{text[:60]!r} cannot stand here; {why}.")
        return text

    return read


def _text(name: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if (why := forms.text_problem(name, text)) is not None:
            raise Refused(why[:1].upper() + why[1:])
        return text

    return read


def _sha256(text: str) -> str:
    if _SHA256.fullmatch(text) is None:
        raise Refused(f"{text[:70]!r} is not a SHA-256 digest; write its 64 hexadecimal digits in lower case.")
    return text


def _reader(member: Member | Erasable) -> Callable[[str], Any]:
    if isinstance(member, Erasable):
        return _sha256 if member.name == "payload_sha256" else _text(member.name)
    domain = member.domain.partition(":")[0]
    if domain in _TYPED:
        return _text(member.column or member.path)
    known: dict[str, Callable[[str], Any]] = {
        "count": lambda text: _count(text, MAX_INTEGER),
        "age": lambda text: _count(text, 150),
        "date": london.parse_date,
        "when": settle.when,
        "bool": _bool,
        "onward": _onward,
    }
    return known.get(domain) or _form(domain)


_READERS = {column: _reader(member) for column, member in COLUMNS.items()}


@lru_cache(maxsize=65_536)
def _read(column: str, text: str) -> Any:
    return _READERS[column](text)


def read_cell(column: str, cell: Cell) -> Any:
    """The value that `cell` gives in our `column`; a list's items come as a tuple, in the order given.

    Raises `Refused` with one sentence (without the column's name). A list in a text is separated by `;`, and an
    empty item is refused, since nobody can tell whether something is missing there.
    """
    member = COLUMNS[column]
    if isinstance(member, Erasable) or not member.many:
        if not isinstance(cell, str):
            raise Refused("It holds one value, not a list.")
        return _read(column, cell)
    items = [item.strip() for item in cell.split(";")] if isinstance(cell, str) else cell
    if not all(items):
        raise Refused("An item of the list is empty; take the extra separator out, or write what is missing.")
    return tuple(_read(column, item) for item in items)


def _place(members: dict[str, Any], path: str, value: Any) -> None:
    if path == "transferred_at":
        members.update(value)
        return
    outer, _, inner = path.partition(".")
    if inner:
        members.setdefault(outer, {})[inner] = value
    else:
        members[outer] = value


def from_cells(cells: Mapping[str, Cell], required: Iterable[str] = REQUIRED) -> Stated:
    """What a row states whose `cells` are given by our column; spaces around a cell and empty cells say nothing.

    Raises `Problems` with every problem of the row: a column that is not ours, a required one that is empty, a
    cell that does not have its member's form.
    """
    members: dict[str, Any] = {}
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    empty = set(required)
    for column, cell in cells.items():
        if column == WHAT_IS_WRONG:
            continue
        if (member := COLUMNS.get(column)) is None:
            problems.append((column, f"This is no column of ours.{nearest(column, COLUMNS)}"))
            continue
        cell = cell.strip() if isinstance(cell, str) else cell
        if not cell:
            continue
        empty.discard(column)
        try:
            value = read_cell(column, cell)
        except Refused as error:
            problems.append((column, str(error)))
            continue
        if isinstance(member, Erasable):
            texts[member.name] = value
        else:
            _place(members, member.path, value)
    problems += [(column, "It is empty, and every transfer must state it.") for column in REQUIRED if column in empty]
    if problems:
        raise Problems(problems)
    return Stated(members, texts)


def _json_text(value: object) -> str:
    if not isinstance(value, str):
        raise Refused("It is to be text.")
    if not value.strip():
        raise Refused("It is empty; leave the member out.")
    return value


def _json_onward(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or not set(value) <= {"origin", "id"} or "id" not in value:
        raise Refused('It is to be {"id": …}, with "origin" for another ledger\'s transfer.')
    origin, id_ = value.get("origin"), _json_text(value["id"])
    return _onward(id_ if origin is None else f"{_json_text(origin)}#{id_}")


def _json_one(member: Member, value: object) -> Any:
    if member.domain in ("count", "age"):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise Refused("It is to be a whole number from 0, without quotation marks.")
        return _count(str(value), 150 if member.domain == "age" else MAX_INTEGER)
    if member.domain == "bool":
        if not isinstance(value, bool):
            raise Refused("It is to be true or false, without quotation marks.")
        return value
    if member.domain == "onward":
        return _json_onward(value)
    if member.domain == "member":
        if (name := _json_text(value)) not in _CLEAR:
            raise Refused(f"{name[:60]!r} is no member of a transfer.{nearest(name, _CLEAR)}")
        return name
    return _read(member.column or member.path, _json_text(value))


_PLAIN = {
    path: member.column or member.path
    for path, member in _CLEAR.items()
    if member.domain not in ("count", "age", "bool", "onward", "member")
}
"""Members whose JSON is a text, or a list of texts, and the column whose form that has."""


def _json_value(member: Member, value: object) -> Any:
    # Nearly all values are texts that were read before: these take the short way.
    if (column := _PLAIN.get(member.path)) is not None:
        if not member.many and type(value) is str and value.strip():
            return _read(column, value)
        if member.many and type(value) is list and value and all(type(one) is str and one.strip() for one in value):
            return tuple([_read(column, one) for one in value])
    if not member.many:
        return _json_one(member, value)
    if not isinstance(value, (list, tuple)) or not value:
        raise Refused("It is to be a list of at least one; leave the member out where nothing is stated.")
    return tuple(_json_one(member, item) for item in value)


def _flat(value: Mapping[str, Any], problems: list[Problem]) -> dict[str, object]:
    """The members by dotted path; what is wrong with their names goes to `problems`."""
    flat: dict[str, object] = {}
    for name, inner in value.items():
        if name in _OBJECTS:
            if not isinstance(inner, Mapping) or not inner:
                problems.append((name, "It is to be an object with members of its own."))
            else:
                flat.update({f"{name}.{key}": item for key, item in inner.items()})
        elif name in BY_THE_LEDGER:
            problems.append((name, "The ledger writes this member itself; leave it out."))
        elif name == "kind":
            if inner != "transfer":
                problems.append((name, 'Only transfers are read from a file: leave it out, or write "transfer".'))
        elif name != WHAT_IS_WRONG:
            flat[name] = inner
    return flat


def from_json(value: object, required: Iterable[str] = REQUIRED) -> Stated:
    """What a JSON object states by the sealed member names of `docs/FORMAT.md`, erasable ones beside them.

    Values have JSON's own types: numbers for counts, true and false, lists; dates are text. Raises `Problems`
    with every problem, each under the dotted path of its member: an unknown member, one that the ledger writes
    itself, a wrong type or form, a required one that is absent.
    """
    if not isinstance(value, Mapping):
        raise Problems([("", "It is to be one JSON object with the members of a transfer.")])
    members: dict[str, Any] = {}
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    flat = _flat(value, problems)
    for path, inner in flat.items():
        member = _CLEAR.get(path)
        try:
            if path in _TEXTS:
                texts[path] = (_sha256 if path == "payload_sha256" else _text(path))(_json_text(inner))
            elif member is None or path.startswith("onward_of."):
                known = (*_CLEAR, *_OBJECTS, *_TEXTS)
                raise Refused(f"This is no member of a transfer.{nearest(path, known)}")
            else:
                _place(members, path, _json_value(member, inner))
        except Refused as error:
            problems.append((path, str(error)))
    wanted = set(required) - set(flat)
    problems += [(name, "It is absent, and every transfer must state it.") for name in REQUIRED if name in wanted]
    if problems:
        raise Problems(problems)
    return Stated(members, texts)


def days_near(stated: Stated) -> date | None:
    """The day of the transfer, for judging whether a date in a text could be somebody's birthday."""
    day = stated.members.get("transferred_on")
    return day if isinstance(day, date) else None
