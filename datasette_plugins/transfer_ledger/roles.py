"""Who may be who here: five roles, a person who has one of them, and what is sealed of who they are.

Anonymous is no role: whoever is not a `Person` sees nothing but the page to sign in on.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

from ledger import people

Role: TypeAlias = Literal["lead", "dpo", "auditor", "governor", "clerk"]

ROLES: tuple[Role, ...] = get_args(Role)

IN_WORDS: dict[Role, str] = {
    "lead": "lead",
    "dpo": "data protection officer",
    "auditor": "auditor",
    "governor": "governor",
    "clerk": "clerk",
}
"""What people call a role."""

MAY: dict[Role, str] = {
    "lead": "head teacher or delegate: sees everything, decides about findings, confirms, records, and may look at "
    "erasable values",
    "dpo": "sees everything, advises on findings, confirms, records, and may look at erasable values",
    "auditor": "sees everything but erasable values, and verifies the record",
    "governor": "sees the overview and the governors' documents",
    "clerk": "records, corrects, and sees the receipts of what they recorded",
}
"""What each may do, in a sentence that begins with who."""

EVERYBODY: frozenset[Role] = frozenset(ROLES)
DECIDERS: frozenset[Role] = frozenset(("lead", "dpo"))
"""Who decides or advises about findings, confirms what somebody else did, and may look at erasable values."""
READERS: frozenset[Role] = DECIDERS | {"auditor"}
"""Who reads single transfers and findings."""
RECORDERS: frozenset[Role] = DECIDERS | {"clerk"}
"""Who records."""

SEALED: dict[Role, people.Role] = {"lead": "lead", "dpo": "dpo", "clerk": "clerk"}
"""As what somebody stands in the ledger's people list; auditors and governors seal nothing."""


class Actor(NamedTuple):
    """Who causes what is sealed: the code of a person in this ledger, None where nobody is named.

    `role` is their role for the ledger's people list, None where that list is kept elsewhere.
    """

    code: str | None
    role: people.Role | None


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
