"""Which shapes are whose: a school's transfers are those that it sent, got, or is named in, under any id it had."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from datasette_plugins.transfer_ledger.columns.codes import Codes, Ints, Mask
from datasette_plugins.transfer_ledger.columns.shapes import Shapes
from ledger.members import UNLISTED, Organisation

SCHOOL = "school"
"""The role of an organisation that is a school."""


class Schools:
    """The schools that the ledger knows, and the shapes of their transfers. Nothing in it changes."""

    def __init__(
        self,
        organisations: Mapping[str, Organisation],
        parties: Codes,
        shapes: Shapes,
        before: Schools | None = None,
    ) -> None:
        """`before` are those of an earlier moment of the same table: only what is new since is then looked at."""
        self._organisations = organisations
        self._former = {former: one.id for one in organisations.values() for former in one.former_ids}
        self.parties, self.shapes = parties, shapes
        self.ids: list[str] = []
        self._school = self._of_codes()
        self.of_shape, self.of_school = self._pairs(before)

    def present(self, id_: str) -> str:
        """The id that an organisation has now; of any other party, its id."""
        return id_ if id_ in self._organisations else self._former.get(id_, id_)

    def ids_of(self, id_: str) -> tuple[str, ...]:
        """All ids that the organisation has or had."""
        one = self._organisations.get(self.present(id_))
        return (id_,) if one is None else (one.id, *one.former_ids)

    def of_parties(self, ids: tuple[str, ...]) -> Mask:
        """Which codes of parties are one of `ids`."""
        found = np.zeros(self.shapes.parties, np.bool_)
        for id_ in ids:
            if 0 <= (code := self.parties.find(id_)) < len(found):
                found[code] = True
        return found

    def mask(self, id_: str) -> Mask:
        """The shapes of the transfers of the school that has or had this id."""
        return self.shapes.of_parties(self.of_parties(self.ids_of(id_)))

    def _of_codes(self) -> Ints:
        """The place in `ids` of the school that each code of a party means, -1 for none."""
        places, named = dict[str, int](), np.zeros(self.shapes.parties, np.bool_)
        named[self.shapes.school.code] = True
        found = np.full(self.shapes.parties, -1, np.int64)
        for code, id_ in enumerate(self.parties.texts[: self.shapes.parties]):
            present = self.present(id_)
            one = self._organisations.get(present)
            if id_ != UNLISTED and (named[code] or (one is not None and one.role == SCHOOL)):
                found[code] = places.setdefault(present, len(places))
        self.ids = list(places)
        return found

    def _goes_on(self, before: Schools) -> bool:
        """Whether what was a school then still is, and nothing else of what was there then became one."""
        same = np.array_equal(self._school[: len(before._school)], before._school)
        return same and self.ids[: len(before.ids)] == before.ids

    def _pairs(self, before: Schools | None) -> tuple[Ints, Ints]:
        shapes, first = self.shapes, 0
        if before is not None and self._goes_on(before):
            first = before.shapes.count
        new, named = np.arange(first, shapes.count), int(np.searchsorted(shapes.school.shape, first))
        of = np.concatenate((new, new, shapes.school.shape[named:]))
        codes = np.concatenate((shapes.sender[first:], shapes.recipient[first:], shapes.school.code[named:]))
        whose = np.append(self._school, -1)[codes]  # the last is that of no party, whose code is -1
        width = max(len(self.ids), 1)
        keys = np.sort(of[whose >= 0] * width + whose[whose >= 0])
        shape, place = np.divmod(keys[np.diff(keys, prepend=-1) > 0], width)
        if before is None or not first:
            return shape, place
        return np.concatenate((before.of_shape, shape)), np.concatenate((before.of_school, place))
