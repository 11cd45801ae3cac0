"""What looks like a person, and what does not."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.intake.draft import Stated
from ledger.intake.person import looks_like_person, persons_in

DAY = date(2010, 3, 4)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("ask j.smith@school.sch.uk", "e-mail"),
        ("ask j.smith＠school.sch.uk", "e-mail"),
        ("pupil A123456789012", "unique pupil number"),
        ("pupil z12345678901b.", "unique pupil number"),
        ("Jayden 12/03/2001", "date of birth"),
        ("Jayden 03/12/01", "date of birth"),
        ("2001-03-12", "date of birth"),
        ("12.3.2001", "date of birth"),
        ("12th March 2001", "date of birth"),
        ("12-Mar-01", "date of birth"),
        ("March 12, 2001", "date of birth"),
        ("DOB 12031965", "date of birth"),
        ("born on 1 May 1965", "date of birth"),
        ("D.O.B. 12/3/65", "date of birth"),
        ("for Mrs Patel (mum)", "title"),
        ("mrs patel rang", "title"),
        ("Mr. J. O'Neill", "title"),
        ("Dr Okonkwo-Bell", "title"),
        ("Miss Lee", "title"),
        ("Sir Alan", "title"),
        ("Mr and Mrs Khan", "title"),
    ],
)
def test_it_looks_like_a_person(text: str, what: str) -> None:
    found = looks_like_person(text, DAY)
    assert found is not None
    assert what in found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Spring census, second attempt",
        "sent 04/03/2010, asked for on 1 March 2010",
        "agreement of 12 March 1970",
        "REF-2010-0042",
        "sheet 1234567890123",
        "checked by SHA-256 0123456789abcdef",
        "as an MS Excel file",
        "we had a miss in the post",
        "from Sir John Deane's College",
        "Key Stage 2",
        "pupils born in September",
        "DOB left out",
        "30/02/2001",
        "may 2 files go",
    ],
)
def test_it_does_not(text: str) -> None:
    assert looks_like_person(text, DAY) is None


def test_without_the_day_only_a_marked_date_counts() -> None:
    assert looks_like_person("12/03/2001", None) is None
    assert looks_like_person("dob 12/03/2001", None) is not None


def test_names_are_looked_for_only_where_none_belong() -> None:
    members = {"transferred_on": DAY, "id": "A123456789012", "sender": "Mrs Patel", "fields": ("Mrs Patel",)}
    texts = {"operator": "Mrs Patel", "approver": "Dr Lee", "note": "Mrs Patel", "dpia_reference": "a@b.org"}
    found = persons_in(Stated(members, texts))
    assert [column for column, _ in found] == ["note", "dpia_reference", "id"]
