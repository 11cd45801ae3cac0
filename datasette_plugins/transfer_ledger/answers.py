"""What forms were answered with, kept for a while so that a browser can read it again: after Back, or a reload.

A form is answered by sending the browser on (303) to a page of its own. Were the page itself the answer to the form,
Back would end in the browser's own error, and a reload would send the form once more.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import NamedTuple

from starlette.responses import HTMLResponse

from datasette_plugins.transfer_ledger.roles import Person
from ledger.seal import Entropy

KEPT = timedelta(hours=1)
MOST = 256
MOST_OF_ONE = 32
"""So many are kept, of all people and of one; the oldest goes."""


class _Answer(NamedTuple):
    whose: tuple[str, str]
    until: datetime
    status: int
    packed: bytes


class Answers:
    """The answers, in memory alone. Each is for the session that asked; no other is told that it is there."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Answer] = OrderedDict()

    def keep(self, person: Person, page: HTMLResponse, now: datetime, entropy: Entropy) -> str:
        """Keeps a page, and gives the id under which it is read."""
        whose = person.id, person.csrf
        own = [id_ for id_, one in self._kept.items() if one.whose == whose]
        late = [id_ for id_, one in self._kept.items() if one.until < now]
        for id_ in {*own[: len(own) + 1 - MOST_OF_ONE], *late}:
            del self._kept[id_]
        while len(self._kept) >= MOST:
            self._kept.popitem(last=False)
        id_ = entropy(16).hex()
        self._kept[id_] = _Answer(whose, now + KEPT, page.status_code, zlib.compress(bytes(page.body), 1))
        return id_

    def read(self, person: Person, id_: str, now: datetime) -> HTMLResponse | None:
        """The page with this id, for whoever asked for it; None where it is not theirs, or not kept any more."""
        one = self._kept.get(id_)
        if one is None or one.whose != (person.id, person.csrf) or one.until < now:
            return None
        return HTMLResponse(zlib.decompress(one.packed), one.status, {"cache-control": "no-store"})
