"""Which of Datasette's own pages are open, to whom, and with which parameters: the views and the saved queries.

All else that Datasette and its plugins answer is closed to everybody, whatever the role: `/-/metadata.json` would show
password hashes and tokens, `/-/allow-debug` and `/-/password-tool` answer anyone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from datasette_plugins.transfer_ledger.guard import BROWSABLE
from datasette_plugins.transfer_ledger.roles import READERS, Role

_OPERATORS = (
    "exact",
    "not",
    "contains",
    "startswith",
    "endswith",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "isblank",
    "notblank",
)
_SIZE = re.compile(r"[1-9][0-9]?|100", re.ASCII)
_NEXT = re.compile(r"[0-9]{1,9}", re.ASCII)
_MOST = 20
"""So many parameters at most: each filter takes three."""


@cache
def _open() -> dict[str, frozenset[str]]:
    """The pages by their path below the database's, with the names that their parameters may be about."""
    from datasette_plugins.transfer_ledger.app import DATABASE, metadata

    described = metadata()["databases"][DATABASE]
    found = {name: frozenset(described["tables"][name]["columns"]) for name in BROWSABLE}
    found |= {name: frozenset(query.get("params", ())) for name, query in described["queries"].items()}
    return {f"/{DATABASE}/{name}{ending}": of for name, of in found.items() for ending in ("", ".json", ".csv")}


def may(path: str, role: Role) -> bool:
    """Whether somebody of this role may open this page of Datasette's."""
    return role in READERS and path in _open()


def problem(path: str, query: Sequence[tuple[str, str]]) -> str | None:
    """Why Datasette is not given these parameters, or None: what it would choke on is refused in a sentence."""
    names = _open()[path]
    if len(query) > _MOST:
        return f"This page takes at most {_MOST} parameters."
    for name, value in query:
        if not _fits(name, value, names) or len(value) > 200:
            return f"This page knows no parameter “{name[:40]}” with such a value."
    return None


def _fits(name: str, value: str, names: frozenset[str]) -> bool:
    column, _, operator = name.rpartition("__")
    if name in names or (column in names and operator in _OPERATORS):
        return True
    if name in ("_sort", "_sort_desc", "_facet", "_facet_array", "_filter_column"):
        return value in names or (name == "_filter_column" and not value)
    if re.fullmatch(r"_filter_column_[0-9]", name):
        return value in names or not value
    if re.fullmatch(r"_filter_op(_[0-9])?", name):
        return value in _OPERATORS or value in ("isblank__1", "notblank__1")
    if re.fullmatch(r"_filter_value(_[0-9])?", name):
        return True
    return (
        (name == "_size" and _SIZE.fullmatch(value) is not None)
        or (name == "_next" and _NEXT.fullmatch(value) is not None)
        or (name == "_shape" and value in ("objects", "array", "arrays"))
        or (name in ("_stream", "_labels", "_dl") and value in ("on", "off", "1"))
    )
