"""Files that are no register, or made to harm: each is refused with a sentence and its place, and nothing sealed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from ledger.register.lint import examine, lint
from ledger.register.read import read_register
from tests.ledger.cli.called import call, refused
from tests.ledger.register.test_read import SMALL

BOMB = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))


def changed(old: str, new: str) -> str:
    assert old in SMALL
    return SMALL.replace(old, new, 1)


BAD = [
    (BOMB, "line 1, column 4: the anchor “&a”"),
    (changed("A small notice", "!!python/object/apply:os.system [ls]"), "line 2, column 8: the tag"),
    (changed("A small notice", "!!binary aGk="), "line 2, column 8: the tag"),
    (changed("id: small", "id: small\nid: large"), "line 2, column 1: “id” was given already in line 1"),
    (changed("    label: Lunch", "\tlabel: Lunch"), "line 14, column 1: this is not YAML"),
    (
        changed("label: School lunch}", "label: L, statistical: no}"),
        "column 40: purposes[0].statistical: “no” is neither",
    ),
    (changed('version: "1"', "version: 2010-08-06T10:00"), "line 3, column 10: version:"),
    (changed("name: Acme}", "name: Acme, aliases: [School]}"), "“School” is to mean school"),
    (
        changed("name: Acme}", "name: Acme, aliases: [Eatery]}").replace(
            "name: School,", "name: School, aliases: [Eatery],"
        ),
        "line 9, column 42: parties[1].aliases[0]: “Eatery” is to mean school in the register small, but it already",
    ),
    (
        changed("name: Acme}", "name: Acme, aliases: [School]}").replace(
            "name: School,", "name: School, aliases: [Acme],"
        ),
        "a name can mean one party only",
    ),
    (
        changed("name: School,", "name: School, aliases: [Acm\u0435],"),
        "line 9, column 42: parties[1].aliases[0]: “Acm\u0435” mixes Latin and Cyrillic letters "
        "(the Cyrillic “\u0435” is U+0435), and looks like “Acme”, a name of acme",
    ),
    (
        changed("name: School,", "name: School, aliases: [\u0410\u0441\u043c\u0435],"),
        "“\u0410\u0441\u043c\u0435” looks like “Acme”, a name of acme; give it a name that can be told apart",
    ),
    (
        changed("name: School,", 'name: School, aliases: ["Sch\u202eool"],'),
        "“Sch\u202eool” holds the invisible character U+202E",
    ),
    (changed("cite: [p-1]", "cite: [p-1]\n    granularity: school"), "forename, surname may go, which shows who"),
    (changed("purposes: [lunch]", "purposes: []"), "line 17, column 15: flows[0].purposes: “purposes” is empty"),
    (changed("to: [acme]", "to: [acne]"), "there is no party “acne”; did you mean “acme”?"),
    (changed("[surname]", "[surnam]"), "there is no field “surnam”; did you mean “surname”?"),
    (changed("cite: [p-1]", "cite: [p-1]\n    permitted_until: 2019-01-01"), "it ends before the register begins"),
    (changed("A small notice", "a\x00b"), "line 2, column 9: the character U+0000"),
    ("", "The file is empty."),
    ("\n# nothing\n", "The file is empty."),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_each_is_refused_with_its_place(text: str, said: str) -> None:
    found = [str(problem) for problem in examine(text)[1]]
    assert any(said in one for one in found), found


def test_a_text_that_yaml_would_take_for_a_date_or_a_truth_stays_a_text() -> None:
    for word in ("no", "yes", "2010-08-06", "1.0"):
        found, problems = examine(changed("A small notice", word))
        assert problems == []
        assert found is not None
        assert found.title == word


def test_problems_of_form_and_of_reference_come_together_in_the_files_order() -> None:
    text = changed("title:", "titel:").replace("number: 1", "number: one").replace("[surname]", "[surnam]")
    assert [(problem.place, problem.path) for problem in examine(text)[1]] == [
        ((1, 1), ""),
        ((2, 1), ""),
        ((6, 41), "paragraphs[0].number"),
        ((18, 25), "flows[0].fields.required[0]"),
    ]


def test_what_refers_to_a_broken_part_is_not_judged_besides() -> None:
    assert [problem.path for problem in examine(changed("to: [acme]", "to: acme"))[1]] == ["flows[0].to"]


def test_as_json_with_its_status(tmp_path: Path) -> None:
    file = tmp_path / "n.yml"
    file.write_text(changed("to: [acme]", "to: [acne]"), "utf-8")
    said = call("register", "lint", file, "--format", "json")
    assert said.status == 2
    assert json.loads(said.out) == {
        "file": str(file),
        "problems": [
            {"path": "parties[0]", "line": 8, "column": 5, "message": "the party “acme” is in no flow."},
            {
                "path": "flows[0].to[0]",
                "line": 16,
                "column": 10,
                "message": "there is no party “acne”; did you mean “acme”?",
            },
        ],
    }
    file.write_text(SMALL, "utf-8")
    said = call("register", "lint", file, "--format", "json")
    assert (said.status, json.loads(said.out)) == (0, {"file": str(file), "problems": []})


def test_nothing_of_them_is_adopted(tmp_path: Path) -> None:
    ledger, file = tmp_path / "l.db", tmp_path / "n.yml"
    call("init", ledger, "--origin", "a.example/t", "--organisation", "A")
    fifo, gone = tmp_path / "fifo", tmp_path / "gone.yml"
    os.mkfifo(fifo)
    for path, word in ((tmp_path, "is a folder"), (fifo, "nor a YAML file"), (gone, "nor a YAML file")):
        assert word in refused("register", "adopt", ledger, path, "--from", "2020-09-01")
    latin = changed("A small", "Caf\u00e9").encode("latin-1", "replace")
    for data in (*(text.encode() for text, _ in BAD), latin, b"\xff\xfe\x00", b"\x00" * 99):
        file.write_bytes(data)
        assert str(file) in refused("register", "adopt", ledger, file, "--from", "2020-09-01")
    file.write_text(SMALL, "utf-8")
    assert "entry 1 " in call("register", "adopt", ledger, file, "--from", "2020-09-01").out


@contextmanager
def nobody() -> Iterator[None]:
    """As somebody who is not root, for whom no file's permissions count; whoever else runs the tests stays himself."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_file_that_must_not_be_read() -> None:
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        file = Path(folder) / "n.yml"
        file.write_text(SMALL, "utf-8")
        assert call("register", "lint", file).status == 0  # which loads what linting needs
        file.chmod(0)
        with nobody():
            assert "cannot be read" in refused("register", "lint", file)
        Path(folder).chmod(0)
        with nobody():
            assert "cannot be read" in refused("register", "lint", file)
        Path(folder).chmod(0o755)


@pytest.mark.slow
def test_ten_thousand_flows_are_linted_one_by_one_and_not_each_against_all() -> None:
    small = read_register(SMALL, "a")
    (flow,) = small.flows
    flows = tuple(msgspec.structs.replace(flow, id=f"lunch-{n}", passes_on=(f"lunch-{n}",)) for n in range(10_000))
    assert lint(msgspec.structs.replace(small, flows=flows)) == []
