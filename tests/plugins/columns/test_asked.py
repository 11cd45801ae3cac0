"""What an address asks for: read strictly, and written back in one form."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasette_plugins.transfer_ledger.columns.asked import (
    Turn,
    address_of,
    address_of_findings,
    turn_of,
    wanted_findings_of,
    wanted_of,
)
from datasette_plugins.transfer_ledger.columns.wanted import Wanted, WantedFindings
from ledger.errors import Refused
from reports.scope import between, parse_month, parse_year
from tests.plugins.columns.conftest import World
from tests.plugins.columns.mixture import AS_OF

SIMPLE = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])

ONE_PERIOD = st.sampled_from(
    ({}, {"year": "2009-10"}, {"term": "spring-2010"}, {"month": "2010-05"}, {"from": "2010-01-02"},
     {"to": "2010-02-28"}, {"from": "2010-01-02", "to": "2010-02-28"})
)  # fmt: skip
OTHERS = st.fixed_dictionaries(
    {},
    optional={
        "school": st.sampled_from(("high", "lower")),
        "sender": st.sampled_from(("high", "unlisted")),
        "recipient": st.sampled_from(("contactpoint", "estyn")),
        "purpose": st.sampled_from(("visits", "administration")),
        "field": st.sampled_from(("forename", "unlisted", "post")),
        "basis": st.sampled_from(("dpa1998-sch2-5",)),
        "channel": st.sampled_from(("post",)),
        "findings": st.sampled_from(("any", "open", "none")),
        "severity": st.sampled_from(("critical", "serious", "minor")),
        "check": st.sampled_from(("recorded-late", "contactpoint-closed")),
        "late": st.sampled_from(("1", "0")),
        "corrected": st.sampled_from(("1", "0")),
        "q": st.sampled_from(("école & co", "a b", "50%", "x=1&y=2")),
    },
)


def listed(given_: dict[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in given_.items()}


@SIMPLE
@given(period=ONE_PERIOD, others=OTHERS)
def test_an_address_goes_there_and_back(world: World, period: dict[str, str], others: dict[str, str]) -> None:
    asked = period | others
    wanted = wanted_of(listed(asked), world.view, AS_OF)
    address = address_of(wanted)
    assert parse_qs(address) == listed(asked)
    assert wanted_of(parse_qs(address), world.view, AS_OF) == wanted
    again = wanted_of(listed(dict(reversed(asked.items()))), world.view, AS_OF)
    assert address_of(again) == address


def test_what_is_asked(world: World) -> None:
    def asked(**given_: str) -> Wanted:
        return wanted_of(listed(given_), world.view, AS_OF)

    assert asked() == asked(year="", q=" ", recipient="", late="") == Wanted()
    assert address_of(Wanted()) == ""
    assert asked(year="2009-10").period == parse_year("2009-10")
    assert asked(month="2010-05").period == parse_month("2010-05")
    assert asked(**{"from": "2010-01-02"}).period == between(date(2010, 1, 2), None)
    assert asked(late="1", corrected="0") == Wanted(late=True, corrected=False)
    assert asked(q="  two \t words ") == Wanted(words="two words")
    assert asked(school="lowest") == Wanted(school="lower")  # by the id that it had
    assert asked(recipient="estyn") == Wanted(recipient="estyn")  # documented, though nothing was sent to it
    assert asked(sort="day", after="3", size="2", format="csv") == Wanted()


WRONG: list[tuple[dict[str, list[str]], str]] = [
    ({"nothing": ["1"]}, "nothing"),
    ({"recipient__exact": ["ofsted"]}, "recipient__exact"),
    ({"_where": [""]}, "_where"),
    ({"Year": ["2009-10"]}, "Year"),
    ({"state": ["open"]}, "state"),
    ({"year": ["2009-10", "2010-11"]}, "`year` is given 2 times"),
    ({"q": ["", ""]}, "`q` is given 2 times"),
    ({"sort": ["day", "day"]}, "`sort`"),
    ({"year": ["2009"]}, "`year`"),
    ({"year": ["2009-11"]}, "`year`"),
    ({"year": ["٢٠٠٩-10"]}, "`year`"),
    ({"month": ["2010-13"]}, "`month`"),
    ({"month": ["2010-5"]}, "`month`"),
    ({"from": ["2010-02-30"]}, "`from`"),
    ({"to": ["20100228"]}, "`to`"),
    ({"from": ["2010-03-01"], "to": ["2010-02-01"]}, "before it begins"),
    ({"term": ["summer-2010"]}, "`term` takes .*autumn-2009, spring-2010"),
    ({"year": ["2009-10"], "month": ["2010-05"]}, "Only one period"),
    ({"term": ["spring-2010"], "to": ["2010-05-01"]}, "Only one period"),
    ({"recipient": ["recipient_as_given"]}, "`recipient` takes the id"),
    ({"recipient": ["nobody at all"]}, "`recipient` takes the id"),
    ({"sender": ["' OR 1=1 --"]}, "`sender` takes the id"),
    ({"school": ["<script>"]}, "`school` takes the id"),
    ({"purpose": ["nothing"]}, "`purpose` takes the id of a purpose, such as"),
    ({"field": ["nothing"]}, "`field` takes the id of a data item, such as"),
    ({"basis": ["nothing"]}, "`basis`"),
    ({"channel": ["pigeon"]}, "`channel`"),
    ({"findings": ["all"]}, "`findings` takes one of any, open, none"),
    ({"severity": ["Critical"]}, "`severity` takes one of critical, serious, minor"),
    ({"check": ["no-such-check"]}, "`check` takes the name of a check, such as"),
    ({"late": ["yes"]}, "`late` takes 1 for yes or 0 for no"),
    ({"corrected": ["2"]}, "`corrected`"),
    ({"q": ["x" * 201]}, "`q` has 201 characters"),
    ({"q": ["x " * 13]}, "`q` has 13 words"),
    ({"q": ["a\x00b"]}, "`q` has a character"),
    ({"q": ["\ud800"]}, "`q` has a character"),
    ({"q": ["a\u202eb"]}, "`q` has a character"),
]


@pytest.mark.parametrize(("query", "said"), WRONG)
def test_what_cannot_be_asked_is_refused(world: World, query: dict[str, list[str]], said: str) -> None:
    with pytest.raises(Refused, match=said):
        wanted_of(query, world.view, AS_OF)


NAMES = ("year", "term", "month", "from", "to", "school", "sender", "recipient", "purpose", "field", "basis", "channel",
         "findings", "severity", "check", "late", "corrected", "q", "sort", "after", "before", "size", "state",
         "outcome", "format")  # fmt: skip


def refusals(world: World, query: dict[str, list[str]]) -> Iterator[str]:
    """What each reader of an address says against `query`; what it reads instead can be looked for."""
    readers: tuple[Callable[[], object], ...] = (
        lambda: world.view.select(wanted_of(query, world.view, AS_OF), AS_OF).count,
        lambda: world.view.findings(wanted_findings_of(query, world.view), AS_OF),
        lambda: turn_of(query),
    )
    for read in readers:
        try:
            read()
        except Refused as error:
            yield str(error)


@SIMPLE
@given(query=st.dictionaries(st.sampled_from(NAMES) | st.text(), st.lists(st.text(), max_size=2), max_size=3))
def test_whatever_is_asked_is_read_or_refused(world: World, query: dict[str, list[str]]) -> None:
    assert all(len(said) < 500 for said in refusals(world, query))


@pytest.mark.parametrize("name", NAMES)
def test_no_refusal_repeats_more_than_a_little(world: World, name: str) -> None:
    long = "<script>alert('a')</script>" * 100
    for query in ({name: [long]}, {long: ["1"]}):
        said = list(refusals(world, query))
        assert said or name == "format"  # which the page itself reads
        assert not any(long[:41] in one for one in said)


def test_findings_go_there_and_back(world: World) -> None:
    asked = {
        "year": "2009-10", "state": "overdue", "check": "recorded-late", "severity": "minor", "outcome": "advisory",
        "recipient": "shire", "sender": "high", "school": "low", "age": "8-30",
    }  # fmt: skip
    wanted = wanted_findings_of(listed(asked), world.view)
    assert wanted == WantedFindings(
        "overdue", "recorded-late", "minor", "advisory", "shire", "high", "low", parse_year("2009-10"), "8-30"
    )
    assert parse_qs(address_of_findings(wanted)) == listed(asked)
    assert wanted_findings_of({}, world.view) == WantedFindings() == WantedFindings("open")
    assert address_of_findings(WantedFindings()) == ""
    for wrong in ({"state": "decided"}, {"outcome": "none"}, {"q": "x"}, {"late": "1"}, {"age": "8"}):
        with pytest.raises(Refused):
            wanted_findings_of(listed(wrong), world.view)


def test_a_page_is_asked_for(world: World) -> None:
    assert turn_of({}) == turn_of({"q": ["any"], "after": [""]}) == Turn("day", None, None, 50)
    assert turn_of(listed({"sort": "-recipient", "before": "12", "size": "500"})) == Turn("-recipient", None, 12, 500)
    wrong: list[dict[str, Any]] = [
        {"sort": ["rowid"]}, {"sort": ["--day"]}, {"after": ["-1"]}, {"after": ["1.0"]}, {"before": ["٣"]},
        {"after": ["007"]}, {"size": ["0"]}, {"size": ["501"]}, {"size": ["-5"]}, {"size": ["1e3"]},
        {"size": ["9" * 5000]}, {"after": ["9" * 5000]}, {"after": ["1"], "before": ["2"]}, {"after": ["1", "2"]},
    ]  # fmt: skip
    for query in wrong:
        with pytest.raises(Refused) as refused:
            turn_of(query)
        assert len(str(refused.value)) < 250
