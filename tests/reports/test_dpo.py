"""The data protection officer's report: its numbers counted again by SQL, its order, its links and its limits."""

from __future__ import annotations

import re
import sqlite3
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Any

import msgspec
import pytest

from datasette_plugins.transfer_ledger.routes import find
from ledger.members import Attestation
from ledger.verify.record import Found
from ledger.writer import Ledger
from reports.checks import CHECKS
from reports.cli.check import check_ledger
from reports.cli.making import Wanted
from reports.context import Evidence
from reports.documents import due, links, listed, matrix, parties, volumes
from reports.documents.blocks import (
    Bullets,
    Chart,
    Data,
    Document,
    Facts,
    Heading,
    Link,
    Paragraph,
    Table,
    Verdict,
    numbers,
)
from reports.documents.dpo import CONTENTS, dpo
from reports.documents.findings import Rows, Sent, causes_of
from reports.documents.reading import Attested, Reading, Since
from reports.formats.csv_ import COLUMNS
from reports.run import Result, run
from reports.wording import Labels
from tests.codes import DPO, LEAD
from tests.reports.findings_table import add_findings
from tests.reports.ledgers import AFTER, BEFORE, FORMULA, GOOD, SECRET, UNDOCUMENTED, UNSURE, make_ledger
from tests.reports.mixed import AS_OF, MIXED, decide, mixed_ledger
from tests.reports.opened import reading
from tests.reports.words import words
from tests.reports.world import evidence


@contextmanager
def built(path: Path, period: str = "whole", **more: str) -> Iterator[tuple[Reading, Document]]:
    """The reading of a ledger and the document made of it."""
    with reading(path, Wanted("dpo", AS_OF, period=period, **more)) as (source, read):
        yield read, dpo(read, source)


def document(path: Path, period: str = "whole", **more: str) -> Document:
    with built(path, period, **more) as (_, made):
        return made


def tables(made: Document) -> dict[str, Table]:
    found = [block for block in made.blocks if isinstance(block, Table)]
    assert len({one.id for one in found}) == len(found)
    return {one.id: one for one in found}


def data(made: Document) -> dict[str, Data]:
    return {one.id: one for one in made.data}


def records(table: Table | Data) -> list[dict[str, str]]:
    names = [column.id for column in table.columns]
    return [dict(zip(names, map(words, row), strict=True)) for row in table.rows]


def said(made: Document) -> str:
    """Everything that a document says, its data besides."""
    parts = [made.title, made.about, made.warning or "", *map(words, made.footer)]
    for block in made.blocks:
        match block:
            case Heading():
                parts.append(block.text + words(block.tags))
            case Paragraph():
                parts.append(words(block.text))
            case Bullets():
                parts += map(words, block.items)
            case Verdict():
                parts += [block.title, *map(words, block.text)]
            case Facts():
                parts += [name + words(text) for name, text in block.items]
            case Table():
                parts += [block.caption, *(words(cell) for row in block.rows for cell in row)]
            case Chart():
                parts += [block.figure.title, block.figure.description, *block.figure.across]
                parts += [name for name, _ in block.figure.series]
    parts += [words(cell) for one in made.data for row in one.rows for cell in row]
    return "\n".join(parts)


def pieces(made: Document) -> Iterator[object]:
    """All pieces of all texts."""
    for block in made.blocks:
        match block:
            case Paragraph():
                yield from block.text
            case Bullets():
                yield from (piece for item in block.items for piece in item)
            case Table():
                for row in block.rows:
                    yield from (piece for cell in row if isinstance(cell, tuple) for piece in cell)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with findings of every severity, a decision that is overdue, one that is due and one that is closed."""
    return mixed_ledger(tmp_path_factory.mktemp("dpo") / "transfers.db")


@pytest.fixture(scope="module")
def made(mixed: Path) -> Document:
    return document(mixed, app="https://app.example/l/")


@pytest.fixture(scope="module")
def kept(mixed: Path) -> Callable[[str], list[Any]]:
    """Asks the ledger itself, beside what a check finds."""

    def ask(sql: str) -> list[Any]:
        with closing(sqlite3.connect(mixed)) as db:
            add_findings(db, mixed, AS_OF)
            return db.execute(sql).fetchall()

    return ask


CORRECTED = "json_extract(f.finding, '$.corrected_by')"
KEPT = "FROM findings AS f WHERE f.finding IS NOT NULL"
STANDS = f"{KEPT} AND {CORRECTED} IS NULL"
ON_TRANSFER = "json_extract(f.finding, '$.id') IS NOT NULL"


# -- numbers ------------------------------------------------------------------------------------------------------


def test_numbers_are_those_of_the_ledger(made: Document, kept: Callable[[str], list[Any]]) -> None:
    def count(where: str, of: str = STANDS) -> int:
        return int(kept(f"SELECT count(*) {of} AND {where}")[0][0])

    found = numbers(made)
    assert found["transfers"] == kept("SELECT count(*) FROM transfers")[0][0] == len(MIXED)
    for severity in ("critical", "serious", "minor"):
        assert found[severity] == count(f"severity = '{severity}'") > 0
    assert found["breaches"] == count("outcome = 'breach' AND NOT denied")
    assert found["cannot-tell"] == count("outcome = 'cannot-tell'") > 0
    assert found["advisory"] == count("outcome = 'advisory'") > 0
    assert found["corrected"] == count(f"{CORRECTED} IS NOT NULL", KEPT) > 0
    assert (found["closed"], found["overdue"], found["due-soon"]) == (3, 1, 1)
    assert found["open-breaches"] == count("outcome = 'breach'") - 2


def test_contactpoint_is_counted_by_its_closing(made: Document) -> None:
    found = numbers(made)
    assert [found[f"contactpoint-{of}"] for of in ("before", "after", "untold", "late")] == [1, 1, 1, 1]
    assert [block.title for block in made.blocks if isinstance(block, Verdict)] == [
        "Did we share only what we said we would? No.",
        "Is anything still to be settled? Yes.",
        "Act now",
        "2 uses of ContactPoint after it was switched off were recorded. 1 of them was withdrawn or changed later; a "
        "second person confirmed that.",
    ]


@pytest.mark.parametrize(
    ("transfers", "kind", "title"),
    [
        ([BEFORE], "good", "No recorded transfer used ContactPoint after it was switched off."),
        ([UNSURE], "unsure", "No transfer certainly used ContactPoint after it was switched off. Some may have;"),
        ([AFTER, AFTER], "bad", "2 uses of ContactPoint after it was switched off were recorded."),
    ],
)
def test_contactpoint_is_answered(tmp_path: Path, transfers: list[Any], kind: str, title: str) -> None:
    answer = [one for one in document(make_ledger(tmp_path / "t.db", *transfers)).blocks if isinstance(one, Verdict)][3]
    assert (answer.kind, answer.title[: len(title)]) == (kind, title)


def test_contactpoint_recorded_late_is_told_apart_from_what_is_late(tmp_path: Path) -> None:
    late = {**GOOD, "transferred_at": "2009-10-01"}
    found = document(make_ledger(tmp_path / "t.db", {**GOOD, "transferred_at": "2010-09-01"}, BEFORE, late))
    assert numbers(found)["contactpoint-late"] == 1
    assert {row["check"]: row["findings"] for row in records(data(found)["causes"])}["recorded-late"] == "2"
    told = [words(item) for block in found.blocks if isinstance(block, Bullets) for item in block.items]
    assert "The transfer was recorded long after its date, which then has no independent support: 1 minor" in told


# -- what is late comes first -------------------------------------------------------------------------------------


def test_what_is_late_comes_first(made: Document) -> None:
    headings = [block.anchor for block in made.blocks if isinstance(block, Heading) and block.level == 2]
    assert headings == [anchor for _, anchor in CONTENTS]
    assert headings[0] == "overdue-items"
    (overdue,) = records(tables(made)["overdue"])
    assert (overdue["finding"], overdue["severity"], overdue["days"]) == ("Entry 5", "serious", "1")
    assert overdue["decision"].startswith("Continue until (Entry 1")
    (soon,) = records(tables(made)["due-soon"])
    assert (soon["finding"], soon["due"], soon["days"]) == ("Entry 6", "2011-01-31", "0")


@pytest.mark.parametrize(
    ("days", "which"), [(-400, "overdue"), (-1, "overdue"), (0, "due-soon"), (30, "due-soon"), (31, "")]
)
def test_the_day_of_a_decision_decides(tmp_path: Path, days: int, which: str) -> None:
    path = make_ledger(tmp_path / "t.db", UNDOCUMENTED)
    decide(path, "field-not-documented", AS_OF + timedelta(days=days))
    found = tables(document(path))
    assert [name for name in ("overdue", "due-soon") if found[name].rows] == ([which] if which else [])


def test_a_decision_on_what_was_withdrawn_is_not_overdue(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "t.db", UNDOCUMENTED)
    decide(path, "field-not-documented", date(2010, 12, 31))
    moment = datetime(2011, 1, 1, 9, tzinfo=UTC)
    with Ledger(path, lambda: moment, token_bytes, LEAD) as ledger:
        withdrawn = ledger.correct("t0", "entered twice", None, {})
        ledger.add_person(DPO, "dpo")
    assert tables(document(path))["overdue"].rows
    with Ledger(path, lambda: moment, token_bytes, DPO) as ledger:
        ledger.confirm([withdrawn.seq], withdrawn.head, {})
    found = document(path)
    assert not tables(found)["overdue"].rows
    assert numbers(found)["overdue"] == 0


def test_many_that_are_late_are_cut_and_counted(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(due, "MOST_ROWS", 0)
    found = tables(document(mixed))["overdue"]
    assert not found.rows
    assert "the first 0 of 1; the CSV file" in found.caption


# -- findings -----------------------------------------------------------------------------------------------------


def test_each_finding_has_all_that_is_needed(made: Document) -> None:
    listed_ = tables(made)["findings-serious-field-not-documented-breach"]
    assert listed_.caption == "2 findings of field-not-documented"
    first, second = records(listed_)
    assert first["entry"] == "Entry 5 t0"
    assert first["parties"] == f"{FORMULA} → Shire <b>Council</b>"
    assert "Unique pupil number" in first["found"]
    assert first["decision"].startswith("Continue until 30 January 2011 (Entry 1")
    assert first["decision"].endswith(" overdue")
    assert second["decision"].startswith("Fixed until 31 January 2011 (Entry 1")
    assert not second["decision"].endswith("overdue")
    place = made.blocks.index(listed_)
    facts = made.blocks[place - 1]
    assert isinstance(facts, Facts)
    assert [name for name, _ in facts.items] == ["Expected", "Rule", "Do next"]
    assert isinstance(made.blocks[place - 2], Heading)
    basis = made.blocks[made.blocks.index(tables(made)["findings-serious-lawful-basis-not-documented-breach"]) - 1]
    assert isinstance(basis, Facts)
    assert words(basis.items[1][1]) == (
        "Cases ¶1 assigned Not in the notice; the register’s editor says: The notice names no basis."
    )


def test_a_rule_of_its_own_stands_in_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {**GOOD, "recipient": "figures-office", "purpose": "statistics", "fields": ["upn", "forename"]}
    found = tables(document(make_ledger(tmp_path / "t.db", UNDOCUMENTED, figures)))
    rows = records(found["findings-serious-field-not-documented-breach"])
    assert [row["rule"] for row in rows] == ["Cases ¶1", "Cases ¶2"]
    assert rows[1]["found"].endswith(
        "Expected: Nothing but National curriculum assessment results and Unique pupil number."
    )
    monkeypatch.setattr(listed, "MOST_EXPECTED", 30)
    cut = tables(document(tmp_path / "t.db"))["findings-serious-field-not-documented-breach"]
    assert records(cut)[0]["found"].endswith("Expected: Nothing but Ethnicity …")
    late = {**GOOD, "transferred_at": "2009-11-01"}
    found = tables(document(make_ledger(tmp_path / "u.db", {**GOOD, "transferred_at": "2010-09-01"}, BEFORE, late)))
    assert [row["rule"][:10] for row in records(found["findings-minor-recorded-late-advisory"])] == ["Keep what "] * 2


def test_all_causes_are_there_and_lead_to_their_findings(made: Document, kept: Callable[[str], list[Any]]) -> None:
    groups = kept(f"SELECT check_name, severity, outcome, count(*) {STANDS} GROUP BY 1, 2, 3")
    assert sorted((row[0], row[2], row[3], row[4]) for row in data(made)["causes"].rows) == sorted(groups)
    shown = {name for name in tables(made) if name.startswith("findings-")}
    assert shown == {f"findings-{severity}-{check}-{outcome}" for check, severity, outcome, _ in groups}
    assert sum(int(row["findings"]) for row in records(tables(made)["causes"])) == sum(row[3] for row in groups)


def test_links_lead_to_where_the_app_shows_the_entry(made: Document) -> None:
    found = find(links.address("/", 12))
    assert found is not None
    assert (found.route.path, found.vars) == ("/-/entries/{seq}", {"seq": "12"})
    outside = {piece.to for piece in pieces(made) if isinstance(piece, Link) and not piece.to.startswith("#")}
    assert "https://app.example/l/-/entries/5" in outside
    assert all(re.fullmatch(r"https://app\.example/l/-/entries/[0-9]+", one) for one in outside)


def test_links_within_lead_somewhere_and_without_an_app_none_leads_out(made: Document, mixed: Path) -> None:
    for one in (made, document(mixed)):
        anchors = [block.anchor for block in one.blocks if isinstance(block, Heading)]
        assert len(set(anchors)) == len(anchors)
        assert not {*anchors} & {*tables(one)}
        inside = {piece.to for piece in pieces(one) if isinstance(piece, Link) and piece.to.startswith("#")}
        assert inside
        assert {to[1:] for to in inside} <= set(anchors)
    assert all(piece.to.startswith("#") for piece in pieces(document(mixed)) if isinstance(piece, Link))


def test_data_has_every_finding_as_the_check_prints_it(made: Document, mixed: Path) -> None:
    findings = data(made)["findings"]
    assert made.data[0] is findings
    names = [column.id for column in findings.columns]
    assert tuple(names[: len(COLUMNS)]) == COLUMNS
    keys = [one.key for one in check_ledger(mixed, AS_OF).result.findings]
    assert [row[0] for row in findings.rows] == keys == [row[0] for row in findings.rows]
    first = records(findings)[0]
    assert (first["sender_id"], first["recipient_id"]) == ("high", "shire")
    states = Counter(row["state"] for row in records(findings))
    assert states["open, decision overdue"] == 1
    assert states["closed: fixed"] == 1
    assert states["closed: the check was wrong, confirmed by a second person"] == 1
    assert states["closed: withdrawn, confirmed by a second person"] == 1


def test_text_is_shared_among_causes_and_each_has_one_finding_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    base = evidence([{"from": "la", "recipient": "unlisted", "lawful_basis": []} for _ in range(20)])
    result = run(base, AS_OF)
    sent = Sent(date(2010, 3, 1), "high", "High School", "unlisted", "Not known", "Advice")
    causes = causes_of(Rows(result.findings, [sent] * len(result.findings), Labels(base)))
    assert len(causes) > 1
    assert {anchor: len(rows) for anchor, rows in listed.shown(causes).items()} == {
        cause.anchor: cause.count for cause in causes
    }
    size = listed._size(causes[0].rows[0], causes[0])
    monkeypatch.setattr(listed, "MOST_TEXT", size * 4 * len(causes))
    assert all(2 <= len(rows) <= 6 for rows in listed.shown(causes).values())
    monkeypatch.setattr(listed, "MOST_TEXT", 0)
    assert {len(rows) for rows in listed.shown(causes).values()} == {1}
    few = msgspec.structs.replace(causes[0], anchor="few", rows=causes[0].rows[:1])
    many = msgspec.structs.replace(causes[0], anchor="many")
    monkeypatch.setattr(listed, "MOST_TEXT", size * 10)
    assert {anchor: len(rows) for anchor, rows in listed.shown([many, few]).items()} == {"few": 1, "many": 9}


def test_a_table_that_is_cut_says_where_all_are(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed, "MOST_TEXT", 0)
    made = document(mixed)
    cut = tables(made)["findings-serious-field-not-documented-breach"]
    assert cut.caption.endswith("the first 1 of them; the CSV file and the spreadsheet list all")
    assert len(cut.rows) == 1
    assert sum(row["check"] == "field-not-documented" for row in records(data(made)["findings"])) == 2


# -- by recipient, sender, check and flow -------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["recipient", "sender"])
def test_parties_are_counted_as_sql_counts_them(made: Document, kept: Callable[[str], list[Any]], side: str) -> None:
    rows = {row["id"]: row for row in records(data(made)[f"{side}s"]) if row["id"]}
    transfers = dict(kept(f"SELECT {side}, count(*) FROM transfers GROUP BY 1"))
    assert {id_: int(row["transfers"]) for id_, row in rows.items()} == transfers
    for severity in ("critical", "serious", "minor"):
        counted = dict(
            kept(
                f"SELECT (SELECT {side} FROM entries AS e WHERE e.seq = f.seq), count(*) {STANDS} AND {ON_TRANSFER} "
                f"AND f.severity = '{severity}' GROUP BY 1"
            )
        )
        assert {id_: int(row[severity]) for id_, row in rows.items() if row[severity] != "0"} == counted
    shown = records(tables(made)[f"{side}s"])
    for severity in ("critical", "serious", "minor"):
        assert sum(int(row[severity]) for row in shown) == numbers(made)[severity]


def test_the_worst_party_comes_first_and_the_others_are_one(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parties, "MOST_PARTIES", 2)
    made = document(mixed)
    first, rest = records(tables(made)["recipients"])
    assert first["recipients"] == "ContactPoint"
    assert rest["recipients"] == "4 others"
    everything = records(data(made)["recipients"])
    assert [row["name"] for row in everything][-1] == "A decision"
    assert len(everything) == 5
    for name in ("transfers", "serious", "open"):
        assert int(first[name]) + int(rest[name]) == sum(int(row[name]) for row in everything)


def test_every_check_is_counted(made: Document, kept: Callable[[str], list[Any]]) -> None:
    counted = dict(kept(f"SELECT check_name, count(*) {STANDS} GROUP BY 1"))
    rows = records(tables(made)["checks"])
    of = {row["id"]: sum(int(row[severity]) for severity in ("critical", "serious", "minor")) for row in rows}
    assert of == counted
    everything = [row["check"] for row in records(data(made)["checks"])]
    assert len(everything) == len(CHECKS)
    quiet = ", ".join(id_ for id_ in everything if id_ not in counted)
    assert f"{len(everything) - len(counted)} more checks ran on every transfer and found nothing: {quiet}." in said(
        made
    )
    assert sum(int(row["open"]) for row in rows) == numbers(made)["open-breaches"]


def test_checks_that_did_not_run_are_said(tmp_path: Path) -> None:
    made = document(make_ledger(tmp_path / "t.db", GOOD, adopted=False))
    assert {row["id"]: row["ran"] for row in records(tables(made)["checks"])}["field-not-documented"] == "no"
    assert "field-not-documented (Data items went that the flow does not document) did not run: No register" in said(
        made
    )
    assert "No register of documented purposes is adopted: only the facts of law" in said(made)


def test_flows_are_counted_with_their_breaches(made: Document, kept: Callable[[str], list[Any]]) -> None:
    rows = records(data(made)["flows"])
    assert sum(int(row["transfers"]) for row in rows) == len(MIXED)
    school, *_ = [row for row in rows if row["purpose"] == GOOD["purpose"] and row["recipient"] == "shire"]
    assert (school["sender"], school["sender_name"]) == ("role:school", "2\N{NO-BREAK SPACE}schools")
    assert (school["transfers"], school["people"], school["counted"]) == ("4", "480", "4")
    assert (school["first"], school["last"]) == ("2010-03-01", "2010-03-02")
    on_transfers = f"SELECT count(*) {STANDS} AND outcome = 'breach' AND {ON_TRANSFER}"
    assert sum(int(row["breaches"]) for row in rows) == kept(on_transfers)[0][0]
    assert sum(int(row["open"]) for row in rows) == kept(on_transfers)[0][0] - 2
    shown = records(tables(made)["flows"])
    assert [row["transfers"] for row in shown] == [row["transfers"] for row in rows]
    assert {row["people"] for row in shown if row["to"] == "ContactPoint"} == {"not stated"}


def test_what_was_found_on_a_recipient_stands_together_the_worst_recipient_first(made: Document) -> None:
    names = [row["recipient"] for row in records(tables(made)["recipients-causes"])]
    assert list(dict.fromkeys(names)) == [row["recipients"] for row in records(tables(made)["recipients"])]
    assert len(names) > len(set(names))
    assert all(names.index(name) + names.count(name) > place for place, name in enumerate(names))
    first = records(tables(made)["recipients-causes"])[0]
    assert (first["cause"], first["findings"]) == ("ContactPoint was used after it was switched off", "1")


def test_people_are_added_up_where_they_are_stated(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "t.db", GOOD, {**GOOD, "subjects": {"kind": "pupil"}})
    assert records(tables(document(path))["flows"])[0]["people"] == "120 (in 1 of them)"


def test_many_flows_are_cut_and_add_up(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volumes, "MOST_FLOWS", 2)
    made = document(mixed)
    first, rest = records(tables(made)["flows"])
    assert rest["from"] == "3 other flows"
    for name in ("transfers", "breaches"):
        assert int(first[name]) + int(rest[name]) == sum(int(row[name]) for row in records(data(made)["flows"]))
    assert rest["last"] == "2010-08-06"


# -- fields -------------------------------------------------------------------------------------------------------


def state(made: Document, recipient: str, field: str) -> tuple[str, str] | None:
    found = [
        (row["transfers"], row["documented"])
        for row in records(data(made)["fields"])
        if (row["recipient"], row["field"]) == (recipient, field)
    ]
    assert len(found) < 2
    return found[0] if found else None


def test_fields_stand_as_they_were_sent_and_documented(made: Document) -> None:
    assert state(made, "shire", "forename") == ("4", "yes")
    assert state(made, "shire", "address") == ("1", "no")
    assert state(made, "shire", "salary") == ("0", "yes")
    assert state(made, "shire", "height") is None
    # A finding of the checks, which judge by flow; here any flow to the recipient documents the field.
    assert state(made, "shire", "upn") == ("1", "yes")
    assert state(made, "unlisted", "forename") == ("1", "no")
    assert state(made, "role:school", "upn") == ("1", "no")
    assert state(made, "museum", "surname") == ("0", "yes")
    assert state(made, "s-cool", "date-of-birth") == state(made, "s-cool", "gender") == ("0", "yes")
    assert state(made, "local-authority", "surname") is None
    cells = {row["field"]: row for row in records(tables(made)["fields"])}
    assert cells["Address"]["to-shire"] == "1 !"
    assert (cells["Forename"]["to-shire"], cells["Forename"]["to-role:school"]) == ("4", "")
    assert cells["Salary and allowances"]["to-shire"] == "·"
    assert cells["Fields sent, NOT documented"]["to-shire"] == "1"
    assert cells["Fields sent and documented"]["to-shire"] == "3"


def test_fields_are_counted_as_sql_counts_them(made: Document, kept: Callable[[str], list[Any]]) -> None:
    sql = "SELECT recipient, field.value, count(*) FROM transfers, json_each(fields) AS field GROUP BY 1, 2"
    sent = {("role:school" if to == "low" else to, field): count for to, field, count in kept(sql)}
    rows = list(data(made)["fields"].rows)
    assert {(row[0], row[2]): row[4] for row in rows if row[4]} == sent
    found = numbers(made)
    assert found["fields-documented"] == sum(row[4] != 0 and row[5] == "yes" for row in rows)
    assert found["fields-not-documented"] == sum(row[5] == "no" for row in rows) > 0
    assert found["fields-never-sent"] == sum(row[4] == 0 for row in rows) > 0
    for name, number in (
        ("Fields sent and documented", "fields-documented"),
        ("Fields sent, NOT documented", "fields-not-documented"),
        ("Fields documented, never sent", "fields-never-sent"),
    ):
        parts = [one for id_, one in tables(made).items() if re.fullmatch(r"fields(-\d+)?", id_)]
        totals = [row for part in parts for row in part.rows if row[0] == name]
        assert len(totals) == len(parts)
        assert sum(int(words(cell)) for row in totals for cell in row[1:]) == found[number]


def test_a_page_holds_so_many_recipients(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = records(data(document(mixed))["fields"])
    monkeypatch.setattr(matrix, "ACROSS", 3)
    made = document(mixed)
    parts = [one for name, one in tables(made).items() if re.fullmatch(r"fields(-\d+)?", name)]
    across = [column.id for part in parts for column in part.columns[1:]]
    assert across == list(dict.fromkeys(f"to-{row['recipient']}" for row in whole))
    widths = [len(part.columns) for part in parts]
    assert max(widths) <= 4
    assert widths[-1] >= 2
    assert parts[1].id == "fields-2"
    assert f"(part 2 of {len(parts)})" in parts[1].caption
    for part in parts:
        assert all(any(words(cell) for cell in row[1:]) for row in part.rows)
        assert all(column.upright for column in part.columns[1:])


def test_nobody_said_which_fields_is_neither(tmp_path: Path) -> None:
    made = document(make_ledger(tmp_path / "t.db", {**GOOD, "fields": ["not-stated"]}))
    assert state(made, "shire", "not-stated") == ("1", "cannot tell")
    (row,) = [row for row in records(tables(made)["fields"]) if row["field"] == "Nobody said which data items"]
    assert row["to-shire"] == "1 ?"
    assert numbers(made)["fields-not-documented"] == 0


def test_a_field_that_nobody_knows_is_not_documented(tmp_path: Path) -> None:
    made = document(make_ledger(tmp_path / "t.db", {**GOOD, "fields": ["forename", "shoe size"]}))
    assert state(made, "shire", "unlisted") == ("1", "no")
    assert "Not a known data item (unlisted)" in said(made)
    assert "shoe size" not in said(made)


def test_only_versions_that_cover_a_day_of_the_period_document_a_field(tmp_path: Path) -> None:
    later = {**GOOD, "transferred_at": "2011-01-20"}
    path = make_ledger(tmp_path / "t.db", GOOD, later)
    assert state(document(path, "month=2010-12"), "local-authority", "forename") == ("0", "yes")
    assert state(document(path, "year=2010-11"), "shire", "forename") == ("1", "yes")
    assert state(document(path, "month=2011-01"), "shire", "forename") == ("1", "")
    assert state(document(path, "month=2009-08"), "local-authority", "forename") is None  # it begins on 2 September
    assert state(document(path, "month=2009-09"), "local-authority", "forename") == ("0", "yes")
    outside = document(path, "month=2011-01")
    assert numbers(outside)["fields-documented"] == numbers(outside)["fields-not-documented"] == 0
    assert "No documented purposes cover any day of the period." in said(outside)
    assert "it covers no day of this period" in said(outside)
    assert records(tables(outside)["fields"])[-1] == {"field": "Fields sent", "to-shire": "2"}


# -- compared, new, not checked -----------------------------------------------------------------------------------


def test_the_period_before_stands_beside(mixed: Path) -> None:
    made = document(mixed, "month=2010-08")
    rows = {row["what"]: row for row in records(tables(made)["compared"])}
    assert rows["Transfers that stand"] == {
        "what": "Transfers that stand", "now": "3", "before": "0", "change": "3 more",
    }  # fmt: skip
    assert "No transfer that stands is recorded in the period before." in said(made)
    april = {row["what"]: row for row in records(tables(document(mixed, "month=2010-04"))["compared"])}
    assert (april["Transfers that stand"]["before"], april["Transfers that stand"]["change"]) == ("6", "6 fewer")
    assert "compared" not in tables(document(mixed))
    assert "There is no period before to compare with." in said(document(mixed))


def test_what_is_new_is_counted(mixed: Path) -> None:
    with reading(mixed, Wanted("dpo", AS_OF, period="whole")) as (source, read):
        assert "was attested in this ledger" in said(dpo(read, source))
        entry = msgspec.convert(
            {
                "kind": "attestation", "seq": 12, "prev": "0" * 64, "salt": "A" * 22,
                "recorded_at": "2010-09-30T23:30:00Z", "report": "0" * 64, "as_of": "2010-10-01", "version": "1",
                "size": 12, "head": "0" * 64, "options": ["for=dpo"],
            },
            Attestation,
        )  # fmt: skip
        new = [one for one in read.result.findings if one.seq > 7]
        since = Since(Attested(12, entry), frozenset(one.key for one in new), 3, 4, 5)
        made = dpo(msgspec.structs.replace(read, since=since), source)
    found = numbers(made)
    assert found["since-new"] == len(new)
    assert found["since-critical"] == sum(one.severity == "critical" and one.corrected_by is None for one in new) == 1
    assert found["since-open"] == sum(one.key in {of.key for of in read.open} for one in new)
    assert (found["since-gone"], found["since-transfers"], found["since-decisions"]) == (3, 4, 5)
    assert "attested on 1 October 2010 (Entry 12), made from the first 12 entries" in said(made)


def test_a_record_that_does_not_verify_is_said_first(mixed: Path) -> None:
    with reading(mixed, Wanted("dpo", AS_OF, period="whole")) as (source, read):
        assert dpo(read, source).warning is None
        problems = [Found(5, "hash", f"Entry 5 is `not` what {n}") for n in range(60)]
        report = read.verification._replace(problems=problems)
        made = dpo(msgspec.structs.replace(read, verification=report), source)
    assert made.warning
    assert made.warning.startswith("The record does NOT verify: 60 problems")
    assert "Entry 5: Entry 5 is `not` what 49" in said(made)
    assert "Entry 5: Entry 5 is `not` what 50" not in said(made)
    assert "And 10 more; transfer-ledger verify lists them." in said(made)


def test_documented_purposes_have_their_days_and_digests(made: Document, kept: Callable[[str], list[Any]]) -> None:
    (sha256,) = kept("SELECT json_extract(entry, '$.sha256') FROM entries WHERE kind = 'register'")[0]
    text = said(made)
    assert "Register for the cases, version 1, from 2 September 2009 to 31 December 2010; adopted on" in text
    assert sha256 in text
    assert "Whether newer entries lie in a WAL file" in text


# -- bad input ----------------------------------------------------------------------------------------------------


def test_an_empty_ledger_and_an_empty_period_are_said(tmp_path: Path, mixed: Path) -> None:
    empty = document(make_ledger(tmp_path / "t.db", adopted=False))
    assert "No transfer that stands is recorded at all." in said(empty)
    assert "No check found anything on a transfer that stands." in said(empty)
    assert not tables(empty)["flows"].rows
    assert not tables(empty)["fields"].rows
    assert tables(empty)["fields"].empty == "No field was sent, and none is documented."
    for period in ("year=1999-00", "year=2050-51"):
        made = document(mixed, period)
        assert numbers(made)["transfers"] == 0
        assert "No transfer that stands is recorded in what this report speaks of." in said(made)
    assert "The period begins after 31 January 2011" in said(document(mixed, "year=2050-51"))
    assert "The ledger was begun on 1 January 2010, after the period began" in said(document(mixed, "year=2009-10"))
    assert "The period is not over on 31 January 2011" in said(document(mixed, "year=2010-11"))


def test_one_school_has_its_own_report(mixed: Path) -> None:
    made = document(mixed, school="low")
    assert made.about == "The transfers of Low School: everything recorded"
    assert numbers(made)["transfers"] == 2
    assert {row["sender_name"] for row in records(data(made)["flows"])} == {"Low School", "Shire <b>Council</b>"}
    assert state(made, "dh", "height") is None
    assert state(made, "museum", "surname") == ("0", "yes")


def test_nothing_erasable_is_shown(made: Document) -> None:
    text = said(made)
    for secret in (SECRET, "Smithson", "Jayden said so"):
        assert secret not in text
    assert "Not a known name (unlisted)" in text


def test_the_same_ledger_gives_the_same_document(made: Document, mixed: Path) -> None:
    again = document(mixed, app="https://app.example/l/")
    bare = [msgspec.structs.replace(one, data=()) for one in (made, again)]
    assert msgspec.json.encode(bare[0]) == msgspec.json.encode(bare[1])
    assert [list(one.rows) for one in made.data] == [list(one.rows) for one in again.data]


def test_rows_are_as_wide_as_their_tables(made: Document) -> None:
    found: Sequence[Table | Data] = (*tables(made).values(), *made.data)
    for one in found:
        assert {len(row) for row in one.rows} <= {len(one.columns)}, one.id
        names = [column.id for column in one.columns]
        assert len(set(names)) == len(names)
    assert [one.id for one in made.data] == ["findings", "flows", "fields", "causes", "recipients", "senders", "checks"]


# -- many findings ------------------------------------------------------------------------------------------------


def many(base: Evidence, count: int) -> tuple[Result, Rows]:
    """`count` findings that differ in their key and entry, as a run gives them."""
    result = run(base, AS_OF)
    first = result.findings[0]
    found = tuple(msgspec.structs.replace(first, key=f"{n:064}", entries=(n,)) for n in range(count))
    sent = Sent(date(2010, 3, 1), "high", "High School", "unlisted", "Not known", "Advice")
    rows = Rows(found, [sent] * count, Labels(base))
    return msgspec.structs.replace(result, findings=found), rows


def test_many_findings_take_no_memory_of_their_own(mixed: Path) -> None:
    base = evidence([{"from": "la", "recipient": "unlisted", "lawful_basis": []}])
    with reading(mixed, Wanted("dpo", AS_OF, period="whole")) as (source, read):

        def peak(count: int) -> int:
            result, rows = many(base, count)
            of = msgspec.structs.replace(read, result=result, rows=rows)
            dpo(of, source)  # what is counted once stays with the reading
            tracemalloc.start()
            try:
                assert sum(1 for _ in dpo(of, source).data[0].rows) == count
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        few, more = peak(1000), peak(5000)
    assert few < 1_500_000
    assert (more - few) / 4000 < 100


def test_a_long_rule_is_said_once_and_then_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listed, "WORTH_SAYING_TWICE", 5)
    figures = {**GOOD, "recipient": "figures-office", "purpose": "statistics", "fields": ["upn", "forename"]}
    found = tables(document(make_ledger(tmp_path / "t.db", UNDOCUMENTED, figures, UNDOCUMENTED)))
    first, _, again = records(found["findings-serious-field-not-documented-breach"])
    assert again["rule"] == f"As on {first['entry'].partition(' t')[0].lower()}."
    assert first["rule"] == "Cases ¶1"
    assert again["found"].endswith(f"Expected: as on {first['entry'].partition(' t')[0].lower()}.")
