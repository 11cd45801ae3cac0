"""Who is signed in: what a cookie holds, and whom it means.

A cookie holds 256 random bits; kept is their SHA-256, so that whoever reads the file beside the ledger can sign in as
nobody. The secret of a session's forms is made from the same bits. All sessions are in memory, since every request asks
for one; each change is written through.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from datasette_plugins.transfer_ledger.people.beside import Beside, Kept, Logged
from datasette_plugins.transfer_ledger.people.settings import Account
from datasette_plugins.transfer_ledger.roles import Person
from ledger.disclosure import base64url
from ledger.london import utc_text
from ledger.seal import Entropy

MOST = 20
"""The sessions of one person: whoever signs in on more devices is signed out on the oldest."""

_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode("ascii")).hexdigest()


def _csrf(value: str) -> str:
    return base64url(hashlib.sha256(b"the forms of session " + value.encode("ascii")).digest())


def _mark(account: Account) -> str:
    return "" if account.secret is None else hashlib.sha256(account.secret.value.encode("ascii")).hexdigest()[:32]


class Sessions:
    """The sessions of the app whose cookies have the name `cookie`, among them those from before it started.

    One whose person is no longer there, or has another role or password now, is ended.
    """

    def __init__(self, beside: Beside, cookie: str, accounts: Mapping[str, Account], entropy: Entropy) -> None:
        self._beside, self._cookie, self._accounts, self._entropy = beside, cookie, accounts, entropy
        self._lock = threading.Lock()
        self._there: dict[str, Kept] = {}
        ended = []
        for one in beside.sessions(cookie):
            if self._stands(one):
                self._there[one.digest] = one
            else:
                ended.append(one.digest)
        if ended:
            beside.end_sessions(ended)

    def _stands(self, one: Kept) -> bool:
        account = self._accounts.get(one.person)
        return account is not None and (account.role, _mark(account)) == (one.role, one.mark)

    def _created(self, digest: str) -> str:
        return self._there[digest].created

    def begin(self, id_: str, now: datetime, length: timedelta, how: str) -> tuple[Person, str]:
        """Signs somebody in who is known: who they are, and what their cookie holds. `how` is for the log."""
        account, value = self._accounts[id_], base64url(self._entropy(32))
        kept = Kept(_digest(value), id_, account.role, _mark(account), utc_text(now), utc_text(now + length))
        line = Logged(0, utc_text(now), id_, account.role, "signed in", how)
        self._beside.keep_session(self._cookie, kept, line)
        with self._lock:
            for digest in [key for key, one in self._there.items() if one.expires <= kept.created]:
                del self._there[digest]
            self._there[kept.digest] = kept
            # Of those begun in the same second the one that came first: they stand in the order in which they came.
            own = sorted((key for key, one in self._there.items() if one.person == id_), key=self._created)
            over = [key for key in own if key != kept.digest][: max(0, len(own) - MOST)]
            for digest in over:
                del self._there[digest]
        if over:
            self._beside.end_sessions(over)
        return Person(id_, account.name, account.role, "session", _csrf(value)), value

    def resolve(self, value: str, now: datetime) -> Person | None:
        """Whom a cookie means now; None for nobody, or nobody any more."""
        if not _COOKIE.fullmatch(value):
            return None
        one = self._there.get(_digest(value))
        if one is None or one.expires <= utc_text(now):
            return None
        account = self._accounts[one.person]
        return Person(one.person, account.name, account.role, "session", _csrf(value))

    def end(self, value: str, now: datetime) -> None:
        """Signs out whoever has this cookie. In memory first: it holds even where it cannot be written."""
        if not _COOKIE.fullmatch(value):
            return
        digest = _digest(value)
        with self._lock:
            one = self._there.pop(digest, None)
        if one is not None:
            self._beside.end_sessions([digest], Logged(0, utc_text(now), one.person, one.role, "signed out", ""))

    def end_all(self, person: str) -> None:
        """Signs somebody out everywhere."""
        with self._lock:
            own = [digest for digest, one in self._there.items() if one.person == person]
            for digest in own:
                del self._there[digest]
        self._beside.end_sessions(own)
