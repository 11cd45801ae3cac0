"""All governors' papers that can be made of a ledger, together: which they are, and what they tell of small counts."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import Refused
from reports.cli import making
from reports.cli.making import Judged, Wanted, judged
from reports.cli.report import made
from reports.scope import FIXED_TERMS, fixed_term, fixed_terms, parse_fixed_term, parse_year
from tests.ledger.cli.called import call, refused
from tests.reports.attack import Known, Limits, told
from tests.reports.ledgers import GOOD, UNSURE, make_ledger

AS_OF = date(2010, 10, 1)
YEARS = ("2008-09", "2009-10")
TERMS = [term.of(year) for year in (2008, 2009, 2010) for term in FIXED_TERMS]
NO_COUNTS = re.compile(
    r"\d{1,2} [A-Z][a-z]+ \d{4}|20\d\d-\d\d|(autumn|spring|summer) term 20\d\d|[\d,]+ to [\d,]+ transfers|"
    r"more than 5 in 100|fewer than 10|under 10|[\d,]+ at most|are 0\.",
    re.IGNORECASE,
)
"""Numbers in sentences that are days, parts of the rule, or compared with what is shown elsewhere."""
IDS = {"transfers": "transfers", "problems": "problems", "untold": "cannot-tell"}


def hostile(seed: int) -> list[dict[str, Any]]:
    """Transfers of two schools and of neither, few of each in most terms, with problems and without."""
    draw = random.Random(seed)
    owners: list[dict[str, Any]] = [
        {},
        {"sender": "low"},
        {"sender": "shire", "recipient": "low"},  # about one school alone: it is that school's
        {"sender": "shire", "recipient": "dfe", "schools": ["high", "low"]},
        {"sender": "low", "recipient": "high"},  # the sender's
    ]
    found: list[dict[str, Any]] = []
    for first in (date(2009, 9, 7), date(2010, 1, 5), date(2010, 4, 12), date(2009, 2, 2)):
        for owner in owners:
            for wrong in ({}, {"fields": ["upn"], "lawful_basis": []}, {"subjects": {}}):
                for _ in range(draw.choice([0, 0, 1, 1, 2, 4, 5, 9, 10])):
                    # Of other people each, or they would be found to be the same one twice.
                    people = {"kind": "pupil", "count": 100 + len(found)}
                    day = first + timedelta(days=draw.randrange(60))
                    found.append({**GOOD, "transferred_at": str(day), "subjects": people, **owner, **wrong})
    return sorted([*found, {**UNSURE, "schools": ["low"]}], key=lambda one: str(one["transferred_at"]))


def papers(of: Judged) -> Iterator[tuple[str, str, Any]]:
    """Every paper: the school's id or "", the option of its period, and its JSON."""
    periods = [*map(parse_year, YEARS), *(term for name in YEARS for term in fixed_terms(parse_year(name)))]
    for school in ("", "high", "low"):
        for period in periods:
            read = making.reading(of, Wanted("governors", AS_OF, "json", period.option, school))
            yield school, period.option, json.loads(b"".join(made(of, read, "json")[1]))


def counted(of: Judged) -> dict[tuple[str, str], list[int]]:
    """The exact figures of each school and of everybody in each term, counted by no code of the papers."""
    db = of.source.db
    sent = {}
    for id_, day, entry in db.execute(
        "SELECT t.id, t.transferred_on, e.entry FROM transfers AS t JOIN entries AS e USING (seq)"
    ):
        stated = json.loads(entry)
        concerned = {stated["recipient"], *stated.get("schools", ())} & {"high", "low"}
        sender = {stated["sender"]} & {"high", "low"}
        school = min(sender or concerned) if len(sender or concerned) == 1 else ""
        sent[id_] = next(term.option for term in TERMS if term.has(date.fromisoformat(day))), school
    wrong = {outcome: set[str]() for outcome in ("breach", "cannot-tell", "advisory")}
    for finding in of.checked.result.findings:
        assert finding.id is not None
        wrong[finding.outcome].add(finding.id)
    found: dict[tuple[str, str], list[int]] = {}
    for id_, (term, school) in sent.items():
        for whose in {school or "neither", ""}:
            figures = found.setdefault((whose, term), [0, 0, 0])
            for place, counts in enumerate((True, id_ in wrong["breach"], id_ in wrong["cannot-tell"])):
                figures[place] += counts
    return found


def band(count: int) -> Limits:
    """The limits of a cell, as docs/REPORTS.md states them."""
    return (0, 0) if not count else (1, 9) if count < 10 else (count // 5 * 5, count // 5 * 5 + 4)


def parsed(value: object) -> Limits:
    if value == 0:
        return 0, 0
    assert isinstance(value, str), value
    if found := re.fullmatch(r"fewer than (\d+)", value):
        return 1, int(found[1]) - 1
    low, high = value.replace(",", "").split(" to ")
    return int(low), int(high)


def numbers(paper: Any) -> Known:
    return Known(*(parsed(paper["numbers"][id_]["value"]) for id_ in IDS.values()))


def added(parts: Sequence[Known]) -> Known:
    return Known(
        *((sum(low for low, _ in column), sum(high for _, high in column)) for column in zip(*parts, strict=True))
    )


def numbers_in(value: object) -> Iterator[int]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(one)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value


@pytest.mark.parametrize("seed", range(40))
def test_all_papers_of_a_hostile_ledger_tell_no_small_count(seed: int, tmp_path: Path) -> None:
    path = make_ledger(tmp_path / "l.db", *hostile(seed))
    with judged(path, AS_OF) as of:
        found = {(school, period): paper for school, period, paper in papers(of)}
        exact = counted(of)
    figures = {key: numbers(paper) for key, paper in found.items()}
    for (school, period), shown in figures.items():
        if period.startswith("fixed-term"):
            counts = exact.get((school, period), [0, 0, 0])
            assert all(low <= count <= high for count, (low, high) in zip(counts, shown, strict=True))
            assert [count == 0 for count in counts] == [limits == (0, 0) for limits in shown] or not school
    for school in ("", "high", "low"):
        for name in YEARS:
            terms = [figures[school, term.option] for term in fixed_terms(parse_year(name))]
            # A year says no more than its terms do.
            assert figures[school, f"year={name}"] == added(terms)
    for name in YEARS:
        for term in fixed_terms(parse_year(name)):
            schools = [figures[school, term.option] for school in ("high", "low")]
            # What is of no one school has no paper of its own; a reader is given its bands all the same.
            neither = Known(*map(band, exact.get(("neither", term.option), [0, 0, 0])))
            cells, sums = [*schools, neither], figures["", term.option]
            assert not list(told(cells, sums))
            for (low, high), (least, most) in zip(sums, added(cells), strict=True):
                assert least <= low <= high <= most


def test_five_schools_of_nine_are_not_told_by_their_sum(tmp_path: Path) -> None:
    """Were the sum shown by its own band, 45 to 49, each of them would have to have 9."""
    schools = [{"id": f"s{n}", "name": f"School {n}", "role": "school", "phase": "primary"} for n in range(5)]
    transfers = [
        {**GOOD, "sender": one["id"], "subjects": {"kind": "pupil", "count": 100 + n}, "fields": ["upn"]}
        for one in schools
        for n in range(9)
    ]
    path = make_ledger(tmp_path / "l.db", *transfers, organisations=schools)
    with judged(path, AS_OF) as of:
        found = [
            numbers(json.loads(b"".join(made(of, making.reading(of, wanted), "json")[1])))
            for school in ("", *(one["id"] for one in schools))
            for wanted in [Wanted("governors", AS_OF, "json", "fixed-term=spring-2010", school)]
        ]
    assert found[1:] == [Known((1, 9), (1, 9), (0, 0))] * 5
    assert not list(told(found[1:], found[0]))
    low, high = found[0].transfers
    assert low <= 45 <= high
    assert list(told(found[1:], Known(band(45), band(45), (0, 0))))


def test_every_figure_in_a_paper_is_one_of_those(tmp_path: Path) -> None:
    """The trend, the chart, its description and the sentences say what the papers of their terms say, and no more."""
    path = make_ledger(tmp_path / "l.db", *hostile(3))
    with judged(path, AS_OF) as of:
        found = {(school, period): paper for school, period, paper in papers(of)}
    label = {term.label[4:5].upper() + term.label[5:]: term.option for term in TERMS}
    shown = 0
    for (school, period), paper in found.items():
        limits = set()
        for row in paper["data"]["trend"]["rows"]:
            of_term = numbers(found[school, label[row["when"]]])
            assert (parsed(row["transfers"]), parsed(row["problems"])) == of_term[:2]
            limits.add(of_term.problems[1])
            shown += 1
        # Nothing else in it is a number but the levels of headings and what the chart has, which is "at most".
        text = [{name: one for name, one in block.items() if name != "level"} for block in paper["text"]]
        numbers_left = {*numbers_in({**paper, "text": text})}
        assert numbers_left <= limits | {0}
        said = [block for block in paper["text"] if block["type"] in ("paragraph", "bullets", "verdict")]
        sentences = f"{said} {[figure['description'] for figure in paper['figures'].values()]}"
        for low, high in re.findall(r"([\d,]+) to ([\d,]+) transfers", sentences):
            before = numbers(found.get((school, _before(period)), paper))
            assert parsed(f"{low} to {high}") in before
        assert not re.findall(r"\d+", NO_COUNTS.sub("", sentences)), sentences
    assert shown > 20


def _before(period: str) -> str:
    if period.startswith("year="):
        return "year=2008-09"
    first = parse_fixed_term(period.partition("=")[2]).first
    assert first is not None
    return fixed_term(first - timedelta(days=1)).option


def test_a_paper_does_not_tell_how_many_entries_there_are(tmp_path: Path) -> None:
    """If one paper said fewer than 10, and one made an entry later 10 to 14, both counts would be told."""
    transfers = [{**GOOD, "subjects": {"kind": "pupil", "count": 30 + n}} for n in range(10)]
    told_of = []
    for many in (9, 10):
        path = make_ledger(tmp_path / f"{many}.db", *transfers[:many])
        with judged(path, AS_OF) as of:
            size = of.source.head.size
            for ending in ("json", "md", "html", "csv"):
                read = making.reading(of, Wanted("governors", AS_OF, ending, "year=2009-10"))
                text = b"".join(made(of, read, ending)[1]).decode()
                assert not re.search(rf"\b{size}\b", re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", text, flags=re.S))
                if ending == "json":
                    told_of.append(
                        (json.loads(text)["made"]["size"], json.loads(text)["numbers"]["transfers"]["value"])
                    )
    assert told_of == [(None, "fewer than 10"), (None, "10 to 14")]


# -- what is made, and what is not -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_ledger(tmp_path_factory.mktemp("papers") / "l.db", *[GOOD] * 3)


@pytest.mark.parametrize(
    "more",
    [
        ("--month", "2010-05"),
        ("--whole",),
        ("--from", "2010-05-01"),
        ("--from", "2010-05-01", "--to", "2010-06-30"),
        ("--term", "half-term-2010"),
        ("--since-last",),
        ("--school", "shire"),
    ],
)
def test_outside_the_grid_nothing_is_made_for_governors(ledger: Path, tmp_path: Path, more: tuple[str, ...]) -> None:
    to = tmp_path / "g.html"
    said = refused("report", ledger, "--for", "governors", "-o", to, "--as-of", AS_OF, *more)
    assert re.search(r"school year|autumn-2009|whole period|one school", said)
    assert not to.exists()
    # With everybody's reports, the others are made.
    found = call("report", ledger, "-o", tmp_path / "all", "--as-of", AS_OF, *more)
    if more[0] != "--term":
        assert found.status in (0, 1)
        assert "No governors' paper is written. " in found.err
        assert (tmp_path / "all" / "report.html").exists()
        assert not list((tmp_path / "all").glob("governors*"))


def test_an_earlier_governors_paper_does_not_stay_among_reports_of_another_period(ledger: Path, tmp_path: Path) -> None:
    assert call("report", ledger, "-o", tmp_path, "--as-of", AS_OF).status == 0
    assert (tmp_path / "governors.html").exists()
    assert call("report", ledger, "-o", tmp_path, "--as-of", AS_OF, "--whole").status == 0
    assert not (tmp_path / "governors.html").exists()


def test_a_term_is_a_fixed_one_whatever_the_register_says(ledger: Path, tmp_path: Path) -> None:
    """A register with other dates would cut the year anew, and papers of both would tell what lies between."""
    to = tmp_path / "g.json"
    call("report", ledger, "--for", "governors", "-o", to, "--as-of", AS_OF, "--term", "spring-2010")
    paper = json.loads(to.read_text(encoding="utf-8"))
    assert paper["about"].endswith(": the spring term 2010 (January to March)")
    assert "fixed-term=spring-2010" in paper["made"]["options"]
    assert paper["numbers"]["transfers"]["value"] == "fewer than 10"


def test_the_terms_of_a_year_are_all_of_it() -> None:
    year = parse_year("2009-10")
    assert year.first is not None and year.last is not None  # noqa: PT018
    terms = fixed_terms(year)
    days = [year.first + timedelta(days=n) for n in range((year.last - year.first).days + 1)]
    assert [sum(term.has(day) for term in terms) for day in days] == [1] * 365
    assert {fixed_term(day) for day in days} == set(terms)
    for term in terms:
        assert parse_fixed_term(term.option.partition("=")[2]) == term
    with pytest.raises(Refused, match="not a fixed term"):
        parse_fixed_term("autumn-９９９９")


def test_a_schools_own_ledger_has_one_cell_a_term(tmp_path: Path) -> None:
    """Its name is a school's: the other schools in it only receive, and no paper is about one of them."""
    transfers = [{**GOOD, "subjects": {"kind": "pupil", "count": 30 + n}} for n in range(11)]
    path = make_ledger(tmp_path / "l.db", *transfers, organisation="Low School")
    with judged(path, AS_OF) as of:
        read = making.reading(of, Wanted("governors", AS_OF, "json", "fixed-term=spring-2010"))
        paper = json.loads(b"".join(made(of, read, "json")[1]))
        with pytest.raises(Refused, match="a school's own"):
            making.reading(of, Wanted("governors", AS_OF, "json", "year=2009-10", "high"))
    assert paper["numbers"]["transfers"]["value"] == "10 to 14"
