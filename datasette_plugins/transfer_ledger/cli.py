"""`transfer-ledger browse` and `serve`: the app over one ledger, on this machine alone or for others, until Ctrl-C.

The ledger is checked in a process beside the app when it starts, whenever it has grown, and when a new day has begun.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from datasette_plugins.transfer_ledger.roles import IN_WORDS, ROLES, Role
from ledger.cli.actor import actor_option, my_code
from ledger.errors import Refused
from ledger.source import Source

if TYPE_CHECKING:
    from datasette_plugins.transfer_ledger.people.settings import Settings
    from datasette_plugins.transfer_ledger.site import Site

HOST = "127.0.0.1"

LOOKS_AS: dict[str | None, Role] = {"lead": "lead", "dpo": "dpo", "chair": "governor", "clerk": "clerk"}
"""The role in which `browse` shows a ledger, by the role that its people list gives to the person who runs it."""


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise Refused(f"The host {host[:60]} is no address of this machine ({error.strerror}).") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise Refused(
            f"Port {port} cannot be used here ({error.strerror}); choose another with `--port`, or `--port 0` for any."
        ) from None
    return listener


def _serve(ledger: Path, listener: socket.socket, settings: Settings, greet: Callable[[Site], None]) -> None:
    # Only now: Datasette takes a second to load, and a refusal should not wait for it.
    from datasette_plugins.transfer_ledger.serving import app_of, open_site, server_of

    site = open_site(ledger, settings)
    try:
        site.runs.check()  # until it has ended, pages say that the checks are still running
        server = server_of(app_of(site))
        greet(site)
        # As Ctrl-C: uvicorn ends what it answers, then gives the signal back, which would else end the program here.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        click.echo("Ended.")
    finally:
        site.close()


@click.command(name="browse")
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="0 takes any that is free."
)
@click.option(
    "--as", "role", type=click.Choice(ROLES), help="The role to look as; without it, your own role in the ledger."
)
@actor_option
def browse(ledger: Path, port: int, role: Role | None) -> int:
    """Shows LEDGER in a web browser, on this machine alone. Prints a link that signs in once.

    What you record or decide there carries your code, as at the command line, whatever role you look as.
    """
    with Source(ledger) as source:  # refuses, in a sentence, what is no ledger, before anything else happens
        code = my_code(source.genesis().origin)
        own = source.people().role(code, source.head.size)
    role = role or LOOKS_AS.get(own, "dpo")
    from datasette_plugins.transfer_ledger.people.settings import Settings

    with _listen(HOST, port) as listener:
        settings = Settings.local(listener.getsockname()[1], code)

        def greet(site: Site) -> None:
            once = site.people.link(role, site.clock())
            click.echo(f"{settings.address} shows {ledger}. Ctrl-C ends it.")
            click.echo(f"Sign in as {IN_WORDS[role]}, once, within ten minutes: {settings.address}-/sign-in/{once}")

        _serve(ledger, listener, settings, greet)
    return 0


@click.command(name="serve")
@click.argument("ledger", type=click.Path(path_type=Path))
@click.option(
    "--settings", "file", type=click.Path(path_type=Path), required=True, help="Who may do what, and where (YAML)."
)
def serve(ledger: Path, file: Path) -> int:
    """Serves LEDGER to the people whom the settings name, with their roles."""
    with Source(ledger):
        pass
    from datasette_plugins.transfer_ledger.people.settings import read

    settings = read(file)
    with _listen(settings.host, settings.port) as listener:
        _serve(
            ledger, listener, settings, lambda site: click.echo(f"{settings.address} shows {ledger}. Ctrl-C ends it.")
        )
    return 0
