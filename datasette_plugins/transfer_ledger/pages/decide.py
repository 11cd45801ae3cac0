"""Deciding about findings: first what is decided about and a form, then the decisions sealed, and what came of each."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.decisions import as_decided
from datasette_plugins.transfer_ledger.pages import chosen, inbox, sealing
from datasette_plugins.transfer_ledger.pages.chosen import Chosen
from datasette_plugins.transfer_ledger.pages.sealing import Decision
from datasette_plugins.transfer_ledger.roles import Person
from datasette_plugins.transfer_ledger.web import Asked, BadRequest
from ledger.errors import Refused
from reports.deciding import due_of, texts_of
from reports.decisions import Verdict
from reports.documents.findings import VERDICTS, title

LISTED = 20
"""So many of the findings that are decided about are listed above the form."""

_LINES = re.compile(r"[\t\r\n]+")

NAMES = {"decision": "Decision", "reason": "Reason", "owner": "Who sees to it", "due": "Closes it until"}
"""The fields of the form, as it calls them."""


class Typed(NamedTuple):
    """What stands in the form, and what is wrong with it by the field's name."""

    decision: str
    reason: str
    owner: str
    due: str
    wrong: dict[str, str]


class Titled(NamedTuple):
    """What the findings that are decided about have in common: each title of a check, and how many have it."""

    title: str
    number: int


def page(asked: Asked) -> Response:
    """`POST /-/findings/decide`. Without `seal` in the form, it shows what is decided about, and the form."""
    with asked.site.reading() as source:
        view = asked.site.checked_view()
        with_all = as_decided(view, asked.site.decisions, source)
        group = chosen.whole_of(asked)
        if group is None:
            found = chosen.marked(asked, with_all)
        else:
            try:
                found = chosen.Looking(view, asked.site.decisions, source, asked).group(group)
            except Refused as error:
                raise BadRequest(str(error)) from None
        reading = inbox.Reading(with_all, asked.site.decisions, source, source.head.size, asked.today)
        places = with_all.found.places_of(one.key for one in found.items[:LISTED])
        lines = reading.lines(places)
    typed = _typed(asked)
    if not asked.field("seal") or found.changed or not found.judged:
        return _form(asked, found, lines, typed._replace(wrong={}))
    what = _decision(asked, typed)
    if isinstance(what, Typed):
        return _form(asked, found, lines, what, status=400)
    outcome = sealing.decide(asked, found.judged, {one.key: one.seq for one in found.items}, what)
    status = 503 if outcome.stopped else 200
    return asked.page(
        "decided.html", status=status, outcome=outcome, what=what, chosen=found, typed=typed, titles=_titles(found)
    )


def _titles(found: Chosen) -> list[Titled]:
    counts: dict[str, int] = {}
    for one in found.items:
        counts[one.check] = counts.get(one.check, 0) + 1
    return [Titled(title(check), number) for check, number in sorted(counts.items(), key=lambda pair: -pair[1])]


def _form(asked: Asked, found: Chosen, lines: tuple[inbox.Line, ...], typed: Typed, status: int = 200) -> Response:
    return asked.page(
        "deciding.html", status=409 if found.changed else status, chosen=found, lines=lines, typed=typed,
        titles=_titles(found), names=NAMES,
    )  # fmt: skip


def _typed(asked: Asked) -> Typed:
    # A reason is one line: whoever types it in several gets spaces.
    reason, owner = (_LINES.sub(" ", asked.field(name)) for name in ("reason", "owner"))
    return Typed(asked.field("decision"), reason, owner, asked.field("due"), {})


def who(person: Person) -> str:
    """Who decided, as it is sealed: the name, and the account where that is not the name."""
    return person.name if person.name == person.id else f"{person.name} ({person.id})"


def _decision(asked: Asked, typed: Typed) -> Decision | Typed:
    wrong: dict[str, str] = {}
    verdict: Verdict | None = next((one for one in VERDICTS if one == typed.decision), None)
    if verdict is None:
        wrong["decision"] = "Choose one of the three."
    given = {"reason": typed.reason, "decided_by": who(asked.who)}
    if typed.owner:
        given["owner"] = typed.owner
    texts, problems = texts_of(given)
    for name, why in problems:
        wrong.setdefault(name if name in NAMES else "reason", why)
    due: date | None = None
    if typed.due:
        try:
            due = due_of(typed.due, asked.today)
        except Refused as error:
            wrong["due"] = str(error)
    if wrong or verdict is None:
        return typed._replace(wrong=wrong)
    return Decision(verdict, due, texts)
