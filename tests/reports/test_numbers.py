"""Every number in a document is what SQLite counts in the same ledger; `test_governors_papers` has the governors'.

All numbers, all tables, all data and all figures are walked: one for which `recounted` has no statement fails here.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from reports.cli import making
from reports.cli.making import Judged, Wanted, build, judged
from reports.documents.blocks import Column, Data, Document, Table, figures, numbers
from reports.documents.figure import Figure
from reports.documents.findings import named, title
from reports.wording import MONTHS, Labels
from tests.reports import edges, mixed, played, recounted, went_on
from tests.reports.asked import Asked, Spoken
from tests.reports.audited import AS_OF as AUDITED_AS_OF
from tests.reports.audited import audited_ledger
from tests.reports.ledgers import make_ledger
from tests.reports.recounted import Rows
from tests.reports.words import words

KINDS = ("dpo", "auditor")
NUMBERS = {"dpo": recounted.DPO, "auditor": recounted.AUDITOR}
DATA = {"dpo": recounted.DPO_DATA, "auditor": recounted.AUDITOR_DATA}
TABLES: dict[str, dict[str, Rows]] = {"dpo": recounted.DPO_TABLES, "auditor": recounted.AUDITOR_TABLES}

YEAR = ("2009-09-01", "2010-08-31")
BEFORE_YEAR = ("2008-09-01", "2009-08-31")


Ledgers = Callable[[str], tuple[Path, date]]


class Case(NamedTuple):
    """A ledger, what is asked for, and the same as the test writes it down."""

    ledger: str
    wanted: dict[str, str]
    spoken: dict[str, Any]


CASES = {
    "demo, whole": Case("played", {"period": "whole"}, {}),
    "demo, year": Case(
        "played", {"period": "year=2009-10"}, {"first": YEAR[0], "last": YEAR[1], "past": BEFORE_YEAR}
    ),
    "demo, month": Case(
        "played",
        {"period": "month=2010-07"},
        {"first": "2010-07-01", "last": "2010-07-31", "past": ("2010-06-01", "2010-06-30")},
    ),
    "demo, school": Case("played", {"period": "whole", "school": "hollinquay-high"}, {"school": ("hollinquay-high",)}),
    "demo, since the last attested": Case("played", {"since": "last"}, {"since": -1}),
    "mixed, whole": Case("mixed", {"period": "whole"}, {}),
    "mixed, days": Case(
        "mixed",
        {"period": "from=2010-03-01,to=2010-08-05"},
        {"first": "2010-03-01", "last": "2010-08-05", "past": ("2009-09-24", "2010-02-28")},
    ),
    "mixed, school": Case("mixed", {"period": "whole", "school": "low"}, {"school": ("low",)}),
    "audited, whole": Case("audited", {"period": "whole"}, {}),
    "audited, term": Case(
        "audited",
        {"period": "term=spring-2010"},
        {"first": "2010-01-04", "last": "2010-03-26", "past": ("2009-09-03", "2009-12-18")},
    ),
    "went on, whole": Case("went on", {"period": "whole"}, {}),
    "went on, school": Case("went on", {"period": "whole", "school": "low"}, {"school": ("low",)}),
    "went on, since the last attested": Case("went on", {"since": "last"}, {"since": -1}),
    "edges, whole": Case("edges", {"period": "whole"}, {}),
    "edges, up to a day": Case("edges", {"period": "to=2010-09-30"}, {"last": "2010-09-30"}),
    "edges, from a day": Case("edges", {"period": "from=2010-05-03"}, {"first": "2010-05-03"}),
    "no register": Case("unadopted", {"period": "whole"}, {}),
    "beyond the register": Case("mixed", {"period": "year=2010-11"}, {"first": "2010-09-01", "last": "2011-08-31",
                                                                      "past": YEAR}),
    "nothing": Case("mixed", {"period": "month=1999-01"}, {"first": "1999-01-01", "last": "1999-01-31",
                                                           "past": ("1998-12-01", "1998-12-31")}),
}  # fmt: skip


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> Ledgers:
    """A ledger by its name, and the day of its reports; each is made once."""
    found: dict[str, tuple[Path, date]] = {}

    def make(name: str) -> tuple[Path, date]:
        folder = tmp_path_factory.mktemp(name)
        match name:
            case "played":
                path, as_of = played.played(folder).path, date(2010, 10, 1)
            case "audited":
                path, as_of = audited_ledger(folder).path, AUDITED_AS_OF
            case "went on":
                kept, _ = went_on.went_on(folder)
                path, as_of = kept.path, went_on.AS_OF
            case "edges":
                path, as_of = edges.edges(folder).path, edges.AS_OF
            case "unadopted":
                path, as_of = make_ledger(folder / "l.db", *mixed.MIXED, adopted=False), mixed.AS_OF
            case _:
                path, as_of = mixed.mixed_ledger(folder / "l.db"), mixed.AS_OF
        return path, as_of

    def get(name: str) -> tuple[Path, date]:
        if name not in found:
            found[name] = make(name)
        return found[name]

    return get


# -- names for people, and days by their labels -----------------------------------------------------------------------


def _functions(label: Labels) -> dict[str, Callable[..., Any]]:
    odd = {"unlisted": "Not a known data item (unlisted)", "not-stated": "Nobody said which data items"}

    def grouped(id_: str) -> str:
        return "Schools" if id_ == "role:school" else named(id_, label)

    def short_day(day: str) -> str:
        return f"{int(day[8:])} {MONTHS[int(day[5:7]) - 1][:3]}"

    return {
        "named": lambda id_: named(id_, label),
        "title": title,
        "grouped": grouped,
        "field_name": lambda id_: odd.get(id_) or label(id_, "field"),
        "field_short": lambda id_: "Not a known field (unlisted)" if id_ == "unlisted" else label(id_, "field"),
        "short_day": short_day,
        "thousands": lambda count: f"{count:,}",
        "line": lambda text, number: text.split("\n")[number - 1],
    }


_MONTH = "(" + "|".join(sorted({*MONTHS, *(one[:3] for one in MONTHS)}, key=len, reverse=True)) + ")"


def _month(name: str) -> int:
    return next(place for place, one in enumerate(MONTHS, start=1) if one[:3] == name[:3])


def _end(year: int, month: int) -> str:
    return date(year, month, monthrange(year, month)[1]).isoformat()


def days_of(label: str) -> tuple[str, str]:
    """The first and the last day of a part of time, from its label alone."""
    if found := re.fullmatch(rf"{_MONTH} (\d{{4}})", label):
        year, month = int(found[2]), _month(found[1])
        return f"{year}-{month:02}-01", _end(year, month)
    if found := re.fullmatch(rf"{_MONTH} to {_MONTH} (\d{{4}})", label):
        year = int(found[3])
        return f"{year}-{_month(found[1]):02}-01", _end(year, _month(found[2]))
    if found := re.fullmatch(r"(?:School|The school) year (\d{4})-\d\d", label):
        return f"{found[1]}-09-01", f"{int(found[1]) + 1}-08-31"
    if found := re.fullmatch(r"(\d{4})(?: to (\d{4}))?", label):
        return f"{found[1]}-01-01", f"{found[2] or found[1]}-12-31"
    if found := re.fullmatch(rf"(\d+) {_MONTH} (\d{{4}}) to (\d+) {_MONTH} (\d{{4}})", label):
        first, last = ((int(found[n + 2]), _month(found[n + 1]), int(found[n])) for n in (1, 4))
        return date(*first).isoformat(), date(*last).isoformat()
    raise AssertionError(f"No part of time: {label}")


def tell_parts(asked: Asked, labels: Sequence[str]) -> None:
    """Makes `part(day)`, which gives the part of time, of these labels, that a day lies in."""
    spans = {one: days_of(one) for one in labels if one not in ("Before that", "On no one day")}

    def part(day: str | None) -> str | None:
        if day is None:
            return "On no one day"
        found = [label for label, (first, last) in spans.items() if first <= day <= last]
        assert len(found) <= 1, (day, found)
        return found[0] if found else "Before that"

    asked.name({"part": part})


# -- comparing --------------------------------------------------------------------------------------------------------


def cell(value: Any) -> Any:
    """A cell as SQLite gives it."""
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, int) else words(value)


def rows_of(table: Table | Data, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """The cells of these columns, which have to be all that hold numbers."""
    ids = [one.id for one in table.columns]
    rows = [tuple(map(cell, row)) for row in table.rows]
    counted = {one.id for place, one in enumerate(table.columns) if _counts(one, [row[place] for row in rows])}
    assert counted <= set(columns), f"{table.id}: nothing counts {sorted(counted - set(columns))}"
    return [tuple(row[ids.index(one)] for one in columns) for row in rows]


def _counts(column: Column, cells: Sequence[Any]) -> bool:
    return column.kind == "number" or any(isinstance(one, int) for one in cells)


def same(id_: str, shown: Sequence[tuple[Any, ...]], counted: Sequence[tuple[Any, ...]]) -> None:
    """Compares rows in any order."""
    left = Counter(counted)
    for row in shown:
        assert left[row] > 0, f"{id_}: {row} is not among {sorted(left.elements(), key=str)}"
        left[row] -= 1
    assert not +left, f"{id_}: not shown: {sorted(left.elements(), key=str)}"


def check_numbers(document: Document, asked: Asked) -> None:
    statements = NUMBERS[document.kind]
    for id_, shown in numbers(document).items():
        assert id_ in statements, f"nothing counts {id_}"
        assert shown == asked.one(statements[id_]), id_


def check_fields(tables: Sequence[Table], asked: Asked) -> None:
    counted = Counter(asked.rows(recounted.FIELDS) + asked.rows(recounted.FIELDS_BELOW))
    shown: Counter[tuple[Any, ...]] = Counter()
    for table in tables:
        for row in table.rows:
            for column, value in zip(table.columns[1:], row[1:], strict=True):
                if value is not None:
                    shown[column.id.removeprefix("to-"), cell(row[0]), cell(value)] += 1
    assert shown == (counted if tables[0].rows else Counter())


def check_findings(tables: Sequence[Table], asked: Asked) -> None:
    counted = {f"findings-{a}-{b}-{c}": count for a, b, c, count in asked.rows(recounted.FINDINGS)}
    assert {one.id for one in tables} == set(counted)
    for table in tables:
        many = int(table.caption.split(" ")[0].replace(",", ""))
        assert many == counted[table.id]
        assert not [one.id for one in table.columns if one.kind == "number"]
        assert len(table.rows) == many or f"the first {len(table.rows):,} of them" in table.caption


def check_tables(document: Document, asked: Asked) -> None:
    tables = [block for block in document.blocks if isinstance(block, Table)]
    fields = [one for one in tables if re.fullmatch(r"fields(-\d+)?", one.id)]
    findings = [one for one in tables if one.id.startswith("findings-")]
    if document.kind == "dpo":
        check_fields(fields, asked)
        check_findings(findings, asked)
    for table in tables:
        if table in fields or table in findings:
            continue
        of = TABLES[document.kind].get(table.id)
        assert of is not None, f"nothing counts the table {table.id}"
        same(table.id, rows_of(table, of.columns.split()), asked.rows(of.sql))


def check_data(document: Document, asked: Asked) -> None:
    for data in document.data:
        if data.id == "statements":
            for id_, value, sql in data.rows:
                assert asked.one(str(sql)) == value == numbers(document)[str(id_)], id_
        else:
            of = DATA[document.kind].get(data.id)
            assert of is not None, f"nothing counts the data {data.id}"
            same(data.id, rows_of(data, of.columns.split()), asked.rows(of.sql))


def _other(name: str, names: Sequence[str]) -> str:
    """What is not shown by itself is put together with others."""
    return name if name in names else next((one for one in names if re.match(r"[\d,]+ other ", one)), name)


def check_figure(figure: Figure, asked: Asked) -> None:
    assert figure.name in recounted.FIGURES, f"nothing counts the figure {figure.name}"
    if "part(" in recounted.FIGURES[figure.name]:
        tell_parts(asked, figure.across)
    names = [name for name, _ in figure.series]
    assert len(set(names)) == len(names)
    shown = {
        (name, across): number
        for name, series in figure.series
        for across, number in zip(figure.across, series, strict=True)
        if number
    }
    counted: Counter[tuple[str, str]] = Counter()
    for name, across, number in asked.rows(recounted.FIGURES[figure.name]):
        counted[_other(name, names), _other(across, figure.across)] += number
    assert shown == {key: count for key, count in counted.items() if count}, figure.name


# -- the walk ---------------------------------------------------------------------------------------------------------


@contextmanager
def walked(case: Case, ledgers: Ledgers) -> Iterator[Iterator[tuple[Document, Asked]]]:
    """The documents, each with the tables that count its numbers."""
    path, as_of = ledgers(case.ledger)
    with judged(path, as_of) as of:
        yield _documents(case, of, as_of)


def _documents(case: Case, of: Judged, as_of: date) -> Iterator[tuple[Document, Asked]]:
    path = of.source.path
    for kind in KINDS:
        spoken = Spoken(as_of, **case.spoken)
        if case.ledger == "played" and not spoken.school:
            spoken = spoken._replace(then=(played.then(path, kind), played.ATTESTED_AS_OF))
        if case.ledger == "went on" and not spoken.school:
            spoken = spoken._replace(then=(path.with_name("then.db"), went_on.THEN_AS_OF))
        read = making.reading(of, Wanted(kind, as_of, **case.wanted))
        asked = Asked(path, spoken, kind)
        try:
            asked.name(_functions(read.label))
            yield build(kind)(read, of.source), asked
        finally:
            asked.close()


def check_documents(documents: Iterator[tuple[Document, Asked]]) -> None:
    for document, asked in documents:
        check_numbers(document, asked)
        check_tables(document, asked)
        check_data(document, asked)
        for figure in figures(document):
            check_figure(figure, asked)


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(one, marks=pytest.mark.slow) if "demo" in one else one for one in CASES])
def test_every_number_is_what_sql_counts(name: str, ledgers: Ledgers) -> None:
    with walked(CASES[name], ledgers) as documents:
        check_documents(documents)


def test_what_is_counted_is_not_nothing(ledgers: Ledgers) -> None:
    """Each number is more than 0 in one of the small ledgers at least, or its statement might count anything."""
    seen: set[tuple[str, str]] = set()
    for case in CASES.values():
        if case.ledger != "played":
            with walked(case, ledgers) as documents:
                seen |= {(one.kind, id_) for one, _ in documents for id_, value in numbers(one).items() if value}
    never = {(kind, id_) for kind in KINDS for id_ in NUMBERS[kind]} - seen
    # A timestamp takes an authority (test_auditor has one), an import a file.
    assert never == {("auditor", "timestamps"), ("auditor", "imports")}


def test_a_row_that_nothing_counts_fails() -> None:
    with pytest.raises(AssertionError, match="is not among"):
        same("kinds", [("a", 5)], [("a", 4)])
    with pytest.raises(AssertionError, match="not shown"):
        same("kinds", [], [("a", 5)])


@pytest.mark.parametrize(
    ("statements", "id_"),
    [
        (NUMBERS["dpo"], "fields-never-sent"),
        (TABLES["dpo"], "flows"),
        (DATA["auditor"], "gaps"),
        (recounted.FIGURES, "time-to-recording"),
    ],
)
def test_what_has_no_statement_fails(
    ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch, statements: dict[str, object], id_: str
) -> None:
    monkeypatch.delitem(statements, id_)
    with walked(CASES["audited, whole"], ledgers) as documents, pytest.raises(AssertionError, match="nothing counts"):
        check_documents(documents)
