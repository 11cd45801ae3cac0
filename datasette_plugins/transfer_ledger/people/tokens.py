"""Which program a bearer token means: what datasette-auth-tokens says, asked without a Datasette.

The plugin compares in constant time. It awaits nothing where it looks no tokens up in a database, so it has answered
when it is first run.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import datasette_auth_tokens

from datasette_plugins.transfer_ledger.people.settings import Account


class Tokens:
    """The tokens of the programs that the settings name."""

    def __init__(self, programs: Mapping[str, Account]) -> None:
        known = [{"token": one.secret.value, "actor": {"id": key}} for key, one in programs.items() if one.secret]
        self._asked = SimpleNamespace(plugin_config=lambda _name: {"tokens": known})

    def program(self, authorization: str) -> str | None:
        """The id of the program whose token is in this `Authorization` header, of ASCII; None for any other."""
        request = SimpleNamespace(headers={"authorization": authorization}, args={})
        running: Any = datasette_auth_tokens.actor_from_request(self._asked, request)()
        try:
            running.send(None)
        except StopIteration as answer:
            return answer.value["id"] if answer.value else None
        running.close()
        return None
