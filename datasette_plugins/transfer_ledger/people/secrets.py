"""Secrets that settings point at, and never hold: in the environment (`$env`) or a file (`$file`), as Datasette has it.

They are read once, when the app starts, so that what was looked at is what is used. None of them is ever shown, in no
sentence and no `repr`.
"""

from __future__ import annotations

import os
import re
import stat
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ledger.errors import Refused
from ledger.register.nodes import Mapping as Node
from ledger.register.nodes import Scalar

_MOST_BYTES = 4096
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
_HASH = re.compile(r"pbkdf2_sha256\$([1-9][0-9]{0,9})\$([\x21-\x23\x25-\x7e]{8,128})\$([A-Za-z0-9+/]{43}=)", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]{32,512}", re.ASCII)

FEWEST_ITERATIONS, MOST_ITERATIONS = 100_000, 2_000_000
"""Fewer make guessing a stolen hash cheap; more make each sign-in take seconds of a processor."""

HOW = "write {$env: NAME} for a variable of the environment, or {$file: /path} for a file"


class Reference(msgspec.Struct, frozen=True):
    """Where a secret is: exactly one of both is given."""

    env: str | None = msgspec.field(name="$env", default=None)
    file: str | None = msgspec.field(name="$file", default=None)

    def plain(self) -> dict[str, str]:
        """As Datasette's plugins resolve it for themselves."""
        return {"$env": self.env} if self.env is not None else {"$file": self.file or ""}


@dataclass(frozen=True)
class Secret:
    """A secret, and where it was read."""

    reference: Reference
    value: str = field(repr=False)


def in_plain_text(root: Node, paths: tuple[tuple[str, ...], ...]) -> list[Scalar]:
    """The values that stand where a reference to a secret is expected; “*” in a path is any key."""
    found: list[Scalar] = []
    for path in paths:
        here: list[object] = [root]
        for part in path:
            inside = [pair for one in here if isinstance(one, Node) for pair in one.items]
            here = [value for key, value in inside if part in ("*", key.text)]
        found += [one for one in here if isinstance(one, Scalar) and not one.bare]
    return found


def resolve(reference: Reference, environment: Mapping[str, str]) -> Secret:
    """The secret that is referred to. `Refused` where it is not there, or is no single line of ASCII."""
    if (reference.env is None) is (reference.file is None):
        raise Refused(f"a secret is in one place; {HOW}.")
    if reference.env is not None:
        if not _NAME.fullmatch(reference.env):
            raise Refused("what stands after $env is no name of a variable.")
        if not (value := environment.get(reference.env, "")):
            raise Refused(f"the environment has no variable {reference.env}, or it is empty.")
    else:
        value = _of_file(reference.file or "")
    if not re.fullmatch(r"[\x21-\x7e]+", value, re.ASCII):
        raise Refused("the secret is to be one line of plain ASCII characters without spaces.")
    return Secret(reference, value)


def _of_file(name: str) -> str:
    path = Path(name)
    if not path.is_absolute():
        raise Refused(f"“{name[:100]}” depends on where the program is started; write the whole path.")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Refused(f"{path} is no file.")
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'no such name'}.") from None
    if len(data) > _MOST_BYTES:
        raise Refused(f"{path} is longer than {_MOST_BYTES:,} bytes, so it is no secret of ours.")
    return os.fsdecode(data).removesuffix("\n").removesuffix("\r")


def iterations(password_hash: str) -> int:
    """How many rounds a sound hash takes. `Refused` for what `datasette hash-password` does not make."""
    found = _HASH.fullmatch(password_hash)
    if found is None or b64encode(b64decode(found[3])).decode("ascii") != found[3]:
        raise Refused(
            "this is no hash as `datasette hash-password` prints it (pbkdf2_sha256$…$…$…); where a shell or a compose "
            "file passes it on, its dollars must be quoted."
        )
    rounds = int(found[1])
    if not FEWEST_ITERATIONS <= rounds <= MOST_ITERATIONS:
        raise Refused(
            f"the hash has {rounds:,} iterations, not {FEWEST_ITERATIONS:,} to {MOST_ITERATIONS:,}; make it anew with "
            f"`datasette hash-password`."
        )
    return rounds


def check_token(token: str) -> None:
    """`Refused` for a token that could be guessed, or that the requests' own check would not let through."""
    if not _TOKEN.fullmatch(token):
        raise Refused(
            "a token has 32 to 512 plain ASCII characters without spaces; "
            "`python -c 'import secrets; print(secrets.token_urlsafe(32))'` makes one."
        )
