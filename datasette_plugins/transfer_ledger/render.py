"""Cells for people: an entry's number and id lead to its page, lists read as lists, severities stand out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

LISTS = frozenset({"fields", "lawful_basis", "special_category_condition", "schools"})
TAGS = frozenset({"critical", "serious", "minor", "breach", "cannot-tell", "advisory"})
CITED = frozenset({"seq", "corrects", "batch", "decided_in"})

FOLDED = 4
"""A longer list is folded behind its first two items, so that a row stays a row."""

_FOLD = Markup("<details><summary>{} and {} more</summary>{}</details>")
_ITEM = Markup('<span class="nowrap">{}</span>')
_TAG = Markup('<span class="tag {0}">{1}</span>')
_ENTRY = Markup('<a href="{}">{}</a>')


def as_list(value: Any) -> tuple[str, ...] | None:
    """A JSON list of texts as it stands in a column, or None for anything else."""
    if not isinstance(value, str) or not value.startswith("["):
        return None
    try:
        read = json.loads(value)
    except ValueError:
        return None
    return tuple(read) if isinstance(read, list) and all(isinstance(one, str) for one in read) else None


def _seq(row: Any) -> int | None:
    try:
        found = row["seq"]
    except (IndexError, KeyError):
        return None
    if isinstance(found, dict):  # a column whose label was looked up
        found = found.get("value")
    return found if isinstance(found, int) else None


def cell(row: Any, value: Any, column: str, path: Callable[[str], str]) -> Markup | None:
    """The cell as HTML, or None to leave it to Datasette. `path` puts the app's prefix before a path."""
    if column in CITED and isinstance(value, int):
        return _ENTRY.format(path(f"/-/entries/{value}"), value)
    if column == "id" and value is not None and (seq := _seq(row)) is not None:
        return _ENTRY.format(path(f"/-/entries/{seq}"), value)
    if column == "findings" and isinstance(value, int) and value and (seq := _seq(row)) is not None:
        return _ENTRY.format(path(f"/-/entries/{seq}#findings"), value)
    if column in ("corrected", "closed") and value in (0, 1):
        return Markup("yes" if value else "no")
    if column in LISTS and (texts := as_list(value)) is not None:
        items = Markup(", ").join(_ITEM.format(text) for text in texts)
        return items if len(texts) <= FOLDED else _FOLD.format(", ".join(texts[:2]), len(texts) - 2, items)
    if column in ("severity", "outcome") and value in TAGS:
        return _TAG.format(value, str(value).replace("-", " "))
    return None
