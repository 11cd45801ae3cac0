"""A register drafted from a ledger: lint points at every flow until it is confirmed."""

from __future__ import annotations

import re
from pathlib import Path

from ledger.register.drafted import Name, Row, draft
from ledger.register.lint import examine
from tests.ledger.cli.called import call

PLACEHOLDER = re.compile(r"<[a-zA-Z-][a-zA-Z -]+>")
ROW = Row("school", "acme", "lunch", ("surname", "forename"), ("ukgdpr-art6-1-e",), "pupil", "2021-03-02")


def confirmed(text: str) -> str:
    answers = {
        "<a short id for this notice>": "oak-2026",
        "<the first day it holds as YYYY-MM-DD>": "2020-09-01",
        "<the paragraph that documents this flow>": "paragraph-1",
        "<the code of a lawful basis>": "ukgdpr-art6-1-e",
    }
    return PLACEHOLDER.sub(lambda found: answers.get(found[0], "Some words"), text)


def test_one_flow_for_each_pair_with_what_was_seen() -> None:
    rows = [ROW, ROW._replace(on="2021-01-05", fields=("upn",)), ROW._replace(recipient="unlisted")]
    text = draft(rows, {"school": Name("School", "school"), "acme": Name("Acme “Ltd”: yes")}, {"lunch": "School lunch"})
    assert "# CONFIRM or strike out: 2 transfers, 2021-01-05 to 2021-03-02\n" in text
    assert "# Left out: 1 transfer whose sender or recipient is unlisted." in text
    problems = examine(text)[1]
    assert all("is a placeholder" in problem.message for problem in problems), problems
    assert {"flows[0].cite[0]", "flows[0].assigned.lawful_bases"} <= {problem.path for problem in problems}
    found, problems = examine(confirmed(text))
    assert problems == []
    assert found is not None
    (flow,) = found.flows
    assert flow.fields.permitted == ("forename", "surname", "upn")
    assert flow.purposes == ("lunch",)


def test_what_nobody_stated_is_asked_for_and_an_empty_ledger_gives_a_frame() -> None:
    text = draft([ROW._replace(bases=(), fields=("not-stated",), purpose="unlisted")], {}, {})
    assert "fields: {permitted: [<the fields that nobody stated or listed>]}" in text
    assert "purposes: [<the purpose that nobody stated or listed>]" in text
    assert "lawful_bases: [<the code of a lawful basis>]" in text
    assert "flows: []" in draft([], {}, {})


def test_the_verb(tmp_path: Path) -> None:
    ledger, file = tmp_path / "l.db", tmp_path / "drafted.yml"
    call("init", ledger, "--origin", "a.example/t", "--organisation", "A")
    call("register", "adopt", ledger, "england-2010", "--from", "2009-09-01")
    organisations = tmp_path / "o.csv"
    organisations.write_text("id,name,role,phase\noak,Oak High,school,secondary\n", "utf-8")
    assert call("organisation", "add", ledger, organisations).status == 0
    words = ("--purpose", "National curriculum assessments", "--field", "surname", "--lawful-basis", "dpa1998-sch2-5")
    done = call("record", ledger, "--transferred-at", "2010-05-14", "--sender", "oak", "--recipient", "QCA", *words)
    assert done.status == 0, done
    assert call("register", "new", "--from-ledger", ledger, "-o", file).status == 0
    text = file.read_text("utf-8")
    assert "CONFIRM or strike out: 1 transfer, 2010-05-14" in text
    said = call("register", "lint", file)
    assert said.status == 2
    assert "flows[0].cite[0]: “<the paragraph that documents this flow>” is a placeholder" in said.err
    file.write_text(confirmed(text).replace("2020-09-01", "2009-09-01"), "utf-8")
    assert call("register", "lint", file) == (0, f"{file}: 1 flows, nothing wrong.\n", "")
