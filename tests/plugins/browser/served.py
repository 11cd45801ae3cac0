"""The real app, served on a port of this machine from a thread, for a browser; and how people at it are signed in."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from datasette_plugins.transfer_ledger import serving, verdicts
from datasette_plugins.transfer_ledger.people.settings import Account, Settings
from datasette_plugins.transfer_ledger.roles import ROLES, Role
from datasette_plugins.transfer_ledger.runs import Kind
from datasette_plugins.transfer_ledger.site import Site
from ledger.cli.edge import entropy
from ledger.errors import Busy
from tests.codes import LEAD
from tests.plugins.checked import check

BEGUN = datetime(2010, 10, 1, 7, 30, tzinfo=UTC)
"""The morning on which everything here happens: the day after the last entry of the demonstration."""

NAMES: Mapping[Role, str] = {
    "lead": "Lee Head", "dpo": "Ann Smith", "auditor": "Bob Jones", "governor": "Gus Gray", "clerk": "Cleo Clerk",
}  # fmt: skip
_STARTED = time.monotonic()
_PATIENCE = 60.0


def clock() -> datetime:
    """The time here, which goes on from that morning."""
    return BEGUN + timedelta(seconds=time.monotonic() - _STARTED)


class Served(NamedTuple):
    """One app that answers: what it shares, and its address without a slash at the end."""

    site: Site
    address: str

    def cookie(self, role: Role) -> dict[str, str]:
        """The cookie of somebody of this role who has just signed in, as a browser keeps it."""
        _, value = self.site.people.start(role, clock(), "in a test")
        return {"name": self.site.settings.cookie, "value": value, "url": self.address}

    @contextmanager
    def desk(self, role: Role) -> Iterator[Desk]:
        """Somebody of this role who sends forms without a browser."""
        person, value = self.site.people.start(role, clock(), "in a test")
        headers, cookies = {"origin": self.address, "accept": "text/html"}, {self.site.settings.cookie: value}
        with httpx.Client(base_url=self.address, headers=headers, cookies=cookies, timeout=_PATIENCE) as client:
            yield Desk(client, person.csrf)

    def finish(self, n: int) -> int:
        """Waits until run `n` has ended."""
        self.site.runs.wait(n, _PATIENCE)
        return n

    def quiet(self) -> None:
        """Waits until nothing runs and what was recorded has been checked."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            with self.site.reading() as source:
                state = verdicts.state(source.db)
                if state is not None and state.size == source.head.size and not self.site.runs.going("check"):
                    return
            time.sleep(0.2)
        raise AssertionError("what was recorded was not checked")

    @contextmanager
    def held(self, kind: Kind, what: Mapping[str, Any], by: Role) -> Iterator[int]:
        """A run that stands still while it is looked at, and ends afterwards."""
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                n = self.site.runs.start(kind, what, by)
                break
            except Busy:
                assert time.monotonic() < end
                time.sleep(0.2)
        pid = self.site.runs._going[n].process.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield n
        finally:
            os.kill(pid, signal.SIGCONT)
            self.finish(n)


class Desk(NamedTuple):
    """Somebody signed in, and the secret of their forms."""

    client: httpx.Client
    csrf: str

    def post(self, path: str, form: Mapping[str, str | list[str]]) -> httpx.Response:
        """The page that a form is answered with, wherever it leads."""
        answer = self.client.post(path, data={"csrf": self.csrf, **form}, follow_redirects=True)
        assert answer.status_code == 200, f"{path}: {answer.status_code}: {answer.text[:6000]}"
        return answer


def local(port: int) -> Settings:
    """The app on one's own machine, with a name for each role."""
    return replace(Settings.local(port, LEAD), people={role: Account(NAMES[role], role) for role in ROLES})


@contextmanager
def served(path: Path, *, by_link: bool = True) -> Iterator[Served]:
    """The app over the ledger at `path`; without `by_link` it asks for passwords, which nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        site = serving.open_site(path, replace(local(port), by_link=by_link), clock, entropy)
        server = serving.server_of(serving.app_of(site), patience=2)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            check(site)
            yield Served(site, f"http://127.0.0.1:{port}")
        finally:
            server.should_exit = True
            thread.join()
            site.close()
