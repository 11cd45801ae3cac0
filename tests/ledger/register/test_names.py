"""Which text means what: the laws of folding, and that no name can be taken over."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refused
from ledger.register.model import Party, Purpose, Register
from ledger.register.names import fold, known_names
from ledger.register.read import load_law, load_notice, load_vocabularies

LAW, VOCABULARIES, NOTICE = load_law(), load_vocabularies(), load_notice("england-2010")


@dataclass(frozen=True)
class Organisation:
    id: str
    name: str
    aliases: list[str] = field(default_factory=list)
    former_ids: list[str] = field(default_factory=list)


def names(*organisations: Organisation, registers: tuple[Register, ...] = (NOTICE,)) -> dict[tuple[str, str], str]:
    return {(kind, folded): id_ for folded, kind, id_ in known_names(LAW, VOCABULARIES, registers, organisations)}


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_case_makes_no_difference(text: str) -> None:
    assert fold(text.casefold()) == fold(text)


@given(st.lists(st.text("abcXYZ", min_size=1), min_size=1), st.sampled_from([" ", "-", "_", " / ", ".", ", "]))
def test_what_stands_between_words_makes_no_difference(words: list[str], between: str) -> None:
    assert fold(between.join(words)) == fold("".join(words))


@given(st.text())
def test_only_letters_digits_and_marks_stay(text: str) -> None:
    # "&" comes back as "and"; one hyphen may stay between two digits.
    assert all(char.isalnum() or char == "-" or not char.isascii() for char in fold(text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Contact Point", "CONTACTPOINT"),
        ("S-cool Ltd.", "s cool ltd"),
        ("Research & statistics", "research AND statistics"),
        ("ＤｆＥ", "dfe"),  # full-width letters, as some spreadsheets hold
        ("Straße", "STRASSE"),
        ("St Mary’s", "St Mary's"),
        ("UK GDPR Article 6(1)(e)", "uk gdpr article 6 (1) (e)"),
        ("  date\u00a0of\tbirth\n", "date-of-birth"),
    ],
)
def test_these_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Year 1-2", "Year 12"),
        ("year 1 and 2", "year 12"),
        ("The Oaks", "Oaks"),
        ("St Mary", "St Mary's"),
        ("Zoë", "Zoe"),
        ("कि", "क"),  # a vowel sign is a mark, and part of the word
    ],
)
def test_these_are_two(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_a_text_without_letters_and_digits_folds_to_nothing() -> None:
    assert fold(" -–—!? ") == ""


def test_names_former_names_and_ids_of_the_notices_parties_resolve() -> None:
    known = names()
    for text, id_ in {
        "dfe": "dfe",
        "Department for Children, Schools and Families": "dfe",
        "Department for Children, Schools & Families": "dfe",
        "DCSF": "dfe",
        "DfES": "dfe",
        "Learner Registration Service": "lrs",
        "Managing Information Across Partners": "miap",
        "QCDA": "qca",
        "Fischer Education Project Limited": "fischer-family-trust",
        "Fischer Family Trusts": "fischer-family-trust",
        "Contact Point": "contactpoint",
        "Information Sharing Index": "contactpoint",
        "S-cool Ltd": "s-cool",
        "Perspective Ltd": "perspective-clm",
        "Information from Data Ltd.": "ifd",
        "Primary Care Trusts": "pct",
        "CHAI": "healthcare-commission",
        "The LA": "local-authority",
        "The child": "data-subject",
        "Parents or carers": "parent",
    }.items():
        assert known.get(("party", fold(text))) == id_, text
    assert known["purpose", fold("Maintain the accuracy of ContactPoint")] == "maintain-accuracy"
    assert known["field", fold("D.O.B.")] == "date-of-birth"
    assert known["lawful_basis", fold("DPA 1998 Schedule 2 paragraph 5")] == "dpa1998-sch2-5"
    assert known["year_group", fold("Y7")] == "year-7"


def test_contactpoint_is_known_without_any_register() -> None:
    known = names(registers=())
    assert known["party", fold("ContactPoint database")] == "contactpoint"
    assert known["purpose", fold("maintain-accuracy")] == "maintain-accuracy"
    assert known["party", fold("mother")] == "parent"
    assert ("party", fold("S-cool")) not in known


def test_every_id_is_a_name_of_itself() -> None:
    known = names(Organisation("springfield-high", "Springfield High School"))
    assert known["party", fold("springfield-high")] == "springfield-high"
    for kind, ids in {
        "party": [party.id for party in NOTICE.parties],
        "purpose": [purpose.id for purpose in NOTICE.purposes],
        "lawful_basis": [basis.id for basis in LAW.bases],
        **{kind: [term.id for term in VOCABULARIES.terms(kind)] for kind in VOCABULARIES.kinds},
    }.items():
        for id_ in ids:
            assert known[kind, fold(id_)] == id_


def test_an_organisations_aliases_and_former_ids_are_its_names() -> None:
    known = names(Organisation("oak-academy", "Oak Academy", ["The Oak"], ["oak-primary"]))
    assert {known["party", fold(text)] for text in ("OAK ACADEMY", "the oak", "Oak Primary")} == {"oak-academy"}


def test_the_list_is_sorted_and_has_each_name_once() -> None:
    listed = known_names(LAW, VOCABULARIES, [NOTICE, NOTICE], [])
    assert listed == sorted(listed)
    assert len({(folded, kind) for folded, kind, _ in listed}) == len(listed)


@pytest.mark.parametrize(
    ("organisation", "said"),
    [
        (Organisation("acme", "Contact-Point"), "already means contactpoint in the facts of law"),
        (Organisation("acme", "Acme", ["D.C.S.F."]), "already means dfe in the facts of law"),
        (Organisation("acme", "Acme", ["S-Cool"]), "already means s-cool in the register england-2010"),
        (Organisation("acme", "Acme", [], ["fischer-family-trust"]), "already means fischer-family-trust"),
        (Organisation("acme", "Mother"), "already means parent"),
        (Organisation("dfe", "Dufton Free Eton"), "has the id of a party of the facts of law"),
        (Organisation("s-cool", "Some Other School"), "has the id of a party of the register england-2010"),
        (Organisation("acme", "Unlisted"), "is the word for a name that nobody knows"),
        (Organisation("acme", "–"), "has no letter or digit"),
    ],
)
def test_an_organisation_takes_over_no_name(organisation: Organisation, said: str) -> None:
    with pytest.raises(Refused) as refused:
        names(organisation)
    assert said in str(refused.value)
    assert organisation.id in str(refused.value)


def test_two_organisations_cannot_share_a_name_and_both_are_named() -> None:
    with pytest.raises(Refused) as refused:
        names(Organisation("st-mary-a", "St Mary's"), Organisation("st-mary-b", "St. Marys"))
    assert "st-mary-a" in str(refused.value)
    assert "st-mary-b" in str(refused.value)


def test_all_conflicts_come_at_once() -> None:
    with pytest.raises(Refused) as refused:
        names(Organisation("a", "DfE"), Organisation("b", "Ofsted"))
    assert len(str(refused.value).split("\n")) == 2


def test_a_register_takes_over_no_name_of_law_or_of_another_register() -> None:
    taking = msgspec.structs.replace(
        NOTICE,
        id="other",
        parties=(Party(id="acme", name="ContactPoint"), Party(id="acme-2", name="S-cool")),
        purposes=(Purpose(id="acme-3", label="Maintain accuracy"),),
    )
    with pytest.raises(Refused) as refused:
        names(registers=(NOTICE, taking))
    for id_ in ("acme in", "acme-2 in", "acme-3 in", "the register other"):
        assert id_ in str(refused.value)


def test_one_text_may_mean_things_of_different_kinds() -> None:
    known = names()
    assert known["phase", "nursery"] == known["year_group", "nursery"] == "nursery"
    assert known["field", "school"] == known["role", "school"] == known["party", "school"] == "school"


def test_recording_needs_no_yaml_for_names() -> None:
    code = (
        "import sys, ledger.register.names, ledger.register.model, ledger.register.terms\n"
        "heavy = {'ruamel', 'yaml', 'cryptography', 'rich', 'rapidfuzz'} & {m.split('.')[0] for m in sys.modules}\n"
        "sys.exit(' '.join(heavy) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
