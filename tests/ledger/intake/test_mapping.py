"""Maps: what they say, what they refuse, and the first one that is guessed."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refused
from ledger.intake.draft import COLUMNS
from ledger.intake.guess import guess, guess_columns
from ledger.intake.mapping import Map, parse
from ledger.intake.mapping import read as read_map
from ledger.intake.open import read
from ledger.intake.synonyms import SYNONYMS
from ledger.register.names import fold

MAP = """
columns:
  Date Sent: transferred_at
  Organisation: recipient
  Reason: purpose
  Data items: fields
  Opt-outs checked?: opt_outs_checked
  Basis: lawful_basis
  Pupil: leave-out
words:
  recipient: {Connexions Service: connexions, n/a: leave-out}
  fields: {CTF: [surname, forename, date-of-birth], N/K: not-stated}
  opt_outs_checked: {Y: yes, N: no}
  lawful_basis: {none: leave-out}
constants: {sender: springfield, key_stages: [ks1, ks2]}
date_order: dmy
list_separator: ","
time_zone: london
"""
HEAD = "Date Sent,organisation,Reason,Data items,Opt-outs checked?,Basis,Pupil"


def rows(folder: Path, *lines: str, map_: str = MAP) -> list[object]:
    path = folder / "log.csv"
    path.write_text("\n".join((HEAD, *lines)))
    found = list(read(path, parse(map_.encode(), "map.yml")))
    return [row.sentences("log.csv") if row.stated is None else row.stated.members for row in found]


def test_a_map_brings_in_a_file_as_it_is(tmp_path: Path) -> None:
    (members,) = rows(tmp_path, '06/08/2010 11:45,CONNEXIONS  service,Careers,"ctf, UPN",y,NONE,JS')
    assert members == {
        "transferred_at": "2010-08-06T11:45+01:00",
        "transferred_on": date(2010, 8, 6),
        "offset_assumed": True,
        "sender": "springfield",
        "recipient": "connexions",
        "purpose": "Careers",
        "fields": ("surname", "forename", "date-of-birth", "UPN"),
        "opt_outs": {"checked": True},
        "subjects": {"key_stages": ("ks1", "ks2")},
    }


def test_problems_are_told_under_their_headings(tmp_path: Path) -> None:
    (said,) = rows(tmp_path, '31/02/2010,n/a,x,"UPN,",maybe,,')
    assert set(said) == {
        "log.csv, line 2, “Date Sent”: '31/02/2010' is not a date that exists (order dmy).",
        "log.csv, line 2, “organisation”: It is empty, and every transfer must state it.",
        "log.csv, line 2, “Data items”: An item of the list is empty; take the extra separator out, or write what "
        "is missing.",
        "log.csv, line 2, “Opt-outs checked?”: 'maybe' is neither yes nor no; write yes, no, true or false.",
    }


@pytest.mark.parametrize(
    ("order", "text", "iso"),
    [
        ("dmy", "06/08/2010", "2010-08-06"),
        ("dmy", "6-Aug-10", "2010-08-06"),
        ("dmy", "6 August 2010 9:05", "2010-08-06T09:05"),
        ("dmy", "6.8.10", "2010-08-06"),
        ("dmy", "2010-08-06", "2010-08-06"),
        ("dmy", "2010/08/06 11:45:10", "2010-08-06T11:45:10"),
        ("mdy", "08/06/2010", "2010-08-06"),
        ("ymd", "10-08-06", "2010-08-06"),
        ("dmy", "2010-04-01/2010-04-30", "2010-04-01/2010-04-30"),
    ],
)
def test_dates_are_read_in_the_order_of_the_map(order: str, text: str, iso: str) -> None:
    map_ = parse(f"columns: {{d: transferred_at}}\ndate_order: {order}".encode())
    assert map_.translate("transferred_at", text) == iso


@pytest.mark.parametrize("text", ["08/31/2010", "6/8", "soon", "6-Foo-10", "6/8-2010", "1/1/1", "١/٢/2010"])
def test_other_dates_are_refused(text: str) -> None:
    with pytest.raises(Refused):
        parse(b"columns: {d: transferred_at}\ndate_order: dmy").translate("transferred_at", text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("words: {}", "no `columns:`"),
        ("columns: {a: sendr}", "line 1, column 14: “sendr” is no column of ours. Did you mean “sender”?"),
        ("columns: {a: leaveout}", "Did you mean “leave-out”"),
        ("columns: {a: sender, b: sender}", "filled by “a” already"),
        ("columns: {a: sender, A: recipient}", "given already"),
        ("column: {a: sender}", "Did you mean “columns”?"),
        ("columns: [a]", "key: value"),
        ("columns: {a: [sender]}", "one word"),
        ("columns: {a: sender}\nwords: {recipient: {x: y}}", "no heading under `columns` fills `recipient`"),
        ("columns: {a: sender}\nwords: {sender: {x: [y, z]}}", "cannot mean a list"),
        ("columns: {a: fields}\nwords: {fields: {x: []}}", "empty"),
        ("columns: {a: sender}\nwords: {sender: {A b: x, a-B: y}}", "means something else"),
        ("columns: {a: sender}\nconstants: {sender: x}", "cannot be constant too"),
        ("columns: {a: sender}\nconstants: {subject_count: many}", "not a count"),
        ("columns: {a: sender}\ndate_order: dym", "one of dmy, mdy, ymd"),
        ("columns: {a: sender}\nencoding: utf8", "Did you mean “utf-8”?"),
        ("columns: {a: sender}\ntime_zone: paris", "one of london"),
        ("columns: {a: sender}\ndelimiter: ab", "one character"),
        ("columns: {a: sender}\ncolumns: {b: sender}", "given already"),
        ("columns: &x {a: sender}", "anchor"),
        ("columns: {a: sender", "not YAML"),
        ("", "empty"),
    ],
)
def test_a_map_is_strict(text: str, says: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(text.encode(), "map.yml")
    assert str(caught.value).startswith("map.yml")
    assert says in str(caught.value)


def test_headings_and_map_must_agree(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"does not say what the heading “Pupil” means"):
        rows(tmp_path, map_=MAP.replace("  Pupil: leave-out\n", ""))
    with pytest.raises(Refused, match=r"names a heading “Basic” that is not there. Did you mean “basis”"):
        rows(tmp_path, map_=MAP.replace("  Basis: lawful_basis", "  Basis: leave-out\n  Basic: lawful_basis"))


LOG = """Ref;Date sent;School;From;Shared with;Reason for sharing;Data items;Legal basis;No. of pupils;Sent by;Opt outs checked;Remarks;Colour code
1;14/01/2010;Oaks Primary;Springfield LA;Connexions Service;Careers guidance;CTF, UPN;DPA 1998 Sch 2 para 5;120;Pat;Y;;red
2;03/02/2010;Oaks Primary;Springfield LA;Connexions service;Careers guidance;CTF;DPA 1998 Sch 2 para 5;99;Pat;Y;re-sent;
3;04/02/2010;Café High;Springfield LA;Conexions;Statistics;UPN, Ethnicity;;40;Sam;N;;
"""  # noqa: E501
KNOWN = [
    ("connexionsservice", "party", "connexions"),
    ("connexions", "party", "connexions"),
    ("upn", "field", "upn"),
    (fold("DPA 1998 Sch 2 para 5"), "lawful_basis", "dpa1998-sch2-5"),
]


def guessed(path: Path) -> tuple[str, Map]:
    text = guess(path, KNOWN)
    return text, parse(text.encode(), "guessed.yml")


def test_a_first_map_of_an_authoritys_log(tmp_path: Path) -> None:
    path = tmp_path / "Data log.csv"
    path.write_bytes(LOG.encode("cp1252"))
    text, map_ = guessed(path)
    assert dict(map_.headings.values()) == {
        "Ref": "id",
        "Date sent": "transferred_at",
        "School": "schools",
        "From": "sender",
        "Shared with": "recipient",
        "Reason for sharing": "purpose",
        "Data items": "fields",
        "Legal basis": "lawful_basis",
        "No. of pupils": "subject_count",
        "Sent by": "operator",
        "Opt outs checked": "opt_outs_checked",
        "Remarks": "note",
        "Colour code": None,
    }
    assert (map_.date_order, map_.delimiter, map_.encoding, map_.list_separator) == ("dmy", ";", "windows-1252", ",")
    lines = [line.strip() for line in text.splitlines()]
    assert '"Connexions Service": "connexions"  # 2 times' in lines
    assert '"Conexions": "Conexions"  # once; not known, perhaps connexions' in lines
    assert lines.index('"CTF": ["CTF"]  # 2 times; not known') < lines.index(
        '"Ethnicity": ["Ethnicity"]  # once; not known'
    )
    assert '"Y": "yes"  # 2 times' in lines
    members = [row.stated and row.stated.members for row in read(path, map_)]
    assert all(members)
    assert members[0] is not None
    assert members[0]["recipient"] == "connexions"
    assert members[0]["fields"] == ("CTF", "upn")
    assert members[0]["lawful_basis"] == ("dpa1998-sch2-5",)


def test_a_first_map_of_a_workbook_says_what_is_missing(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Date of transfer", "Recipient organisation", "What was sent", "Weather"])
    book.active.append([date(2010, 1, 14), "QCA", "Results\nand names", "fair"])
    path = tmp_path / "log.xlsx"
    book.save(path)
    text, map_ = guessed(path)
    assert map_.date_order is None
    assert "#   sender: …" in text
    assert "#   purpose: …" in text
    assert '"Results and names"' in text


@pytest.mark.parametrize(
    ("dates", "says"),
    [
        (["14/01/2010", "01/02/2010"], "date_order: dmy  # 1 dates can be read no other way"),
        (["01/14/2010"], "date_order: mdy"),
        (["01/02/2010"], "CHECK: no date tells"),
        (["14/01/2010", "01/14/2010"], "mixed"),
        (["14-Jan-10"], "date_order: dmy"),
        (["2010/01/14"], "date_order: ymd"),
    ],
)
def test_the_order_of_dates_is_taken_from_the_values(tmp_path: Path, dates: list[str], says: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text("\n".join(("Date sent,To", *(f"{day},x" for day in dates))))
    assert says in guess(path)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5), st.text(max_size=40))
def test_any_guessed_map_can_be_read(tmp_path_factory: pytest.TempPathFactory, headings: list[str], word: str) -> None:
    import csv
    import io

    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Recipient", *headings])
    writer.writerow([word, *headings])
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(text.getvalue().encode("utf-8", "replace"))
    try:
        guess_text = guess(path)
    except Refused:
        return  # headings that no file may have
    assert parse(guess_text.encode(), "guessed.yml").headings


def test_synonyms_are_of_our_columns_and_each_means_one() -> None:
    assert set(SYNONYMS) == set(COLUMNS)
    names = [name for names in SYNONYMS.values() for name in names]
    assert len(names) == len(set(names))
    assert guess_columns(COLUMNS) == {column: (column, 100) for column in COLUMNS}


def test_a_map_is_read_from_its_file_with_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "map.yml"
    path.write_text(MAP)
    assert len(read_map(path).sha256) == 64
    with pytest.raises(Refused, match="is not there"):
        read_map(tmp_path / "none.yml")
