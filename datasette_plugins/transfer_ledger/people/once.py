"""Links that sign in once: for the first look on one's own machine, which needs no password.

Looking at a link's page spends nothing, since programs that fetch ahead look too; its button does. What is kept, in
memory, is the SHA-256 of each.
"""

from __future__ import annotations

import hashlib
import threading
from datetime import datetime, timedelta

from datasette_plugins.transfer_ledger.roles import Role
from ledger.disclosure import base64url
from ledger.seal import Entropy

LASTS = timedelta(minutes=10)
MOST = 100
"""Links that wait; the oldest goes when one more is made."""


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8")).hexdigest()


class Links:
    """The links that were made and not spent yet."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._waiting: dict[str, tuple[Role, datetime]] = {}
        self._lock = threading.Lock()

    def make(self, role: Role, now: datetime) -> str:
        """A link for somebody of this role, to be spent within ten minutes; its secret part."""
        token = base64url(self._entropy(32))
        with self._lock:
            while len(self._waiting) >= MOST:
                del self._waiting[next(iter(self._waiting))]
            self._waiting[_digest(token)] = role, now + LASTS
        return token

    def role(self, token: str, now: datetime) -> Role | None:
        """Whose link it is, while it can be spent."""
        role, until = self._waiting.get(_digest(token), (None, now))
        return role if now < until else None

    def spend(self, token: str, now: datetime) -> Role | None:
        """The same, once; of many who ask at the same moment, one is answered."""
        with self._lock:
            role, until = self._waiting.pop(_digest(token), (None, now))
        return role if now < until else None
