"""The browsing app as a Datasette plugin: the hooks, and nothing else.

Each hook hands on to the module that has the idea: `guard` for what a connection may read, `functions` for what it
may call, `pages` for our own pages, `render` for cells, `front` for who may ask at all. Every hook keeps to a ledger
that `app` opened; where Datasette was started on a ledger file without it, the guard and the functions alone apply.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from pluggy import HookimplMarker

hookimpl = HookimplMarker("datasette")
"""The marker that `datasette.hookimpl` is, from the package that types it."""


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Guards every connection to a ledger, however Datasette was started, and lets it ask for days in London."""
    from datasette_plugins.transfer_ledger import functions
    from datasette_plugins.transfer_ledger.guard import guard, is_ledger

    if is_ledger(conn):
        guard(conn)
        functions.register(conn)


@hookimpl
def register_routes(datasette: Any) -> list[tuple[str, Callable[..., Any]]]:
    """The overview instead of Datasette's front page, and a page for each entry."""
    from datasette_plugins.transfer_ledger.app import ledger_of

    if ledger_of(datasette) is None:
        return []
    from datasette_plugins.transfer_ledger.pages import entry, overview

    return [(r"^/$", overview.page), (r"^/-/entry/(?P<seq>[0-9]{1,16})$", entry.page)]


@hookimpl
def permission_allowed(datasette: Any, action: str, resource: Any) -> bool | None:
    """Refuses SQL from outside, the download of the file, and every table that is not for browsing."""
    from datasette_plugins.transfer_ledger.app import DATABASE, ledger_of
    from datasette_plugins.transfer_ledger.guard import BROWSABLE

    if ledger_of(datasette) is None:
        return None
    if action in ("execute-sql", "view-database-download", "debug-menu", "permissions-debug"):
        return False
    if action == "view-table" and resource[0] == DATABASE and resource[1] not in BROWSABLE:
        return False
    return None


@hookimpl
def render_cell(row: Any, value: Any, column: str, database: str, datasette: Any) -> Any:
    """Links to entry pages, readable lists, and badges."""
    from datasette_plugins.transfer_ledger.app import DATABASE, ledger_of
    from datasette_plugins.transfer_ledger.render import cell

    if database != DATABASE or ledger_of(datasette) is None:
        return None
    return cell(row, value, column, datasette.urls.path)


@hookimpl
def asgi_wrapper(datasette: Any) -> Callable[[Any], Any]:
    """Answers only this machine's own browser, and only what reads."""
    from datasette_plugins.transfer_ledger.app import ledger_of
    from datasette_plugins.transfer_ledger.front import reading_only

    if ledger_of(datasette) is None:
        return lambda app: app
    return reading_only
