"""The app answers at its own address alone, so that no page elsewhere can read it through a name of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger.site import Site
from tests.plugins.asking import Reader, site_over


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, kept: Path) -> Iterator[Site]:
    path = tmp_path_factory.mktemp("hosts") / "l.db"
    path.write_bytes(kept.read_bytes())
    with site_over(path) as made:
        yield made


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example:8001", "localhost:x", "[::2]", "127.0.0.1:80"]
)
def test_another_name_is_not_answered(site: Site, host: str) -> None:
    answer = Reader(site).get("/", host=host)
    assert answer.status_code == 421
    assert "Shire" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8001", "LOCALHOST", "[::1]:8001", "localhost:8001"])
def test_this_machines_names_are_answered(site: Site, host: str) -> None:
    assert Reader(site).get("/", host=host).status_code == 200
