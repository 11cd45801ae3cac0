"""YAML as we read it: mappings, lists and text, each with its line and column, and nothing else.

Every scalar is text here. What it means (a number, a date, yes or no) is for the reader who knows which
member it fills, so that the surprises of YAML 1.1 cannot happen: `no` is the word no, `08` is not a broken
octal, and `2010-08-06` is no date until a date is wanted. Anchors, aliases, tags, directives and further
documents are refused: a register needs none of them, and they are how a small file becomes a huge or an
executable one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from ledger.canonical import control_character
from ledger.errors import Refused

MAX_BYTES = 4_000_000
"""Some ten thousand flows; the notice of 2010 takes a hundredth of this."""

MAX_DEPTH = 12
"""A register nests to 6."""

_UNWANTED = re.compile("[^\n\r\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, its white space made single spaces. `bare` is an empty value that nobody quoted."""

    text: str
    line: int
    column: int
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple[Node, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with their values, in the file's order; no key comes twice."""

    items: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int


Node: TypeAlias = Scalar | Listing | Mapping


def _text_of(data: bytes | str) -> str:
    if isinstance(data, str):
        text = data
        size = len(data)
    else:
        size = len(data)
        try:
            text = data.decode("utf-8") if size <= MAX_BYTES else ""
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise Refused(f"line {line}: byte {error.start + 1} is not UTF-8; save the file as UTF-8.") from None
    if size > MAX_BYTES:
        raise Refused(f"The file has {size:,} bytes, and a register has at most {MAX_BYTES:,}.")
    text = text.removeprefix("\ufeff")
    if found := _UNWANTED.search(text):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise Refused(
            f"line {line}, column {column}: the character U+{ord(found.group()):04X} has no place in a text; remove it."
        )
    return text


def _refused(event: events.Event, what: str) -> Refused:
    return Refused(f"line {event.start_mark.line + 1}, column {event.start_mark.column + 1}: {what}")


def _check(event: events.Event) -> None:
    """Refuse what a register has no need of."""
    if isinstance(event, events.AliasEvent):
        raise _refused(event, f"“*{event.anchor}” repeats another part; write the part out here.")
    if isinstance(event, events.NodeEvent) and event.anchor is not None:
        raise _refused(event, f"the anchor “&{event.anchor}” has no use here; leave it out.")
    if isinstance(event, events.ScalarEvent | events.CollectionStartEvent) and event.ctag is not None:
        raise _refused(event, f"the tag “{event.ctag}” has no use here; leave it out.")
    if isinstance(event, events.DocumentStartEvent) and (event.version or event.tags):
        raise _refused(event, "directives (lines beginning with %) have no use here; leave them out.")


def _scalar(event: events.ScalarEvent) -> Scalar:
    text = " ".join(event.value.split())
    if (bad := control_character(text)) is not None:
        raise _refused(event, f"the text holds the control character {bad}; remove it.")
    bare = event.value == "" and event.style is None
    return Scalar(text, event.start_mark.line + 1, event.start_mark.column + 1, bare)


def _mapping(start: events.Event, parts: list[Node]) -> Mapping:
    seen: dict[str, int] = {}
    items: list[tuple[Scalar, Node]] = []
    for key, value in zip(parts[::2], parts[1::2], strict=True):
        if not isinstance(key, Scalar):
            raise Refused(f"line {key.line}, column {key.column}: a key is a word, not a list or a mapping.")
        if key.text in seen:
            raise Refused(
                f"line {key.line}, column {key.column}: “{key.text}” was given already in line "
                f"{seen[key.text]}; keep one of them."
            )
        seen[key.text] = key.line
        items.append((key, value))
    return Mapping(tuple(items), start.start_mark.line + 1, start.start_mark.column + 1)


def _build(text: str) -> Node:
    root: Node | None = None
    open_: list[tuple[events.Event, list[Node]]] = []
    for event in YAML(typ="safe", pure=True).parse(text):
        _check(event)
        if isinstance(event, events.CollectionStartEvent):
            if len(open_) >= MAX_DEPTH:
                raise _refused(event, f"this nests deeper than {MAX_DEPTH} levels.")
            open_.append((event, []))
            continue
        node: Node
        if isinstance(event, events.ScalarEvent):
            node = _scalar(event)
        elif isinstance(event, events.MappingEndEvent):
            node = _mapping(*open_.pop())
        elif isinstance(event, events.SequenceEndEvent):
            start, parts = open_.pop()
            node = Listing(tuple(parts), start.start_mark.line + 1, start.start_mark.column + 1)
        elif isinstance(event, events.DocumentStartEvent) and root is not None:
            raise _refused(event, "a second document begins here; a register is one document.")
        else:
            continue
        if open_:
            open_[-1][1].append(node)
        else:
            root = node
    if root is None or (isinstance(root, Scalar) and root.bare):
        raise Refused("The file is empty.")
    return root


def parse(data: bytes | str) -> Node:
    """The tree of the YAML text `data` (UTF-8, at most `MAX_BYTES`); else `Refused` with line and column."""
    text = _text_of(data)
    try:
        return _build(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise Refused(f"{place}this is not YAML: {error.problem or error.context}.") from None
    except YAMLError as error:
        raise Refused(f"This is not YAML: {str(error).splitlines()[0]}.") from None
