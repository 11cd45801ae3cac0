"""`demo`: plays the whole job through on a year of invented transfers, in a folder of its own."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import click

from ledger import entry
from ledger.cli.actor import actor_option, my_code
from ledger.errors import Refused
from ledger.members import Genesis
from ledger.source import connect


def _is_demo(ledger: Path, origin: str) -> bool:
    # Read without the checks of a `Source`: whoever altered the demo to see `verify` find it may make it anew.
    try:
        with closing(connect(ledger)) as db:
            row = db.execute("SELECT entry FROM entries WHERE seq = 0").fetchone()
        genesis = entry.read(str(row[0]).encode())[0] if row else None
    except (Refused, sqlite3.Error):
        return False
    return isinstance(genesis, Genesis) and genesis.origin == origin


def cleared(directory: Path) -> None:
    """Makes `directory` an empty folder: one that is not there, is empty, or holds only an earlier demo.

    `Refused` for anything else, which is left as it is.
    """
    from reports.demo.play import LEDGER, ORIGIN, REPORT
    from reports.formats.rendering import ENDINGS

    of_a_report = {"svg", "zip", *ENDINGS}
    ours = {LEDGER, f"{LEDGER}-wal", f"{LEDGER}-shm", REPORT}
    try:
        if directory.exists() and not directory.is_dir():
            raise Refused(f"{directory} is a file; name a folder for the demo.")
        held = {one.name for one in directory.iterdir()} if directory.exists() else set()
        if strange := sorted(held - ours):
            raise Refused(f"{directory} holds {strange[0]}, which is not the demo's; name another folder.")
        if held and not _is_demo(directory / LEDGER, ORIGIN):
            raise Refused(f"{directory} holds a ledger or a report that is not the demo's; name another folder.")
        if REPORT in held:
            for one in sorted((directory / REPORT).iterdir()):
                if one.is_dir() or one.suffix[1:] not in of_a_report:
                    raise Refused(f"{one} is not the demo's; move it, or name another folder.")
            shutil.rmtree(directory / REPORT)
        # By their names, not as listed: reading the ledger may just have made the two beside it.
        for name in ours - {REPORT}:
            (directory / name).unlink(missing_ok=True)
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"{directory} cannot be made ready for the demo: {error.strerror}.") from None


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@actor_option
@click.pass_context
def demo(ctx: click.Context, directory: Path) -> None:
    """Play the whole job through in the folder DIR: exit 0 where all went as planned, else 1."""
    from reports.demo.play import ORIGIN, play

    cleared(directory)
    ctx.exit(0 if play(directory, click.echo, lead=my_code(ORIGIN)).as_planned else 1)
