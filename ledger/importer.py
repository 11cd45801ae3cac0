"""A whole file of transfers into the ledger: looked at first, then sealed in one transaction, or not at all.

The file is read twice, so that neither pass holds it: `examine` finds every bad row at once and what would be kept
as unlisted; `bring_in` reads it again and appends. Should the file change in between, nothing is recorded.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ledger.entry import encode
from ledger.errors import Refused
from ledger.intake.open import read
from ledger.settle import Content, rehearse
from ledger.writer import Ledger, Receipt

if TYPE_CHECKING:
    from ledger.intake.mapping import Map
    from ledger.intake.row import Row
    from ledger.intake.set_aside import SetAside

MOST_SENTENCES = 1000
"""So many problems are listed; a file with more has one cause, and the count says how many there are."""

_MOST_NAMES = 10_000


class Examined(NamedTuple):
    """What a first reading found: how many rows are good and bad, the bad rows' sentences, the unlisted texts."""

    good: int
    bad: frozenset[int]
    sentences: list[str]
    unlisted: Counter[tuple[str, str]]
    sha256: str


def digest(path: Path) -> str:
    """SHA-256 of the file at `path`, in hex. `Refused` where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}.") from None


def _content(ledger: Ledger, row: Row) -> Content:
    assert row.stated is not None
    return ledger.settle(*row.stated)._replace(row=row.number)


def examine(
    ledger: Ledger,
    path: Path,
    map_: Map | None = None,
    aside: SetAside | None = None,
    done: Callable[[int], None] = lambda count: None,
) -> Examined:
    """Reads the whole file and writes no entry; bad rows go to `aside` where it is given.

    Raises `Refused` for what makes the file as a whole unreadable.
    """
    good = 0
    bad: set[int] = set()
    sentences: list[str] = []
    unlisted = Counter[tuple[str, str]]()
    ids: dict[str, tuple[str, bytes]] = {}
    sha256 = digest(path)
    for count, row in enumerate(read(path, map_), start=1):
        problems = list(row.problems)
        if row.stated is not None:
            try:
                content = _content(ledger, row)
                rehearse(content)
            except Refused as error:
                problems.append(("", str(error)))
            else:
                problems += _conflicts(ledger, row, content, ids)
                for name, value in content.texts.items() if not problems else ():
                    if name.endswith("_as_given") and len(unlisted) < _MOST_NAMES:
                        texts = (value,) if isinstance(value, str) else value
                        unlisted.update((name.removesuffix("_as_given"), text) for text in texts)
        if problems:
            bad.add(row.number)
            sentences += row.sentences(path.name, problems) if len(sentences) < MOST_SENTENCES else []
            if aside is not None:
                aside.add(row, problems)
        else:
            good += 1
        if count % 500 == 0:
            done(count)
    return Examined(good, frozenset(bad), sentences, unlisted, sha256)


def _conflicts(ledger: Ledger, row: Row, content: Content, ids: dict[str, tuple[str, bytes]]) -> list[tuple[str, str]]:
    id_ = content.members.get("id")
    if id_ is None:
        return []
    said = hashlib.sha256(encode((content.members, content.texts))).digest()[:16]
    first, before = ids.setdefault(id_, (row.place, said))
    if before != said:
        return [("id", f"{id_} is the id of {first} too, with other content; give one of them another.")]
    conflict = ledger.conflict(content)
    return [] if conflict is None else [("id", conflict)]


def bring_in(
    ledger: Ledger,
    path: Path,
    examined: Examined,
    map_: Map | None = None,
    done: Callable[[int], None] = lambda count: None,
) -> list[Receipt]:
    """Seals the good rows of a file that `examine` read, in one transaction, with a `batch` entry before them.

    Raises `Refused` where the file is not the one that was examined, or has no good row.
    """
    if not examined.good:
        raise Refused(f"{path}: there is no row to import in it.")

    def contents() -> Iterator[Content]:
        for row in read(path, map_):
            if row.number not in examined.bad:
                if row.stated is None:
                    raise Refused(f"{path} changed while it was imported; nothing was recorded. Import it again.")
                yield _content(ledger, row)
        if digest(path) != examined.sha256:
            raise Refused(f"{path} changed while it was imported; nothing was recorded. Import it again.")

    digests = {"source_sha256": examined.sha256}
    if map_ is not None:
        digests["map_sha256"] = map_.sha256
    return ledger.append_many(contents(), (examined.good, digests), done)
