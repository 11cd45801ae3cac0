"""A transfer to what only looks like ContactPoint, from the command line to the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ledger.cli.called import call

STATED = ("--sender", "Elm", "--purpose", "maintain-accuracy-of-it", "--field", "upn")


@pytest.mark.parametrize(
    "name", ["C\u03bfntactP\u03bfint", "c\u03bf\u03b7\u03c4\u03b1c\u03c4p\u03bf\u03b9\u03b7\u03c4"]
)
def test_greek_letters_in_contactpoint_never_pass_as_fine(tmp_path: Path, name: str) -> None:
    ledger = tmp_path / "l.db"
    assert call("init", ledger, "--origin", "elm.example/t", "--organisation", "Elm School").status == 0
    said = call("record", ledger, "--recipient", name, "--transferred-at", "2010-09-01", *STATED)
    assert said.status == 0, said
    said = call("check", ledger, "--format", "json")
    found = [one for one in json.loads(said.out)["findings"] if one["check"] == "contactpoint-closed"]
    assert [(one["outcome"], "ContactPoint" in one["found"]) for one in found] == [("cannot-tell", True)], said
