"""A ledger to practise in is marked as one on every page, whoever looks; a real one on none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from datasette_plugins.transfer_ledger.roles import ROLES
from datasette_plugins.transfer_ledger.routes import ROUTES
from ledger import writer
from tests.codes import LEAD
from tests.plugins.asking import Opened, opened
from tests.plugins.browsed import QUERIES, RANDOM, VIEWS, clock, stated

MARK = "<strong>Practice ledger.</strong> Nothing here is a real record."


def made(path: Path, *, practice: bool) -> Path:
    writer.create(path, "shire.example/practice", "Shire Council", clock, RANDOM, actor=LEAD, practice=practice)
    with writer.Ledger(path, clock, RANDOM, LEAD) as ledger:
        ledger.add_organisations(
            [{"id": "elm-primary", "name": "Elm Primary School", "role": "school", "phase": "primary"}]
        )
        ledger.append(stated(ledger, "late", "2010-08-20", recipient="contactpoint"))
    return path


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(made(tmp_path_factory.mktemp("practice") / "l.db", practice=True)) as app:
        yield app


def addresses(app: Opened) -> Iterator[str]:
    """Every page that is there without something being made, those of Datasette's, and one that is not there."""
    keys = app.of("dpo").get("/-/findings.json").json()["findings"]
    there = {"seq": "2", "id": "elm-primary", "key": keys[0]["key"]}
    for route in ROUTES:
        if route.formats[0] == "html" and route.path not in ("/-/assets/{asset}", "/robots.txt"):
            path = route.path
            for part, value in there.items():
                path = path.replace(f"{{{part}}}", value)
            yield path if "{" not in path else path.partition("{")[0] + "9"
    yield from (f"/ledger/{name}" for name in (*VIEWS, *QUERIES))
    yield from ("/-/nowhere", "/-/transfers?nonsense=1")


@pytest.mark.parametrize("who", [*ROLES, None])
def test_every_page_of_a_practice_ledger_is_marked(practice: Opened, who: str | None) -> None:
    pages = 0
    for address in addresses(practice):
        answer = practice.of(who).get(address)
        if "html" in answer.headers.get("content-type", "") and answer.content:
            assert answer.text.count(MARK) == 1, (who, address)
            pages += 1
    assert pages > 40 if who in ("lead", "dpo") else pages


def test_what_a_form_is_answered_with_is_marked_too(practice: Opened) -> None:
    for path in ("/-/confirm", "/-/findings/decide", "/-/record", "/-/reports", "/-/verification"):
        assert MARK in practice.of("lead").post(path, {"keys": "no key", "size": "x"}).text, path


def test_a_real_ledger_is_not_marked(tmp_path: Path) -> None:
    with opened(made(tmp_path / "l.db", practice=False)) as app:
        for address in addresses(app):
            assert "Practice ledger" not in app.of("lead").get(address).text, address
