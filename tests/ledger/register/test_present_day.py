"""The registers of today: whole, in force, joined to their paragraphs, and fit to begin one's own from."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from ledger.register.lint import lint
from ledger.register.model import Flow, Register
from ledger.register.names import known_names
from ledger.register.read import load_law, load_notice, load_vocabularies, notice_ids, read_with_places
from ledger.register.template import STARTERS, starter
from tests.ledger.cli.called import call, refused

IDS = ("primary-2026", "secondary-2026", "workforce-2026")
REGISTERS = [load_notice(id_) for id_ in IDS]
FLOWS = [pytest.param(flow, id=f"{register.id}: {flow.id}") for register in REGISTERS for flow in register.flows]
LAW, VOCABULARIES = load_law(), load_vocabularies()


def rules(register: Register) -> dict[str, set[str]]:
    """Each paragraph and what cites it: flows, with the cited limits of each, parties and purposes."""
    found: dict[str, set[str]] = {paragraph.id: set() for paragraph in register.paragraphs}
    for part in (*register.flows, *register.parties, *register.purposes):
        for id_ in part.cite:
            found[id_].add(part.id)
    return found


def flow_of(register: str, id_: str) -> Flow:
    flow = load_notice(register).flow(id_)
    assert flow is not None
    return flow


def test_four_registers_come_along() -> None:
    assert notice_ids() == ("england-2010", *IDS)
    said = call("register", "list")
    assert said.status == 0
    assert [line.split()[0] for line in said.out.splitlines()] == ["england-2010", *IDS]


def test_all_of_them_can_be_adopted_in_one_ledger() -> None:
    known_names(LAW, VOCABULARIES, [load_notice(id_) for id_ in notice_ids()], [])


@pytest.mark.parametrize("register", REGISTERS, ids=IDS)
def test_every_paragraph_is_a_rule_and_every_rule_has_a_paragraph(register: Register) -> None:
    flows = {flow.id for flow in register.flows}
    for paragraph, citing in rules(register).items():
        assert citing & flows, paragraph
    for part in (*register.flows, *register.parties, *register.purposes):
        assert part.cite, part.id


@pytest.mark.parametrize("register", REGISTERS, ids=IDS)
def test_headings_count_their_paragraphs_from_one_and_quote_nothing(register: Register) -> None:
    numbers: dict[str, list[int]] = {}
    for paragraph in register.paragraphs:
        numbers.setdefault(paragraph.heading, []).append(paragraph.number)
        assert paragraph.quotes == ()
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


@pytest.mark.parametrize("register", REGISTERS, ids=IDS)
def test_they_hold_for_the_school_year_with_its_terms_and_a_smallest_count(register: Register) -> None:
    assert register.effective_from == date(2026, 9, 1)
    assert register.smallest_count == 5
    assert [term.id for term in register.terms] == ["autumn-2026", "spring-2027", "summer-2027"]
    assert {"effective_from", "smallest_count", "terms"} == set(register.assigned)


@pytest.mark.parametrize("flow", FLOWS)
def test_bases_are_in_force_all_year_and_open_to_public_authorities(flow: Flow) -> None:
    for code in flow.lawful_bases:
        basis = LAW.basis(code)
        assert basis is not None
        assert basis.in_force(date(2026, 9, 1))
        assert basis.in_force(date(2027, 8, 31))
        assert basis.public_authorities, code


@pytest.mark.parametrize("flow", FLOWS)
def test_special_categories_and_offences_have_their_conditions_and_nothing_else_has(flow: Flow) -> None:
    kinds = {basis.kind for code in flow.lawful_bases if (basis := LAW.basis(code)) is not None}
    special = flow.fields.all & VOCABULARIES.special_categories
    offences = flow.fields.all & VOCABULARIES.criminal_offences
    assert ("criminal-offence" in kinds) == bool(offences)
    # Conditions of Schedule 1 serve both: for offences they are there without a special category.
    assert ("special-category" in kinds) == bool(special or offences)
    articles = {code[-1] for code in flow.lawful_bases if code.startswith("ukgdpr-art9-2-")}
    schedule = {int(code.rpartition("-")[2]) for code in flow.lawful_bases if code.startswith("dpa2018-sch1-")}
    assert bool(articles) == bool(special)
    # DPA 2018 section 10: points b, h, i and j need a condition of Part 1, and g one of Part 2.
    for article, needed in {"b": {1}, "h": {2}, "i": {3}, "j": {4}, "g": set(range(6, 29))}.items():
        assert article not in articles or schedule & needed, article


@pytest.mark.parametrize("flow", FLOWS)
def test_what_the_notice_does_not_say_is_assigned_with_a_reason(flow: Flow) -> None:
    assert {"lawful_bases", "fields"} <= set(flow.assigned)
    assert all(reason.endswith(".") for reason in flow.assigned.values())
    if flow.expected:
        assert "expected" in flow.assigned


@pytest.mark.parametrize("flow", FLOWS)
def test_statutes_are_named_with_their_year(flow: Flow) -> None:
    words = flow.assigned["lawful_bases"]
    assert re.search(r"(Act|Regulations|SI) (19|20)\d\d|task: teaching|As for the referral|SI 20\d\d/\d+", words), words


def test_three_censuses_of_pupils_and_one_of_staff_are_expected() -> None:
    for id_ in ("primary-2026", "secondary-2026"):
        census = flow_of(id_, "school-dfe-census")
        assert [due.label for due in census.expected] == ["Autumn census", "Spring census", "Summer census"]
        assert census.frequency is not None
        assert (census.frequency.at_most, census.frequency.per) == (3, "year")
    staff = flow_of("workforce-2026", "workforce-census")
    assert [due.first for due in staff.expected] == ["11-01"]


def test_a_supplier_needs_an_agreement_and_keeps_nothing_beyond_a_year() -> None:
    for id_ in ("primary-2026", "secondary-2026"):
        flow = flow_of(id_, "school-edtech-supplier")
        assert flow.agreement is not None
        assert flow.retention is not None
        assert flow.retention.months == 12
        assert not flow.fields.all & (VOCABULARIES.special_categories | {"date-of-birth"})


def test_what_an_opt_out_from_support_after_16_leaves() -> None:
    flow = flow_of("secondary-2026", "school-local-authority-post-16")
    assert flow.opt_out is not None
    assert set(flow.opt_out.always or ()) == {
        *("forename", "surname", "date-of-birth", "address", "postcode", "parent-name", "parent-address")
    }
    assert flow.subjects.ages is not None
    assert (flow.subjects.ages.min, flow.subjects.ages.max) == (13, 19)


def test_the_child_protection_file_goes_by_the_safeguarding_lead_alone() -> None:
    for id_ in ("primary-2026", "secondary-2026"):
        for flow in load_notice(id_).flows:
            if "child-protection-file" in flow.fields.all and "next-school" in flow.recipient:
                assert flow.approval is not None
                assert flow.approval.role == "designated-safeguarding-lead"
                assert "5 days" in " ".join(str(load_notice(id_).paragraph(cited)) for cited in flow.cite)


@pytest.mark.parametrize("kind", STARTERS)
def test_a_starter_lints_clean_and_is_the_register_by_another_name(kind: str, tmp_path: Path) -> None:
    found, places = read_with_places(starter(kind), "starter.yml")
    assert lint(found, places) == []
    like = load_notice(f"{kind}-2026")
    assert found.id == f"our-{kind}"
    assert found.title != like.title
    assert (found.flows, found.parties, found.paragraphs) == (like.flows, like.parties, like.paragraphs)
    known_names(LAW, VOCABULARIES, [found, like], [])
    file = tmp_path / "ours.yml"
    assert call("register", "new", "--like", kind) == (0, starter(kind), "")
    assert "adapt it" in call("register", "new", "--like", kind, "-o", file).out
    assert file.read_text("utf-8") == starter(kind)
    assert call("register", "lint", file).status == 0


def test_there_is_no_other_starter() -> None:
    assert "is not one of" in refused("register", "new", "--like", "tertiary")


RECORDED = {
    "secondary-2026": ("school-dfe-census", "school", "dfe"),
    "primary-2026": ("school-child-health-entry", "school", "child-health-provider"),
    "workforce-2026": ("payroll", "school", "payroll-provider"),
}


@pytest.mark.parametrize("id_", IDS)
def test_a_ledger_adopts_it_and_a_transfer_within_it_is_no_breach(id_: str, tmp_path: Path) -> None:
    name, sender, recipient = RECORDED[id_]
    flow = flow_of(id_, name)
    ledger = tmp_path / "school.ledger"
    assert call("init", ledger, "--origin", "oak.example/transfers", "--organisation", "Oak").status == 0
    assert call("register", "adopt", ledger, id_, "--from", "2026-09-01").status == 0
    conditions = [code for code in flow.lawful_bases if (it := LAW.basis(code)) is not None and it.kind != "basis"]
    facts: list[object] = ["--sender", sender, "--recipient", recipient, "--purpose", flow.purposes[0]]
    facts += ["--transferred-at", "2026-10-05", "--granularity", "individual", "--subject-kind", flow.subjects.kinds[0]]
    for field in sorted(flow.fields.all):
        facts += ["--field", field]
    for code in flow.lawful_bases:
        facts += ["--special-category-condition" if code in conditions else "--lawful-basis", code]
    for year in flow.subjects.year_groups:
        facts += ["--year-groups", year]
    if flow.subjects.phases:
        facts += ["--phase", flow.subjects.phases[0]]
    if flow.agreement is not None:
        facts += ["--agreement-review-on", "2027-08-31"]
    assert call("record", ledger, *facts).status == 0
    checked = call("check", ledger, "--as-of", "2026-10-06")
    assert checked.status == 0, checked
