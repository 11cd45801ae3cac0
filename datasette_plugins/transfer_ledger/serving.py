"""Putting one running app together: what it shares, Datasette behind the front, and the server before it."""

from __future__ import annotations

import gc
from contextlib import suppress
from pathlib import Path

import uvicorn

from datasette_plugins.transfer_ledger import app
from datasette_plugins.transfer_ledger.columns.live import Columns
from datasette_plugins.transfer_ledger.front import Front
from datasette_plugins.transfer_ledger.people.beside import Beside
from datasette_plugins.transfer_ledger.people.known import People
from datasette_plugins.transfer_ledger.people.settings import Settings
from datasette_plugins.transfer_ledger.recording.queue import Recorder
from datasette_plugins.transfer_ledger.runs import Runs
from datasette_plugins.transfer_ledger.site import Site
from datasette_plugins.transfer_ledger.verdicts import Verdicts
from ledger.cli.edge import clock, entropy
from ledger.connections import LIMITS, Limits, server
from ledger.errors import Refused
from ledger.seal import Clock, Entropy
from ledger.source import Source


def open_site(path: Path, settings: Settings, clock: Clock = clock, entropy: Entropy = entropy) -> Site:
    """The app over the ledger at `path`, ready to be asked. `Refused` where it, or the file beside it, cannot be read.

    A million transfers take some seconds to read.
    """
    app.open_read_only(path).close()
    with Source(path) as source:
        practice = _practice(source)
    beside = Beside(path)
    verdicts = Verdicts()
    try:
        columns = Columns(path, verdicts)
    except BaseException:
        verdicts.close()
        raise
    site = Site(
        path=path,
        settings=settings,
        beside=beside,
        people=People(settings, beside, clock, entropy),
        verdicts=verdicts,
        columns=columns,
        recorder=Recorder(path, clock, entropy),
        runs=Runs(path, verdicts.path, beside, clock),
        clock=clock,
        entropy=entropy,
        practice=practice,
    )
    # Decisions are read now, and not for the first who asks. Of a ledger that somebody altered each page says so.
    with suppress(Refused), site.reading() as source:
        site.decisions.take_in(source)
    # What is here now stays for as long as the app runs: the collector need not go through it for every batch.
    gc.collect()
    gc.freeze()
    return site


def _practice(source: Source) -> bool:
    try:
        return source.genesis().practice is True
    except Refused:  # of a ledger that somebody altered each page says so
        return False


def app_of(site: Site) -> Front:
    """The site as an ASGI app."""
    return Front(site, app.make(site.path, site.verdicts.path, site.settings.prefix, site.settings.plugins()).app())


def server_of(app: Front, limits: Limits = LIMITS, patience: int = 5) -> uvicorn.Server:
    """The HTTP server of the app; at its end it waits `patience` seconds for the answers that are on their way."""
    return server(app, limits, server_header=False, proxy_headers=False, timeout_graceful_shutdown=patience)
