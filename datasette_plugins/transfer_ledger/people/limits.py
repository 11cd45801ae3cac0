"""How often somebody may try to sign in: enough for whoever mistypes, too seldom for whoever guesses.

An attempt counts before its password is looked at, so that many at once are no way around; one that succeeds is taken
back. Names that nobody has are counted as those that somebody has: the answer tells nothing.
"""

from __future__ import annotations

import ipaddress
import math
import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TypeAlias

from ledger.errors import Refused

WINDOW = timedelta(minutes=15)
"""An attempt is forgotten after so long; whoever locked themselves out waits no longer."""
BOTH = 5
"""For one account from one address: a person mistypes two or three times; a guesser gets 480 a day."""
CLIENT = 20
"""For all accounts from one address: a school's staff may share one; a guesser with one password for all gets few."""
ACCOUNT = 100
"""For one account from all addresses: only somebody with twenty addresses gets there. Then nobody signs in to it for a
quarter of an hour; whoever is signed in stays so."""
MOST_KEYS = 20_000
"""So much is remembered. To push out one's own attempts takes this many others in a quarter of an hour, each with the
work of a password's check, from a thousand addresses."""

_Key: TypeAlias = tuple[str, str, str]
_MOST: dict[str, int] = {"both": BOTH, "client": CLIENT, "account": ACCOUNT}


class TooMany(Refused):
    """Not now: `retry` is after how many seconds it may be tried again."""

    def __init__(self, sentence: str, retry: int = 60) -> None:
        super().__init__(sentence)
        self.retry = retry


def network(client: str) -> str:
    """What an address counts as: an IPv6 one as its /64, of which one subscriber has all."""
    try:
        found = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


class Limits:
    """The attempts of the last quarter of an hour, in memory."""

    def __init__(self) -> None:
        self._tried: OrderedDict[_Key, list[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, account: str, client: str, now: datetime) -> int:
        """Counts an attempt; how many there are now for this account from here. `TooMany` where there were enough."""
        keys = self._keys(account, client)
        with self._lock:
            recent = {key: [at for at in self._tried.get(key, ()) if now - WINDOW < at] for key in keys}
            full = [at[0] for key, at in recent.items() if len(at) >= _MOST[key[0]]]
            if full:
                seconds = max(1, math.ceil((max(full) + WINDOW - now).total_seconds()))
                minutes = -(-seconds // 60)
                raise TooMany(
                    f"Too many attempts to sign in; try again in {minutes} minute{'s' if minutes > 1 else ''}.", seconds
                )
            for key, at in recent.items():
                self._tried[key] = [*at, now]
                self._tried.move_to_end(key)
            while len(self._tried) > MOST_KEYS:
                self._tried.popitem(last=False)
            return len(self._tried[keys[0]])

    def succeeded(self, account: str, client: str) -> None:
        """Takes the last attempt back, and those before it for this account from here."""
        self.take_back(account, client)
        with self._lock:
            self._tried.pop(self._keys(account, client)[0], None)

    def take_back(self, account: str, client: str) -> None:
        """Counts the last attempt no more: its password was right, or was not looked at."""
        with self._lock:
            for key in self._keys(account, client):
                if key in self._tried:
                    self._tried[key].pop()
                    if not self._tried[key]:
                        del self._tried[key]

    def _keys(self, account: str, client: str) -> tuple[_Key, ...]:
        here = network(client)
        return ("both", account, here), ("client", "", here), ("account", account, "")
