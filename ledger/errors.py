"""One exception for everything a person can mend: its text is the sentence they read.

Pure code says what is wrong and what was expected; the edge that knows the file, line, column or entry puts
that in front with `at`. A subclass exists only where some caller catches it.
"""

from __future__ import annotations


class Refused(Exception):
    """What was asked cannot be done, and nothing was changed. The text is a whole sentence (exit status 2)."""

    def at(self, place: str) -> Refused:
        """The same refusal with the `place` (a file, line, column or entry) in front of its sentence."""
        return type(self)(f"{place}: {self}")


class Conflict(Refused):
    """The same id stands for another content already: the importer lists it among the bad rows."""


class Busy(Refused):
    """Another process holds the ledger's write lock for longer than we wait."""


class NotGenuine(Refused):
    """The evidence is readable and does not prove what it should: exit status 1."""
