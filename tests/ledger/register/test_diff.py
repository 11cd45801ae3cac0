"""What two registers permit differently, and in which words that is told."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.register.diff import Change, compare, touched
from ledger.register.lint import lint
from ledger.register.model import Register
from ledger.register.read import load_notice, read_register
from ledger.register.tell import describe, sentence
from tests.ledger.cli.called import call, refused
from tests.ledger.register.test_read import SMALL
from tests.ledger.worlds import small

FULL = textwrap.dedent("""\
    id: full
    title: A full notice
    version: "1"
    effective_from: 2020-09-01
    effective_until: 2030-08-31
    paragraphs:
      - {id: p-1, heading: Sharing, number: 1, point: We share.}
      - {id: p-2, heading: Sharing, number: 2, point: We ask.}
    parties:
      - {id: acme, name: Acme, aliases: [Acme Limited], cite: [p-1]}
      - {id: umbrella, name: Umbrella}
      - {id: school, name: School, role_kind: role, role: school}
    purposes:
      - {id: lunch, label: School lunch}
      - {id: sports, label: School sports, statistical: true}
    flows:
      - id: meals
        label: Meals
        from: [school]
        to: [acme, umbrella]
        purposes: [lunch, sports]
        fields: {required: [surname], permitted: [forename, gender], voluntary: [email]}
        subjects:
          kinds: [pupil]
          ages: {min: 5, max: 11}
          key_stages: [ks1, ks2]
          year_groups: [year-1, year-2]
          phases: [primary]
        granularity: school
        lawful_bases: [ukgdpr-art6-1-e, ukgdpr-art6-1-c]
        opt_out: {who: Parents, withheld: [email, gender], cite: [p-2]}
        approval: {role: governing-body, cite: [p-1]}
        use: statistical-only
        retention: {text: A year.}
        permitted_until: 2029-08-31
        cite: [p-1, p-2]
        assigned: {lawful_bases: The notice states none.}
    """)


def read(text: str) -> Register:
    return read_register(text, "notice.yml")


def told(old: str, new: str) -> list[str]:
    """Each difference as its effect and sentence."""
    before, after = read(old), read(new)
    return [f"{change.effect}: {sentence(change, before, after)}" for change in compare(before, after)]


BACK = {"permits": "forbids", "forbids": "permits", "alters": "alters", "words": "words"}

CASES = [
    # from: and to:, purposes, bases
    ("to: [acme, umbrella]", "to: [umbrella]", "forbids: Acme may not get it any more."),
    ("from: [school]", "from: [school, acme]", "permits: Acme may send it now."),
    ("purposes: [lunch, sports]", "purposes: [lunch]", "forbids: It may not go any more for “School sports”."),
    (
        "[ukgdpr-art6-1-e, ukgdpr-art6-1-c]",
        "[ukgdpr-art6-1-e]",
        "forbids: UK GDPR Article 6(1)(c) (legal obligation) is no lawful basis any more.",
    ),
    # fields
    ("forename, gender]", "forename]", "forbids: The field “Gender” may not go any more; before, it was permitted."),
    (
        "forename, gender]",
        "forename, gender, upn]",
        "permits: The field “Unique pupil number” may go now (permitted); before, it was not documented.",
    ),
    (
        "required: [surname], permitted: [forename, gender]",
        "required: [surname, gender], permitted: [forename]",
        "alters: The field “Gender” is required now; before, it was permitted.",
    ),
    (
        "gender], voluntary: [email]",
        "gender, email]",
        "alters: The field “E-mail address” is permitted now; before, it was voluntary.",
    ),
    # whose data
    ("kinds: [pupil]", "kinds: []", "permits: It may be about any people; before: pupil only."),
    (
        "key_stages: [ks1, ks2]",
        "key_stages: [ks1]",
        "forbids: It may be about these key stages only: Key Stage 1; before: Key Stage 1, Key Stage 2.",
    ),
    (
        "year_groups: [year-1, year-2]",
        "year_groups: [year-2, year-3]",
        "alters: It may be about these year groups only: Year 2, Year 3; before: Year 1, Year 2.",
    ),
    (
        "phases: [primary]",
        "phases: [primary, secondary]",
        "permits: It may be about these phases only: Primary, Secondary; before: Primary.",
    ),
    ("{min: 5, max: 11}", "{min: 5}", "permits: It may be about ages 5 and over only; before: 5 to 11."),
    ("{min: 5, max: 11}", "{min: 6, max: 10}", "forbids: It may be about ages 6 to 10 only; before: 5 to 11."),
    ("{min: 5, max: 11}", "{min: 7, max: 14}", "alters: It may be about ages 7 to 14 only; before: 5 to 11."),
    (
        "{min: 5, max: 11}",
        "{min: 5, max: 11, beyond: cannot-tell, why: It says about.}",
        "alters: It may be about ages 5 to 11 (beyond that nobody can tell: It says about) only; before: 5 to 11.",
    ),
    ("      ages: {min: 5, max: 11}\n", "", "permits: It may be about any age; before: 5 to 11 only."),
    # other limits
    (
        "granularity: school\n",
        "granularity: individual\n",
        "permits: It may go no finer than “Individual”; before: School.",
    ),
    ("    granularity: school\n", "", "permits: It may go at any level; before: no finer than “School”."),
    (
        "withheld: [email, gender]",
        "passing_on: true",
        "alters: An opt-out stops it: Parents: nothing that came from a school goes on; "
        "before: Parents: E-mail address, Gender may not go.",
    ),
    (
        "who: Parents, withheld: [email, gender]",
        "who: All, always: [surname]",
        "alters: An opt-out stops it: All: only Surname may go; before: Parents: E-mail address, Gender may not go.",
    ),
    (
        "    opt_out: {who: Parents, withheld: [email, gender], cite: [p-2]}\n",
        "",
        "permits: No opt-out stops it; before: Parents: E-mail address, Gender may not go.",
    ),
    (
        "    use: statistical-only\n",
        "",
        "permits: It may be used for anything; before: for statistics and research only.",
    ),
    ("{text: A year.}", "{text: A month.}", "alters: It is kept: A month; before: A year."),
    ("2029-08-31", "2028-08-31", "forbids: It may go until 2028-08-31; before: 2029-08-31."),
    ("    permitted_until: 2029-08-31\n", "", "permits: It may go without end; before: until 2029-08-31."),
    # what is meant
    ("[Acme Limited]", "[Acme Ltd]", "alters: “Acme Limited” does not mean this any more."),
    ("statistical: true", "statistical: false", "alters: Its results may show people now."),
    (", role: school}", "}", "alters: It has no role's code; before: school."),
    ("name: Umbrella}", "name: Umbrella, role_kind: role}", "alters: It is a role now; before: an organisation."),
    # the register's own
    (
        "effective_from: 2020-09-01",
        "effective_from: 2021-09-01",
        "alters: It judges transfers from 2021-09-01; before: from 2020-09-01.",
    ),
    (
        "effective_until: 2030-08-31\n",
        "",
        "alters: It judges transfers until it is replaced; before: until 2030-08-31.",
    ),
    # words
    ("label: Meals", "label: Dinners", "words: Worded otherwise, and permits the same: label."),
    ("cite: [p-1, p-2]", "cite: [p-1]", "words: Worded otherwise, and permits the same: the paragraphs cited."),
    ("We share.", "We do share.", "words: Worded otherwise, and permits the same: the paragraphs of the notice."),
    ('version: "1"', 'version: "2"', "words: Worded otherwise, and permits the same: version."),
    (
        "The notice states none.",
        "None is stated.",
        "words: Worded otherwise, and permits the same: what the editor assigned, or why.",
    ),
]


def test_the_registers_compared_here_have_no_problem() -> None:
    # But that it names people at the level of schools, so that each kind of limit is in one flow.
    assert [problem.path for problem in lint(read(FULL))] == ["flows[0].granularity"]


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new", "said"), CASES)
def test_a_difference_is_told_and_its_opposite_the_other_way_round(old: str, new: str, said: str) -> None:
    assert FULL.count(old) == 1
    changed = FULL.replace(old, new)
    assert said in told(FULL, changed)
    forth, back = compare(read(FULL), read(changed)), compare(read(changed), read(FULL))
    key = Change._fields[:4]
    assert sorted((*(getattr(c, k) for k in key), BACK[c.effect]) for c in forth) == sorted(
        (*(getattr(c, k) for k in key), c.effect) for c in back
    )
    assert all(sentence(change, read(changed), read(FULL)).endswith(".") for change in back)


def test_the_approval_needed() -> None:
    (role,) = (
        change.before
        for change in compare(read(FULL), read(FULL.replace("role: governing-body", "role: head-teacher")))
    )
    assert role == "governing-body"
    (said,) = told(FULL.replace("    approval: {role: governing-body, cite: [p-1]}\n", ""), FULL)[:1]
    assert said.startswith("forbids: It needs the approval of: Governing body;")


def test_a_flow_that_came_or_went() -> None:
    flow = SMALL[SMALL.index("  - id: lunch\n") :].replace("- id: lunch", "- id: tea").replace("Lunch", "Tea")
    assert told(SMALL, SMALL + flow) == [
        "permits: This flow is documented now: Surname, Forename may go for “School lunch”."
    ]
    assert told(SMALL + flow, SMALL) == [
        "forbids: This flow is not documented any more: Surname, Forename may not go for “School lunch”."
    ]


@pytest.mark.parametrize("text", [SMALL, FULL])
def test_the_same_file_differs_in_nothing(text: str) -> None:
    register = read(text)
    assert compare(register, read(text)) == ()
    assert describe((), register, register) == "They say the same.\n"


def test_the_order_of_keys_parts_and_lists_tells_nothing() -> None:
    other = FULL
    for old, new in (
        ("id: full\ntitle: A full notice\n", "title: A full notice\nid: full\n"),
        (
            "{required: [surname], permitted: [forename, gender], ",
            "{permitted: [gender, forename], required: [surname], ",
        ),
        ("[ks1, ks2]", "[ks2, ks1]"),
        ("[email, gender]", "[gender, email]"),
        ("[acme, umbrella]", "[umbrella, acme]"),
        ("cite: [p-1, p-2]", "cite: [p-2, p-1]"),
        ("    label: Meals\n    from: [school]\n", "    from: [school]\n    label: Meals\n"),
    ):
        assert old in other
        other = other.replace(old, new)
    lines = other.split("\n")
    swap = next(n for n, line in enumerate(lines) if "id: acme," in line)
    lines[swap], lines[swap + 1] = lines[swap + 1], lines[swap]
    assert compare(read(FULL), read("\n".join(lines))) == ()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(CASES), max_size=4))
def test_whatever_changed_is_found_and_shown_in_100_columns(cases: list[tuple[str, str, str]]) -> None:
    changed = FULL
    for old, new, _ in cases:
        changed = changed.replace(old, new)
    before, after = read(FULL), read(changed)
    changes = compare(before, after)
    assert bool(changes) == (changed != FULL)
    assert max(len(line) for line in describe(changes, before, after).splitlines()) <= 100


def test_the_flows_touched() -> None:
    notice = load_notice("england-2010")

    def flows(old: str, new: str) -> tuple[str, ...]:
        before, after = read(SMALL), read(SMALL.replace(old, new))
        return touched(compare(before, after), before, after)

    assert flows("label: Lunch", "label: Dinner") == ()
    assert flows("permitted: [forename]", "voluntary: [forename]") == ("lunch",)
    assert flows("name: Acme}", "name: Acme, aliases: [A]}") == ("lunch",)
    assert flows("label: School lunch}", "label: School lunch, statistical: true}") == ("lunch",)
    assert flows("2020-09-01", "2020-09-02") == ("lunch",)
    assert touched(compare(notice, notice), notice, notice) == ()


def test_differences_stand_under_their_flow() -> None:
    before, after = read(SMALL), read(SMALL.replace("permitted: [forename]", "voluntary: [gender]"))
    assert describe(compare(before, after), before, after) == textwrap.dedent("""\
        From small, version 1, to small, version 1:
        + permitted now, - forbidden now, ~ changed otherwise; each line speaks of its own flow.

        Lunch [lunch], School → Acme
          - The field “Forename” may not go any more; before, it was permitted.
          + The field “Gender” may go now (voluntary); before, it was not documented.
        """)


def test_the_verb(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yml", tmp_path / "two.yml"
    one.write_text(SMALL, "utf-8")
    two.write_text(SMALL.replace("label: Lunch", "label: Dinner"), "utf-8")
    assert call("register", "diff", one, one) == (0, "They say the same.\n", "")
    assert call("register", "diff", "england-2010", "england-2010").status == 0
    said = call("register", "diff", one, two)
    assert (said.status, said.err) == (1, "")
    assert "They permit the same, and are worded otherwise." in said.out
    two.write_text(SMALL.replace("cite: [p-1]", "cite: [p-9]"), "utf-8")
    assert "there is no paragraph “p-9”" in refused("register", "diff", one, two)
    assert "is neither a notice" in refused("register", "diff", one, tmp_path / "three.yml")
    two.write_text(SMALL.replace("2020-09-01", "2020-09-02"), "utf-8")
    refused("register", "diff", one, two, "--ledger", tmp_path / "none.db")


def test_the_verb_counts_what_is_recorded_on_the_flows_that_differ(tmp_path: Path) -> None:
    from ledger.register.read import notice_bytes

    ledger, other = small(tmp_path / "transfers.db", 3), tmp_path / "other.yml"
    text = notice_bytes("england-2010").decode()
    (flow,) = (
        flow
        for flow in load_notice("england-2010").flows
        if (flow.sender, flow.recipient) == (("school",), ("connexions",))
    )
    other.write_text(text.replace(f"  - id: {flow.id}\n", "  - id: renamed\n"), "utf-8")
    said = call("register", "diff", "england-2010", other, "--ledger", ledger)
    assert said.status == 1, said
    assert f"  3 on {flow.id}\n  3 on renamed\nTogether, each counted once: 3.\nThis counts" in said.out
    other.write_text(text.replace("title: ", "title: Another: ").replace("Another: ", "Another, "), "utf-8")
    said = call("register", "diff", "england-2010", other, "--ledger", ledger)
    assert said.out.endswith("No flow permits anything else, so no recorded transfer is touched.\n")
