"""What `docs/verify.html` copies from the program, and how to bring it up to date: `python -m tests.verify_page.page`.

The page is one file that nobody builds; but the forms of members, the labels of codes and the hashes in its own
Content-Security-Policy must be those of the program and of the page. A test compares.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from ledger import forms, members
from ledger.register.read import load_law, load_vocabularies

PAGE = Path(__file__).resolve().parents[2] / "docs" / "verify.html"

_TABLES = re.compile(r"^const TABLES = .*$", re.MULTILINE)
_PARTS = {part: re.compile(rf"<{part}>(.*?)</{part}>", re.DOTALL) for part in ("script", "style")}


def _leaf(hint: Any) -> dict[str, Any]:
    # What a member may hold, besides its domain: the least and most of a number, or the few values of a literal.
    found: dict[str, Any] = {}
    for part in (hint, *get_args(hint)):
        if get_origin(part) is Literal:
            found["one"] = list(get_args(part))
        for meta in getattr(part, "__metadata__", ()):
            if meta.le is not None and meta.le != 2**53 - 1:
                found["max"] = meta.le
    for part in get_args(hint):
        found |= _leaf(part)
    return found


def _described(struct: type[members.Struct]) -> dict[str, Any]:
    hints = get_type_hints(struct, include_extras=True)
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        inner, meta = members._annotation(hints[field.name])
        one: dict[str, Any] = {"says": meta.description, "form": meta.extra["domain"]}
        if get_origin(inner) is tuple:
            one["many"] = 1
        if field.required:
            one["must"] = 1
        if part := members._inner_struct(inner):
            one["of"] = _described(part)
        else:
            one |= _leaf(hints[field.name])
        found[field.encode_name] = one
    return found


def tables() -> dict[str, Any]:
    """The forms, kinds, erasable values and words that the page has to know."""
    shared, facts = _described(members.Entry), _described(members.Facts)
    kinds = {}
    for name, kind in members.KINDS.items():
        own = _described(kind)
        both = {**shared, **facts} if issubclass(kind, members.Facts) or kind is members.Transfer else shared
        assert all(own[member] == both[member] for member in both), name
        kinds[name] = {"says": kind.__doc__, "own": {m: own[m] for m in own if m not in both}}
        if both is not shared:
            kinds[name]["facts"] = 1
    law, vocabularies = load_law(), load_vocabularies()
    words = {kind: {term.id: term.label for term in vocabularies.terms(kind)} for kind in vocabularies.kinds}
    words["lawful_basis"] = {basis.id: basis.label for basis in law.bases}
    words["legal_power"] = {power.id: power.label for power in law.powers}
    words["party"] = {party.id: party.name for party in law.parties}
    words["purpose"] = {purpose.id: purpose.label for purpose in law.purposes}
    return {
        "forms": {domain: [pattern.pattern, form] for domain, (pattern, form) in forms._FORMS.items()},
        "shared": shared,
        "facts": {member: facts[member] for member in facts if member not in shared},
        "kinds": kinds,
        "erasable": {
            one.name: {"says": one.meaning, "kinds": one.kinds} | ({"many": 1} if one.name in members.LISTS else {})
            for one in members.ERASABLE
        },
        "words": words,
    }


def hashes(page: str) -> dict[str, str]:
    """The CSP hash of the page's one script and one style, by the name of the element."""
    found = {}
    for part, pattern in _PARTS.items():
        (text,) = pattern.findall(page)
        found[part] = "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return found


def current(page: str) -> str:
    """The text of `page` with its tables and hashes brought up to date."""
    text = json.dumps(tables(), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    page, count = _TABLES.subn(lambda _: f"const TABLES = {text};", page)
    assert count == 1
    for part, value in hashes(page).items():
        page, count = re.subn(rf"({part}-src) 'sha256-[^']*'", rf"\1 '{value}'", page)
        assert count == 1
    return page


if __name__ == "__main__":
    PAGE.write_text(current(PAGE.read_text("utf-8")), "utf-8")
