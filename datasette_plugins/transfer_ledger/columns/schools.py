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

    def __init__(self, organisations: Mapping[str, Organisation], parties: Codes, shapes: Shapes) -> None:
        self._organisations = organisations
        self._former = {former: one.id for one in organisations.values() for former in one.former_ids}
        self.parties, self.shapes = parties, shapes
        self.ids: list[str] = []
        self.of_shape, self.of_school = self._pairs()

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

    def _pairs(self) -> tuple[Ints, Ints]:
        shapes, places = self.shapes, dict[str, int]()
        named = np.zeros(shapes.parties, np.bool_)
        named[shapes.school.code] = True
        school = np.full(shapes.parties + 1, -1, np.int64)  # the last is that of no party, whose code is -1
        for code, id_ in enumerate(self.parties.texts[: shapes.parties]):
            present = self.present(id_)
            one = self._organisations.get(present)
            if id_ != UNLISTED and (named[code] if one is None else one.role == SCHOOL or named[code]):
                school[code] = places.setdefault(present, len(places))
        self.ids = list(places)
        all_ = np.arange(shapes.count)
        of = np.concatenate((all_, all_, shapes.school.shape))
        whose = school[np.concatenate((shapes.sender, shapes.recipient, shapes.school.code))]
        once = np.unique(of[whose >= 0] * max(len(places), 1) + whose[whose >= 0])
        shape, place = np.divmod(once, max(len(places), 1))
        return shape, place
