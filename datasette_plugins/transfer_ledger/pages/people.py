"""Who may do what here, and the log: who signed in, whose role changed, who looked at erasable values."""

from __future__ import annotations

import re
from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.people.settings import Account, Settings
from datasette_plugins.transfer_ledger.roles import Role
from datasette_plugins.transfer_ledger.web import Asked, BadRequest

AT_ONCE = 200
"""Lines of the log on one page."""


class _Row(NamedTuple):
    id: str
    name: str
    role: Role
    how: str


def _how(settings: Settings, id_: str, one: Account) -> str:
    if settings.by_link:
        return "with a link, on this machine"
    if id_ in settings.tokens:
        return "a program, with its token"
    ways = ["with a password"] if one.secret is not None else []
    if settings.identity is not None and id_ in settings.identity.people.values():
        ways.append("through the identity provider")
    return " or ".join(ways)


def page(asked: Asked) -> Response:
    """`/-/people`."""
    asked.only("before")
    given = asked.one("before")
    if given and not re.fullmatch(r"[1-9][0-9]{0,14}", given, re.ASCII):
        raise BadRequest("“before” is the number of a line of the log.")
    settings = asked.site.settings
    lines = asked.site.people.logged(AT_ONCE + 1, int(given) if given else None)
    rows = [_Row(key, one.name, one.role, _how(settings, key, one)) for key, one in settings.accounts.items()]
    return asked.page(
        "people.html",
        rows=rows,
        lines=lines[:AT_ONCE],
        older=lines[AT_ONCE - 1].n if len(lines) > AT_ONCE else None,
        newest=not given,
        names={row.id: row.name for row in rows},
    )
