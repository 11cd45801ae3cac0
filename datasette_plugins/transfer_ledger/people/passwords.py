"""Whether a password is somebody's: what datasette-auth-passwords says, after one and the same work for everybody.

A name that nobody has costs as many rounds as any other, and a hash of fewer rounds than the longest is made up for:
how long the answer takes tells nothing. So that sign-ins cannot take the whole processor, two are looked at at a
time, and few wait.
"""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Mapping

from datasette_auth_passwords import utils

from datasette_plugins.transfer_ledger.people import secrets
from datasette_plugins.transfer_ledger.people.limits import TooMany
from datasette_plugins.transfer_ledger.people.settings import Account
from ledger.disclosure import base64url
from ledger.seal import Entropy

AT_ONCE = 2
WAITING = 2
"""More would take the turns of those who are signed in and read (`front` gives eight)."""
LONGEST = 1000
"""Characters of a password; each is hashed once, so this is for the sake of a bound alone."""


class Passwords:
    """The hashes of those who have one."""

    def __init__(self, people: Mapping[str, Account], entropy: Entropy) -> None:
        self._hashes = {key: one.secret.value for key, one in people.items() if one.secret is not None}
        self._rounds = {key: secrets.iterations(value) for key, value in self._hashes.items()}
        self._most = max(self._rounds.values(), default=secrets.FEWEST_ITERATIONS)
        # What is looked at where there is no such person: the hash of no password that anybody will find.
        found = b64encode(entropy(32)).decode("ascii")
        self._nobody = f"{utils.ALGORITHM}${self._most}${base64url(entropy(24))}${found}"
        self._there = threading.BoundedSemaphore(AT_ONCE + WAITING)
        self._turn = threading.BoundedSemaphore(AT_ONCE)

    def right(self, id_: str, password: str) -> bool:
        """Whether it is the password of `id_`. `TooMany` where too many are being looked at now."""
        if not self._there.acquire(blocking=False):
            raise TooMany("Several people are signing in at this moment; try again in a few seconds.", 5)
        try:
            with self._turn:
                known = id_ in self._hashes
                found = utils.verify_password(password[:LONGEST], self._hashes[id_] if known else self._nobody)
                if (left := self._most - self._rounds.get(id_, self._most)) > 0:
                    utils.hash_password(password[:LONGEST], "the rounds that are left", left)
                return bool(found and known and len(password) <= LONGEST)
        finally:
            self._there.release()
