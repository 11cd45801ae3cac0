"""A whole table as CSV: read again it is the same, and no cell is a formula."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reports.documents.blocks import Column, Data, Suppressed
from reports.formats.csv_ import table_as_csv
from tests.reports.sample_data import HOSTILE, SAMPLE

COLUMNS = (Column("a", "A"), Column("b", "=B"))


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def written(*rows: tuple[Any, ...]) -> list[list[str]]:
    return rows_of("".join(table_as_csv(Data("d", "D", COLUMNS, rows))))


def test_values_are_as_data() -> None:
    assert written((1, date(2010, 8, 6)), (None, Suppressed(1, 9)), (-3, 'Oak, "High"')) == [
        ["A", "'=B"],
        ["1", "2010-08-06"],
        ["", "fewer than 10"],
        ["-3", 'Oak, "High"'],
    ]


@given(st.text(alphabet=st.sampled_from("=+-@\t\r\n\"',;|a1 é\u202e"), max_size=8) | st.sampled_from(HOSTILE))
def test_a_text_comes_back_and_is_no_formula(text: str) -> None:
    ((_, _), (cell, other)) = written((text, "x"))
    assert other == "x"
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert cell.removeprefix("'") == text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("'")


def test_rows_come_one_by_one_and_again() -> None:
    asked = []

    class Rows:
        def __iter__(self) -> Any:
            for n in range(1_000_000):
                asked.append(n)
                yield n, "x"

    lines = table_as_csv(Data("d", "D", COLUMNS, Rows()))
    assert [next(lines) for _ in range(3)] == ["A,'=B\n", "0,x\n", "1,x\n"]
    assert asked == [0, 1]
    data = SAMPLE.data[0]
    assert list(table_as_csv(data)) == list(table_as_csv(data))
    assert not next(table_as_csv(data)).startswith("\ufeff")
