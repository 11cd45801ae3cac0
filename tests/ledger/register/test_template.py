"""A new register: unfinished it is refused, line by line; filled in, nothing is wrong with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ledger.errors import Refused
from ledger.register.lint import lint
from ledger.register.model import Flow
from ledger.register.read import read_register, read_with_places
from ledger.register.template import template
from tests.ledger.cli.called import call, refused
from tests.ledger.register.test_read import SMALL

PLACEHOLDER = re.compile(r"<[a-zA-Z- ]+>")
ANSWERS = {
    "<a short id for this notice>": "oak-2026",
    "<the first day it holds as YYYY-MM-DD>": "2026-09-01",
    "<the code of a field>": "surname",
    "<the code of a lawful basis>": "ukgdpr-art6-1-e",
}
OPTIONAL = re.compile(r"^( *)# (\w+: \S.*)$", re.MULTILINE)


def filled(text: str) -> str:
    return PLACEHOLDER.sub(lambda found: ANSWERS.get(found[0], "Some words"), text)


def test_the_reader_points_at_every_placeholder_and_at_nothing_else() -> None:
    text = template()
    places = [
        f"line {number}, column {found.start() + 1}: "
        for number, line in enumerate(text.splitlines(), 1)
        for found in PLACEHOLDER.finditer(line)
    ]
    assert len(places) >= 10
    with pytest.raises(Refused) as refused:
        read_register(text, "new.yml")
    said = str(refused.value).split("\n")
    assert len(said) == len(places)
    assert all(
        f"new.yml, {place}" in line and "is a placeholder" in line for place, line in zip(places, said, strict=True)
    )


def test_with_its_placeholders_filled_nothing_is_wrong() -> None:
    assert lint(*read_with_places(filled(template()), "new.yml")) == []


def test_with_every_optional_line_besides_nothing_is_wrong_and_no_limit_is_left_out() -> None:
    text = OPTIONAL.sub(r"\1\2", filled(template()))
    assert len(OPTIONAL.findall(template())) >= 15
    found, places = read_with_places(text, "new.yml")
    assert lint(found, places) == []
    (flow,) = found.flows
    assert [name for name in Flow.__struct_fields__ if not getattr(flow, name)] == []


def test_a_text_that_only_holds_brackets_is_no_placeholder() -> None:
    assert read_register(SMALL.replace("A small notice", "Ages <5 and >11 or <both> of them"), "a").id == "small"


def test_the_verb(tmp_path: Path) -> None:
    file = tmp_path / "notice.yml"
    assert call("register", "new") == (0, template(), "")
    assert call("register", "new", "-o", file).status == 0
    assert file.read_text("utf-8") == template()
    assert "is there already, and is left as it is" in refused("register", "new", "-o", file)
    assert "is a placeholder; write what it asks for" in refused("register", "lint", file)
    file.write_text(filled(template()), "utf-8")
    assert call("register", "lint", file) == (0, f"{file}: 1 flows, nothing wrong.\n", "")
