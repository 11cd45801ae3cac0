"""Which of Datasette's own pages are open, to whom, and with which parameters: the views and the saved queries.

All else that Datasette and its plugins answer is closed to everybody, whatever the role: `/-/metadata.json` would show
password hashes and tokens, `/-/allow-debug` and `/-/password-tool` answer anyone. Of parameters, only those are let
through that Datasette answers without a mistake of its own: a number that SQLite cannot hold, a list that is no JSON,
two orders at once and a facet of a list that is none end in its traceback.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from datasette_plugins.transfer_ledger.guard import BROWSABLE
from datasette_plugins.transfer_ledger.render import LISTS
from datasette_plugins.transfer_ledger.roles import READERS, Role

_NUMBERS = ("gt", "gte", "lt", "lte")
_NONE = ("isblank", "notblank")
_OPERATORS = ("exact", "not", "contains", "startswith", "endswith", "in", *_NUMBERS, *_NONE)
_SIZE = re.compile(r"[1-9][0-9]?|100", re.ASCII)
_NEXT = re.compile(r"[0-9]{1,9}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_FILTER = re.compile(r"_filter_(column|op|value)(?:_[0-9])?", re.ASCII)
_MOST = 20
"""So many parameters at most: each filter takes three."""
_LONGEST = 200

ASKED: Mapping[str, tuple[re.Pattern[str], str]] = {
    "month": (re.compile(r"(?:[0-9]{4}-(?:0[1-9]|1[0-2]))?", re.ASCII), "a month as 2010-08"),
    "days": (re.compile(r"[0-9]{0,5}", re.ASCII), "a whole number of days, at most 99999"),
}
"""What saved queries ask for by name: how it is written, and in words. Nothing means what the query says."""


class _Page(NamedTuple):
    """One page: whether it is a view's, and the names that its parameters may be about."""

    view: bool
    names: frozenset[str]
    format: str


@cache
def _open() -> dict[str, _Page]:
    """The pages by their path below the database's."""
    from datasette_plugins.transfer_ledger.app import DATABASE, metadata

    described = metadata()["databases"][DATABASE]
    found = {name: (True, frozenset(described["tables"][name]["columns"])) for name in BROWSABLE}
    found |= {name: (False, frozenset(query.get("params", ()))) for name, query in described["queries"].items()}
    return {
        f"/{DATABASE}/{name}{ending}": _Page(view, names, ending)
        for name, (view, names) in found.items()
        for ending in ("", ".json", ".csv")
    }


def may(path: str, role: Role) -> bool:
    """Whether somebody of this role may open this page of Datasette's."""
    return role in READERS and path in _open()


def problem(path: str, query: Sequence[tuple[str, str]]) -> str | None:
    """Why Datasette is not given these parameters, or None: what it would choke on is refused in a sentence."""
    page = _open()[path]
    if len(query) > _MOST:
        return f"This page takes at most {_MOST} parameters."
    for name, value in query:
        if not page.view and name in page.names:
            form, words = ASKED[name]
            if form.fullmatch(value) is None:
                return f"“{name}” is to be {words}, or nothing."
        elif len(value) > _LONGEST or not _fits(page, name, value):
            return f"This page knows no parameter “{name[:40]}” with such a value."
    if any(name == "_sort" and value for name, value in query) and any(
        name == "_sort_desc" and value for name, value in query
    ):
        return "A page has one order: give “_sort” or “_sort_desc”."
    return None


def _fits(page: _Page, name: str, value: str) -> bool:
    if name == "_size":
        # Datasette's own link to a file asks for all that it gives at once.
        return _SIZE.fullmatch(value) is not None or (value == "max" and page.format == ".csv")
    if name == "_shape":
        return value in ("objects", "array", "arrays")
    if name in ("_labels", "_dl"):
        return value in ("on", "1")
    return page.view and _of_view(page, name, value)


def _of_view(page: _Page, name: str, value: str) -> bool:
    if name in page.names:
        return True
    column, _, operator = name.rpartition("__")
    if column in page.names:
        return _compared(operator, value)
    if name in ("_sort", "_sort_desc", "_facet"):
        return value in page.names
    if name == "_facet_array":
        return value in page.names & LISTS
    if name == "_facet_size":
        return value == "max"
    if name == "_next":
        return page.format != ".csv" and _NEXT.fullmatch(value) is not None
    # A form without a script sends its filters so; Datasette sends the browser on to the parameters that they mean.
    return page.format == "" and (found := _FILTER.fullmatch(name)) is not None and _in_form(page, found[1], value)


def _compared(operator: str, value: str) -> bool:
    if operator == "in":
        return not value.startswith("[")
    if operator in _NUMBERS:
        return not value.isdigit() or _NUMBER.fullmatch(value) is not None
    return operator in _OPERATORS


def _in_form(page: _Page, what: str, value: str) -> bool:
    if what == "column":
        return value in page.names or not value
    if what == "op":
        return value in _OPERATORS or value in tuple(f"{one}__1" for one in _NONE)
    return True
