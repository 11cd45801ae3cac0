"""`witness`: cosigns the checkpoints of others' ledgers, as an authority does for its schools."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import click

from ledger.cli.edge import entropy
from ledger.cli.keys import BEGIN, END, show_vkeys, trusted
from ledger.errors import Refused
from ledger.london import from_seconds, utc_text
from ledger.tlog import note
from ledger.tlog.note import COSIGNATURE_V1, SUBTREE_V1
from ledger.witness import state
from ledger.witness.decide import FORK, UNPROVEN
from ledger.witness.record import Kept
from ledger.witness.state import Standing

_STATE = click.argument("folder", metavar="STATE", type=click.Path(path_type=Path))


@click.group(context_settings={"max_content_width": 100})
def witness() -> None:
    """Witness others' ledgers: cosign a checkpoint only where it extends all that was cosigned before.

    STATE is a folder with the witness's key and its record. Never put an older copy of it back, and never run two
    copies: a witness that forgot what it saw would cosign a second history. Make a new one instead.
    """


@witness.command()
@_STATE
@click.option("--name", required=True, help="Its name, as county.example/witness; it is part of the key.")
@click.option("--post-quantum", is_flag=True, help="An ML-DSA-44 key as well, which cosigns beside Ed25519.")
def init(folder: Path, name: str, post_quantum: bool) -> None:
    """Make a witness in STATE, a new folder. Prints its verifier keys, and its lines for a policy."""
    made = state.init(folder, name, [SUBTREE_V1, COSIGNATURE_V1] if post_quantum else [COSIGNATURE_V1], entropy)
    keys = [one.key for one in made.keys]
    show_vkeys(keys)
    click.echo("\n# For the policy of whoever is to rely on this witness; name the group in its quorum.")
    click.echo(state.fragment(keys), nl=False)


@witness.command("add-log")
@_STATE
@click.argument("vkey")
@click.option("--origin", help="The log's origin, where it is not the name of the key.")
def add_log(folder: Path, vkey: str, origin: str | None) -> None:
    """Cosign the log whose verifier key is VKEY, or those in a file VKEY, one a line. Get it from its owner in person.

    A second key of a log is trusted beside the first; what was cosigned before stays what its checkpoints must extend.
    """
    opened = state.load(folder)
    if not (keys := trusted((vkey,), ()).keys):
        raise Refused(f"{vkey} holds no verifier key.")
    for key in keys:
        standing = opened.add_log(key, origin)
        size = f"{standing.recorded.tree.size:,} entries cosigned" if standing.recorded else "nothing cosigned yet"
        click.echo(f"{standing.origin}: {key.text()[:60]} is trusted; keys: {len(standing.keys)}, {size}.")


@witness.command()
@_STATE
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0 picks one.")
def serve(folder: Path, port: int) -> None:
    """Answer on 127.0.0.1 until Ctrl-C. To be asked from elsewhere, put a web server with TLS in front of it."""
    from ledger.connections import Limits, server
    from ledger.witness.app import application

    opened = state.load(folder)
    serving = server(
        application(opened, lambda: int(time.time())),
        Limits(connections=64),
        lifespan="off",
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=5,
    )
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError as error:
            raise Refused(f"Port {port} of 127.0.0.1 cannot be listened on: {error.strerror}.") from None
        listening.listen(64)
        click.echo(f"http://127.0.0.1:{listening.getsockname()[1]}")
        show_vkeys([one.key for one in opened.keys])
        try:
            serving.run(sockets=[listening])
        except KeyboardInterrupt:
            click.echo("The witness has stopped.", err=True)


@witness.command()
@_STATE
@click.pass_context
def status(ctx: click.Context, folder: Path) -> None:
    """Show what STATE knows of each log. Exit status 1 where a log is proved to have signed two histories."""
    opened = state.load(folder)
    show_vkeys([one.key for one in opened.keys])
    standings = opened.standing()
    for standing in standings:
        click.echo()
        _show(standing)
    if not standings:
        click.echo("\nNo log is known yet; `transfer-ledger witness add-log` adds one.")
    ctx.exit(1 if any(kept.evidence.kind == FORK for one in standings for kept in one.kept) else 0)


def _show(standing: Standing) -> None:
    click.echo(standing.origin)
    for key in standing.keys:
        click.echo(f"  key            {key.text()}")
    if (recorded := standing.recorded) is None:
        click.echo("  size           nothing cosigned yet")
    else:
        click.echo(f"  size           {recorded.tree.size:,}")
        click.echo(f"  root           {note.base64(recorded.tree.root)}")
        click.echo(f"  last cosigned  {_time(recorded.time)}")
    forks = [one for one in standing.kept if one.evidence.kind == FORK]
    unproven = [one for one in standing.kept if one.evidence.kind == UNPROVEN]
    if not standing.kept:
        click.echo("  evidence       none")
    if unproven:
        click.echo(
            f"  evidence       {len(unproven):,} signed checkpoints came with a proof that fails, the first on "
            f"{_time(unproven[0].time)}: another history perhaps, or a poor client"
        )
    if forks:
        click.echo(
            f"  evidence       {len(forks):,} FORKS: this log signed two trees of one size. The first, received on "
            f"{_time(forks[0].time)}, beside what was cosigned here:"
        )
        _show_fork(forks[0])


def _show_fork(kept: Kept) -> None:
    for signed in (kept.evidence.recorded, kept.evidence.received):
        if signed:  # a root that no tree of its size has needs no second one
            click.echo(f"{BEGIN}{signed.decode()}{END}", nl=False)


def _time(seconds: int) -> str:
    return utc_text(from_seconds(seconds))
