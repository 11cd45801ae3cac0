"""The notice of 2010, whole: every organisation in it, and every limit that it sets.

What is expected here was written down from the notice's text, not from the register.
"""

from __future__ import annotations

from datetime import date

import pytest

from ledger.register.model import Flow
from ledger.register.read import load_law, load_notice, load_vocabularies

NOTICE = load_notice("england-2010")

# Every organisation in the notice: its id, and a heading that is cited for what it gets.
ORGANISATIONS = {
    "local-authority": "Local Authority",
    "qca": "Qualifications and Curriculum Authority (QCA)",
    "ofsted": "Ofsted",
    "lsc": "Learning and Skills Council (LSC)",
    "lsc-partners": "Learning and Skills Council (LSC)",
    "lrs": "Learner Registration System (LRS)",
    "miap": "Learner Registration System (LRS)",
    "learner-record-users": "Learner Registration System (LRS)",
    "pct": "Primary Care Trusts (PCT)",
    "parent": "Primary Care Trusts (PCT)",
    "data-subject": "Primary Care Trusts (PCT)",
    "school": "Primary Care Trusts (PCT)",
    "dh": "Department of Health (DH)",
    "sha": "Department of Health (DH)",
    "healthcare-commission": "Department of Health (DH)",
    "dfe": "Department for Education (DfE)",
    "ons": "Department for Education (DfE)",
    "other-government-departments": "Department for Education (DfE)",
    "independent-researcher": "Department for Education (DfE)",
    "survey-agency": "Department for Education (DfE)",
    "learning-institution": "Department for Education (DfE)",
    "contactpoint": "Department for Education (DfE)",
    "connexions": "Connexions Services",
    "s-cool": "S-cool Limited",
    "perspective-clm": "Perspective CLM (Collaborative Learning Manager)",
    "ifd": "Information from Data Ltd. (IFD)",
    "fischer-family-trust": "Fischer Family Trusts",
}

# What the notice documents: sender → recipients.
DOCUMENTED = {
    "school": [
        *("local-authority", "qca", "lrs", "miap", "pct", "dfe", "contactpoint", "connexions"),
        *("s-cool", "perspective-clm", "fischer-family-trust"),
    ],
    "local-authority": [
        *("qca", "ofsted", "lsc", "lrs", "miap", "pct", "dh", "dfe", "contactpoint", "connexions"),
        *("s-cool", "perspective-clm", "ifd", "fischer-family-trust"),
    ],
    "qca": ["dfe", "lsc"],
    "lsc": ["other-government-departments", "lsc-partners"],
    "lrs": ["learner-record-users"],
    "miap": ["learner-record-users"],
    "pct": ["parent", "data-subject", "school", "local-authority", "dh"],
    "dh": ["sha", "healthcare-commission"],
    "dfe": [
        *("local-authority", "school", "learning-institution", "survey-agency", "ons"),
        *("other-government-departments", "independent-researcher", "connexions"),
    ],
    "fischer-family-trust": ["school", "local-authority"],
}
FLOWS = [(sender, recipient) for sender, recipients in DOCUMENTED.items() for recipient in recipients]


def between(sender: str, recipient: str, purpose: str | None = None, kind: str = "pupil") -> list[Flow]:
    flows = NOTICE.flows_between(frozenset({sender}), frozenset({recipient}))
    return [flow for flow in flows if (purpose is None or purpose in flow.purposes) and kind in flow.subjects.kinds]


def the(sender: str, recipient: str, purpose: str | None = None, kind: str = "pupil") -> Flow:
    (flow,) = between(sender, recipient, purpose, kind)
    return flow


def test_it_holds_the_notices_organisations_and_no_other() -> None:
    assert {party.id for party in NOTICE.parties} == set(ORGANISATIONS)


@pytest.mark.parametrize("party", ORGANISATIONS)
def test_every_organisation_has_flows_that_cite_the_notice(party: str) -> None:
    heading = ORGANISATIONS[party]
    flows = [flow for flow in NOTICE.flows if party in flow.recipient]
    assert flows
    cited = [NOTICE.paragraph(id_) for flow in flows for id_ in flow.cite]
    assert heading in {paragraph.heading for paragraph in cited if paragraph}
    assert all(flow.cite for flow in flows)


@pytest.mark.parametrize(("sender", "recipient"), FLOWS)
def test_every_flow_of_the_notice_is_there(sender: str, recipient: str) -> None:
    assert between(sender, recipient)


@pytest.mark.parametrize(
    ("sender", "recipient"),
    [("lsc", "connexions"), ("school", "ofsted"), ("school", "ifd"), ("local-authority", "ons"), ("dfe", "parent")],
)
def test_what_the_notice_does_not_say_is_not_there(sender: str, recipient: str) -> None:
    assert between(sender, recipient) == []


@pytest.mark.parametrize(
    ("organisation", "role", "recipient"),
    [
        ("springfield-high", "school", "connexions"),
        ("shelbyville-council", "local-authority", "qca"),
        ("springfield-pct", "pct", "parent"),
    ],
)
def test_an_organisation_plays_the_role_that_it_has_here(organisation: str, role: str, recipient: str) -> None:
    sender = frozenset({organisation, role})
    assert NOTICE.flows_between(sender, frozenset({recipient})) != ()
    assert NOTICE.flows_between(frozenset({organisation}), frozenset({recipient})) == ()


@pytest.mark.parametrize(
    ("role", "party", "sender"),
    [
        ("researcher", "independent-researcher", "dfe"),
        ("research-agency", "survey-agency", "dfe"),
        ("government-department", "other-government-departments", "dfe"),
        ("sha", "sha", "dh"),
        ("connexions", "connexions", "school"),
        ("learning-institution", "learning-institution", "dfe"),
    ],
)
def test_roles_and_parties_need_not_share_their_word(role: str, party: str, sender: str) -> None:
    by_role = NOTICE.flows_between(frozenset({sender}), frozenset({"some-body", role}))
    assert by_role == NOTICE.flows_between(frozenset({sender}), frozenset({party})) != ()


def test_it_holds_from_september_2009_until_replaced_and_that_is_assigned() -> None:
    assert (NOTICE.effective_from, NOTICE.effective_until) == (date(2009, 9, 1), None)
    assert "undated" in NOTICE.assigned["effective_from"]
    assert NOTICE.effective_assigned


def test_every_lawful_basis_is_assigned_and_was_in_force_then() -> None:
    law = load_law()
    for flow in NOTICE.flows:
        assert "states no lawful basis" in flow.assigned["lawful_bases"], flow.id
        for code in flow.lawful_bases:
            basis = law.basis(code)
            assert basis is not None
            assert basis.in_force(date(2009, 9, 1))
            assert basis.in_force(date(2010, 8, 6))


def test_health_and_ethnicity_have_their_conditions() -> None:
    for flow in NOTICE.flows:
        if flow.fields.all & {"height", "weight", "body-mass-index"}:
            assert {"dpa1998-sch3-8", "dpa1998-sch3-10"} & {*flow.lawful_bases}, flow.id
        if "ethnicity" in flow.fields.all:
            assert "dpa1998-sch3-9" in flow.lawful_bases or "dpa1998-sch3-10" in flow.lawful_bases, flow.id


def test_authority_pupils_and_workforce() -> None:
    purposes = {p for flow in between("school", "local-authority") for p in flow.purposes}
    assert {"statutory-functions", "statistics", "school-performance", "maintain-accuracy"} <= purposes
    staff = the("school", "local-authority", "workforce-support", "workforce")
    assert staff.subjects.kinds == ("workforce",)
    assert "sickness-absence" in staff.fields.all
    assert staff.cite == ("la-2",)


def test_workforce_data_goes_to_the_authority_only() -> None:
    for flow in NOTICE.flows:
        assert flow.subjects.kinds in (("pupil",), ("workforce",))
        if "workforce" in flow.subjects.kinds:
            assert flow.recipient == ("local-authority",)


def test_qca_key_stages_1_to_3() -> None:
    for sender in ("local-authority", "school"):
        flow = the(sender, "qca")
        assert flow.subjects.key_stages == ("ks1", "ks2", "ks3")
        assert not flow.is_assigned("key_stages")
    assert "achievement-statistics" in the("qca", "dfe").purposes


@pytest.mark.parametrize(("recipient", "purpose"), [("lrs", "unique-learner-number"), ("miap", "learner-record")])
def test_learner_registration_14_and_over_or_registering_for_post_14_qualifications(
    recipient: str, purpose: str
) -> None:
    by_age = the("school", recipient, purpose)
    assert by_age.subjects.ages is not None
    assert (by_age.subjects.ages.min, by_age.subjects.ages.max) == (14, None)
    assert by_age.subjects.ages.beyond == "breach"
    assert not by_age.is_assigned("ages")
    assert the("school", recipient, "post-14-registration").subjects.ages is None


def test_miap_opt_out_of_achievement_data() -> None:
    opt_out = the("miap", "learner-record-users").opt_out
    assert opt_out is not None
    assert "achievements" in opt_out.withheld
    assert "uln" not in opt_out.withheld
    assert opt_out.always is None
    assert opt_out.cite == ("lrs-3",)
    assert the("lrs", "learner-record-users", "uln-access").opt_out is None


def test_pct_individual_results_for_families_and_aggregates_for_schools_and_authorities() -> None:
    assert the("pct", "parent").granularity is None
    assert {"height", "weight"} <= the("pct", "data-subject").fields.all
    for recipient in ("school", "local-authority"):
        flow = the("pct", recipient)
        assert flow.granularity == "school-year-group"
        assert flow.is_assigned("granularity")
        assert not {"surname", "upn"} & flow.fields.all


def test_pct_names_are_kept_for_the_period_designated() -> None:
    for flow in (the("school", "pct", "child-measurement"), the("pct", "parent")):
        assert flow.retention is not None
        assert "Department of Health designates" in flow.retention.text
        assert not flow.is_assigned("retention")


def test_dh_school_year_group_and_healthcare_commission_pct_level() -> None:
    for sender in ("pct", "local-authority"):
        flow = the(sender, "dh")
        assert (flow.granularity, flow.is_assigned("granularity")) == ("school-year-group", False)
    flow = the("dh", "healthcare-commission")
    assert (flow.granularity, flow.is_assigned("granularity")) == ("pct", False)
    flow = the("dh", "sha")
    assert (flow.granularity, flow.is_assigned("granularity")) == ("pct", True)


@pytest.mark.parametrize("recipient", ["ons", "other-government-departments", "independent-researcher"])
def test_the_chief_statistician_approves(recipient: str) -> None:
    flow = the("dfe", recipient)
    assert flow.approval is not None
    assert flow.approval.role == "chief-statistician"
    assert flow.approval.cite == flow.cite


def test_nothing_else_needs_approval() -> None:
    assert {flow.id for flow in NOTICE.flows if flow.approval} == {
        "dfe-other-departments",
        "dfe-independent-researcher",
    }


def test_statistical_use_only() -> None:
    for sender, recipient in [
        ("lsc", "other-government-departments"),
        ("dfe", "ons"),
        ("dfe", "other-government-departments"),
    ]:
        flow = the(sender, recipient)
        assert flow.use == "statistical-only"
        assert not flow.is_assigned("use")
        for id_ in flow.purposes:
            purpose = NOTICE.purpose(id_)
            assert purpose is not None
            assert purpose.statistical
    for sender, recipient in [("dfe", "survey-agency")]:
        assert the(sender, recipient).is_assigned("use")


def test_purposes_that_are_about_one_person_are_not_statistical() -> None:
    for id_ in (
        "statutory-functions",
        "workforce-support",
        "maintain-accuracy",
        "national-curriculum-assessments",
        "learner-contact",
        "unique-learner-number",
        "learner-record",
        "height-and-weight-results",
        "connexions-service",
        "careers-software",
        "matched-information",
    ):
        purpose = NOTICE.purpose(id_)
        assert purpose is not None
        assert not purpose.statistical


def test_researchers_get_no_names() -> None:
    assert not {"forename", "surname", "address"} & the("dfe", "independent-researcher").fields.all


@pytest.mark.parametrize("sender", ["school", "local-authority", "dfe"])
def test_contactpoint_until_noon_on_6_august_2010_and_both_wordings_are_cited(sender: str) -> None:
    flow = the(sender, "contactpoint")
    assert flow.purposes == ("maintain-accuracy",)
    assert flow.permitted_until == "2010-08-06T12:00+01:00"
    assert not flow.is_assigned("permitted_until")
    assert flow.subjects.ages is not None
    assert (flow.subjects.ages.max, flow.subjects.ages.beyond) == (17, "cannot-tell")
    assert "recalled" in (flow.subjects.ages.why or "")
    assert "dfe-5" in flow.cite
    assert sender == "dfe" or "la-1" in flow.cite


def test_the_two_wordings_of_contactpoints_end() -> None:
    quotes = {id_: paragraph.quotes for id_ in ("la-1", "dfe-5") if (paragraph := NOTICE.paragraph(id_))}
    assert "switched off on 6 August 2010" in quotes["la-1"]
    assert "switched off at noon on 6 August 2010" in quotes["dfe-5"]


def test_every_flow_for_contactpoints_sake_ends_with_it() -> None:
    law = load_law()
    for flow in NOTICE.flows:
        about = law.contactpoint.party in (*flow.sender, *flow.recipient)
        assert (about or "maintain-accuracy" in flow.purposes) == (flow.permitted_until is not None)


def test_connexions_13_to_19_and_what_an_opt_out_leaves() -> None:
    flow = the("school", "connexions")
    assert flow.subjects.ages is not None
    assert (flow.subjects.ages.min, flow.subjects.ages.max) == (13, 19)
    opt_out = flow.opt_out
    assert opt_out is not None
    assert "16 or over" in opt_out.who
    assert opt_out.always is not None
    assert {"forename", "surname", "address", "parent-name", "parent-address"} <= {*opt_out.always}
    assert not {"date-of-birth", "telephone", "parent-telephone", "gender"} & {*opt_out.always}
    assert opt_out.unclear == ("date-of-birth",)
    assert not opt_out.passing_on


def test_the_two_wordings_of_connexions_opt_out() -> None:
    paragraph = NOTICE.paragraph("connexions-1")
    assert paragraph is not None
    text = " ".join(paragraph.quotes)
    assert "beyond name and address" in text
    assert "beyond name, address and date of birth" in text


@pytest.mark.parametrize("sender", ["local-authority", "dfe"])
def test_what_the_school_sent_is_not_passed_on_to_connexions(sender: str) -> None:
    flow = the(sender, "connexions")
    assert flow.opt_out is not None
    assert flow.opt_out.passing_on
    assert flow.opt_out.cite == ("connexions-2",)
    assert flow.opt_out.always is None


def test_s_cool_required_and_voluntary_fields_and_nothing_else() -> None:
    for sender in ("school", "local-authority"):
        flow = the(sender, "s-cool")
        assert flow.fields.required == ("forename", "surname", "date-of-birth")
        assert set(flow.fields.voluntary) == {"ethnicity", "gender"}
        assert flow.fields.permitted == ()
        assert not flow.is_assigned("fields")


def test_s_cool_and_perspective_are_for_high_schools() -> None:
    limited = [flow for flow in NOTICE.flows if flow.subjects.phases]
    assert {to for flow in limited for to in flow.recipient} == {"s-cool", "perspective-clm"}
    for flow in limited:
        assert flow.subjects.phases == ("secondary", "all-through")
        assert "high schools" in flow.assigned["phases"]


def test_only_s_cool_and_nobody_else_requires_fields() -> None:
    assert {to for flow in NOTICE.flows if flow.fields.required for to in flow.recipient} == {"s-cool"}


def test_fields_are_the_notices_word_for_s_cool_alone() -> None:
    assert {flow.id for flow in NOTICE.flows if not flow.is_assigned("fields")} == {
        "school-s-cool",
        "local-authority-s-cool",
    }


def test_the_notices_wording_is_quoted_shortly() -> None:
    for paragraph in NOTICE.paragraphs:
        for quote in paragraph.quotes:
            assert 3 <= len(quote.split()) <= 25, quote


def test_headings_count_their_paragraphs_from_one_without_gaps() -> None:
    numbers: dict[str, list[int]] = {}
    for paragraph in NOTICE.paragraphs:
        numbers.setdefault(paragraph.heading, []).append(paragraph.number)
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def test_what_is_finer_than_an_aggregate_is_told_by_the_vocabularys_order() -> None:
    limit = the("pct", "dh").granularity
    assert limit is not None
    assert load_vocabularies().finer("individual", limit)
    assert not load_vocabularies().finer("school", limit)
