"""A register in plain text."""

from __future__ import annotations

import itertools
import json
import re
from xml.etree import ElementTree

from ledger.register.coverage import unmapped
from ledger.register.read import load_notice, read_register
from ledger.register.show import describe
from tests.ledger.cli.called import call, refused
from tests.ledger.register.test_read import SMALL


def test_a_flow_shows_its_limits_and_marks_what_is_assigned() -> None:
    assert describe(read_register(SMALL, "notice.yml")) == (
        "A small notice\n"
        "small, version 1, from 2020-09-01 until replaced\n"
        "\n"
        "* assigned by the editor: the notice does not state it.\n"
        "\n"
        "FLOWS\n"
        "\n"
        "Lunch [lunch]\n"
        "  from: School\n"
        "  to: Acme\n"
        "  for: School lunch\n"
        "  fields required: surname\n"
        "  fields permitted: forename\n"
        "  lawful bases*: ukgdpr-art6-1-e\n"
        "  notice: Sharing ¶1\n"
        "  * lawful_bases: The notice states none.\n"
        "\n"
        "PARAGRAPHS OF THE NOTICE\n"
        "\n"
        "Sharing ¶1\n"
        "  We share.\n"
    )


def test_the_notice_shows_every_flow_and_every_kind_of_limit() -> None:
    notice = load_notice("england-2010")
    text = describe(notice)
    assert all(f"[{flow.id}]" in text for flow in notice.flows)
    for limit in (
        "ages: 14 and over",
        "ages: 13 to 19",
        "ages: up to 17 (beyond that: cannot tell)",
        "unclear: date-of-birth",
        "nothing that came from a school goes on",
        "approval by: The Department's Chief Statistician",
        "only until: 2010-08-06T12:00+01:00",
        "no finer than: pct",
        "use: statistical only",
    ):
        assert limit in " ".join(text.split()), limit
    assert max(len(line) for line in text.splitlines()) <= 100


def test_every_paragraph_of_the_notice_became_a_rule_and_every_rule_has_its_paragraph() -> None:
    assert unmapped(load_notice("england-2010")) == ([], [])
    said = call("register", "show", "england-2010", "--coverage")
    assert said.status == 0
    assert "Paragraphs that map to nothing: none.\nRules that cite nothing: none.\n" in said.out
    more = SMALL.replace("parties:", "  - {id: p-2, heading: Sharing, number: 2, point: Nobody minds it.}\nparties:")
    assert unmapped(read_register(more, "a")) == (["p-2"], [])


def test_as_json_it_reads_as_the_same_register() -> None:
    said = call("register", "show", "england-2010", "--format", "json")
    assert said.status == 0
    assert json.loads(said.out)["effective_from"] == "2009-09-01"
    assert read_register(said.out, "a") == load_notice("england-2010")  # JSON is YAML, and nothing was lost


def test_as_a_picture_every_flow_is_an_arrow_and_no_two_names_meet() -> None:
    said = call("register", "show", "england-2010", "--format", "svg")
    assert said == call("register", "show", "england-2010", "--format", "svg")
    root = ElementTree.fromstring(said.out.encode())
    notice = load_notice("england-2010")
    assert root[0].text == notice.title
    assert all(f"[{flow.id}]" in said.out for flow in notice.flows)
    boxes = re.findall(r'<rect x="(\d+)" y="(\d+)" width="\d+" height="(\d+)"', said.out)
    for (x, y, height), (other, below, _) in itertools.pairwise(boxes):
        assert x != other or int(y) + int(height) < int(below)
    assert "leave --format out" in refused("register", "show", "england-2010", "--format", "svg", "--coverage")
