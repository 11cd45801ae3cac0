"""One text for one value: the JSON Canonicalization Scheme (RFC 8785) for the values that entries use.

Entries hold strings, integers within ±(2^53-1), booleans, null, arrays and objects with ASCII keys; no floats,
no control characters, no lone surrogates. Within these, RFC 8785 is: members sorted by key, no white space,
UTF-8, and only `"` and `\\` escaped. `encode` writes that; `decode` reads any JSON text of these values, strictly
(duplicate keys, floats, `NaN` and deep nesting are refused), so that what people hand us cannot mean two things;
`decode_canonical` besides refuses whatever does not re-encode to the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Never, TypeAlias

from ledger.errors import Refused

Json: TypeAlias = "str | int | bool | None | Sequence[Json] | Mapping[str, Json]"

MAX_INTEGER = 2**53 - 1
"""RFC 8785 §3.2.2.3: integers beyond ±(2^53-1) have no canonical form that every reader shares."""

MAX_DEPTH = 16
"""No entry nests deeper than 5; a text that does is an attack or a mistake."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def control_character(text: str) -> str | None:
    """The first control character (Unicode category Cc) in `text`, written as `U+0000`, or None."""
    found = _CONTROL.search(text)
    return f"U+{ord(found.group()):04X}" if found else None


def _checked(value: Json, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise Refused(f"The value nests deeper than {MAX_DEPTH} levels.")
    if isinstance(value, str):
        if value.isprintable():  # nearly every text: it holds neither control characters nor surrogates
            return
        if (bad := control_character(value)) is not None:
            raise Refused(f"The text holds the control character {bad}; remove it.")
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise Refused("The text holds half a character (a lone surrogate); type it again.")
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise Refused(f"The number {str(value)[:20]}… is beyond 2^53-1 and has no safe JSON form.")
    elif isinstance(value, (dict, Mapping)):  # dict first, since to ask an abstract class takes longer
        for key, inner in value.items():
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise Refused(f"The member name {str(key)[:40]!r} is not 1 to 64 ASCII letters, digits, . _ or -.")
            if type(inner) is not str or depth == MAX_DEPTH or not inner.isprintable():  # most are plain texts
                _checked(inner, depth + 1)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _checked(inner, depth + 1)
    else:
        raise Refused(f"A {type(value).__name__} has no place in an entry; use text, whole numbers or lists.")


def encode(value: Json) -> bytes:
    """`value` as RFC 8785 bytes. Raises `Refused` for what has no canonical form here (see the module)."""
    _checked(value, 0)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value] # add() returns None on purpose
        raise Refused(f"The member {twice[:60]!r} stands twice in one object; keep one.")
    return members


def _no_float(text: str) -> Never:
    raise Refused(f"The number {text[:20]} is not a whole number; entries hold whole numbers only.")


def _integer(text: str) -> int:
    if len(text) > len(str(-MAX_INTEGER)) or text == "-0":
        raise Refused(f"The number {text[:20]} is not a whole number within ±(2^53-1).")
    return int(text)


def decode(data: bytes) -> Json:
    """The value of the UTF-8 JSON text `data`, in any order and spacing, but strictly (see the module).

    Raises `Refused` with a sentence, and the line and column where JSON itself is broken.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(f"Byte {error.start} is not UTF-8 text; save the file as UTF-8.") from None
    try:
        value: Json = json.loads(
            text,
            object_pairs_hook=_pairs,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        raise Refused(f"Not JSON at line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise Refused(f"The value nests deeper than {MAX_DEPTH} levels.") from None
    _checked(value, 0)
    return value


def decode_canonical(data: bytes) -> Json:
    """The value of `data`, which must be its canonical bytes. Raises `Refused` otherwise."""
    value = decode(data)
    if encode(value) != data:
        raise Refused("The text is JSON, but not in its canonical form (RFC 8785).")
    return value
