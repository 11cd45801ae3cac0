"""What no connection that a page is made over can do: write, read what was typed, or run a schema that is not ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from datasette_plugins.transfer_ledger import app, guard
from datasette_plugins.transfer_ledger.verdicts import Verdicts
from ledger import writer
from ledger.errors import Refused
from tests.codes import LEAD
from tests.plugins.asking import site_over
from tests.plugins.browsed import RANDOM, clock

pytestmark = pytest.mark.anyio

FORBIDDEN = [
    "SELECT * FROM disclosures",
    "SELECT count(*) FROM DISCLOSURES",
    "SELECT disclosure FROM main.disclosures AS d",
    "SELECT (SELECT name FROM disclosures) FROM transfers",
    "SELECT seq FROM entries WHERE seq IN (SELECT seq FROM disclosures)",
    "INSERT INTO verdicts.findings SELECT * FROM verdicts.findings",
    "DELETE FROM verdicts.checked",
    "DETACH verdicts",
    "UPDATE entries SET hash = ''",
    "CREATE TEMP TABLE t AS SELECT 1",
    "CREATE VIEW v AS SELECT 1",
    "DROP VIEW transfers",
    "ATTACH ':memory:' AS other",
    "PRAGMA writable_schema=ON",
    "PRAGMA query_only=OFF",
    "PRAGMA journal_mode=DELETE",
    "VACUUM",
    "SELECT load_extension('x')",
    "SELECT * FROM pragma_table_info('transfers'), disclosures",
]
NOT_THROUGH_DATASETTE = ["WITH t AS (SELECT * FROM documents) SELECT count(*) FROM t", "SELECT count(*) FROM names"]
"""Our own pages show adopted registers, which lie in `documents`."""

REFUSED = r"not authorized|prohibited|authorization denied"


@pytest.fixture
def datasette(kept: Path) -> Iterator[Any]:
    """Datasette over the shared ledger, as it stands behind the front."""
    verdicts = Verdicts()
    made = app.make(kept, verdicts.path)
    yield made
    app.close(made)
    verdicts.close()


@pytest.mark.parametrize("sql", FORBIDDEN + NOT_THROUGH_DATASETTE)
async def test_a_connection_of_datasettes_refuses(datasette: Any, sql: str) -> None:
    with pytest.raises(sqlite3.DatabaseError, match=REFUSED):
        await datasette.get_database("ledger").execute(sql, log_sql_errors=False)


# One page is one transaction, in which SQLite refuses VACUUM by itself.
@pytest.mark.parametrize("sql", [one for one in FORBIDDEN if one != "VACUUM"])
def test_a_connection_of_our_own_pages_refuses(copied: Path, sql: str) -> None:
    with site_over(copied) as site, site.reading() as source, pytest.raises(sqlite3.DatabaseError, match=REFUSED):
        source.db.execute(sql)


async def test_nothing_can_open_the_ledger_for_writing(datasette: Any) -> None:
    with pytest.raises(Refused, match="only reads"):
        datasette.get_database("ledger").connect(write=True)
    assert datasette.get_database("ledger").is_mutable  # immutable, it would show nothing that comes later


async def test_datasette_without_this_app_keeps_what_was_typed_too(kept: Path, tmp_path: Path) -> None:
    path = tmp_path / "plain.db"  # a name that stock Datasette can open
    with closing(sqlite3.connect(kept)) as db, closing(sqlite3.connect(path)) as copy:
        db.backup(copy)
    stock = app.Datasette([])
    stock.add_database(app.Database(stock, path=str(path)), name="other")
    assert (await stock.client.get("/other/transfers.json")).status_code == 200
    with pytest.raises(sqlite3.DatabaseError, match="prohibited"):
        await stock.get_database("other").execute("SELECT * FROM disclosures", log_sql_errors=False)
    assert (await stock.client.get("/-/entries/0")).status_code == 404
    stock.get_database("other").close()


def test_a_schema_that_is_not_ours_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "altered.db"
    writer.create(path, "shire.example/transfers", "Shire Council", clock, RANDOM, actor=LEAD)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP VIEW transfers")
        db.execute("CREATE VIEW transfers AS SELECT name, disclosure FROM disclosures")
    with closing(sqlite3.connect(path)) as db, pytest.raises(Refused, match="not those that this version creates"):
        guard.guard(db)


def test_a_ledger_that_cannot_be_opened_live_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="must lie in a folder where its -wal and -shm files can be kept"):
        app.open_read_only(tmp_path / "none" / "transfers.db")
