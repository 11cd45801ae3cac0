"""The known names of one ledger: made from the facts of law, the sealed registers and the sealed organisations.

A writer keeps them in the file, so that recording one transfer reads no YAML, with a stamp of what they were made
from; where the stamp is an older one, they are stale and made anew. The verifier makes them again and compares.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from ledger.members import AnyEntry, Organisation, Register

ENTRIES = "kind <> 'transfer' AND kind IN ('organisation', 'register')"
"""The entries that names are made from, as SQL; so put that the partial index on kinds serves it."""


@cache
def _built_in_digest() -> str:
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted([folder / "law.yml", *(folder / "vocabularies").glob("*.yml")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stamp(newest: int | None) -> str:
    """What names are made from: the built-in files, and `newest`, the last seq among `ENTRIES`."""
    return f"{_built_in_digest()}:{newest}"


def names(entries: Iterable[AnyEntry], document: Callable[[str], str]) -> list[tuple[str, str, str]]:
    """Every known name as (folded text, kind, id); `entries` in their order, `document` a register's text by digest."""
    from ledger.register.names import known_names
    from ledger.register.read import load_law, load_vocabularies, read_sealed

    registers, organisations = {}, {}
    for one in entries:
        if isinstance(one, Organisation):
            organisations[one.id] = one
        elif isinstance(one, Register):
            found = read_sealed(document(one.sha256).encode("utf-8"), one.seq)
            registers[found.id] = found
    return known_names(load_law(), load_vocabularies(), registers.values(), organisations.values())
