"""Verbs that share a transaction, with one COMMIT for all that stood.

A COMMIT waits for the disk, so those that record at the same moment should wait for it once. Alone, a verb is a
transaction; within `together` it is a savepoint, so that one that is refused leaves the others. Where SQLite itself
undid the transaction (a full disk), nothing of it may go on: a savepoint would then begin another transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from ledger import store
from ledger.errors import Refused


def _nothing(_: sqlite3.Connection) -> AbstractContextManager[None]:
    return nullcontext()


class Transactions:
    """The transactions of one connection. `undone` is called whenever something that was written is taken back."""

    def __init__(self, path: Path, db: sqlite3.Connection, undone: Callable[[], None]) -> None:
        self._path, self._db, self._undone = path, db, undone
        self._begin: Callable[[sqlite3.Connection], AbstractContextManager[None]] = store.writing
        self._lost: Refused | None = None

    @contextmanager
    def verb(self) -> Iterator[None]:
        """All that is done within is kept, or nothing. Raises what it raises, and `Refused` for what SQLite says."""
        self._go_on()
        begin = self._begin
        try:
            with store.sentences(self._path), begin(self._db):
                yield
                self._go_on()
        except BaseException as error:
            self._undone()
            alone = begin is store.writing or (begin is store.part and self._db.in_transaction)
            if self._lost is None and not alone:
                nothing = f"{self._path}: the transaction was undone ({type(error).__name__}); nothing was recorded."
                self._lost = error if isinstance(error, Refused) else Refused(nothing)
            raise

    @contextmanager
    def together(self, whole: bool = False) -> Iterator[None]:
        """One transaction for all verbs within; one that is refused leaves the others, if the caller catches it.

        `whole` is quicker, where none is expected to be refused: one that is undoes them all. Within another, either
        is a part of that one, to do several verbs or none. Raises `Busy` at the beginning, and `Refused` at the end
        where nothing of it was kept, whatever the verbs within had said.
        """
        if self._begin is not store.writing:
            with self.verb():
                yield
            return
        try:
            with self.verb():
                # A savepoint has SQLite copy every page that is changed after it, which takes as long as the inserts.
                self._begin = _nothing if whole else store.part
                try:
                    yield
                finally:
                    self._begin = store.writing
        finally:
            self._lost = None

    def _go_on(self) -> None:
        if self._lost is not None:
            raise Refused(str(self._lost))
