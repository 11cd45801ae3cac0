"""Who may be who here: four roles, and a person who has one of them.

Anonymous is no role: whoever is not a `Person` sees nothing but the page to sign in on.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

Role: TypeAlias = Literal["dpo", "auditor", "governor", "clerk"]

ROLES: tuple[Role, ...] = get_args(Role)

IN_WORDS: dict[Role, str] = {
    "dpo": "data protection officer",
    "auditor": "auditor",
    "governor": "governor",
    "clerk": "clerk",
}
"""What people call a role."""

MAY: dict[Role, str] = {
    "dpo": "sees everything, decides about findings, records, and may look at erasable values",
    "auditor": "sees everything but erasable values, and verifies the record",
    "governor": "sees the overview and the governors' documents",
    "clerk": "records, corrects, and sees the receipts of what they recorded",
}
"""What each may do, in a sentence that begins with who."""

EVERYBODY: frozenset[Role] = frozenset(ROLES)
READERS: frozenset[Role] = frozenset(("dpo", "auditor"))
"""Who reads single transfers and findings."""
RECORDERS: frozenset[Role] = frozenset(("dpo", "clerk"))
"""Who records."""

Via: TypeAlias = Literal["session", "token", "proxy"]


class Person(NamedTuple):
    """Somebody who is known: the account's id, the name to greet, the role, and how they are known.

    `csrf` is the secret that every form of theirs carries, "" for a token, which sends no forms.
    """

    id: str
    name: str
    role: Role
    via: Via
    csrf: str = ""
