"""What a register that reads well can still have wrong with it."""

from __future__ import annotations

import pytest

from ledger.register.lint import lint
from ledger.register.read import notice_bytes, notice_ids, read_register, read_with_places
from tests.ledger.register.test_read import SMALL


def messages(text: str) -> list[str]:
    return [str(problem) for problem in lint(*read_with_places(text, "notice.yml"))]


@pytest.mark.parametrize("id_", notice_ids())
def test_the_notices_that_come_along_have_no_problem(id_: str) -> None:
    assert lint(*read_with_places(notice_bytes(id_), id_)) == []


def test_a_small_register_has_no_problem() -> None:
    assert messages(SMALL) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("to: [acme]", "to: [acne]", "line 16, column 10: flows[0].to[0]: there is no party “acne”"),
        ("purposes: [lunch]", "purposes: [brunch]", "flows[0].purposes[0]: there is no purpose “brunch”"),
        ("purposes: [lunch]", "purposes: []", "“purposes” is empty; a flow needs at least one."),
        ("cite: [p-1]", "cite: [p-2]", "flows[0].cite[0]: there is no paragraph “p-2”"),
        ("cite: [p-1]", "cite: []", "“cite” is empty"),
        ("[surname]", "[shoe-size]", "flows[0].fields.required[0]: there is no field “shoe-size”"),
        ("{required: [surname], permitted: [forename]}", "{}", "no field may go"),
        ("permitted: [forename]", "permitted: [surname]", "the field “surname” is listed more than once."),
        ("permitted: [forename]", "permitted: [ethnicity]", "ethnicity may go, which needs a condition"),
        ("[ukgdpr-art6-1-e]", "[ukgdpr-art6-1-z]", "there is no lawful basis “ukgdpr-art6-1-z”"),
        ("[ukgdpr-art6-1-e]", "[ukgdpr-art9-2-g]", "no lawful basis is given"),
        ("lawful_bases: [ukgdpr-art6-1-e]\n    ", "", "no lawful basis is given"),
        ("[ukgdpr-art6-1-e]", "[dpa1998-sch2-5]", "was in force from 2000-03-01 to 2018-05-24, and at no time"),
        ("role: school}", "role: skool}", "parties[1].role: there is no role “skool”"),
        ("role_kind: role, ", "", "an organisation plays no role"),
        ("name: Acme}", "name: Acme, cite: [p-9]}", "parties[0].cite[0]: there is no paragraph “p-9”"),
        ("name: Acme}\n", "name: Acme}\n  - {id: acme, name: Acme}\n", "the party “acme” is there already"),
        ("name: Acme}\n", "name: Acme}\n  - {id: bystander, name: B}\n", "the party “bystander” is in no flow."),
        ("lunch}\n", "lunch}\n  - {id: idle, label: Idle}\n", "the purpose “idle” is in no flow."),
        ("name: Acme}", "name: ContactPoint}", "“ContactPoint” is to mean acme in the register small"),
        ("label: School lunch", "label: Maintain accuracy", "already means maintain-accuracy in the facts of law"),
        ("cite: [p-1]", "cite: [p-1]\n    granularity: street", "there is no granularity “street”"),
        ("cite: [p-1]", "cite: [p-1]\n    approval: {role: king}", "there is no approval role “king”"),
        ("cite: [p-1]", "cite: [p-1]\n    permitted_until: 2010-08-06T12:00", "is not a sealed time"),
        ("cite: [p-1]", "cite: [p-1]\n    permitted_until: 2010-02-30", "is not a date that exists"),
        ("cite: [p-1]", "cite: [p-1]\n    permitted_until: 2010-01-01/2010-02-01", "an interval is no end"),
        ("cite: [p-1]", "cite: [p-1]\n    subjects: {phases: [tertiary]}", "there is no phase “tertiary”"),
        ("cite: [p-1]", "cite: [p-1]\n    subjects: {key_stages: [ks9]}", "there is no key stage “ks9”"),
        ("cite: [p-1]", "cite: [p-1]\n    subjects: {year_groups: [year-0]}", "no year group “year-0”"),
        ("cite: [p-1]", "cite: [p-1]\n    subjects: {ages: {}}", "neither min nor max is given"),
        ("cite: [p-1]", "cite: [p-1]\n    subjects: {ages: {min: 9, max: 8}}", "is above the oldest, 8."),
        (
            "cite: [p-1]",
            "cite: [p-1]\n    subjects: {ages: {max: 8, beyond: cannot-tell}}",
            "it says why nobody can tell.",
        ),
        ("cite: [p-1]", "cite: [p-1]\n    opt_out: {who: A parent}", "exactly one of always, withheld"),
        (
            "cite: [p-1]",
            "cite: [p-1]\n    opt_out: {who: A parent, always: [], withheld: [surname]}",
            "exactly one of always, withheld",
        ),
        (
            "cite: [p-1]",
            "cite: [p-1]\n    opt_out: {who: A parent, withheld: [gender]}",
            "there is no field of this flow “gender”",
        ),
        (
            "cite: [p-1]",
            "cite: [p-1]\n    opt_out: {who: P, always: [surname], unclear: [surname], why: w}",
            "it cannot be both.",
        ),
        (
            "cite: [p-1]",
            "cite: [p-1]\n    opt_out: {who: P, always: [surname], unclear: [forename]}",
            "it says how the notice contradicts itself.",
        ),
        ("{lawful_bases: The", "{granularity: The", "“granularity” is said to be assigned, but there is nothing"),
        ("{lawful_bases: The", "{phases: The", "“phases” is said to be assigned, but there is nothing"),
        ("effective_from: 2020-09-01", "effective_from: 2021-09-01\neffective_until: 2021-08-31", "is before"),
    ],
)
def test_each_problem_is_found(old: str, new: str, said: str) -> None:
    assert old in SMALL
    found = messages(SMALL.replace(old, new, 1))
    assert any(said in message for message in found), found


def test_problems_have_lines_where_the_places_are_known() -> None:
    text = SMALL.replace("to: [acme]", "to: [acne]")
    (_, with_line, *_) = lint(*read_with_places(text, "a"))
    (_, without, *_) = lint(read_register(text, "a"))
    assert with_line.place == (16, 10)
    assert without.place is None
    assert without.path == with_line.path == "flows[0].to[0]"
