"""Deciding about findings: first what is decided about and a form, then the decisions sealed, and what came of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.finding import Item
from datasette_plugins.transfer_ledger.decisions import as_decided
from datasette_plugins.transfer_ledger.entries.found import Found
from datasette_plugins.transfer_ledger.pages import chosen, inbox, sealing
from datasette_plugins.transfer_ledger.pages.chosen import Chosen
from datasette_plugins.transfer_ledger.pages.sealing import Decision
from datasette_plugins.transfer_ledger.roles import Person
from datasette_plugins.transfer_ledger.web import Asked, BadRequest
from ledger.errors import Refused
from ledger.people import Role
from ledger.source import Source
from ledger.writer import SETTLES
from reports.deciding import due_of, texts_of
from reports.decisions import DENIALS, Verdict
from reports.documents.findings import VERDICTS, title
from reports.history import NEVER_ACCEPTED

LISTED = 20
"""So many of the findings that are decided about are listed above the form."""

_LINES = re.compile(r"[\t\r\n]+")

NAMES = {"decision": "Decision", "reason": "Reason", "owner": "Who sees to it", "due": "Continue until"}
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
        form = _Form(found, lines, deciding_as(asked, source), any(map(never_accepted, found.items)))
    typed = _typed(asked)
    if not asked.field("seal") or found.changed or not found.findings or form.role not in CHOICES:
        return _show(asked, form, typed._replace(wrong={}))
    what = _decision(asked, typed, form)
    if isinstance(what, Typed):
        return _show(asked, form, what, status=400)
    outcome = sealing.decide(asked, found.findings, {one.key: one.seq for one in found.items}, what)
    status = 503 if outcome.stopped else 200
    denied = what.decision in DENIALS and any(one.outcome == "breach" for one in found.items)
    return asked.page(
        "decided.html", status=status, outcome=outcome, what=what, chosen=found, typed=typed, titles=_titles(found),
        denied=denied, choices=form.choices,
    )  # fmt: skip


class _Form(NamedTuple):
    """What the form is about: `role` is what the ledger lets the person be; `never` is whether one can't go on."""

    found: Chosen
    lines: tuple[inbox.Line, ...]
    role: Role | None
    never: bool

    @property
    def choices(self) -> Mapping[Verdict, str]:
        """What may be decided, with what it means."""
        return choices(self.role, self.never)


CHOICES: Mapping[Role | None, Mapping[Verdict, str]] = {
    "lead": {
        "remedied": "the finding is right, and we have put it right.",
        "accepted": "the finding is right; we accept the risk until the date below.",
        "false-alarm": "there was nothing to find. A second person has to confirm this.",
        "recording-mistake": "what was recorded never happened like this. A second person has to confirm this.",
    },
    "dpo": {
        "remedied": "I advise to close it as fixed. The lead decides.",
        "accepted": "I advise to let it continue until the date below. The lead decides.",
        "false-alarm": "there was nothing to find. The lead has to confirm this.",
        "recording-mistake": "what was recorded never happened like this. The lead has to confirm this.",
    },
}
"""What may be decided or advised about a finding, by the role in the ledger."""


def choices(role: Role | None, never: bool) -> Mapping[Verdict, str]:
    """What somebody of this role in the ledger may decide; `never` leaves out what against the law can't go on."""
    return {one: text for one, text in CHOICES.get(role, {}).items() if not (never and one == "accepted")}


def never_accepted(item: Item | Found) -> bool:
    """Whether a finding is of what nobody may accept."""
    return item.outcome == "breach" and item.check in NEVER_ACCEPTED


def deciding_as(asked: Asked, source: Source) -> Role | None:
    """The role that the ledger's people list gives to the person who asks; None where they have none and get none."""
    actor = asked.actor
    return actor.role or source.people().role(actor.code, source.head.size)


def _titles(found: Chosen) -> list[Titled]:
    counts: dict[str, int] = {}
    for one in found.items:
        counts[one.check] = counts.get(one.check, 0) + 1
    return [Titled(title(check), number) for check, number in sorted(counts.items(), key=lambda pair: -pair[1])]


def _show(asked: Asked, form: _Form, typed: Typed, status: int = 200) -> Response:
    return asked.page(
        "deciding.html", status=409 if form.found.changed else status, chosen=form.found, lines=form.lines, typed=typed,
        titles=_titles(form.found), names=NAMES, choices=form.choices,
    )  # fmt: skip


def _typed(asked: Asked) -> Typed:
    # A reason is one line: whoever types it in several gets spaces.
    reason, owner = (_LINES.sub(" ", asked.field(name)) for name in ("reason", "owner"))
    return Typed(asked.field("decision"), reason, owner, asked.field("due"), {})


def who(person: Person) -> str:
    """Who decided, as it is sealed: the name, and the account where that is not the name."""
    return person.name if person.name == person.id else f"{person.name} ({person.id})"


def _decision(asked: Asked, typed: Typed, form: _Form) -> Decision | Typed:
    wrong: dict[str, str] = {}
    verdict: Verdict | None = next((one for one in form.choices if one == typed.decision), None)
    if verdict is None:
        never = form.never and typed.decision == "accepted"
        wrong["decision"] = (
            "What is against the law cannot continue. Choose another." if never else "Choose one of these."
        )
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
    if verdict == "accepted" and not typed.due:
        wrong["due"] = "Enter the last day on which it may continue."
    elif typed.due and verdict not in (None, "accepted"):
        wrong["due"] = f"Leave the date empty: only “{VERDICTS['accepted'].capitalize()}” has one."
    if wrong or verdict is None:
        return typed._replace(wrong=wrong)
    return Decision(verdict, due, texts, form.role == "dpo" and verdict in SETTLES)
