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
from datetime import date, datetime
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

    def problem(self, path: str, node: Node, message: str) -> None:
        """Note one problem at `node`."""
        self.problems.append(Problem(path, Place(node.line, node.column), message))


class _Wrong(Exception):
    """The problem is noted already; the part cannot be made."""


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
        raise _Wrong
    if node.bare:
        into.problem(path, node, "there is no value; leave the key out, or write one.")
        raise _Wrong
    text = node.text
    if text.startswith("<") and text.endswith(">"):
        into.problem(path, node, f"“{text[:100]}” is a placeholder; write what it asks for, without the brackets.")
        raise _Wrong
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
        raise _Wrong from None
    raise TypeError(f"no rule reads {kind}")


def _struct(kind: type[msgspec.Struct], node: Node, path: str, into: Reading) -> Any:
    if not isinstance(node, Mapping):
        into.problem(path, node, f"a mapping (key: value) is expected here, and this is {_what(node)}.")
        raise _Wrong
    hints = get_type_hints(kind, include_extras=True)
    members = {member.encode_name: member for member in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    wrong = False
    for key, value in node.items:
        inner = f"{path}.{key.text}" if path else key.text
        member = members.get(key.text)
        if member is None:
            into.problem(path, key, f"“{key.text}” is not a key of this part{_nearest(key.text, [*members])}")
            wrong = True
            continue
        try:
            values[member.name] = _fill(hints[member.name], value, inner, into)
        except _Wrong:
            wrong = True
    given = {key.text for key, _ in node.items}
    for name, member in members.items():
        if member.required and name not in given:
            into.problem(path, node, f"“{name}” is missing here.")
            wrong = True
    if wrong:
        raise _Wrong
    return kind(**values)


def _each(kind: Any, node: Node, path: str, into: Reading) -> tuple[Any, ...]:
    if not isinstance(node, Listing):
        into.problem(path, node, f"a list is expected here, and this is {_what(node)}.")
        raise _Wrong
    values: list[Any] = []
    wrong = False
    for number, item in enumerate(node.items):
        try:
            values.append(_fill(kind, item, f"{path}[{number}]", into))
        except _Wrong:
            wrong = True
    if wrong:
        raise _Wrong
    return tuple(values)


def _pairs(kind: Any, node: Node, path: str, into: Reading) -> dict[str, Any]:
    if not isinstance(node, Mapping):
        into.problem(path, node, f"a mapping (key: value) is expected here, and this is {_what(node)}.")
        raise _Wrong
    return {key.text: _fill(kind, value, f"{path}.{key.text}", into) for key, value in node.items}


def _fill(kind: Any, node: Node, path: str, into: Reading) -> Any:
    into.places[path] = Place(node.line, node.column)
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        value = _fill(args[0], node, path, into)
        for meta in args[1:]:
            if isinstance(meta, Meta) and (message := _limits(meta, value)):
                into.problem(path, node, message)
                raise _Wrong
        return value
    if origin in (Union, types.UnionType):
        (inner,) = (arg for arg in args if arg is not type(None))
        return _fill(inner, node, path, into)
    if origin is Literal:
        value = _scalar(str, node, path, into)
        if value not in args:
            into.problem(path, node, f"“{value[:40]}” is not one of {', '.join(args)}.")
            raise _Wrong
        return value
    if origin is tuple:
        return _each(args[0], node, path, into)
    if origin is dict:
        return _pairs(args[1], node, path, into)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return _struct(kind, node, path, into)
    return _scalar(kind, node, path, into)


def fill(kind: Any, node: Node) -> tuple[Any, Reading]:
    """What `node` says, as a `kind` (a struct, or `tuple[X, ...]`), and what was noticed on the way.

    The first part is None exactly where the reading has problems.
    """
    reading = Reading()
    try:
        return _fill(kind, node, "", reading), reading
    except _Wrong:
        return None, reading
