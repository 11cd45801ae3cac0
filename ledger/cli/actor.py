"""Who is at the keyboard: the code that this user's entries carry, kept in the user's own configuration folder.

One small file a ledger, named by the digest of its origin, holds this user's code and the names that this user gave to
other codes (`people add --name`). It lies outside the ledger, so that the ledger names nobody.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from ledger.cli.edge import clock, entropy
from ledger.errors import Refused
from ledger.forms import form_problem
from ledger.people import new_code
from ledger.writer import Ledger

_META = "transfer-ledger.actor"
VARIABLE = "TRANSFER_LEDGER_ACTOR"


def _formed(context: click.Context, _: click.Parameter, code: str | None) -> str | None:
    if code is not None and (why := form_problem("actor", code)) is not None:
        raise Refused(f"--actor {code[:40]!r} is no person's code: {why}.")
    context.meta[_META] = code
    return code


actor_option = click.option(
    "--actor",
    metavar="CODE",
    envvar=VARIABLE,
    expose_value=False,
    callback=_formed,
    help="The person's code to record under, instead of your own.",
)
"""For every verb that seals an entry: `open_ledger` then records under the code that was given."""


def _file(origin: str) -> Path:
    return Path(click.get_app_dir("transfer-ledger")) / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.json"


def read(origin: str) -> dict[str, Any]:
    """What this user's file says of the ledger `origin`: `me` and `names`; empty where there is none."""
    path = _file(origin)
    try:
        told = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise Refused(f"{path}, which holds your code, cannot be read ({error}). Put it right or delete it.") from None
    if not isinstance(told, dict) or form_problem("actor", str(told.get("me"))) is not None:
        raise Refused(f"{path} is to hold your code under `me`. Put it right or delete it.")
    return told


def write(origin: str, me: str, names: dict[str, str]) -> None:
    """Keeps this user's code and the names of others. `Refused` where the folder cannot be written."""
    path = _file(origin)
    new = path.with_suffix(f".{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps({"origin": origin, "me": me, "names": names}, ensure_ascii=False, indent=1), "utf-8")
        new.chmod(0o600)
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise Refused(f"{path.parent}: your code cannot be kept there: {error.strerror}.") from None


def my_code(origin: str) -> str | None:
    """The code of whoever runs this command, in the ledger `origin`; made and kept when it is first needed.

    None, with a sentence on standard error, where it cannot be kept: recording must not depend on a folder.
    """
    context = click.get_current_context(silent=True)
    given = None if context is None else context.meta.get(_META)
    if given is not None:
        return str(given)
    if told := read(origin):
        return str(told["me"])
    code = new_code(entropy)
    try:
        write(origin, code, {})
    except Refused as error:
        click.echo(f"{error} What you record carries no code; name one with --actor.", err=True)
        return None
    return code


def open_ledger(path: Path) -> Ledger:
    """The ledger at `path`, open for appending, by whoever runs this command."""
    ledger = Ledger(path, clock, entropy)
    try:
        ledger.actor = my_code(ledger.origin())
    except BaseException:
        ledger.db.close()
        raise
    return ledger
