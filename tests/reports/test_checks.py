"""Every check by its cases (`tests/cases/*.yml`: transfers in, findings out), and the laws that hold for all.

A finding is written as `[seq] check outcome reason severity`, the seq 10 where there is one transfer.
"""

from __future__ import annotations

import inspect
import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ledger import canonical
from ledger.members import Organisation
from reports import judge as judging
from reports.checks import CHECKS, Check
from reports.finding import OUTCOMES, _canonical
from reports.history import State
from reports.judge import CheckFailed
from reports.run import Result, rate, run
from reports.sentences import SENTENCES
from reports.wording import Labels, word
from tests.reports.world import AS_OF, BASES, ORGANISATIONS, SEALED, evidence, recorded, world_of

CASES = Path(__file__).parents[1] / "cases"


def _cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yml")):
        for case in YAML(typ="safe").load(path):
            yield pytest.param(case, id=f"{path.stem}: {case['name']}")


ALL = list(_cases())
NO_REGISTER = "register-not-in-force"


def judged(case: dict[str, Any]) -> Result:
    return run(world_of(case), case.get("as_of", AS_OF))


def written(result: Result) -> list[str]:
    return [f"{one.seq} {one.check} {one.outcome} {one.reason} {one.severity}" for one in result.findings]


@pytest.mark.parametrize("case", ALL)
def test_case(case: dict[str, Any]) -> None:
    expected = [text if text[0].isdigit() else f"10 {text}" for text in case["findings"]]
    found = written(judged(case))
    if NO_REGISTER not in " ".join(expected):  # cases about the law of other years have no register, and need none
        found = [text for text in found if NO_REGISTER not in text]
    assert found == expected


@pytest.mark.parametrize("case", ALL)
def test_every_finding_has_its_sentences(case: dict[str, Any]) -> None:
    label = Labels(world_of(case))
    for finding in judged(case).findings:
        words = word(finding, label)
        assert all(text and "{" not in text for text in words)
        assert finding.check == "duplicate-transfer" or finding.citation or finding.check in (
            "lawful-basis-not-in-force", "recorded-late", "dated-in-future", "opt-out-differencing",
            "unresolved-finding-overdue", "correction-changes-recipient", "recipient-name-near-miss",
            "correction-removes-breach")  # fmt: skip


def test_a_code_is_named_by_its_kind_not_by_an_organisation_with_that_id() -> None:
    label = Labels(evidence([]))
    assert ORGANISATIONS["primary"].name == "Elm Primary"
    (finding,) = judged({"transfers": [{"from": "s-cool", "sender": "primary"}]}).findings
    assert word(finding, label).found == "The phase is: Primary."
    stranger = {"from": "la", "sender": "primary", "recipient": "acme"}
    flow = {"from": "la", "sender": "primary", "recipient": "institute"}
    found = [word(one, label).found for one in judged({"transfers": [stranger, flow]}).findings]
    assert "None is documented from Elm Primary to Institute." in found
    assert "Acme is not known." in found
    assert (label("primary", "party"), label("primary", "phase")) == ("Elm Primary", "Primary")


def test_a_transfers_id_that_looks_like_a_date_or_a_name_stands_as_it_is() -> None:
    label = Labels(evidence([]))
    for id_ in ("2010-03-01", "primary", "upn"):
        (finding,) = judged({"transfers": [{"from": "la", "id": id_}, {"from": "la"}]}).findings
        assert word(finding, label).found == f"It is like transfer {id_} in everything but its id."


def test_every_kind_that_a_sentence_names_is_one_of_labels() -> None:
    world = evidence([])
    kinds = {"party", "purpose", "flow", "lawful_basis", "legal_power", "date", *world.vocabularies.kinds}
    for key, texts in SENTENCES.items():
        for text in texts:
            assert {kind for _, _, kind, _ in Formatter().parse(text) if kind} <= kinds, key


def test_every_check_has_cases_an_example_and_a_docstring() -> None:
    for check in CHECKS:
        cases = YAML(typ="safe").load(CASES / f"{check.ID}.yml")
        assert any(case.get("example") for case in cases), check.ID
        assert check.__doc__
    assert {check for check, _ in SENTENCES} == {check.ID for check in CHECKS}
    assert len(CHECKS) == 45


def test_every_check_has_a_case_of_each_outcome_it_gives_and_of_none() -> None:
    for check in CHECKS:
        source = inspect.getsource(sys.modules[check.__name__])  # type: ignore[attr-defined]
        named = {outcome for outcome in OUTCOMES if f'"{outcome}"' in source}
        cases = YAML(typ="safe").load(CASES / f"{check.ID}.yml")
        found = [[one.outcome for one in judged(case).findings if one.check == check.ID] for case in cases]
        assert {outcome for outcomes in found for outcome in outcomes} >= named, check.ID
        assert [] in found, check.ID


# One member changed at a time: whatever a check looks at must be part of a transfer's shape.
VARIATIONS: tuple[dict[str, Any], ...] = (
    {},
    {"transferred_at": "2010-08-06T11:30Z"},
    {"transferred_at": "2010-08-06"},
    {"transferred_at": "2010-08-20"},
    {"transferred_at": "2010-08-01/2010-08-20"},
    {"transferred_at": "2010-04-01"},
    {"transferred_at": "2011-01-02"},
    {"recorded_at": "2010-02-01T09:00:00Z"},
    {"sender": "primary"},
    {"sender": "unlisted", "given": {"sender_as_given": "Elm Primary"}},
    {"sender": "unlisted", "given": {"sender_as_given": "Nobody"}},
    {"sender": "unlisted", "erased": ["sender_as_given"]},
    {"recipient": "guidance"},
    {"recipient": "guidance", "transferred_at": "2010-08-20"},
    {"recipient": "unlisted", "given": {"recipient_as_given": "Shire Advice"}},
    {"recipient": "unlisted", "given": {"recipient_as_given": "Contact Piont"}},
    {"recipient": "unlisted", "erased": ["recipient_as_given"]},
    {"purpose": "statistics"},
    {"purpose": "unlisted", "given": {"purpose_as_given": "Advice"}},
    {"purpose": "unlisted", "given": {"purpose_as_given": "Fun"}},
    {"schools": ["primary"]},
    {"phase": "primary"},
    {"fields": ["forename", "telephone"]},
    {"fields": ["unlisted"], "given": {"fields_as_given": ["first name"]}},
    {"fields": ["unlisted"], "given": {"fields_as_given": ["shoe size"]}},
    {"fields": ["ethnicity"]},
    {"fields": ["ethnicity"], "special_category_condition": ["dpa1998-sch3-9"]},
    {"lawful_basis": []},
    {"lawful_basis": ["ukgdpr-art6-1-e"]},
    {"granularity": "individual"},
    {"granularity": "national"},
    {"subjects": {"kind": "workforce"}},
    {"subjects": {"kind": "pupil", "age_min": 12, "age_max": 15}},
    {"subjects": {"kind": "pupil", "age_min": 13, "age_max": 20}},
    {"subjects": {"kind": "pupil", "key_stages": ["ks4"]}},
    {"subjects": {"kind": "pupil", "year_groups": ["year-8"]}},
    {"fields": ["forename", "telephone"], "opt_outs": {"checked": False}},
    {"fields": ["forename", "telephone"], "opt_outs": {"checked": True}},
    {"fields": ["forename", "telephone"], "opt_outs": {"checked": True, "limited": 1}},
    {"fields": ["telephone"], "opt_outs": {"checked": True, "limited": 1, "limited_to": ["telephone"]}},
    {"opt_outs": {"checked": True, "limited": 1}},
    {"transferred_at": "2009-12-25"},
    {"subjects": {"kind": "pupil", "year_groups": ["year-8"], "key_stages": ["ks3"]}, "schools": ["primary"]},
    {"opt_outs": {"checked": True, "excluded": 2}},
    {"opt_outs": {"checked": True, "excluded": 0, "limited": 0}},
    {"fields": ["forename", "surname", "date-of-birth", "gender"]},
    {"batch": {"seq": 5, "row": 1}},
    {"approval": None},
    {"approval": {"role": "chief-statistician"}},
    {"approval": {"role": "chief-statistician", "date": "2010-03-02"}},
    {"fields": ["not-stated"]},
    {"fields": ["ethnicity"], "special_category_condition": ["dpa1998-sch2-5"]},
    {"lawful_basis": ["eugdpr-art6-1-f"]},
    {"lawful_basis": ["eugdpr-art6-1-f"], "sender": "borough"},
    {"lawful_basis": ["eugdpr-art6-1-f"], "sender": "college"},
    {"transferred_at": "2018-05-25", "special_category_condition": ["eugdpr-art9-2-h"]},
    {"transferred_at": "2018-05-24", "special_category_condition": ["eugdpr-art9-2-h"]},
    {"transferred_at": "2018-05-24/2018-05-25", "special_category_condition": ["eugdpr-art9-2-h"]},
    {"transferred_at": "2018-05-25", "special_category_condition": ["eugdpr-art9-2-g", "dpa2018-sch1-18"]},
    {"transferred_at": "2018-05-25", "special_category_condition": ["eugdpr-art9-2-g", "dpa2018-sch1-1"]},
    {"country": "IN"},
    {"country": "IN", "safeguard": "standard-contractual-clauses"},
    {"country": "GB"},
    {"country": "US"},
    {"country": "FO", "transferred_at": "2010-03-04"},
    {"country": "FO", "transferred_at": "2010-03-05"},
    {"country": "FO", "transferred_at": "2010-03-04/2010-03-05"},
    {"granularity": "national", "subjects": {"smallest": 4}},
    {"granularity": "national", "subjects": {"smallest": 5}},
    {"granularity": "national", "subjects": {"smallest": 0}},
    {"granularity": "national", "subjects": {"count": 4}},
    {"granularity": "national", "subjects": {"count": 5}},
    {"retain_until": None},
    {"retain_until": "2010-09-01"},
    {"retain_until": "2010-09-02"},
    {"retain_until": "2010-09-02", "transferred_at": "2010-03-02"},
    {"retain_until": "2011-02-28", "transferred_at": "2010-08-31"},
    {"agreement": None},
    {"agreement": None, "given": {"agreement_reference": "DSA-1"}},
    {"agreement": None, "given": {"agreement_reference": "DSA-1"}, "transferred_at": "2010-06-15"},
    {"agreement": None, "given": {"agreement_reference": "DSA-1"}, "transferred_at": "2010-06-16"},
    {"agreement": None, "given": {"agreement_reference": "DSA-1"}, "transferred_at": "2010-06-15/2010-06-16"},
    {"agreement": None, "erased": ["agreement_reference"]},
    {"agreement": {"review_on": "2010-02-28"}},
    {"agreement": {"review_on": "2010-03-01"}},
    {"agreement": {"review_on": "2010-03-01"}, "transferred_at": "2010-03-01/2010-03-02"},
    {"transferred_at": "2010-12-30/2011-01-01"},
    {"sender": "advice"},
    {"recipient": "unlisted", "given": {"recipient_as_given": "Shire Advce"}},
    {"purpose": "unlisted", "given": {"purpose_as_given": "Advice"}, "granularity": "individual"},
    {"purpose": "unlisted", "given": {"purpose_as_given": "General administration"}},
    {"onward_of": ({"id": "t10"},)},
    {"onward_of": ({"id": "elsewhere", "origin": "other.example/transfers"},)},
    {"purpose": "careers-advice", "granularity": "individual", "onward_of": ({"id": "t10"},)},
)


@pytest.mark.slow
def test_remembered_shapes_give_the_same_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transfer among many others, in any order, is judged as it is judged alone."""
    transfers = [{"from": base, **variation} for base in BASES for variation in VARIATIONS]
    together = evidence(transfers)
    late = {check.ID for check in CHECKS if not isinstance(check, Check)} | {"correction-changes-recipient"}
    alone = []
    for one in together.recorded:
        result = run(replace(together, recorded=[one]), AS_OF)
        alone += [finding for finding in result.findings if finding.check not in late]
    assert {one.check for one in alone} == {check.ID for check in CHECKS} - late
    entries = list(together.recorded)
    of_many = run(together, AS_OF).findings
    monkeypatch.setattr(judging, "SHAPES_KEPT", 1)  # so that each is asked anew
    assert run(together, AS_OF).findings == of_many
    for kept in (1, 20_000, 20_000, 20_000, 20_000):
        monkeypatch.setattr(judging, "SHAPES_KEPT", kept)
        found = run(replace(together, recorded=entries), AS_OF).findings
        assert [one for one in found if one.check not in late] == alone
        random.Random(kept + len(entries)).shuffle(entries)


def test_a_correction_of_a_remembered_shape_is_judged_by_what_it_replaced() -> None:
    correction = {"from": "la", "kind": "correction"}
    transfers: list[dict[str, Any]] = [{"from": "la", "superseded_by": 14}]
    transfers += [{"from": "la", "recipient": "cp-desk", "superseded_by": 15}]
    transfers += [{"from": "la", "sender": "primary", "superseded_by": 16}, {"from": "la", "superseded_by": 17}]
    transfers += [{**correction, "corrects": {"seq": 10 + place, "hash": "0"}} for place in range(4)]
    result = run(evidence(transfers), AS_OF)
    assert [text for text in written(result) if "correction-changes" in text] == [
        "15 correction-changes-recipient advisory recipient minor",
        "16 correction-changes-recipient advisory sender minor",
    ]


def test_a_key_holds_through_time_and_tells_findings_apart() -> None:
    case = {"transfers": [{"from": "la", "fields": ["upn", "ethnicity"], "lawful_basis": []}]}
    findings = judged(case).findings
    assert len({one.key for one in findings}) == len(findings) == 3
    assert judged({**case, "as_of": date(2020, 1, 1)}).findings == findings
    twice = run(evidence([*case["transfers"], {**case["transfers"][0], "id": "other"}]), AS_OF).findings
    assert len({one.key for one in twice}) == 7


def test_no_erasable_text_gets_into_a_finding() -> None:
    secret = "Jayden Smithson"
    given = dict.fromkeys(("sender_as_given", "recipient_as_given", "purpose_as_given"), secret)
    lists = {"fields_as_given": [secret], "limited_to_as_given": [secret]}
    unlisted: dict[str, Any] = {"given": given | lists}
    stated = [{**unlisted, "from": "connexions", member: "unlisted"} for member in ("sender", "recipient", "purpose")]
    opt_outs = {"checked": True, "limited": 1, "limited_to": ["unlisted"]}
    stated.append({**unlisted, "from": "connexions", "fields": ["unlisted"], "opt_outs": opt_outs})
    result = run(evidence(stated), AS_OF)
    assert len(result.findings) >= 5
    assert secret.encode() not in msgspec.json.encode(result.findings)


def test_assigned_limits_and_prefilled_members_are_said() -> None:
    transfer = {"from": "la", "lawful_basis": ["dpa1998-sch2-1"], "prefilled": ["lawful_basis"]}
    (finding,) = judged({"transfers": [transfer]}).findings
    assert finding.citation == "Cases ¶1"
    assert finding.assigned == "The notice names no basis."
    assert finding.prefilled == ("lawful_basis",)
    assert "assigned by the register's editor" in word(finding).found


def test_without_a_register_only_the_law_judges_and_the_rest_says_so() -> None:
    result = judged({"adopted": False, "transfers": [{"from": "la", "fields": ["upn"], "recipient": "acme"}]})
    assert not result.findings
    not_run = [check for check in result.checks if not check.ran]
    assert len(not_run) == sum(check.NEEDS != "law" for check in CHECKS)
    assert all("register" in check.reason for check in not_run)
    assert rate(result).level == "cannot-say"


def test_transfers_outside_every_version_are_counted_and_said() -> None:
    result = judged({"transfers": [{"from": "la"}, {"from": "la", "transferred_at": "2008-03-01"}]})
    assert (result.transfers, result.covered) == (2, 1)
    assert {check.reason for check in result.checks if check.reason} == {
        "1 of 2 transfers are dated outside the dates of every adopted register."
    }


def test_what_a_correction_removed_is_open_until_a_second_person_confirms_it() -> None:
    case = {
        "transfers": [
            {"from": "la", "id": "a", "fields": ["upn"], "superseded_by": 11},
            {"from": "la", "id": "a", "actor": "lead", "kind": "correction", "corrects": {"seq": 10, "hash": "0"}},
        ]
    }
    result = judged(case)
    assert (result.transfers, rate(result).level) == (1, "act-now")
    assert (result.counts["breach"], result.counts["corrected"]) == (1, 0)
    result = judged({**case, "confirmations": [{"confirms": [11], "by": "dpo"}]})
    assert (result.transfers, rate(result).level) == (1, "no-problem-found")
    assert (result.counts["breach"], result.counts["corrected"]) == (0, 1)


def test_an_organisation_entered_again_makes_no_old_breach_lawful() -> None:
    world = evidence([{"from": "la", "recipient": "acme"}])
    sealed = {**SEALED, "id": "acme", "name": "Acme", "recorded_at": datetime(2009, 9, 1, tzinfo=UTC)}
    before = Organisation(seq=3, role="supplier", **sealed)
    after = Organisation(seq=50, role="local-authority", **sealed)
    known = {**ORGANISATIONS, "acme": after}
    at_once = run(replace(world, organisations=known), AS_OF)
    later = run(replace(world, organisations=known, restated=(before, after)), AS_OF)
    assert written(later) != written(at_once)
    assert written(later) == written(run(replace(world, organisations={**known, "acme": before}), AS_OF))


def test_a_name_that_only_another_version_knows_is_no_near_miss() -> None:
    world = evidence([{"from": "la", "recipient": "unlisted", "given": {"recipient_as_given": "Shire Advce"}}])
    (early,) = world.adopted
    party = msgspec.structs.replace(early.register.parties[-1], id="advce", name="Shire Advce", aliases=())
    register = msgspec.structs.replace(early.register, parties=(*early.register.parties, party))
    entry = msgspec.structs.replace(early.entry, effective_from=date(2011, 1, 1), effective_until=None)
    later = early._replace(seq=50, register=register, entry=entry)
    nearly = "10 recipient-name-near-miss cannot-tell nearly minor"
    assert nearly in written(run(world, AS_OF))
    assert nearly not in written(run(replace(world, adopted=(early, later)), AS_OF))


def test_a_later_version_cannot_make_an_old_breach_lawful() -> None:
    world = evidence([{"from": "la", "fields": ["upn"]}])
    (early,) = world.adopted
    fields = msgspec.structs.replace(early.register.flows[0].fields, permitted=("upn",))
    flows = (msgspec.structs.replace(early.register.flows[0], fields=fields),)
    later = early._replace(seq=50, register=msgspec.structs.replace(early.register, flows=flows))
    assert len(run(replace(world, adopted=(early, later)), AS_OF).findings) == 1
    assert not run(replace(world, adopted=(later,)), AS_OF).findings
    correction = {"from": "la", "kind": "correction", "fields": ["upn"], "corrects": {"seq": 10, "hash": "0"}}
    judged_again = replace(world, adopted=(early, later), recorded=[recorded(60, correction)])
    assert len(run(judged_again, AS_OF).findings) == 1


@given(st.text(st.characters(exclude_categories=("Cc", "Cs"))), st.integers(-(2**53) + 1, 2**53 - 1))
def test_a_key_is_of_canonical_json(text: str, number: int) -> None:
    compared: dict[str, canonical.Json] = {"check": "x", "found": [text, number], "expected": [number, text]}
    assert _canonical(compared) == canonical.encode(compared)


def test_rating() -> None:
    breach = judged({"transfers": [{"from": "la", "fields": ["upn"]}]})
    assert rate(breach).level == "act-now"
    accepted = {"finding": "field-not-documented", "decision": "accepted", "due": date(2011, 1, 31)}
    case = {"transfers": [{"from": "la", "fields": ["upn"]}], "decisions": [accepted]}
    assert rate(judged(case)).level == "no-problem-found"
    assert rate(judged({**case, "as_of": date(2011, 2, 1)})).level == "act-now"
    untold = judged({"transfers": [{"from": "la", "fields": ["not-stated"]}]})
    assert rate(untold) == ("cannot-say", ("cannot-tell",))
    clean = judged({"transfers": [{"from": "la"}]})
    assert rate(clean).level == "no-problem-found"
    assert rate(clean, verified=False) == ("cannot-say", ("not-verified",))
    ash = {"id": "ash", "name": "Ash", "role": "health-body"}
    census = {"transfers": [{"from": "la", "transferred_at": "2009-12-01"}], "organisations": [ash]}
    gap = judged({**census, "as_of": date(2010, 1, 23)})
    assert rate(gap) == ("cannot-say", ("records-missing",))
    states = {one.key: State("settled", "accepted", 20) for one in gap.findings}
    assert len(states) == 2
    assert rate(msgspec.structs.replace(gap, states=states)).level == "no-problem-found"


def test_a_broken_check_is_never_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(case: object) -> Iterator[None]:
        raise ZeroDivisionError("by zero")

    broken = SimpleNamespace(ID="too-granular", NEEDS="law", check=check)
    monkeypatch.setattr(judging, "EACH", (broken,))
    with pytest.raises(CheckFailed, match=r"too-granular failed on entry 10: ZeroDivisionError"):
        judged({"transfers": [{"from": "la"}]})


def test_every_base_is_clean() -> None:
    assert not judged({"transfers": [{"from": base} for base in BASES]}).findings
