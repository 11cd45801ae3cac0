"""Reading is strict, and complete: what is wrong is said with its line, all of it at once."""

from __future__ import annotations

import textwrap
from datetime import date

import pytest

from ledger.errors import Refused
from ledger.register.nodes import MAX_BYTES
from ledger.register.read import load_notice, notice_bytes, notice_ids, read_register, read_with_places

SMALL = textwrap.dedent("""\
    id: small
    title: A small notice
    version: "1"
    effective_from: 2020-09-01
    paragraphs:
      - {id: p-1, heading: Sharing, number: 1, point: We share.}
    parties:
      - {id: acme, name: Acme}
      - {id: school, name: School, role_kind: role, role: school}
    purposes:
      - {id: lunch, label: School lunch}
    flows:
      - id: lunch
        label: Lunch
        from: [school]
        to: [acme]
        purposes: [lunch]
        fields: {required: [surname], permitted: [forename]}
        lawful_bases: [ukgdpr-art6-1-e]
        cite: [p-1]
        assigned: {lawful_bases: The notice states none.}
    """)


def refusal(text: str | bytes) -> str:
    with pytest.raises(Refused) as refused:
        read_register(text, "notice.yml")
    return str(refused.value)


def test_a_register_reads() -> None:
    register = read_register(SMALL, "notice.yml")
    assert register.effective_from == date(2020, 9, 1)
    assert register.effective_until is None
    assert not register.effective_assigned
    (flow,) = register.flows
    assert (flow.sender, flow.recipient, flow.cite) == (("school",), ("acme",), ("p-1",))
    assert flow.fields.all == {"surname", "forename"}
    assert flow.is_assigned("lawful_bases")
    assert not flow.is_assigned("fields")
    assert register.paragraphs[0].citation == "Sharing ¶1"


def test_flows_are_found_by_a_party_or_by_the_role_that_it_plays() -> None:
    register = read_register(SMALL, "notice.yml")
    for sender in ({"school"}, {"oak-primary", "school"}):
        assert register.flows_between(frozenset(sender), frozenset({"acme"})) == register.flows
    pair = frozenset({"school"}), frozenset({"acme"})
    assert register.flows_between(*pair) is register.flows_between(*pair)  # sought once, however often asked
    assert register.flows_between(frozenset({"oak-primary"}), frozenset({"acme"})) == ()
    assert register.flows_between(frozenset({"acme"}), frozenset({"school"})) == ()


def test_bytes_with_and_without_a_byte_order_mark_and_with_windows_line_ends_read_alike() -> None:
    plain = read_register(SMALL, "a")
    assert read_register(SMALL.encode(), "a") == plain
    assert read_register(b"\xef\xbb\xbf" + SMALL.encode(), "a") == plain
    assert read_register(SMALL.replace("\n", "\r\n").encode(), "a") == plain


def test_places_point_into_the_file() -> None:
    _, places = read_with_places(SMALL, "notice.yml")
    assert places["flows[0].fields.permitted[0]"] == (18, 47)
    assert places["parties[1].role"].line == 9


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title:", "titel:", "line 2, column 1: “titel” is not a key of this part; did you mean “title”?"),
        ("title: A small notice\n", "", "line 1, column 1: “title” is missing here."),
        ("version:", "title: Another\nversion:", "line 3, column 1: “title” was given already in line 2"),
        ("from: [school]", "from: school", "a list is expected here, and this is a text."),
        ("label: Lunch", "label: [Lunch]", "a single value is expected here, and this is a list."),
        ("label: Lunch", "label:", "there is no value; leave the key out, or write one."),
        ("label: Lunch", 'label: ""', "this is empty."),
        ("label: Lunch", "label: <a label>", "“<a label>” is a placeholder; write what it asks for"),
        ("number: 1,", "number: <which>,", "line 6, column 41: paragraphs[0].number: “<which>” is a placeholder"),
        ("id: acme,", "id: Acme Ltd,", "“Acme Ltd” is not written as expected here"),
        ("2020-09-01", "2020-9-1", "'2020-9-1' is not a date; write YYYY-MM-DD."),
        ("2020-09-01", "2020-09-31", "2020-09-31 is not a date that exists."),
        ("2020-09-01", "2020-09-01T00:00:00Z", "is not a date"),
        ("number: 1,", "number: 08,", "“08” is not a whole number."),
        ("number: 1,", "number: 1_0,", "“1_0” is not a whole number."),
        ("number: 1,", "number: 0x1,", "“0x1” is not a whole number."),
        ("number: 1,", "number: 0,", "0 is not between 1 and 999."),
        ("role_kind: role", "role_kind: roll", "“roll” is not one of organisation, role."),
        ("label: School lunch}", "label: L, statistical: yes}", "“yes” is neither true nor false."),
        ("label: School lunch}", "label: L, statistical: on}", "“on” is neither true nor false."),
        ("[school]", "&x [school]", "line 15, column 11: the anchor “&x” has no use here"),
        ("[school]", "*x", "line 15, column 11: “*x” repeats another part"),
        ("A small notice", "!!str A small notice", "has no use here; leave it out."),
        ("A small notice", "!!python/object/apply:os.system [ls]", "has no use here; leave it out."),
        ("A small notice", '"a\\u0007b"', "the text holds the control character U+0007"),
        ("A small notice", "a\u2028b", "line 2, column 9: the character U+2028 has no place in a text"),
        ("A small notice", "a\x00b", "U+0000 has no place"),
        ("A small notice", "a\ud800b", "U+D800 has no place"),
        ("A small notice", "a: b", "line 2, column 9: this is not YAML: mapping values are not allowed here."),
        ("A small notice", "'never closed", "this is not YAML"),
        ("flows:", "? [a, b]\n: c\nflows:", "a key is a word, not a list or a mapping."),
        ("id: small", "%YAML 1.1\n---\nid: small", "directives"),
        ("id: small", "id: small\n---\nid: small", "a second document begins here"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(old: str, new: str, said: str) -> None:
    message = refusal(SMALL.replace(old, new, 1))
    assert said in message
    assert message.startswith("notice.yml")


def test_merge_keys_are_keys_like_others() -> None:
    assert "“<<” is not a key of this part" in refusal(SMALL + "<<: {title: Taken over}\n")


@pytest.mark.parametrize("word", ["no", "on", "yes", "null", "1e3", "2010-08-06", "012", ".inf", "~"])
def test_a_text_stays_a_text_whatever_yaml_would_make_of_it(word: str) -> None:
    assert read_register(SMALL.replace("A small notice", word), "a").title == word


def test_all_problems_come_at_once() -> None:
    broken = SMALL.replace("title:", "titel:").replace("number: 1", "number: one").replace("to: [acme]", "to: acme")
    message = refusal(broken)
    assert [line.split(":")[0] for line in message.split("\n")] == [
        "notice.yml, line 2, column 1",
        "notice.yml, line 6, column 41",
        "notice.yml, line 16, column 9",
        "notice.yml, line 1, column 1",
    ]


def test_no_more_than_a_hundred_problems_are_listed() -> None:
    message = refusal("\n".join(f"k{n}: 1" for n in range(500)) + "\n")
    assert len(message.split("\n")) == 101
    assert message.endswith("problems more.")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file is empty."),
        ("# nothing but a comment\n", "The file is empty."),
        ("just a text", "a mapping (key: value) is expected here, and this is a text."),
        ("- a\n- b\n", "a mapping (key: value) is expected here, and this is a list."),
        (b"title: caf\xe9\n", "line 1: byte 11 is not UTF-8"),
        ("[" * 100_000, "nests deeper than 12 levels"),
        ("a:\n" + "".join(" " * n + "a:\n" for n in range(1, 100)), "nests deeper than 12 levels"),
        (b"a" * (MAX_BYTES + 1), "has 4,000,001 bytes"),
        ("a" * (MAX_BYTES + 1), "has 4,000,001 bytes"),
    ],
)
def test_files_that_are_no_register(text: str | bytes, said: str) -> None:
    assert said in refusal(text)


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "line 1, column 4: the anchor “&a”" in refusal(bomb)


def test_the_notices_that_come_along() -> None:
    assert "england-2010" in notice_ids()
    assert load_notice("england-2010") is load_notice("england-2010")
    assert notice_bytes("england-2010").startswith(b"#")
    with pytest.raises(Refused, match="no notice “wales-2010”; there are: england-2010"):
        load_notice("wales-2010")
    with pytest.raises(Refused, match="no notice"):
        load_notice("../law")
