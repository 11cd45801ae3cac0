"""The app as a Datasette plugin: the hooks, and nothing else.

Each hook hands on to the module that has the idea: `guard` for what a connection may read, `functions` for what it
may call, `render` for cells. Our own pages are not Datasette's: `front` stands before it. Every hook keeps to a ledger
that `app` opened; where Datasette was started on a ledger file without it, the guard and the functions alone apply.
"""

from __future__ import annotations

import sqlite3
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
def actor_from_request(request: Any) -> dict[str, str] | None:
    """Who asks, as the front found out; nobody, where nobody asked through it."""
    asked = request.scope.get("transfer_ledger")
    return None if asked is None else {"id": asked.who.id, "role": asked.who.role}


@hookimpl
def extra_template_vars(request: Any) -> dict[str, Any]:
    """What the shell of every page needs, on Datasette's pages too."""
    asked = None if request is None else request.scope.get("transfer_ledger")
    if asked is None:
        return {}
    from datasette_plugins.transfer_ledger.shell import environment

    return {"asked": asked, **environment().globals}


@hookimpl
def skip_csrf(scope: Any) -> bool:
    """Datasette is only ever asked to read here; what is posted, the front looks at."""
    return "transfer_ledger" in scope
