"""Settings of a school with a person for each role, and the app's people over a file beside a ledger."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from datasette_auth_passwords.utils import hash_password

from datasette_plugins.transfer_ledger.people.beside import Beside
from datasette_plugins.transfer_ledger.people.known import People
from datasette_plugins.transfer_ledger.people.secrets import FEWEST_ITERATIONS
from datasette_plugins.transfer_ledger.people.settings import Settings, read

NOW = datetime(2010, 8, 27, 9, tzinfo=UTC)
PASSWORD = "correct horse ü "
TOKEN, SECRET = "t" * 32, "proxy-secret-" + "p" * 32

TEXT = """
port: 8001
address: https://ledger.shire.example/transfers/
proxies: [127.0.0.1]
people:
  ann: {name: Ann Smith, role: dpo, password: {$env: ANN_HASH}}
  bob: {name: Bob Jones, role: auditor, password: {$env: BOB_HASH}}
  gus: {name: Gus Gray, role: governor}
tokens:
  sims: {name: SIMS export, role: clerk, token: {$env: SIMS_TOKEN}}
identity:
  header: X-Forwarded-Email
  secret_header: x-proxy-secret
  secret: {$env: PROXY_SECRET}
  people: {Gus@shire.example: gus, ann@shire.example: ann}
"""


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """What the settings point at. Bob's hash has fewer rounds than Ann's."""
    return {
        "ANN_HASH": hash_password(PASSWORD, "0123456789abcdef", FEWEST_ITERATIONS + 1000),
        "BOB_HASH": hash_password("another", "0123456789abcdef", FEWEST_ITERATIONS),
        "SIMS_TOKEN": TOKEN,
        "PROXY_SECRET": SECRET,
    }


@pytest.fixture
def settings_of(tmp_path: Path, environment: dict[str, str]) -> Callable[..., Settings]:
    """Reads settings from YAML text."""

    def made(text: str = TEXT, **more: str) -> Settings:
        path = tmp_path / "settings.yml"
        path.write_text(text, encoding="utf-8")
        return read(path, environment | more)

    return made


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., People]]:
    """Starts the app's people over one and the same file, each time the one before has ended."""
    last: list[People] = []

    def start(settings: Settings, now: datetime = NOW) -> People:
        for one in last:
            one.close()
        last[:] = [People(settings, Beside(tmp_path / "ledger.db"), lambda: now, random.Random(len(last)).randbytes)]
        return last[0]

    yield start
    for one in last:
        one.close()


@pytest.fixture
def people(opened: Callable[..., People], settings_of: Callable[..., Settings]) -> People:
    """The school's people."""
    return opened(settings_of())


def later(**how: Any) -> datetime:
    """So long after the tests' now."""
    return NOW + timedelta(**how)
