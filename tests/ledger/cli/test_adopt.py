"""Adopting: the days it judges, backdating only knowingly, and nothing sealed twice."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger import london
from ledger.source import Source
from tests.ledger.cli.called import call, refused
from tests.ledger.register.test_read import SMALL

TODAY = london.day_of(datetime.now(UTC))


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "l.db"
    assert call("init", path, "--origin", "a.example/t", "--organisation", "A").status == 0
    return path


def adopted(ledger: Path) -> list[tuple[str, str, bool]]:
    with Source(ledger) as source:
        return [
            (str(one.entry.effective_from), str(one.entry.effective_until), one.entry.effective_assigned)
            for one in source.registers()
        ]


def test_backdating_is_refused_unless_its_day_is_given(ledger: Path) -> None:
    said = refused("register", "adopt", ledger, "england-2010")
    assert "2009-09-01, which is before today" in said
    assert "Give --from 2009-09-01 to backdate it knowingly" in said
    assert adopted(ledger) == []
    done = call("register", "adopt", ledger, "england-2010", "--from", "2009-09-01")
    assert done.status == 0
    assert f"Backdated: it judges transfers from 2009-09-01 although adopted on {TODAY}" in done.out
    assert adopted(ledger) == [("2009-09-01", "None", True)]


def test_from_today_nothing_is_backdated_and_given_days_are_assigned(ledger: Path, tmp_path: Path) -> None:
    notice = tmp_path / "n.yml"
    notice.write_text(SMALL, "utf-8")
    done = call("register", "adopt", ledger, notice, "--from", TODAY, "--until", "2199-08-31")
    assert done.status == 0
    assert f"from {TODAY} until 2199-08-31." in done.out
    assert "Backdated" not in done.out
    assert adopted(ledger) == [(str(TODAY), "2199-08-31", True)]


def test_the_same_again_seals_nothing_and_another_text_needs_another_version(ledger: Path, tmp_path: Path) -> None:
    notice = tmp_path / "n.yml"
    notice.write_text(SMALL, "utf-8")
    again = ("register", "adopt", ledger, notice, "--from", "2020-09-01")
    assert call(*again).status == 0
    assert adopted(ledger) == [("2020-09-01", "None", False)]  # the notice says so itself
    said = call(*again)
    assert said.status == 0
    assert "small is adopted already, in entry 1" in said.out
    assert len(adopted(ledger)) == 1
    assert call(*again, "--until", "2021-08-31").status == 0
    assert call(*again).status == 0  # what a newer one replaced can be adopted anew
    assert len(adopted(ledger)) == 3
    notice.write_text(SMALL.replace("A small notice", "Another"), "utf-8")
    assert "Version 1 of small is adopted already, in entry 1, with another text; give this one" in refused(*again)
    notice.write_text(SMALL.replace('version: "1"', 'version: "2"'), "utf-8")
    assert call(*again).status == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--from", "2021-01-01", "--until", "2020-12-31"), "until 2020-12-31, which is before its first day"),
        (("--from", "2021-1-1"), "--from: "),
        (("--until", "2021-02-30"), "--until: 2021-02-30 is not a date that exists."),
    ],
)
def test_days_that_cannot_be(ledger: Path, options: tuple[str, ...], said: str) -> None:
    assert said in refused("register", "adopt", ledger, "england-2010", *options)
    assert adopted(ledger) == []
