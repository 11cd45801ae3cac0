"""`publish`: puts the newest checkpoint, the tree and the entries where anyone can fetch and verify them."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.cli.keys import trusted
from ledger.errors import NotGenuine
from ledger.publish.files import open_target
from ledger.publish.writing import publish as run
from ledger.source import Source


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("target")
@click.option("--hashes-only", is_flag=True, help="Leave the entries out: whoever has one can still prove it.")
@click.option(
    "--key",
    "vkeys",
    multiple=True,
    metavar="VKEY",
    help="Publish only what this verifier key signed; also a file of them (repeat it).",
)
@click.pass_context
def publish(ctx: click.Context, ledger: Path, target: str, hashes_only: bool, vkeys: tuple[str, ...]) -> None:
    """Publish the newest checkpoint of LEDGER to TARGET, a folder or a URL that fsspec knows (s3://bucket/path).

    TARGET gets the files of c2sp.org/tlog-tiles, ready for any web server. Only what is new is written, `checkpoint`
    last; an interrupted run is completed by the next, and nothing is ever deleted.

    The checkpoint at TARGET is compared with LEDGER before anything is written: its origin, that it is not larger,
    and that its root is the one of as many entries of LEDGER. Who signed it is not looked at. What it covers is taken
    to be there; if files were lost, remove `checkpoint` from TARGET and publish again.

    Entries name no person, but can tell of very few. A place holds entries or only hashes, from the first on: the
    one is never continued as the other.

    Exit status 0 published, 1 the ledger is not what was signed, 2 could not run or TARGET holds something else.
    """
    keys = trusted(vkeys, ()).keys
    files = open_target(target)
    try:
        with Source(ledger) as source:
            done = run(source, files, hashes_only=hashes_only, keys=keys)
    except NotGenuine as error:
        click.echo(f"NOT PUBLISHED: {error}")
        ctx.exit(1)
    what = "the hashes of " if hashes_only else ""
    click.echo(f"{files.where}: {what}{done.tree.size:,} entries of {done.tree.origin} are published.")
    new = done.tree.size - done.before
    click.echo(
        f"New entries: {new:,}. Files written: {done.written:,}." if done.written else "All of it was there already."
    )
