"""The example of `docs/FORMAT.md`, made by the code, so that the document cannot drift."""

from __future__ import annotations

import textwrap

from ledger import disclosure, entry

SALT = "AAECAwQFBgcICQoLDA0ODw"


def example() -> str:
    text = disclosure.write(SALT, "note", "sent again")
    members: dict[str, object] = {
        "kind": "transfer",
        "seq": 1,
        "prev": "0" * 64,
        "salt": SALT,
        "recorded_at": "2010-05-04T09:30:00Z",
        "id": "t-1",
        **entry.when("2010-05-04T10:15"),
        "sender": "oak-high",
        "recipient": "qca",
        "purpose": "national-curriculum-assessment",
        "fields": ["forename", "surname"],
        "_sd": [disclosure.digest(text)],
    }
    data = entry.write(members)
    wrapped = "\n".join(textwrap.wrap(data.decode(), 110, break_on_hyphens=False, drop_whitespace=False))
    return (
        f"```text\nentry (one line)\n{wrapped}\n\nhash\n{entry.leaf_hash(data)}\n\n"
        f"disclosure of note\n{text}\n\nits digest\n{disclosure.digest(text)}\n```"
    )
