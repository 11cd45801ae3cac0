"""The figures of a real ledger: every number is what SQLite counts, and every figure says it in words."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ledger.london import days
from ledger.writer import Ledger, create
from reports.charts.drawn import drawn
from reports.cli.making import Wanted
from reports.documents import figures
from reports.documents.figure import Figure
from reports.documents.figures import Span, periods
from reports.documents.reading import Reading
from tests.codes import LEAD
from tests.reports.ledgers import (
    AFTER,
    BEFORE,
    CONTACTPOINT,
    GOOD,
    ORGANISATIONS,
    SECRET,
    UNDOCUMENTED,
    UNKNOWN,
    UNSURE,
    make_ledger,
)
from tests.reports.opened import reading

AS_OF = date(2011, 1, 31)
FIGURES = {
    "recipients": lambda one: figures.recipients(one.counts, one.label),
    "severities": lambda one: figures.severities(one.rows),
    "matrix": lambda one: figures.matrix(one.counts, one.label),
    "flows": figures.flows,
    "closing": lambda one: figures.closing(one.counts, one.rows, one.law),
    "delays": lambda one: figures.delays(one.counts),
    "ages": figures.ages,
}


def of(path: Path, name: str, period: str = "whole", as_of: date = AS_OF) -> Figure:
    with reading(path, Wanted("dpo", as_of, period=period)) as (_, one):
        return FIGURES[name](one)


def all_of(one: Reading) -> list[Figure]:
    return [make(one) for make in FIGURES.values()]


def table(one: Figure) -> dict[str, tuple[int, ...]]:
    assert len({name for name, _ in one.table}) == len(one.table)
    return dict(one.table)


@contextmanager
def writing(path: Path, organisations: list[dict[str, Any]], late: timedelta = timedelta()) -> Iterator[Any]:
    """A new ledger, without documented purposes; what it gives records a transfer `late` after noon of its last day."""
    moment = [datetime(2000, 1, 1, tzinfo=UTC)]
    random = count(1)

    def entropy(size: int) -> bytes:
        return hashlib.shake_128(str(next(random)).encode()).digest(size)

    create(path, "shire.example/transfers", "Shire", lambda: moment[0], entropy, actor=LEAD)
    with Ledger(path, lambda: moment[0], entropy, LEAD) as ledger:
        ledger.add_organisations(organisations)

        def record(late: timedelta = late, **stated: Any) -> None:
            on, until = days(stated.get("transferred_at", "2010-03-01"))
            last = until or on
            moment[0] = datetime(last.year, last.month, last.day, 12, tzinfo=UTC) + late
            found = {**GOOD, "id": f"t{next(random)}", "transferred_on": on, **stated}
            if until:
                found["transferred_until"] = until
            ledger.append(ledger.settle(found, {}))

        yield record


def parties(count: int, role: str = "other") -> list[dict[str, Any]]:
    return [
        {"id": f"body-{n:02}", "name": f"Body {n:02} </svg> $x$ " + "long" * 40, "role": role} for n in range(count)
    ]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    transfers = [GOOD, GOOD, UNDOCUMENTED, UNDOCUMENTED, UNKNOWN, AFTER, UNSURE, BEFORE]
    transfers += [{**CONTACTPOINT, "transferred_at": on} for on in ("2010-07-30", "2010-08-09", "2010-08-09")]
    late = [{**GOOD, "transferred_at": on} for on in ("2010-08-08", "2010-07-10", "2010-06-01", "2009-12-24")]
    return make_ledger(tmp_path_factory.mktemp("ledger") / "transfers.db", *transfers, *late, withdraw="t1")


@pytest.fixture(scope="module")
def told(path: Path) -> dict[str, Figure]:
    with reading(path, Wanted("dpo", AS_OF, period="whole")) as (_, one):
        return {name: make(one) for name, make in FIGURES.items()}


def rows(path: Path, sql: str) -> list[Any]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return db.execute(sql).fetchall()


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_says_what_it_is(told: dict[str, Figure], name: str) -> None:
    one = told[name]
    assert one.title
    assert one.description.endswith(".")
    assert one.empty.endswith(".")
    assert one.heading
    assert one.table
    assert all(len(numbers) == len(one.columns) for _, numbers in one.table)
    assert all(len(numbers) == len(one.across) for _, numbers in one.series)
    assert len(one.ends) == (len(one.series) if one.kind == "graph" else 0)
    assert SECRET not in repr(one)
    kinds = {"recipients": "grid", "matrix": "grid", "flows": "graph"}
    assert one.kind == kinds.get(name, "bars")
    styles = {"severities": "severity", "ages": "severity", "closing": "closing"}
    assert one.style == styles.get(name, "plain")


def test_names_and_files_are_told_apart(told: dict[str, Figure]) -> None:
    assert len({one.name for one in told.values()}) == len(FIGURES)
    assert set(drawn(told.values())) == {one.name for one in told.values()}


def test_recipients_are_counted_by_month(path: Path, told: dict[str, Figure]) -> None:
    found = rows(path, "SELECT recipient, substr(transferred_on, 1, 7), count(*) FROM transfers GROUP BY 1, 2")
    one = told["recipients"]
    assert one.across[0] == "Dec 2009"
    assert one.across[-1] == "Aug 2010"
    assert len(one.across) == 9
    counted = {
        (name, month): number
        for name, numbers in one.table
        for month, number in zip(one.across, numbers, strict=True)
        if number
    }
    months = {"03": "Mar", "06": "Jun", "07": "Jul", "08": "Aug", "12": "Dec"}
    names = {"shire": "Shire <b>Council</b>", "contactpoint": "ContactPoint", "unlisted": "Not a known name (unlisted)"}
    assert counted == {(names[to], f"{months[month[5:]]} {month[:4]}"): number for to, month, number in found}
    assert (
        "14 transfers to 3 recipients, from Dec 2009 to Aug 2010. Most went to Shire <b>Council</b> (7)"
        in one.description
    )


def test_severities_are_counted_by_month(path: Path, told: dict[str, Figure]) -> None:
    with reading(path, Wanted("dpo", AS_OF, period="whole")) as (_, one):
        found = Counter((row.severity, row.on is None) for row in one.rows if row.corrected_by is None)
    numbers = {name.lower(): sum(numbers) for name, numbers in told["severities"].series}
    assert numbers == {name: found[name, False] for name in ("critical", "serious", "minor")}
    assert found.total() - sum(numbers.values()) == 0 or "on no transfer" in told["severities"].description
    assert f"{sum(numbers.values())} findings by the date of the transfer" in told["severities"].description


def test_fields_are_counted_by_recipient(path: Path, told: dict[str, Figure]) -> None:
    found: Counter[tuple[str, str]] = Counter()
    for to, fields in rows(path, "SELECT recipient, fields FROM transfers"):
        for field in msgspec.json.decode(fields):
            found[to, field] += 1
    one = told["matrix"]
    assert one.across == ("Forename", "Surname", "Unique pupil number")
    shire = tuple(found["shire", field] for field in ("forename", "surname", "upn"))
    assert table(one)["Shire <b>Council</b>"] == shire == (7, 5, 2)
    assert sum(sum(numbers) for _, numbers in one.table) == found.total()
    assert "3 fields went to 3 recipients. The field sent most is Forename (14 transfers)" in one.description


def test_flows_have_their_transfers_and_breaches(path: Path, told: dict[str, Figure]) -> None:
    with reading(path, Wanted("dpo", AS_OF, period="whole")) as (_, one):
        wrong = Counter(
            (row.sender_id, row.recipient_id)
            for row in one.rows
            if row.outcome == "breach" and row.corrected_by is None and row.sender_id
        )
    sent = {
        (sender, to): n
        for sender, to, n in rows(path, "SELECT sender, recipient, count(*) FROM transfers GROUP BY 1, 2")
    }
    names = {
        ("high", "shire"): "Schools to Shire <b>Council</b>",
        ("high", "unlisted"): "Schools to Not a known name (unlisted)",
        ("shire", "contactpoint"): "Shire <b>Council</b> to ContactPoint",
    }
    assert wrong.total() > 3
    assert table(told["flows"]) == {name: (sent[pair], wrong[pair]) for pair, name in names.items()}
    assert told["flows"].ends[0] == ("Schools", "Shire <b>Council</b>")
    assert "square root" in told["flows"].description
    assert f"{wrong.total()} breaches stand on 3 of 3 pairs" in told["flows"].description


def test_the_day_of_the_closing_is_told_apart(told: dict[str, Figure]) -> None:
    one = told["closing"]
    assert len(one.across) == 45 + 3 + 45
    assert one.across[44:49] == (
        "5 Aug",
        "6 Aug, before noon",
        "6 Aug, cannot be told",
        "6 Aug, after noon",
        "7 Aug",
    )
    assert table(one) == {
        "30 Jul": (1, 0, 0),
        "6 Aug, before noon": (1, 0, 0),
        "6 Aug, cannot be told": (0, 1, 0),
        "6 Aug, after noon": (0, 0, 1),
        "9 Aug": (0, 0, 2),
    }
    assert "2 transfers used it before the closing, of 1 it cannot be told, and 3 used it after" in one.description
    assert "On the day itself: 1 before noon, of 1 it cannot be told, and 1 after noon." in one.description


def test_delays_are_counted_in_their_bands(tmp_path: Path) -> None:
    path = tmp_path / "transfers.db"
    with writing(path, ORGANISATIONS) as record:
        for late in (0, 0, 1, 7, 8, 31, 32, 90, 91, 400, -1, -30):
            record(late=timedelta(days=late), transferred_at="2010-03-01")
        record(transferred_at="2010-03-01/2010-03-20", late=timedelta(days=2))
    one = of(path, "delays")
    assert table(one) == {
        "Before it happened": (2,),
        "On the same day": (2,),
        "Within a week (1 to 7 days)": (3,),
        "Within a month (8 to 31 days)": (2,),
        "Within a term (32 to 90 days)": (2,),
        "Later (over 90 days)": (2,),
    }
    assert one.columns == ("Transfers",)
    assert "Most: within a week (1 to 7 days) (3); the longest time was 400 days." in one.description
    assert one.description.endswith("2 transfers were recorded before the day of the transfer.")


def test_open_breaches_have_an_age_until_a_decision_closes_them(tmp_path: Path) -> None:
    on = (
        "2010-12-31",
        "2010-12-30",
        "2010-10-31",
        "2010-10-30",
        "2010-08-01",
        "2010-07-31",
        "2010-01-30",
        "2010-01-29",
        "2011-02-01",
    )
    path = tmp_path / "transfers.db"
    with writing(path, ORGANISATIONS) as record:
        for day in reversed(on):
            record(transferred_at=day, lawful_basis=[])
    with reading(path, Wanted("dpo", AS_OF, period="whole")) as (_, found):
        one = figures.ages(found)
        breaches = found.open
        per_day = Counter(sent.on for finding, sent in found.rows.pairs() if finding.outcome == "breach")
    assert set(per_day) == {date.fromisoformat(day) for day in on}
    each = per_day[date(2010, 12, 31)]
    later = per_day[date(2011, 2, 1)]
    assert table(one) == {
        "Up to 1 month (31 days)": (0, each, 0),
        "Up to 3 months (92 days)": (0, 2 * each, 0),
        "Up to 6 months (183 days)": (0, 2 * each, 0),
        "Up to a year (366 days)": (0, 2 * each, 0),
        "Older than a year": (0, each, 0),
        "Dated later than this report": (0, later, 0),
    }
    assert "The oldest is on a transfer of 29 January 2010." in one.description
    with Ledger(path, lambda: datetime(2011, 1, 30, tzinfo=UTC), os.urandom, LEAD) as ledger:
        for finding in breaches[: len(breaches) // 2]:
            ledger.review(finding.key, finding.check, "accepted", None, None, {"reason": "known"})
    fewer = of(path, "ages")
    assert sum(sum(numbers) for _, numbers in fewer.series) == len(breaches) - len(breaches) // 2


@pytest.mark.slow
def test_many_recipients_are_put_together(tmp_path: Path) -> None:
    path = tmp_path / "transfers.db"
    with writing(path, [*ORGANISATIONS, *parties(40)]) as record:
        for n in range(40):
            for _ in range(2 if n == 7 else 1):
                record(
                    recipient=f"body-{n:02}",
                    sender=f"body-{(n + 1) % 40:02}",
                    fields=["forename"],
                    transferred_at=f"20{n % 5 + 8:02}-05-01",
                )
    with reading(path, Wanted("dpo", AS_OF, period="whole")) as (_, one):
        found = {name: make(one) for name, make in FIGURES.items()}
        names = {id_: one.label(id_) for id_ in (f"body-{n:02}" for n in range(40))}
    for name in ("recipients", "matrix"):
        series = found[name].series
        assert len(series) == figures.MOST_ROWS
        assert series[0][0] == names["body-07"]
        assert series[-1][0] == "11 other recipients"
        assert sum(series[-1][1]) == 11
        assert sum(sum(numbers) for _, numbers in series) == 41
    assert found["recipients"].across == tuple(str(year) for year in range(2008, 2013))
    assert found["recipients"].title == "Transfers by year and recipient"
    flows = found["flows"]
    assert len({to for _, to in flows.ends}) == figures.MOST_ROWS
    assert len(flows.series) <= figures.MOST_ARROWS
    assert sum(numbers[0] for _, numbers in flows.series) == 41
    assert "40 senders to 40 recipients" in flows.description
    assert set(drawn(found.values())) >= {one.name for one in found.values() if one.table}


def test_many_fields_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "transfers.db"
    monkeypatch.setattr(figures, "MOST_FIELDS", 3)
    with writing(path, ORGANISATIONS) as record:
        record(fields=["forename", "surname", "upn", "ethnicity"])
        record(fields=["forename", "surname", "upn"])
        record(fields=["forename", "surname"])
    one = of(path, "matrix")
    assert one.across == ("Forename", "Surname", "2 other fields")
    assert table(one) == {"Shire <b>Council</b>": (3, 3, 3)}
    assert "4 fields went to 1 recipient" in one.description
    assert "a transfer counts once for each that it held" in one.description


def test_many_senders_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "transfers.db"
    monkeypatch.setattr(figures, "MOST_ARROWS", 7)
    with writing(path, [*ORGANISATIONS, *parties(6)]) as record:
        for sender in range(6):
            for recipient in range(2):
                for _ in range(sender + 1):
                    record(sender=f"body-{sender:02}", recipient=f"body-{recipient:02}", lawful_basis=[])
    one = of(path, "flows")
    assert len(one.series) == 6
    assert {sender for sender, _ in one.ends if "other" in sender} == {"4 other senders"}
    assert [sum(numbers[end] for _, numbers in one.series) for end in (0, 1)] == [2 * 21, 2 * 21]


def test_two_of_one_name_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "transfers.db"
    same = [{"id": id_, "name": "Other recipients" if id_ == "x" else id_, "role": "other"} for id_ in ("x", "y")]
    with writing(path, [*ORGANISATIONS, *same]) as record:
        record(recipient="x")
        record(recipient="high")
        record(recipient="low")
    assert set(table(of(path, "recipients"))) == {"Other recipients", "Schools"}
    names = figures._names({"x", "y"}, lambda id_, kind=None: "One")  # type: ignore[arg-type]
    assert names == {"x": "One (x)", "y": "One (y)"}


@pytest.mark.parametrize("name", FIGURES)
def test_an_empty_ledger_gives_no_chart_and_says_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / "transfers.db"
    with writing(path, []):
        pass
    one = of(path, name, as_of=date(2030, 1, 1))
    assert one.table == ()
    assert drawn([one]) == {}
    assert one.description


@pytest.mark.parametrize("name", FIGURES)
def test_a_period_with_nothing_gives_no_chart(path: Path, name: str) -> None:
    one = of(path, name, "year=2005-06")
    if name not in ("severities", "ages"):  # what is on no transfer is in every period
        assert one.table == ()
    assert one.empty


def test_only_the_period_is_counted(path: Path) -> None:
    assert sum(sum(numbers) for _, numbers in of(path, "recipients", "month=2010-07").series) == 2
    assert sum(numbers[0] for _, numbers in of(path, "flows", "month=2010-07").series) == 2


def test_long_times_are_counted_by_year_and_longer_ones_by_several() -> None:
    assert periods([]) == []
    assert periods([(2010, 2), (2009, 11)]) == [Span(2009, 11), Span(2009, 12), Span(2010, 1), Span(2010, 2)]
    assert len(periods([(2008, 1), (2009, 12)])) == 24
    assert periods([(2008, 1), (2010, 1)]) == [Span(2008, 0), Span(2009, 0), Span(2010, 0)]
    assert len(periods([(1987, 5), (2010, 1)])) == 24
    several = periods([(1900, 1), (2010, 1)])
    assert len(several) <= 24
    assert several[0] == Span(1900, 0, 5)
    assert [several[0].label, Span(2010, 0).label, Span(2010, 9).label] == ["1900 to 1904", "2010", "Sep 2010"]
    for year in range(1900, 2011):
        assert figures._within(year, 6, several) == next(one for one in several if one.year <= year < one.year + 5)
