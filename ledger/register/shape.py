"""From a tree of YAML to a typed structure, naming everything that does not fit.

The structures of `model` and `terms` say by their annotations what each member holds; `fill` follows these
annotations through the tree. It does not stop at the first problem: a person who mends a file wants all of
them. A placeholder, `<in angle brackets>`, is nowhere a value: `template` leaves them to be filled in. Where each
part stood is kept, so that what is found later (`lint`) can still point at a line.
"""

from __future__ import annotations

import difflib
import re
import types
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

from ledger import london
from ledger.errors import Refused
from ledger.register.nodes import Listing, Mapping, Node, Scalar


class Place(NamedTuple):
    """Where something stands in a file, both counted from 1."""

    line: int
    column: int


class Problem(NamedTuple):
    """One thing that is wrong: where in the structure (`flows[3].fields`) and the file, and the sentence."""

    path: str
    place: Place | None
    message: str

    def __str__(self) -> str:
        where = f"line {self.place.line}, column {self.place.column}: " if self.place else ""
        return f"{where}{self.path + ': ' if self.path else ''}{self.message}"


@dataclass(slots=True)
class Reading:
    """What was noticed while a tree was read."""

    problems: list[Problem] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def problem(self, path: str, node: Node, message: str, missing: str = "") -> None:
        """Note one problem at `node`: what stands at `path` is broken, or only its member `missing`."""
        self.problems.append(Problem(path, Place(node.line, node.column), message))
        self.broken.add(f"{path}.{missing}".lstrip(".") if missing else path)


@cache
def _members(kind: type[msgspec.Struct]) -> dict[str, tuple[str, Any, bool]]:
    """The keys of a struct in YAML → its member, what that holds, and whether it must be given."""
    hints = get_type_hints(kind, include_extras=True)
    return {one.encode_name: (one.name, hints[one.name], one.required) for one in msgspec.structs.fields(kind)}


def _stand_in(kind: Any) -> Any:
    """What stands for a value that cannot be read, so that the parts around it can still be looked at."""
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated or origin in (Union, types.UnionType):
        return _stand_in(args[0])
    if origin is Literal:
        return args[0]
    if origin in (tuple, dict):
        return origin()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind(**{name: _stand_in(hint) for name, hint, required in _members(kind).values() if required})
    return {date: date.min, datetime: datetime.min.replace(tzinfo=UTC), bool: False, int: 1, str: ""}[kind]


def _what(node: Node) -> str:
    return {Scalar: "a text", Listing: "a list", Mapping: "a mapping"}[type(node)]


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean “{near[0]}”?" if near else f"; known here: {', '.join(known)}."


def _limits(meta: Meta, value: str | int) -> str | None:
    """What a Meta's limits say against a value, or None."""
    if isinstance(value, str):
        if meta.max_length is not None and len(value) > meta.max_length:
            return f"this has {len(value)} characters, at most {meta.max_length} fit."
        if meta.min_length is not None and len(value) < meta.min_length:
            return "this is empty."
        if meta.pattern is not None and not re.search(meta.pattern, value):
            return f"“{value[:60]}” is not written as expected here (pattern {meta.pattern})."
        return None
    if (meta.ge is not None and value < meta.ge) or (meta.le is not None and value > meta.le):
        return f"{value} is not between {meta.ge} and {meta.le}."
    return None


def _scalar(kind: Any, node: Node, path: str, into: Reading) -> Any:
    if not isinstance(node, Scalar):
        into.problem(path, node, f"a single value is expected here, and this is {_what(node)}.")
        return _stand_in(kind)
    if node.bare:
        into.problem(path, node, "there is no value; leave the key out, or write one.")
        return _stand_in(kind)
    text = node.text
    if text.startswith("<") and text.endswith(">"):
        into.problem(path, node, f"“{text[:100]}” is a placeholder; write what it asks for, without the brackets.")
        return _stand_in(kind)
    try:
        if kind is str:
            return text
        if kind is bool:
            if text in ("true", "false"):
                return text == "true"
            raise Refused(f"“{text[:40]}” is neither true nor false.")
        if kind is int:
            if re.fullmatch(r"0|[1-9][0-9]{0,15}", text):
                return int(text)
            raise Refused(f"“{text[:40]}” is not a whole number.")
        if kind is date:
            return london.parse_date(text)
        if kind is datetime:
            if (moment := london.instant(text)) is not None:
                return moment
            raise Refused(f"“{text[:40]}” is not a time with its offset, as 2010-08-06T12:00+01:00.")
    except Refused as refused:
        into.problem(path, node, str(refused))
        return _stand_in(kind)
    raise TypeError(f"no rule reads {kind}")


def _struct(kind: type[msgspec.Struct], node: Node, path: str, into: Reading) -> Any:
    if not isinstance(node, Mapping):
        into.problem(path, node, f"a mapping (key: value) is expected here, and this is {_what(node)}.")
        return _stand_in(kind)
    members = _members(kind)
    values: dict[str, Any] = {}
    for key, value in node.items:
        inner = f"{path}.{key.text}" if path else key.text
        if key.text not in members:
            into.problem(path, key, f"“{key.text}” is not a key of this part{_nearest(key.text, [*members])}", key.text)
            continue
        name, hint, _ = members[key.text]
        values[name] = _fill(hint, value, inner, into)
    given = {key.text for key, _ in node.items}
    for key_name, (name, hint, required) in members.items():
        if required and key_name not in given:
            into.problem(path, node, f"“{key_name}” is missing here.", key_name)
            values[name] = _stand_in(hint)
    return kind(**values)


def _each(kind: Any, node: Node, path: str, into: Reading) -> tuple[Any, ...]:
    if not isinstance(node, Listing):
        into.problem(path, node, f"a list is expected here, and this is {_what(node)}.")
        return ()
    return tuple(_fill(kind, item, f"{path}[{number}]", into) for number, item in enumerate(node.items))


def _pairs(kind: Any, node: Node, path: str, into: Reading) -> dict[str, Any]:
    if not isinstance(node, Mapping):
        into.problem(path, node, f"a mapping (key: value) is expected here, and this is {_what(node)}.")
        return {}
    return {key.text: _fill(kind, value, f"{path}.{key.text}", into) for key, value in node.items}


def _fill(kind: Any, node: Node, path: str, into: Reading) -> Any:
    into.places[path] = Place(node.line, node.column)
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        value = _fill(args[0], node, path, into)
        for meta in args[1:]:
            if path not in into.broken and isinstance(meta, Meta) and (message := _limits(meta, value)):
                into.problem(path, node, message)
        return value
    if origin in (Union, types.UnionType):
        (inner,) = (arg for arg in args if arg is not type(None))
        return _fill(inner, node, path, into)
    if origin is Literal:
        value = _scalar(str, node, path, into)
        if value not in args and path not in into.broken:
            into.problem(path, node, f"“{value[:40]}” is not one of {', '.join(args)}.")
        return value if value in args else args[0]
    if origin is tuple:
        return _each(args[0], node, path, into)
    if origin is dict:
        return _pairs(args[1], node, path, into)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind, node, path, into)
    return _scalar(kind, node, path, into)


def fill_partly(kind: Any, node: Node) -> tuple[Any, Reading]:
    """What `node` says, as a `kind` (a struct, or `tuple[X, ...]`), and what was noticed on the way.

    Where the reading names a part as broken, something stands in for it that means nothing.
    """
    reading = Reading()
    return _fill(kind, node, "", reading), reading


def fill(kind: Any, node: Node) -> tuple[Any, Reading]:
    """The same, but None in place of what has any problem of form."""
    found, reading = fill_partly(kind, node)
    return (None if reading.problems else found), reading
