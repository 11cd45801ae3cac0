"""The facts of law and the vocabularies: their dates, and that they fit together."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.london import day_of
from ledger.members import KINDS, NOT_STATED, columns, members_of
from ledger.register.read import load_law, load_vocabularies

LAW, VOCABULARIES = load_law(), load_vocabularies()


def test_contactpoint_closed_at_noon_in_london_on_6_august_2010() -> None:
    fact = LAW.contactpoint
    assert fact.closed_at == datetime(2010, 8, 6, 11, 0, tzinfo=UTC)
    assert fact.day == day_of(fact.closed_at) == date(2010, 8, 6)
    assert fact.standing == "read"
    assert fact.purposes == ("maintain-accuracy",)
    assert {purpose.id for purpose in LAW.purposes} == set(fact.purposes)
    party = LAW.party(fact.party)
    assert party is not None
    assert party.closed is not None
    assert party.closed.on == fact.day


@pytest.mark.parametrize(
    ("party", "last_day", "standing"),
    [
        ("healthcare-commission", date(2009, 3, 31), "recalled"),
        ("lsc", date(2010, 3, 31), "recalled"),
        ("pct", date(2013, 3, 31), "read"),
        ("sha", date(2013, 3, 31), "read"),
    ],
)
def test_when_bodies_closed_and_how_that_is_known(party: str, last_day: date, standing: str) -> None:
    found = LAW.party(party)
    assert found is not None
    assert found.closed is not None
    assert (found.closed.on, found.closed.standing) == (last_day, standing)


def test_successors_are_known_and_open_the_day_after() -> None:
    for party in LAW.parties:
        for id_ in party.successors:
            successor = LAW.party(id_)
            assert successor is not None
            assert successor.opened is not None
            assert party.closed is not None
            assert successor.opened.on == party.closed.on + timedelta(days=1)


def test_dcsf_is_dfe_under_its_former_name() -> None:
    dfe = LAW.party("dfe")
    assert dfe is not None
    dcsf = dfe.former[0]
    assert "DCSF" in dcsf.aliases
    assert dcsf.until is not None
    assert (dcsf.until.on, dcsf.until.standing) == (date(2010, 5, 11), "recalled")


EVERY_BASIS = [
    *(f"dpa1998-sch2-{n}" for n in range(1, 7)),
    *(f"dpa1998-sch3-{n}" for n in range(1, 11)),
    *(f"{law}-art6-1-{letter}" for law in ("eugdpr", "ukgdpr") for letter in "abcdef"),
    "ukgdpr-art6-1-ea",
    *(f"{law}-art9-2-{letter}" for law in ("eugdpr", "ukgdpr") for letter in "abcdefghij"),
    "ukgdpr-art10",
    "dpa2018-sch1-1",
]


def test_every_lawful_basis_of_the_interface_is_there() -> None:
    assert [code for code in EVERY_BASIS if LAW.basis(code) is None] == []


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [
        ("dpa1998-sch2-5", date(2000, 3, 1), date(2018, 5, 24)),
        ("dpa1998-sch3-9", date(2000, 3, 1), date(2018, 5, 24)),
        ("eugdpr-art6-1-e", date(2018, 5, 25), date(2020, 12, 31)),
        ("ukgdpr-art9-2-g", date(2021, 1, 1), None),
        ("ukgdpr-art6-1-ea", date(2026, 2, 5), None),
    ],
)
def test_a_lawful_basis_holds_from_its_first_day_to_its_last(code: str, first: date, last: date | None) -> None:
    basis = LAW.basis(code)
    assert basis is not None
    assert basis.in_force(first)
    assert not basis.in_force(first - timedelta(days=1))
    if last is None:
        assert basis.in_force(date(2999, 12, 31))
    else:
        assert basis.in_force(last)
        assert not basis.in_force(last + timedelta(days=1))


def test_conditions_for_special_categories_are_no_lawful_bases() -> None:
    for code in EVERY_BASIS:
        basis = LAW.basis(code)
        assert basis is not None
        special = "-sch3-" in code or "-art9-" in code or code.startswith("dpa2018")
        assert (basis.kind == "special-category") == special
        assert (basis.kind == "basis") == ("-sch2-" in code or "-art6-" in code)


def test_two_bases_are_not_open_to_public_authorities() -> None:
    closed = {basis.id for basis in LAW.bases if not basis.public_authorities}
    assert closed == {"eugdpr-art6-1-f", "ukgdpr-art6-1-f", "ukgdpr-art6-1-ea"}


def test_granularity_goes_from_fine_to_coarse() -> None:
    order = [term.id for term in VOCABULARIES.granularity]
    assert order == ["individual", "school-year-group", "school", "local-authority", "pct", "national"]
    assert VOCABULARIES.finer("individual", "school-year-group") is True
    assert VOCABULARIES.finer("school-year-group", "school-year-group") is False
    assert VOCABULARIES.finer("national", "pct") is False
    assert VOCABULARIES.finer("galaxy", "pct") is None
    assert VOCABULARIES.finer("pct", "galaxy") is None


def test_every_domain_of_codes_that_members_name_has_its_vocabulary() -> None:
    domains = {member.domain for kind in KINDS.values() for member in members_of(kind)}
    codes = {domain.removeprefix("code:") for domain in domains if domain.startswith("code:")}
    assert codes - {"lawful_basis", "legal_power"} <= set(VOCABULARIES.kinds)


def test_literal_members_and_their_vocabularies_agree() -> None:
    assert {"subject_kind", "recipient_role"} <= set(columns())
    assert [term.id for term in VOCABULARIES.subject_kind] == ["pupil", "workforce"]
    assert [term.id for term in VOCABULARIES.recipient_role] == ["controller", "joint", "processor"]


def test_ids_are_unique_in_each_vocabulary() -> None:
    for kind in VOCABULARIES.kinds:
        ids = [term.id for term in VOCABULARIES.terms(kind)]
        assert len(ids) == len(set(ids)) == len(getattr(VOCABULARIES, kind)), kind


def test_year_groups_lie_within_the_ages_of_their_key_stage() -> None:
    assert [group.id for group in VOCABULARIES.year_group] == [
        "nursery", "reception", *(f"year-{n}" for n in range(1, 14))
    ]  # fmt: skip
    stages = {stage.id: stage for stage in VOCABULARIES.key_stage}
    assert list(stages) == ["eyfs", "ks1", "ks2", "ks3", "ks4", "ks5"]
    for group in VOCABULARIES.year_group:
        stage = stages[group.key_stage]
        assert stage.age_min <= group.age_min < group.age_max <= stage.age_max, group.id
        assert group.age_max == group.age_min + 1
    for stage in stages.values():
        assert stage.age_max == max(g.age_max for g in VOCABULARIES.year_group if g.key_stage == stage.id)


def test_health_ethnic_origin_and_religion_are_special_categories() -> None:
    special = VOCABULARIES.special_categories
    assert {"ethnicity", "religion", "height", "weight", "body-mass-index", "disability", "sickness-absence"} <= special
    assert not {"surname", "date-of-birth", "gender", "free-school-meals", "sen-provision"} & special


def test_fields_can_be_not_stated() -> None:
    assert VOCABULARIES.term("field", NOT_STATED) is not None


def test_a_paragraph_of_article_9_says_of_which_part_of_schedule_1_it_needs_a_condition() -> None:
    needed = {basis.id: basis.schedule_1 for basis in LAW.bases if basis.schedule_1 is not None}
    one, two = ({f"{law}-art9-2-{letter}" for law in ("eugdpr", "ukgdpr") for letter in of} for of in ("bhij", "g"))
    assert needed == dict.fromkeys(one, "part-1") | dict.fromkeys(two, "part-2")
    parts = {basis.id: basis.part for basis in LAW.bases if basis.part is not None}
    spans = {"part-1": range(1, 5), "part-2": range(6, 29), "part-3": range(29, 38)}
    assert parts == {f"dpa2018-sch1-{number}": part for part, numbers in spans.items() for number in numbers}


def test_which_countries_need_no_safeguard_and_when() -> None:
    def adequate(country: str, day: str) -> list[str | None]:
        return [one.only for one in LAW.adequacies(country) if one.in_force(date.fromisoformat(day))]

    assert [country for country in ("FR", "NO", "CH", "JE") if adequate(country, "2010-03-01") != [None]] == []
    assert (adequate("KR", "2022-12-18"), adequate("KR", "2022-12-19")) == ([], [None])
    assert (adequate("HR", "2013-06-30"), adequate("HR", "2013-07-01")) == ([], [None])
    assert (len(adequate("US", "2015-10-06")), adequate("US", "2015-10-07")) == (1, [])
    assert None not in adequate("US", "2024-01-01")
    assert (LAW.adequacies("GB"), LAW.adequacies("IN")) == ((), ())
    assert {one.standing for one in LAW.adequate_countries} == {"recalled"}
    whole = [country for one in LAW.adequate_countries if one.only is None for country in one.countries]
    assert len(whole) == len(set(whole))
