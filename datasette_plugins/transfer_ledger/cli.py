"""`transfer-ledger browse`: the app over one ledger, on this machine alone, until Ctrl-C.

It checks the ledger first, so that the findings on its pages are those of today.
"""

from __future__ import annotations

import socket
from pathlib import Path

import click

from ledger.errors import Refused
from ledger.source import Source
from reports.cli.check import check_ledger
from reports.cli.edge import day

HOST = "127.0.0.1"


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise Refused(
            f"Port {port} cannot be used here ({error.strerror}); choose another with `--port`, or `--port 0` for any."
        ) from None
    return listener


@click.command(name="browse")
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="0 takes any that is free."
)
def browse(ledger: Path, port: int) -> int:
    """Shows LEDGER in a web browser, read-only, from this machine alone."""
    with Source(ledger):
        pass  # refuses, in a sentence, what is no ledger, before anything else happens
    with _listen(port) as listener:
        checked = check_ledger(ledger, day(None), keep=True)
        if checked.unkept is not None:
            click.echo(f"The pages show the findings of an earlier check, or none: {checked.unkept}", err=True)
        # Only now: Datasette takes a second to load, and a refusal should not wait for it.
        import uvicorn

        from datasette_plugins.transfer_ledger.app import make, open_read_only

        open_read_only(ledger).close()
        server = uvicorn.Server(uvicorn.Config(make(ledger).app(), log_level="warning"))
        click.echo(f"http://{HOST}:{listener.getsockname()[1]}/ shows {ledger}. Ctrl-C ends it.")
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            click.echo("Ended.")
    return 0
