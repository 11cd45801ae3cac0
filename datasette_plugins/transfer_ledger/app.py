"""Datasette over one live ledger: how it is opened, and with which settings.

All that knows Datasette's own classes is here, so that a move to 1.0 is a change of this module and of the hooks
(docs/decisions/0009-the-app.md lists what it would touch). The database is always called `ledger`, whatever the file's
name, so that `metadata.yml` and every link mean the same everywhere. It is opened read-only over its WAL, never as
immutable: an entry recorded meanwhile shows on the next page.

The app's own pages are not Datasette's: `front` answers them, and hands on what is Datasette's to answer.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from datasette.app import Datasette
from datasette.database import Database, connections
from datasette.utils import parse_metadata
from datasette.views.base import DatasetteError

from datasette_plugins.transfer_ledger import unusable
from datasette_plugins.transfer_ledger.verdicts import VIEWS, attach
from datasette_plugins.transfer_ledger.web import without_place
from ledger.errors import Refused

DATABASE = "ledger"


COUNT_MILLISECONDS = 500
"""So long a page waits for how many rows there are, and for each facet; our own pages have both at once."""

SETTINGS: dict[str, Any] = {
    "allow_download": False,
    "default_allow_sql": False,
    "default_page_size": 50,
    # At a million transfers a count over a view takes seconds, and Datasette waits for it.
    "facet_time_limit_ms": COUNT_MILLISECONDS,
    "max_returned_rows": 2000,
    "sql_time_limit_ms": 5000,
    # Guessing which columns might make a facet reads them all; ours are named in metadata.yml.
    "suggest_facets": False,
}


class LedgerDatabase(Database):  # type: ignore[misc]  # Datasette 0.65 ships no types
    """The one database of the app: a ledger, read-only. Its tables have no pages; the views have."""

    def __init__(self, datasette: Any, path: Path, verdicts: Path) -> None:
        super().__init__(datasette, path=str(path), is_mutable=True)
        self.path_, self._verdicts = path, verdicts
        self._files: dict[sqlite3.Connection, tuple[int, int] | None] = {}

    def connect(self, write: bool = False) -> sqlite3.Connection:
        """A read-only connection; the `prepare_connection` hook guards it before its first use."""
        if write:
            raise Refused("The app only reads; `transfer-ledger record` and `correct` write.")
        connection = open_read_only(self.path_)
        attach(connection, self._verdicts)
        self._all_file_connections.append(connection)
        self._files[connection] = self._file()
        return connection

    def _file(self) -> tuple[int, int] | None:
        try:
            found = os.stat(self.path_)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _current(self, connection: sqlite3.Connection) -> sqlite3.Connection:
        """The connection, or a new one in its place where the ledger's name leads to another file by now."""
        if self._files.get(connection) == self._file():
            return connection
        made = self.connect()
        self.ds._prepare_connection(made, self.name)
        setattr(connections, self.name, made)
        self._files.pop(connection, None)
        self._all_file_connections.remove(connection)
        connection.close()
        return made

    async def execute_fn(self, fn: Callable[[sqlite3.Connection], Any]) -> Any:
        """`fn` over a browsing connection. What cannot be read, or is no ledger of ours, is told in a sentence."""
        try:
            return await super().execute_fn(lambda connection: fn(self._current(connection)))
        except Refused as error:
            raise _cannot_be_shown(without_place(str(error), self.path_)) from None
        except sqlite3.DatabaseError as error:
            if (why := unusable.sentence(error)) is None:
                raise
            raise _cannot_be_shown(why) from None

    async def execute(self, sql: str, params: Any = None, *others: Any, **more: Any) -> Any:
        """The rows of a statement; a count of all rows of a view, only if it is soon done."""
        if sql.startswith("select count(*) from "):
            more.setdefault("custom_time_limit", COUNT_MILLISECONDS)
        return await super().execute(sql, params, *others, **more)

    async def view_names(self) -> list[str]:
        """The ledger's view and those of its findings, which each connection makes for itself."""
        return [*await super().view_names(), *VIEWS]

    async def get_view_definition(self, view: str) -> str | None:
        """How a view is defined; None where there is none."""
        definition: str | None = VIEWS.get(view) or await super().get_view_definition(view)
        return definition

    async def table_counts(self, limit: int = 10) -> dict[str, int | None]:
        """No counts: a stock page would count every table, those that it may not read too."""
        return dict.fromkeys(await self.table_names())

    async def hidden_table_names(self) -> list[str]:
        """All tables: what people browse are the views."""
        names: list[str] = await self.table_names()
        return names


def _cannot_be_shown(sentence: str) -> Exception:
    # The one class of exception for which Datasette shows a page and prints no traceback.
    error: Exception = DatasetteError(sentence, title="This cannot be shown", status=503)
    return error


def open_read_only(path: Path) -> sqlite3.Connection:
    """A read-only connection to the ledger at `path` and its WAL, for use in any thread; not guarded yet.

    `Refused` where SQLite cannot open it: a live ledger needs its shared memory beside it, even to be read.
    """
    try:
        # As a URI, so that a `?` or `%` in a file's name stays a part of its name.
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False, timeout=10)
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.DatabaseError as error:
        raise Refused(
            f"{path}: SQLite cannot read the live ledger ({error}). To be browsed, it must lie in a folder where its "
            f"-wal and -shm files can be kept; copy it to one."
        ) from None
    return db


def metadata() -> dict[str, Any]:
    """`metadata.yml`: titles, described columns, facets and saved queries."""
    text = (resources.files(__package__) / "metadata.yml").read_text("utf-8")
    read: dict[str, Any] = parse_metadata(text)
    return read


def make(path: Path, verdicts: Path, prefix: str = "", plugins: Mapping[str, Any] | None = None) -> Any:
    """Datasette over the ledger at `path` and the findings at `verdicts`, below `prefix`.

    The caller has made sure that it is a ledger.

    `plugins` is the plugins' part of its metadata.
    """
    from datasette import handle_exception  # after datasette.app, on which it stands in a circle

    # Where rich is installed, Datasette prints every refusal, a mistyped address too, with all local variables, among
    # which may be what people typed. A mistake in this program is still printed, as a plain traceback.
    handle_exception.rich = None
    settings = {**SETTINGS, "base_url": f"{prefix}/"}
    datasette = Datasette([], settings=settings, metadata={**metadata(), "plugins": dict(plugins or {})})
    datasette.remove_database("_memory")
    datasette.add_database(LedgerDatabase(datasette, path, verdicts), name=DATABASE)
    return datasette


def ledger_of(datasette: Any) -> LedgerDatabase | None:
    """The ledger that `make` opened, or None in a Datasette that somebody started otherwise."""
    found = datasette.databases.get(DATABASE)
    return found if isinstance(found, LedgerDatabase) else None


def close(datasette: Any) -> None:
    """Closes the connections of the ledger that `make` opened."""
    if (found := ledger_of(datasette)) is not None:
        found.close()
