"""Keeping columns up to date with a ledger that others write to.

Entries are taken in when a view is asked for; findings, which a check of this app replaces in its private file, are
read again in a background thread. Whatever happens to the ledger, what was read of two files is never mixed.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import NoReturn

from datasette_plugins.transfer_ledger.columns import finding, read
from datasette_plugins.transfer_ledger.columns.codes import Called
from datasette_plugins.transfer_ledger.columns.found import Findings
from datasette_plugins.transfer_ledger.columns.schools import Schools
from datasette_plugins.transfer_ledger.columns.table import Table
from datasette_plugins.transfer_ledger.columns.view import Known, View
from datasette_plugins.transfer_ledger.guard import guard
from datasette_plugins.transfer_ledger.verdicts import Verdicts, attach
from ledger.errors import Refused
from ledger.schema import MARKS
from ledger.seal import Head
from ledger.source import Source
from ledger.store import reading, sentences
from reports.context import Evidence
from reports.wording import Labels

_AT_ONCE = 25_000
"""So many new entries are taken in for one view: a tenth of a second. The next view goes on."""

_HASH = "SELECT CAST(hash AS BLOB) FROM entries WHERE seq = ?"


def _open(path: Path, verdicts: Path) -> sqlite3.Connection:
    from datasette_plugins.transfer_ledger.app import open_read_only  # which imports the app, and that this

    db = open_read_only(path)
    # What is not evidence, such as a column of `entries`, may hold bytes that are no text.
    db.text_factory = lambda data: str(data, "utf-8", "replace")
    attach(db, verdicts)
    guard(db)
    return db


def _known(path: Path) -> Known:
    with Source(path) as source:
        from ledger.register.read import load_law, load_vocabularies

        evidence = Evidence(
            recorded=(),
            adopted=tuple(source.registers()),
            organisations=source.organisations(),
            law=load_law(),
            vocabularies=load_vocabularies(),
        )
        return Known(evidence.adopted, evidence.organisations, Called(Labels(evidence)))


def _found(db: sqlite3.Connection) -> tuple[list[finding.Read], dict[int, int]]:
    """All findings, and the days of recording of the entries that those on no transfer are on."""
    found, recorded, hours = finding.read(db), dict[int, int](), read.Hours()
    for one in found:
        seq = one.finding.entries[0]
        if one.finding.id is None and seq not in recorded:
            entry = read.entry(db, seq)
            if entry is None:
                raise read.Unreadable
            recorded[seq] = hours[entry.recorded_at[:13]]
    return found, recorded


class Columns:
    """A ledger's columns. Any thread may ask for a view."""

    def __init__(self, path: Path, verdicts: Verdicts) -> None:
        """Reads all of the ledger at `path`. `Refused` as `ledger.source.Source`, and where it changes places."""
        self._path, self._verdicts = path, verdicts
        with Source(path):
            pass
        self._lock = threading.RLock()
        self._identity = self._on_disk()
        self._db = _open(path, verdicts.path)
        self._refused: Refused | None = None
        self._table = Table(lambda seq: read.entry(self._db, seq))
        self._size, self._hash = 0, b""
        self._erased = -1  # the newest entry that erased a value
        self._stale = True  # whether a register or an organisation came since `_known` was made
        self._checked: dict[str, str] = {}
        self._found: Findings | None = None
        self._thread: threading.Thread | None = None
        self._problem: Refused | None = None
        self._view: View | None = None
        self._schools: Schools | None = None
        try:
            while not self._take_in():
                pass
            self._known, self._stale = _known(path), False
            self._read_findings()
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Closes the file. Views that were handed out go on."""
        thread = self._thread
        if thread is not None:
            thread.join()
        with self._lock:
            self._refused = Refused("The ledger is closed.")
            self._db.close()

    # -- what the file is ------------------------------------------------------------------------------------

    def _on_disk(self) -> tuple[int, int]:
        try:
            found = os.stat(self._path)
        except OSError:
            raise Refused(
                f"The ledger {self._path} is no longer there: it was moved or deleted while it was being shown. Put it "
                "back and start the app again."
            ) from None
        return found.st_dev, found.st_ino

    def _other_file(self) -> Refused:
        return Refused(
            f"The file {self._path} is no longer the ledger that was being shown: it was replaced meanwhile. Make sure "
            "that it is the right one and start the app again."
        )

    def _same_file(self) -> None:
        """Opens the file again where another has its name: it is taken if it holds the newest entry that is known."""
        here = self._on_disk()
        if here == self._identity:
            return
        with sentences(self._path):
            db = _open(self._path, self._verdicts.path)
            if self._size == 0 or db.execute(_HASH, (self._size - 1,)).fetchone() != (self._hash,):
                db.close()
                raise self._other_file()
        self._db.close()
        self._db, self._identity = db, here

    def stands(self) -> None:
        """Makes sure that the file is still the ledger that is shown. `Refused` where it was replaced or deleted.

        What else is read of the file, of single entries and by Datasette, is asked for after this. Findings that may
        quote what was erased meanwhile are gone then.
        """
        with self._lock:
            self._same_file()
            with sentences(self._path):
                marks = tuple(self._db.execute(f"PRAGMA {name}").fetchone()[0] for name in MARKS)
                if marks != tuple(MARKS.values()):
                    raise Refused(
                        f"The file {self._path} is no ledger any more that this version of the program reads."
                    )
                if self._size and self._db.execute(_HASH, (self._size - 1,)).fetchone() != (self._hash,):
                    raise self._other_file()
                erased = "SELECT max(seq) FROM entries WHERE kind <> 'transfer' AND kind = 'erasure' AND seq >= ?"
                if (seq := self._db.execute(erased, (self._size,)).fetchone()[0]) is not None:
                    self._verdicts.forget(seq)

    # -- entries ---------------------------------------------------------------------------------------------

    def _take_in(self) -> bool:
        """Takes in some of the entries that are new; gives whether that was all of them."""
        if self._refused is not None:
            raise self._refused
        self._same_file()
        size = self._size
        with sentences(self._path), reading(self._db):
            if size and self._db.execute(_HASH, (size - 1,)).fetchone() != (self._hash,):
                self._refused = self._other_file()
                raise self._refused
            for seqs, entries in read.runs(self._db, size, _AT_ONCE):
                if entries is None:
                    self._refuse(seqs)
                try:
                    self._table.take(seqs, entries)
                except read.Unreadable:
                    self._refuse(seqs)
                self._size = seqs[-1] + 1
                kinds = {one.kind for one in entries}
                self._stale = self._stale or not kinds.isdisjoint({"register", "organisation"})
                if "erasure" in kinds:
                    # What was erased may be quoted by a finding of an earlier check.
                    self._found, self._erased = None, seqs[-1]
                    self._verdicts.forget(seqs[-1])
            if self._size > size:
                self._hash = self._db.execute(_HASH, (self._size - 1,)).fetchone()[0]
                self._view = None
            whole: bool = self._db.execute("SELECT max(seq) FROM entries").fetchone()[0] == self._size - 1
        return whole

    def _refuse(self, seqs: list[int]) -> NoReturn:
        try:
            read.refuse(self._path, seqs)
        except Refused as error:
            self._refused = error
            raise

    # -- findings --------------------------------------------------------------------------------------------

    def _checked_now(self) -> dict[str, str]:
        with sentences(self._path):
            return dict(self._db.execute("SELECT name, value FROM verdicts.checked"))

    def _read_findings(self) -> None:
        """Reads the findings over a connection of its own, and puts them in place."""
        with sentences(self._path), closing(_open(self._path, self._verdicts.path)) as db, reading(db):
            checked = dict(db.execute("SELECT name, value FROM verdicts.checked"))
            size = int(checked.get("size", 0))
            try:
                found, recorded = _found(db)
            except read.Unreadable:
                raise self._other_file() from None
        with self._lock:
            while self._size < size and not self._take_in():
                pass
            rows, shapes = self._table.now(), self._table.shapes
        codes = shapes.parties, shapes.purposes
        # Not under the lock: requests go on meanwhile.
        try:
            made = Findings(found, rows, codes, recorded)
        except read.Unreadable:
            raise self._other_file() from None
        with self._lock:
            if self._erased < size or not checked:  # else the next view reads them again
                self._found, self._checked, self._view = made, checked, None

    def _in_background(self) -> None:
        try:
            self._read_findings()
        except Refused as error:
            self._problem = error  # the next view tries again
        finally:
            self._thread = None

    def _keep_findings(self) -> None:
        checked = self._checked_now()
        if self._found is not None and checked == self._checked:
            return
        if not checked or self._found is None:
            # Something was erased: what was found before is not shown for a moment longer.
            shapes = self._table.shapes
            self._found = Findings([], self._table.now(), (shapes.parties, shapes.purposes), {})
            self._checked, self._view = {}, None
        if checked and self._thread is None:
            self._problem = None
            self._thread = threading.Thread(target=self._in_background, name="findings", daemon=True)
            self._thread.start()

    # -- views -----------------------------------------------------------------------------------------------

    def view(self) -> View:
        """The ledger as it is now. After very many entries at once, as it was after some of them.

        `Refused` where the file was replaced or deleted, or holds what cannot be read.
        """
        with self._lock:
            self._take_in()
            self._keep_findings()
            assert self._found is not None
            if self._stale:
                self._known, self._view = _known(self._path), None
                self._stale = False
            if self._view is None:
                rows, shapes = self._table.now(), self._table.shapes
                self._schools = Schools(self._known.organisations, shapes.parties, rows.shapes, self._schools)
                self._view = View(
                    Head(self._size, self._hash.decode("ascii", "replace")),
                    rows,
                    shapes,
                    self._known,
                    self._schools,
                    self._found,
                    self._checked,
                )
            return self._view

    def settle(self) -> None:
        """Waits until all entries and the findings of the last check are in. `Refused` where they cannot be read."""
        while True:
            with self._lock:
                whole = self._take_in()
                self._keep_findings()
                thread = self._thread
            if thread is not None:
                thread.join()
                if self._problem is not None:
                    raise self._problem
            elif whole:
                return
