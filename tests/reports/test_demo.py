"""The demonstration: a run finds exactly the planted mistakes, and the committed files are what the generator makes."""

from __future__ import annotations

import csv
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger.errors import Refused
from ledger.london import days
from ledger.members import Correction
from ledger.register.names import known_names
from ledger.register.read import load_law, load_notice, load_vocabularies
from ledger.source import Source
from ledger.verify.assurance import verify
from reports.checks import CHECKS
from reports.cli.demo import cleared, demo
from reports.demo.compare import compare, planted
from reports.demo.make import ATTEMPTS, EXPECTED, FOLDER, LATE, ORGANISATIONS, TRANSFERS, texts
from reports.demo.play import AS_OF, LEDGER, NOTICE, REPORT, Played, moments, play, stated_in
from reports.evidence import evidence_of
from reports.run import answers, run

pytestmark = pytest.mark.slow

OUTCOMES = {"breach", "cannot-tell", "advisory"}
FILES = (ORGANISATIONS, TRANSFERS, LATE, EXPECTED, ATTEMPTS)

# What later law asks for, and limits that the notice of 2010 does not set.
NOT_PLANTED = {
    "basis-not-open-to-public-authority", "schedule-1-condition-missing", "safeguard-missing", "small-numbers",
    "retention-missing", "retention-exceeded", "agreement-missing", "agreement-overdue",
    # The year's notice covers all of it.
    "register-not-in-force",
    # It limits no flow's number and says when none is due, it is adopted first of all, and no decision names a day.
    "frequency-exceeded", "expected-not-recorded", "register-backdated", "unresolved-finding-overdue",
    "opt-out-differencing",
}  # fmt: skip


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Played, str]:
    place = tmp_path_factory.mktemp("demo")
    said: list[str] = []
    return place, play(place, said.append), "\n".join(said)


def test_the_run_finds_exactly_what_was_planted(played: tuple[Path, Played, str]) -> None:
    _, result, said = played
    assert not result.difference.missed
    assert not result.difference.extra
    assert result.as_planned
    assert "nothing missed, nothing extra" in said


def test_the_ledger_verifies_without_a_warning(played: tuple[Path, Played, str]) -> None:
    report = verify(played[0] / LEDGER)
    assert not report.problems
    assert not report.warnings
    assert report.size > played[1].transfers


def test_the_report_is_written(played: tuple[Path, Played, str]) -> None:
    names = {path.name for path in (played[0] / REPORT).iterdir()}
    assert {"report.html", "findings.csv", "report.json"} <= names


def test_every_transfer_is_sealed_after_it_happened_and_soon(played: tuple[Path, Played, str]) -> None:
    apart = {row["id"] for row in rows(EXPECTED) if row["check"] in ("recorded-late", "dated-in-future")}
    with Source(played[0] / LEDGER) as source:
        for one in source.transfers():
            if isinstance(one.facts, Correction):
                continue  # what was put right, or talked away, after the year
            assert one.facts.transferred_on is not None
            last = one.facts.transferred_until or one.facts.transferred_on
            if one.facts.id not in apart:
                assert timedelta(0) <= one.facts.recorded_at.date() - last <= timedelta(days=1), one.facts.id


def test_the_generator_makes_exactly_the_committed_files() -> None:
    made = texts()
    assert set(made) == set(FILES)
    for name, text in made.items():
        assert (FOLDER / name).read_bytes() == text.encode(), f"{name}: run python -m reports.demo.make"
        assert len(text) < 1_000_000


def test_there_are_enough_transfers_and_mistakes_of_every_kind() -> None:
    transfers, expected = rows(TRANSFERS), rows(EXPECTED)
    assert len(transfers) >= 2000
    assert {row["check"] for row in expected} == {check.ID for check in CHECKS} - NOT_PLANTED
    times = Counter(row["check"] for row in expected)
    assert min(times[check] for check in times if check != "correction-changes-recipient") >= 2
    assert {row["outcome"] for row in expected} == OUTCOMES
    ids = [row["id"] for row in transfers] + [row["id"] for row in rows(LATE)]
    assert len(ids) == len(set(ids))
    share = len({row["id"] for row in expected}) / len(transfers)
    assert 0.02 < share < 0.04


def test_every_documented_organisation_receives_something() -> None:
    notice = load_notice(NOTICE)
    known = {(folded, kind): id_ for folded, kind, id_ in known_names(load_law(), load_vocabularies(), [notice], [])}
    roles = {row[key]: row["role"] for row in rows(ORGANISATIONS) for key in ("id", "name")}
    from ledger.register.names import fold

    received = set()
    for row in rows(TRANSFERS):
        name = roles.get(row["recipient"], row["recipient"])
        received.add(known.get((fold(name), "party")))
    assert {party.id for party in notice.parties} - received == set()


def test_rows_are_in_the_order_of_time() -> None:
    year = stated_in(FOLDER / TRANSFERS)
    future = {row["id"] for row in rows(EXPECTED) if row["check"] == "dated-in-future"}
    firsts = []
    for stated in year:
        if stated.members["id"] not in future:
            first, last = days(stated.members["transferred_at"])
            firsts.append(last or first)
    assert firsts == sorted(firsts)
    found = moments(year)
    assert found == sorted(found)


def test_contactpoint_is_fed_up_to_and_past_noon_of_its_last_day() -> None:
    last = [
        row["transferred_at"] for row in rows(TRANSFERS)
        if row["transferred_at"].startswith("2010-08-06T") and row["recipient"].startswith("Contact")
    ]  # fmt: skip
    assert "2010-08-06T11:40+01:00" in last
    assert "2010-08-06T12:00+01:00" in last
    assert min(last) < "2010-08-06T12:00" < max(last)


def test_nothing_in_the_files_looks_like_a_person() -> None:
    # A title and a name, an e-mail address, a UPN, a telephone number, a date of birth, a National Insurance number.
    person = re.compile(
        r"\b(?:Mrs?|Ms|Miss|Dr|Prof|Rev|Sir|Dame)\b\.? |@|\b[A-Z]\d{12}\b|\b[A-Z]\d{11}[A-Z]\b|\b0\d{9,10}\b"
        r"|\b\d{1,2}/\d{1,2}/\d{2,4}\b|\b[A-Z]{2}\d{6}[A-Z]\b"
    )
    assert person.search("Mrs Patel")
    assert person.search("A123456789012")
    for name in FILES:
        assert person.search((FOLDER / name).read_text("utf-8")) is None
    for name in (TRANSFERS, LATE):
        assert len(stated_in(FOLDER / name)) == len(rows(name))
        for row in rows(name):
            assert [row[column] for column in ("operator", "approver", "note")] == ["", "", ""]


def test_a_finding_too_few_or_too_many_is_told() -> None:
    expected = planted(FOLDER / EXPECTED)
    one = next(iter(expected))
    fewer = expected.copy()
    del fewer[one]
    assert compare(expected, fewer).missed == (one,)
    assert compare(fewer, expected).extra == (one,)
    assert not compare(expected, expected)


def test_what_tries_to_talk_findings_away_fails_and_says_so(played: tuple[Path, Played, str]) -> None:
    states = {(row["id"], row["check"]): row["state"] for row in rows(EXPECTED)}
    for row in rows(ATTEMPTS):
        state = states[row["id"], row["check"] or "correction-removes-breach"]
        alone = not row["confirmed_by"] and row["what"] != "remedied"
        assert (state == "settled") is not (alone or (row["who"] == "dpo" and not row["confirmed_by"])), row
    with Source(played[0] / LEDGER) as source:
        found = answers(run(evidence_of(source), AS_OF))
    assert (found.complied, found.awaiting_confirmation) == ("no", 4)


@pytest.mark.slow
def test_the_verb_makes_an_earlier_demo_anew_and_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "new" / "demo"
    first = CliRunner().invoke(demo, [str(place)])
    assert first.exit_code == 0, first.output
    assert "transfer-ledger browse" in first.output
    (place / REPORT / "stray.txt").write_text("mine")
    with pytest.raises(Refused, match=r"stray\.txt"):
        cleared(place)
    assert (place / LEDGER).exists()
    (place / REPORT / "stray.txt").unlink()
    cleared(place)
    assert list(place.iterdir()) == []

    (place / "letter.txt").write_text("mine")
    with pytest.raises(Refused, match=r"letter\.txt"):
        cleared(place)
    assert (place / "letter.txt").read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"not a database, but somebody's notes"])
def test_a_file_of_the_same_name_that_is_no_demo_stays(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LEDGER).write_bytes(content)
    with pytest.raises(Refused, match="not the demo's"):
        cleared(tmp_path)
    assert (tmp_path / LEDGER).read_bytes() == content


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine")
    with pytest.raises(Refused, match="is a file"):
        cleared(tmp_path / "demo")
