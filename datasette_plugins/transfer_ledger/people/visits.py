"""When somebody was here last: what happened since is what they want to see first.

A visit ends with half an hour without a request. Every request is noticed, in memory; that is written when somebody
asks when they were last here, so that no other request waits for the disk. What is lost when the machine stops is how
long the last visit was.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import datetime, timedelta

from datasette_plugins.transfer_ledger.people.beside import Beside
from ledger.errors import Refused
from ledger.london import instant, utc_text

ENDS_AFTER = timedelta(minutes=30)


class Visits:
    """For each person the visit that lasts, and the one before it."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside
        self._lock = threading.Lock()
        self._there: dict[str, tuple[datetime, datetime | None]] = {}
        self._unwritten: set[str] = set()
        for person, (last, before) in beside.visits().items():
            with suppress(Refused):
                if (moment := instant(last)) is not None:
                    self._there[person] = moment, instant(before) if before else None

    def notice(self, person: str, now: datetime) -> None:
        """Somebody asks for something."""
        with self._lock:
            last, before = self._there.get(person, (now, None))
            self._there[person] = max(now, last), last if now - last > ENDS_AFTER else before
            self._unwritten.add(person)

    def before(self, person: str) -> datetime | None:
        """When the visit before this one ended; None for the first."""
        return self._there.get(person, (None, None))[1]

    def write(self) -> None:
        """Writes what was noticed."""
        with self._lock:
            moved = {person: self._there[person] for person in self._unwritten}
            self._unwritten.clear()
        if moved:
            self._beside.keep_visits(
                {
                    person: (utc_text(last), utc_text(before) if before else None)
                    for person, (last, before) in moved.items()
                }
            )
