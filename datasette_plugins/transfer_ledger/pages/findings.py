"""The inbox of findings: the answer first, then what has one cause together, the critical first; and as files."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.found import BANDS, band
from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import State, WantedFindings
from datasette_plugins.transfer_ledger.decisions import as_decided, checked_size
from datasette_plugins.transfer_ledger.pages import findings_feed, findings_files, inbox
from datasette_plugins.transfer_ledger.roles import DECIDERS
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, bad_input, whole
from reports.documents.findings import named, title
from reports.finding import SEVERITIES
from reports.periods import named as year_named
from reports.periods import school_year
from reports.scope import terms

GROUPS = 25
"""So many groups stand on a page."""

LINES = 20
"""So many findings of a group stand folded on the page; the group's own page has all."""

LINES_ALONE = 200
"""So many findings stand on one page of a group's own."""

MOST_SCHOOLS = 500
"""A list of more schools to choose from helps nobody."""

_OF_PAGE = ("page", "group")


class Inbox(NamedTuple):
    """The page. `counts` are how many findings are in each state, with all other filters as they are.

    `checked` is how many entries the last check saw; `newer` how many came since. `alone`
    is the only group that is shown, "" for all of them; `pages` are then pages of its findings.
    """

    answer: inbox.Answer
    counts: dict[State, int]
    causes: tuple[inbox.Cause, ...]
    groups: int
    total: int
    page: int
    pages: int
    query: dict[str, str]
    address: str
    wanted: WantedFindings
    narrowed: bool
    alone: str
    checked: int
    as_of: str
    newer: int


class Options(NamedTuple):
    """What the page can be narrowed by: values and their names."""

    check: list[tuple[str, str]]
    severity: list[tuple[str, str]]
    recipient: list[tuple[str, str]]
    sender: list[tuple[str, str]]
    school: list[tuple[str, str]]
    year: list[tuple[str, str]]
    term: list[tuple[str, str]]
    age: list[tuple[str, str]]


def page(asked: Asked) -> Response:
    """`GET /-/findings`, and as JSON, as a file or as a feed."""
    view = asked.site.checked_view()
    if asked.format == "html":
        return _html(asked, view)
    of_format = ("after", "size") if asked.format == "json" else ()
    with bad_input():
        wanted = inbox.findings_asked({k: v for k, v in asked.query.items() if k not in of_format}, view)
    if asked.format == "json":
        return findings_files.as_json(asked, view, wanted)
    if asked.format == "atom":
        return findings_feed.feed(asked, view, wanted)
    return findings_files.as_file(asked, view, wanted)


def _html(asked: Asked, view: View) -> Response:
    with bad_input():
        wanted = inbox.findings_asked({k: v for k, v in asked.query.items() if k not in _OF_PAGE}, view)
    found = _inbox(asked, view, wanted)
    return asked.page(
        "findings.html",
        inbox=found,
        states=inbox.STATES | {one: inbox.EVER[one] for one in inbox.EVER if one == found.wanted.state},
        options=options(view),
        may_decide=asked.who.role in DECIDERS,
    )


def _number(asked: Asked) -> int:
    number = whole(asked.one("page") or "1")
    if not number:
        raise BadRequest("“page” is the number of a page, from 1 on.")
    return number


def _inbox(asked: Asked, view: View, wanted: WantedFindings) -> Inbox:
    number, alone = _number(asked), asked.one("group")
    with asked.site.reading() as source:
        view = as_decided(view, asked.site.decisions, source)
        reading = inbox.Reading(view, asked.site.decisions, source, source.head.size, asked.today)
        states = inbox.by_state(view, wanted, asked.today)
        places = states[wanted.state]
        groups = view.found.groups(places)
        if alone:
            place = inbox.find_group(view, groups, alone)
            count = 0 if place is None else len(groups.places(place))
            pages = max(-(-count // LINES_ALONE), 1)
            first = (number - 1) * LINES_ALONE
            causes: tuple[inbox.Cause, ...] = (
                () if place is None else (reading.cause(groups, place, first, LINES_ALONE),)
            )
        else:
            pages = max(-(-len(groups) // GROUPS), 1)
            shown = range(len(groups))[(number - 1) * GROUPS : number * GROUPS]
            causes = tuple(reading.cause(groups, one, 0, LINES) for one in shown)
    if number > pages:
        raise BadRequest(f"There are {pages} pages of this; “page” is one of them.")
    size = checked_size(view)
    query = inbox.query_of(wanted)
    return Inbox(
        answer=inbox.answer(view, asked.today),
        counts={state: len(of) for state, of in states.items()},
        causes=causes,
        groups=len(groups),
        total=len(places),
        page=number,
        pages=pages,
        query=query,
        address=urlencode(query),
        wanted=wanted,
        narrowed=query.keys() != query.keys() & {"state"},
        alone=alone,
        checked=size,
        as_of=view.checked["as_of"],
        newer=max(view.head.size - size, 0),
    )


def options(view: View) -> Options:
    """What there is to narrow the page by, of what was found."""
    found, label = view.found, view.labels
    parties = view.table.parties.texts

    def of_parties(codes: set[int]) -> list[tuple[str, str]]:
        return sorted(((parties[one], named(parties[one], label)) for one in codes if one >= 0), key=lambda one: one[1])

    # So many are looked for by their name, on the page of organisations.
    schools = view.schools.ids if len(view.schools.ids) <= MOST_SCHOOLS else []
    years = sorted({school_year(day) for day in found.days()}, reverse=True)
    return Options(
        check=sorted(((one, title(one)) for one in found.checks.texts), key=lambda one: one[1]),
        severity=[(one, one.capitalize()) for one in SEVERITIES],
        recipient=of_parties(set(found.recipient.tolist())),
        sender=of_parties(set(found.sender.tolist())),
        school=sorted(((one, named(one, label)) for one in schools), key=lambda one: one[1]),
        year=[(year_named(one), year_named(one)) for one in years],
        age=[(band(least, most), f"{label} ago") for least, most, label in BANDS],
        term=[(one.id, one.label) for one in terms(version.register for version in view.registers)],
    )
