"""The governors' document: its answer, its counts, what it never says, and how hard it is to read."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from reports.checks import CHECKS
from reports.cli.making import Wanted
from reports.cli.review import review
from reports.documents.blocks import Bullets, Chart, Document, Heading, Paragraph, Suppressed, Table, Verdict, numbers
from reports.documents.governors import MOST_DECISIONS, QUESTION, governors
from reports.documents.kinds_of_problem import KINDS, decide, problem
from reports.documents.reading import Reading
from reports.finding import OUTCOMES
from tests.reports.ledgers import AFTER, BEFORE, GOOD, SECRET, UNDOCUMENTED, UNKNOWN, UNSURE, make_ledger
from tests.reports.opened import reading
from tests.reports.reading_age import difficulty, every_text, sentences

AS_OF = date(2010, 10, 1)
YEAR = "year=2009-10"


def on(days: int, first: date = date(2010, 1, 4), **more: Any) -> list[dict[str, Any]]:
    """One transfer a day on so many days, each of another one's pupils."""
    return [
        {
            **GOOD,
            "transferred_at": str(first + timedelta(days=n)),
            "subjects": {"kind": "pupil", "count": 30 + n},
            **more,
        }
        for n in range(days)
    ]


CLEAN = on(30)
WRONG = [{**one, "fields": UNDOCUMENTED["fields"]} for one in on(9, date(2010, 3, 1))]
ACT = [*CLEAN, *WRONG, AFTER]
DOUBTFUL = [*on(10), {**UNSURE}]
LEDGERS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], str]] = {
    "clean": (CLEAN, {}, YEAR),
    "act-now": (ACT, {}, YEAR),
    "all-wrong": ([*WRONG, AFTER, UNKNOWN, UNSURE, {**UNDOCUMENTED, "lawful_basis": []}, UNDOCUMENTED], {}, YEAR),
    "cannot-say": (DOUBTFUL, {}, YEAR),
    "none-in-the-period": (CLEAN, {}, "fixed-term=autumn-2009"),
    "after-2010": (CLEAN, {}, "year=2011-12"),
    "only-the-first-entries": ([], {}, YEAR),
    "no-register": ([*CLEAN, BEFORE], {"adopted": False}, YEAR),
    "beyond-the-register": ([*CLEAN, *on(12, date(2009, 9, 1))], {}, YEAR),
}


@contextmanager
def read(path: Path, period: str = YEAR, as_of: date = AS_OF, school: str = "") -> Iterator[tuple[Any, Reading]]:
    with reading(path, Wanted("governors", as_of, period=period, school=school)) as (source, found):
        yield source, found


Made = Callable[[str], Document]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The document of one of the `LEDGERS`, each made once."""

    @cache
    def make(name: str) -> Document:
        transfers, more, period = LEDGERS[name]
        path = make_ledger(tmp_path_factory.mktemp(name) / "transfers.db", *transfers, **more)
        with read(path, period) as (source, found):
            return governors(found, source)

    return make


def verdict(document: Document) -> Verdict:
    """The answer to the first question."""
    return next(block for block in document.blocks if isinstance(block, Verdict))


def section(document: Document, anchor: str) -> str:
    """The running text of one section."""
    found: list[str] = []
    inside = False
    for block in document.blocks:
        if isinstance(block, Heading):
            inside = block.anchor == anchor
        elif inside and isinstance(block, Bullets):
            found += [str(one[0]) for one in block.items]
        elif inside and isinstance(block, Paragraph):
            found.append(str(block.text[0]))
    return "\n".join(found)


@pytest.mark.parametrize(
    ("name", "kind", "title", "reason"),
    [
        ("clean", "good", "Yes, as far as the record shows.", "All checks were run"),
        ("act-now", "bad", "No.", "our privacy notice or the law does not cover"),
        ("cannot-say", "unsure", "We cannot say.", "more than 5 in 100"),
        ("no-register", "unsure", "We cannot say.", "could not be run"),
        ("beyond-the-register", "unsure", "We cannot say.", "on every transfer"),
        ("none-in-the-period", "note", "Nothing was shared, by the record.", "The record holds no transfer"),
        ("only-the-first-entries", "note", "Nothing was shared, by the record.", "The record holds no transfer"),
    ],
)
def test_the_question_comes_first_and_is_answered(made: Made, name: str, kind: str, title: str, reason: str) -> None:
    document = made(name)
    assert isinstance(document.blocks[0], Heading)
    assert document.blocks[0].text == QUESTION
    found = document.blocks[1]
    assert isinstance(found, Verdict)
    assert (found.kind, found.title) == (kind, title)
    assert any(reason in str(text[0]) for text in found.text)
    assert "The same rule always gives the rating." in str(found.text[-1][0])


def test_the_numbers_are_the_limits_of_those_of_the_ledger(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", *ACT)
    with read(path, school="high") as (source, found):
        document = governors(found, source)
        (standing,) = source.db.execute(
            "SELECT count(*) FROM transfers WHERE transferred_on BETWEEN ? AND ? AND sender = 'high'",
            ("2009-09-01", "2010-08-31"),
        ).fetchone()
        assert numbers(document) == {
            "transfers": Suppressed(35, 39),
            "problems": Suppressed(1, 9),
            "cannot-tell": 0,
        }
        assert len({one.id for one in found.open}) == 9
    assert standing == 39


def test_no_exact_count_is_shown_anywhere(made: Made) -> None:
    for name in LEDGERS:
        document = made(name)
        shown: list[object] = list(numbers(document).values())
        for block in document.blocks:
            if isinstance(block, Table):
                shown += [cell for row in block.rows for cell in row]
        shown += [value for data in document.data for row in data.rows for value in row]
        assert not [one for one in shown if isinstance(one, int) and one], name


def test_the_trend_and_its_chart_show_the_same(tmp_path: Path) -> None:
    transfers = [*on(20), *on(20, date(2010, 5, 3)), *WRONG]
    path = make_ledger(tmp_path / "transfers.db", *transfers)
    with read(path, school="high") as (source, found):
        document = governors(found, source)
    (table,) = (block for block in document.blocks if isinstance(block, Table))
    assert table.rows == (
        ("Spring term 2010 (January to March)", Suppressed(25, 29), Suppressed(1, 9)),
        ("Summer term 2010 (April to August)", Suppressed(20, 24), 0),
    )
    (chart,) = (block for block in document.blocks if isinstance(block, Chart))
    assert chart.figure.series == (("At most", (9, 0)),)
    assert "9 at most, is for: Spring term 2010" in chart.figure.description


def test_a_term_that_has_not_begun_is_not_in_the_trend(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", *on(20))
    with read(path, as_of=date(2010, 3, 31)) as (source, found):
        (table,) = (block for block in governors(found, source).blocks if isinstance(block, Table))
    assert [row[0] for row in table.rows] == ["Spring term 2010 (January to March)"]


def test_the_answer_is_by_what_is_shown_and_never_better_than_the_rating(tmp_path: Path) -> None:
    """One of 100 transfers is 1%, and as many as 9 of 90 would look the same: it is not said to be fewer than 5%."""
    vague = {key: value for key, value in GOOD.items() if key != "subjects"}
    transfers = [*on(80), *on(19, date(2010, 4, 1)), vague]
    path = make_ledger(tmp_path / "transfers.db", *transfers)
    with read(path, school="high") as (source, found):
        assert found.rating.level == "no-problem-found"
        assert verdict(governors(found, source)).kind == "unsure"
    path = make_ledger(tmp_path / "more.db", *transfers, *on(90, date(2010, 4, 21)))
    with read(path, school="high") as (source, found):
        assert found.rating.level == "no-problem-found"
        assert verdict(governors(found, source)).kind == "good"


@pytest.mark.parametrize(
    ("period", "transfers", "says"),
    [
        (YEAR, [BEFORE], "The record shows no use after that."),
        (YEAR, [AFTER], "it was used after that. This must not happen."),
        (YEAR, [UNSURE], "no sure use after that. Some transfers may have used it"),
        ("fixed-term=spring-2010", [], "It was still switched on throughout this period."),
        ("year=2010-11", [], "The record shows no use after that."),
        (YEAR, [AFTER, UNSURE], "Some other transfers may have used it"),
    ],
)
def test_contactpoint_has_a_section_as_long_as_it_matters(
    tmp_path: Path, period: str, transfers: list[dict[str, Any]], says: str
) -> None:
    path = make_ledger(tmp_path / "transfers.db", *transfers)
    with read(path, period) as (source, found):
        text = section(governors(found, source), "contactpoint")
    assert "It was switched off at noon on 6 August 2010." in text
    assert says in text


@pytest.mark.parametrize(
    ("transfers", "says"), [([], "no use"), ([{**AFTER, "transferred_at": "2011-09-09"}], "must not")]
)
def test_contactpoint_is_one_line_after_2010(tmp_path: Path, transfers: list[dict[str, Any]], says: str) -> None:
    path = make_ledger(tmp_path / "transfers.db", *transfers)
    with read(path, "year=2011-12", date(2012, 1, 1)) as (source, found):
        document = governors(found, source)
    assert not section(document, "contactpoint")
    (line,) = (text for text in every_text(document) if "ContactPoint, a national list" in text)
    assert says in line


def test_decisions_say_what_who_and_by_when(made: Made) -> None:
    document = made("act-now")
    first, second = section(document, "decisions").splitlines()[:2]
    assert first.startswith("ContactPoint was used after it was switched off. Make sure")
    assert first.endswith("Who: the data protection officer. By: 15 October 2010.")
    assert second.startswith("More data went than our privacy notice says.")
    assert second.endswith("Who: the data protection officer. By: 31 October 2010.")


def test_five_decisions_at_most_are_asked_for(made: Made) -> None:
    document = made("all-wrong")
    lines = section(document, "decisions").splitlines()
    assert len(lines) == MOST_DECISIONS + 1
    assert "The data protection officer has the full list." in lines[-1]


def test_nothing_is_asked_for_where_all_is_well(made: Made) -> None:
    assert section(made("clean"), "decisions") == "Nothing needs a decision from you this time."


def test_a_problem_that_was_put_right_is_no_problem_to_settle_and_still_was_one(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", *CLEAN, AFTER)
    with read(path) as (source, found):
        assert verdict(governors(found, source)).kind == "bad"
        keys = [(one.key, one.check, source.entry(one.seq)) for one in found.open]
    assert keys
    for _, check, entry in keys:
        assert entry is not None
        result = CliRunner().invoke(
            review,
            [str(path), str(entry[0].seq), check, "--as-of", str(AS_OF), "--decision", "remedied", "--reason", "done"],
        )
        assert result.exit_code == 0, result.output
    with read(path) as (source, found):
        document = governors(found, source)
    first, second, *_ = [block for block in document.blocks if isinstance(block, Verdict)]
    assert (first.kind, second.kind, second.title) == ("bad", "good", "No. Nothing is open.")
    assert "Overall rating: Nothing is open." in str(first.text[-1])
    assert numbers(document)["problems"] == 0
    assert "This has been looked into and settled." in section(document, "contactpoint")


def test_who_answers_depends_on_whose_ledger_it_is(tmp_path: Path) -> None:
    """The ledger is a council's, which has no head teacher; a report on one of its schools speaks of one."""
    path = make_ledger(tmp_path / "transfers.db", {**GOOD, "purpose": "recruitment"})
    with read(path) as (source, found):
        whole = section(governors(found, source), "decisions")
    with read(path, school="high") as (source, found):
        document = governors(found, source)
    assert "Who: the head of the service." in whole
    assert "Who: the head teacher." in section(document, "decisions")
    assert document.about.startswith("=HYPERLINK(1): ")


def test_the_period_before_is_compared_with(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", *on(40), *on(10, date(2010, 5, 1)))
    with read(path, "fixed-term=summer-2010", school="high") as (source, found):
        text = section(governors(found, source), "changes")
    assert (
        "For the period before (the spring term 2010 (January to March)), the record holds 40 to 44 transfers of data. "
        "Of these, no transfers have a problem to settle. The number of transfers fell." in text
    )


def test_a_record_that_does_not_verify_is_said_first_and_is_the_first_thing_to_settle(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", *CLEAN)
    with closing(sqlite3.connect(path)) as db:
        guards = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            db.execute(f'DROP TRIGGER "{name}"')
        altered = db.execute("UPDATE entries SET entry = replace(entry, '\"count\":33', '\"count\":34')")
        assert altered.rowcount
        for _, sql in guards:
            db.execute(sql)
        db.commit()
    with read(path) as (source, found):
        document = governors(found, source)
    assert document.warning is not None
    assert document.warning.startswith("Do not rely on this report")
    assert verdict(document).kind == "unsure"
    assert section(document, "decisions").startswith("The record failed its own test.")
    assert "do not rely on this report" in section(document, "limits")
    assert_readable(document)


def assert_readable(document: Document) -> None:
    found = difficulty(document)
    assert found.grade <= 9, (found, sentences(document))
    assert found.longest <= 25, found


@pytest.mark.parametrize("name", LEDGERS)
def test_the_reading_age_is_14_at_most(made: Made, name: str) -> None:
    assert_readable(made(name))


def test_every_kind_of_problem_can_be_read_at_14(made: Made) -> None:
    assert set(KINDS) == {check.ID for check in CHECKS}
    texts = [(f"{problem(check, of)} {decide(check, of)}",) for check in KINDS for of in OUTCOMES[:2]]
    assert_readable(msgspec.structs.replace(made("clean"), blocks=(Bullets(tuple(texts)),)))
    assert len({problem(check, of) for check in KINDS for of in OUTCOMES[:2]}) == 2 * len(KINDS)


@pytest.mark.parametrize("name", LEDGERS)
def test_no_code_no_entry_and_no_name_of_software(made: Made, name: str) -> None:
    document = made(name)
    said = " ".join(every_text(document))
    assert not re.search(r"[0-9a-f]{16}|\bt\d+\b|\bentry\b|\bDPO\b|\bUPN\b|\bhash\b|_", said)
    assert not [one.ID for one in CHECKS if one.ID in said]
    assert SECRET not in said
    assert not re.findall(r"\b[A-Z]{2,}\b", said.replace("=HYPERLINK(1)", ""))


def test_it_asks_nothing_that_grows_with_the_transfers(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", *ACT)
    with read(path) as (source, found):
        governors(found, source)
        assert not {"_rows", "flows", "fields", "delays", "uses_before"} & set(vars(found.counts))


def test_the_same_again_is_the_same(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", *ACT)
    with read(path) as (source, found):
        assert governors(found, source) == governors(found, source)


def test_hard_text_is_measured_as_hard(made: Made) -> None:
    legal = (
        "The controller shall implement appropriate technical and organisational measures to ensure, and to be able to "
        "demonstrate, that processing is performed in accordance with this Regulation. Notwithstanding the foregoing, "
        "pseudonymisation of identifiable individuals constitutes proportionate mitigation."
    )
    found = difficulty(msgspec.structs.replace(made("clean"), blocks=(Paragraph((legal,)),)))
    assert found.grade > 18
    assert found.longest == 26
    easy = difficulty(msgspec.structs.replace(made("clean"), blocks=(Paragraph(("The cat sat on the mat.",)),)))
    assert easy.grade < 0


@pytest.mark.parametrize("name", ["no-register", "beyond-the-register"])
def test_a_missing_notice_is_asked_for(made: Made, name: str) -> None:
    text = section(made(name), "decisions")
    assert "Put our privacy notice for all of this period into the record" in text
    assert "Who: the chair." in text


def test_a_hostile_name_stays_out_of_the_text(tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "transfers.db", *CLEAN)
    with read(path) as (source, found):
        name = "=cmd|' /C calc'!A0 <script> \u202e" + "x" * 2000
        document = governors(msgspec.structs.replace(found, organisation=name), source)
    assert document.about.startswith(name)
    assert [text for text in every_text(document) if name in text] == [document.about]


def test_what_is_not_shown_does_not_order_the_kinds(tmp_path: Path) -> None:
    """Three of the one and one of the other: which comes first must not tell which are more."""
    stated = {**GOOD, "lawful_basis": []}, {**GOOD, "fields": UNDOCUMENTED["fields"]}
    orders = []
    for place, (many, one) in enumerate((stated, stated[::-1])):
        transfers = [{**many, "transferred_at": f"2010-05-0{n}"} for n in (3, 4, 5)]
        path = make_ledger(tmp_path / f"{place}.db", *CLEAN, *transfers, {**one, "transferred_at": "2010-05-06"})
        with read(path) as (source, found):
            document = governors(found, source)
        orders.append(section(document, "decisions"))
        assert numbers(document)["problems"] == Suppressed(1, 9)
    assert orders[0] == orders[1]
