"""The people of a ledger, by their codes: who was issued one, as what, and who may confirm what somebody else did.

A ledger names nobody. Each entry that a person causes carries that person's code (`actor`), and a `person` entry says
from where on a code counts and in which role. The first entry's actor is the first person, as lead. Only issued codes
count as different people. What two codes can't prove stands in docs/THREATS.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from ledger.members import AnyEntry, Genesis, Person

Role: TypeAlias = Literal["lead", "dpo", "chair", "clerk"]

ROLES: dict[Role, str] = {
    "lead": "lead",
    "dpo": "data protection officer",
    "chair": "chair",
    "clerk": "clerk",
}
"""What people call a role."""

CONFIRMERS: frozenset[Role] = frozenset(("lead", "dpo", "chair"))
"""Who may confirm what somebody else did."""

Second: TypeAlias = Literal["second-person", "alone"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_CODE_LETTERS = 20  # of 32 kinds: 100 random bits, so that no two people ever get the same code


class Issued(NamedTuple):
    """That a code counts from entry `seq` on, in a role; `outside` is for somebody outside the organisation."""

    seq: int
    role: Role
    outside: bool


def new_code(entropy: Callable[[int], bytes]) -> str:
    """A new random code, as `p-` and 20 letters and digits."""
    number = int.from_bytes(entropy(13), "big")
    return "p-" + "".join(_ALPHABET[number >> 5 * place & 31] for place in range(_CODE_LETTERS))


class People:
    """Every code that a ledger issued, from its first entry and its `person` entries in their order."""

    def __init__(self, entries: Iterable[AnyEntry]) -> None:
        self._issued: dict[str, list[Issued]] = {}
        for entry in entries:
            if isinstance(entry, Genesis) and entry.actor is not None:
                self._issued.setdefault(entry.actor, []).append(Issued(entry.seq, "lead", False))
            elif isinstance(entry, Person):
                issued = Issued(entry.seq, entry.role, bool(entry.outside))
                self._issued.setdefault(entry.code, []).append(issued)

    def __iter__(self) -> Iterator[tuple[str, Issued]]:
        """Each code with what holds for it now, in the order of first issue."""
        return ((code, issues[-1]) for code, issues in self._issued.items())

    def joined_by(self, code: str, role: Role, seq: int) -> People:
        """The same list with this code, or another role for it, from entry `seq` on."""
        found = People(())
        found._issued = {**self._issued, code: [*self._issued.get(code, ()), Issued(seq, role, False)]}
        return found

    def issued(self, code: str | None, at: int) -> Issued | None:
        """What holds for `code` in entry `at`; None where it was not issued by then."""
        before = [issued for issued in self._issued.get(code or "", ()) if issued.seq < at or at == issued.seq == 0]
        return before[-1] if before else None

    def role(self, code: str | None, at: int) -> Role | None:
        """The role of `code` in entry `at`; None where it was not issued by then."""
        issued = self.issued(code, at)
        return None if issued is None else issued.role

    def second(self, confirmer: str | None, at: int, by: str | None, involved: Iterable[str | None]) -> Second | None:
        """What a confirmation in entry `at` counts for, of what `by` did on transfers that the `involved` stated.

        `second-person` where the confirmer is somebody else who may confirm and both codes were issued; `alone` where
        nobody else could have confirmed; None where it counts for nothing.
        """
        if self.role(confirmer, at) not in CONFIRMERS:
            return None
        if confirmer != by and confirmer not in set(involved) and self.role(by, at) is not None:
            return "second-person"
        others = (code for code in self._issued if code != confirmer and self.role(code, at) in CONFIRMERS)
        return "alone" if next(others, None) is None else None
