"""Ids and codes by number, and their names for people: a million transfers share a few hundred of them."""

from __future__ import annotations

import unicodedata
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ledger.members import NOT_STATED, UNLISTED
from reports.documents.findings import NOT_KNOWN
from reports.wording import Labels

Ints: TypeAlias = npt.NDArray[np.signedinteger[Any]]
Mask: TypeAlias = npt.NDArray[np.bool_]

NOBODY_SAID = "Not stated"


def fold(text: str) -> str:
    """`text` without the difference of capitals and accents, as words are looked for."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


class Codes(dict[str, int]):
    """Numbers for texts, from 0 in the order in which they first came; a text that is looked up gets one.

    Only ever added to, so that a snapshot is the count that it had. `find` looks up without adding.
    """

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.texts: list[str] = []

    def __missing__(self, text: str) -> int:
        self.texts.append(text)
        found = self[text] = len(self.texts) - 1
        return found

    def find(self, text: str) -> int:
        """The number of `text`, -1 where it never came."""
        return self.get(text, -1)


class Named(dict[str, str]):
    """What people call the codes of one kind, each worked out when it is first asked for."""

    def __init__(self, kind: str, label: Labels) -> None:
        super().__init__()
        self._kind, self._label = kind, label

    def __missing__(self, code: str) -> str:
        found = NOT_KNOWN if code == UNLISTED else NOBODY_SAID if code == NOT_STATED else self._label(code, self._kind)
        self[code] = found
        return found


class Called:
    """The names of all codes that came, for one state of the registers and organisations. Safe in any thread."""

    def __init__(self, label: Labels) -> None:
        self.label = label
        self._named: dict[str, Named] = {}
        self._folded: dict[str, list[str]] = {}
        self._ranks: dict[str, Ints] = {}

    def name(self, kind: str, code: str) -> str:
        """What people call `code`; itself, where nothing gives it a name."""
        named = self._named.get(kind)
        if named is None:
            named = self._named.setdefault(kind, Named(kind, self.label))
        return named[code]

    def _texts(self, codes: Codes, count: int) -> list[str]:
        found = self._folded.get(codes.kind, [])
        if len(found) < count:
            # Made whole and then put in place: another thread may be reading the one before.
            more = codes.texts[len(found) : count]
            found = found + [f"{fold(self.name(codes.kind, code))}\n{fold(code)}" for code in more]
            self._folded[codes.kind] = found
        return found

    def matching(self, codes: Codes, count: int, word: str) -> Mask:
        """Which of the first `count` codes have the folded `word` in their name or id."""
        return np.fromiter((word in text for text in self._texts(codes, count)[:count]), np.bool_, count)

    def ranks(self, codes: Codes, count: int) -> Ints:
        """A number for each of the first `count` codes, in the order of their names; later codes may lie between."""
        found = self._ranks.get(codes.kind)
        if found is None or len(found) < count:
            texts = self._texts(codes, count)[:count]
            found = np.empty(count, np.int32)
            found[sorted(range(count), key=texts.__getitem__)] = np.arange(count, dtype=np.int32)
            self._ranks[codes.kind] = found
        return found[:count]
