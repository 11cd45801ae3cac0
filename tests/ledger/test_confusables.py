"""What looks like what: skeletons, alphabets, and the table that both come from."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import confusables
from ledger.confusables import bidi_control, deceptive, skeleton
from ledger.forms import name_problem
from ledger.register.names import fold, look


@pytest.mark.parametrize(
    "text",
    [
        "CONTACTPOINT",
        "Contact-Point",
        "C\u03bfntactP\u03bfint",
        "\u0421\u039f\u039dT\u0410\u0421\u0422\u03a1\u039f\u0399\u039d\u0422",
        "c\u03bf\u03b7\u03c4\u03b1c\u03c4 p\u03bf\u03b9\u03b7\u03c4",
        "C0ntactP0lnt",
        "C\ufe0fo\u200bn\u00adtactPoint",
        "\u0106\u00f6\u00f1\u0165\u00e5\u00e7\u0165P\u00f6\u00ef\u00f1\u0165",
        "\uff23\U0001d428ntact\u24c5oint",
        "\u1d04\u1d0f\u0274\u1d1b\u1d00\u1d04\u1d1b\u1d18\u1d0f\u026a\u0274\u1d1b",
    ],
)
def test_what_looks_like_contactpoint_has_its_look(text: str) -> None:
    assert look(text) == look("ContactPoint")


def test_other_names_have_other_looks() -> None:
    names = ("ContactPoint", "Contact Points", "Connexions", "Elm", "Oak", "Year 2", "Year 3", "S-cool", "School")
    assert len(set(map(look, names))) == len(names)


HONEST = (
    "École Sainte-Thérèse",
    "Ysgol Gŵyr",
    "Łódź",
    "Elm 5\u00aa",
    "Λύκειο",
    "Школа",
    "Al-Huda School \u0645\u062f\u0631\u0633\u0629",
    "東京 School",
    "NTT\u682a\u5f0f\u4f1a\u793e",
    "Conradh’s & Co.",
)


@pytest.mark.parametrize("text", HONEST)
def test_a_name_in_one_alphabet_or_in_two_that_nobody_mixes_up_is_allowed(text: str) -> None:
    assert deceptive(text) is None
    assert name_problem(text) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Sch\u043eol", "mixes Latin and Cyrillic letters (the Cyrillic “\u043e” is U+043E)"),
        ("Greek Λύκειο", "mixes Latin and Greek"),
        ("\u0421O", "mixes Latin and Cyrillic"),
        ("s\u05dcchool", "mixes Latin and Hebrew"),
        ("School \u05e9\u05dc \u0645\u062f", ""),
        ("\u13d4all", "mixes Latin and Cherokee"),
        ("\u0421\u03bf", "mixes Cyrillic and Greek"),
        ("a\u202eb", "U+202E"),
        ("a\u200eb", "U+200E"),
        ("a\u200bb", "U+200B"),
        ("a\u00adb", "U+00AD"),
        ("a\ufe0fb", "U+FE0F"),
        ("a\u3164b", "U+3164"),
        ("a\u2028b", "U+2028"),
        ("a \u2029 b", "U+2029"),
        ("a\u2800b", "U+2800"),
        ("a\U000e0041b", "U+E0041"),
    ],
)
def test_a_name_that_deceives_is_refused_with_the_reason(text: str, why: str) -> None:
    if why:
        assert why in str(deceptive(text))
        assert why in str(name_problem(text))
    else:
        assert deceptive(text) is None  # three alphabets, none taken for another


def test_what_turns_the_direction_is_named() -> None:
    assert [bidi_control(f"a{chr(point)}b") for point in (0x061C, 0x200F, 0x202A, 0x2069)] == [
        "U+061C", "U+200F", "U+202A", "U+2069",
    ]  # fmt: skip
    assert bidi_control("שלום") is None


@given(st.text())
def test_a_name_has_the_look_of_its_folded_form_where_it_is_plain(text: str) -> None:
    plain = "".join(char for char in text if char.isascii() and char != "|")
    assert look(plain) == look(fold(plain))
    assert look(look(text)) == look(look(look(text)))
    assert isinstance(deceptive(text), str | None)


def test_the_table_is_of_one_unicode_version_and_its_ranges_are_in_order() -> None:
    read = json.loads(Path(confusables.__file__).with_suffix(".json").read_text("utf-8"))
    assert read["unicode"] == "15.0.0"
    ends = [point for first, last, _ in read["ranges"] for point in (first, last)]
    assert ends == sorted(ends)
    assert all(first > last for (first, _, _), (_, last, _) in zip(read["ranges"][1:], read["ranges"], strict=False))


def test_plain_names_need_no_table() -> None:
    code = (
        "from ledger import confusables, forms; from ledger.register.names import look;"
        "assert forms.name_problem('Elm School') is None and look('Elm') and confusables.skeleton('x');"
        "assert confusables._table.cache_info().currsize == 0"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert skeleton("") == ""
