"""A register in plain text."""

from __future__ import annotations

from ledger.register.read import load_notice, read_register
from ledger.register.show import describe
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
