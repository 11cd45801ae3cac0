"""What all pages about entries need besides the entry: the adopted registers, the organisations and their names.

To read the registers anew for each page would take longer than all the rest; a running app has them (`View`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from ledger.members import Organisation
from ledger.register.read import load_law, load_vocabularies
from ledger.source import Adopted, Source
from reports.context import Evidence
from reports.wording import Labels


class Shared(Protocol):
    """What `View` has of a ledger, and `shared_of` reads."""

    @property
    def labels(self) -> Labels:
        """Names for people."""

    @property
    def registers(self) -> tuple[Adopted, ...]:
        """The adopted versions, oldest adoption first."""

    @property
    def organisations(self) -> Mapping[str, Organisation]:
        """The newest entry of each organisation, by its id."""


class Read(NamedTuple):
    """The same, read from the file."""

    labels: Labels
    registers: tuple[Adopted, ...]
    organisations: Mapping[str, Organisation]


def shared_of(source: Source) -> Read:
    """Reads it. It takes some hundred milliseconds where registers are long."""
    adopted, organisations = tuple(source.registers()), source.organisations()
    evidence = Evidence(
        recorded=(), adopted=adopted, organisations=organisations, law=load_law(), vocabularies=load_vocabularies()
    )
    return Read(Labels(evidence), adopted, organisations)
