"""A request for data that was refused, or met in part: who asked, for what, and on which ground it was not met."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.pages.form import parties, purposes
from datasette_plugins.transfer_ledger.pages.record import STALE
from datasette_plugins.transfer_ledger.recording import filled as posted
from datasette_plugins.transfer_ledger.recording import own, sealed, start
from datasette_plugins.transfer_ledger.recording.queue import Full
from datasette_plugins.transfer_ledger.web import Asked, BadRequest
from ledger.errors import Busy, Conflict, Refused
from ledger.forms import form_problem, text_problem
from ledger.intake.draft import Stated
from ledger.london import parse_date
from ledger.register.read import load_vocabularies

_ID = re.compile(r"r-[0-9a-f]{16}", re.ASCII)
TEXTS = ("request_reference", "operator", "reason", "note")
"""What is kept as erasable values."""
BOXES = ("refused_on", "recipient", "ground", "purpose", "fields", "transfer", "request_date", *TEXTS)
REQUIRED = {
    "refused_on": "Say on which day it was refused.",
    "recipient": "Say who asked: an organisation.",
    "ground": "Choose the ground on which it was refused.",
}


class State(NamedTuple):
    """What stands in the form and what is wrong with it, by box; what of it nobody knows; why it is shown again."""

    id: str
    texts: Mapping[str, str]
    wrong: Mapping[str, str] = {}
    unlisted: posted.Unlisted | None = None
    told: str = ""
    newest: int | None = None


def page(asked: Asked) -> Response:
    """`/-/record/refused`."""
    asked.only()
    if asked.method == "POST":
        return _refuse(asked)
    return _form(asked, State(f"r-{asked.site.entropy(8).hex()}", {"refused_on": asked.today.isoformat()}))


def _form(asked: Asked, state: State, status: int = 200) -> Response:
    view = asked.site.view()
    wrong = dict(state.wrong)
    for column, texts in state.unlisted.found if state.unlisted is not None else ():
        quoted = ", ".join(f"“{text}”" for text in texts)
        wrong.setdefault(column, f"Not known here: {quoted}. Choose a known name, or agree below to keep it so.")
    vocabularies = load_vocabularies()
    return asked.page(
        "refused.html", status=status, state=state, texts={name: state.texts.get(name, "") for name in BOXES},
        wrong={name: wrong.get(name, "") for name in BOXES}, parties=parties(view),
        purposes=tuple(purposes(view).items()), grounds=[(one.id, one.label) for one in vocabularies.refusal_ground],
        items=[one.label for one in vocabularies.field],
    )  # fmt: skip


def _refuse(asked: Asked) -> Response:
    state = State(asked.field("id"), {name: posted.line(asked.field(name)) for name in BOXES})
    if _ID.fullmatch(state.id) is None:
        raise BadRequest(start.OUT_OF_ORDER)
    if asked.stale:
        return _form(asked, state._replace(told=STALE), 409)
    try:
        stated = read(state.texts)
        job = sealed.refusal(
            {**stated.members, "id": state.id}, stated.texts, asked.who.id, asked.field("agreed")
        )  # fmt: skip
        receipt = sealed.done(asked.site.recorder, job, asked.actor)
    except posted.Wrong as error:
        return _form(asked, state._replace(wrong=error.found), 422)
    except posted.NotKnown as error:
        return _form(asked, state._replace(unlisted=error.found), 422)
    except sealed.Overtaken as error:
        return _form(asked, state._replace(told=str(error), newest=error.seq), 409)
    except Refused as error:
        late = "Not recorded yet." if isinstance(error, Busy | Full) else "Not recorded."
        status = 409 if isinstance(error, Conflict) else 503
        return _form(asked, state._replace(told=f"{late} {asked.site.said(error)}"), status)
    own.recorded(asked.site, asked.who, receipt)
    return asked.see("/-/receipts", seq=receipt.seq)


def read(given: Mapping[str, str]) -> Stated:
    """The refusal that texts by box state, as `refuse` takes it. Raises `posted.Wrong` with all that is wrong."""
    wrong = [(name, sentence) for name, sentence in REQUIRED.items() if not given[name]]
    members: dict[str, Any] = {name: given[name] for name in ("recipient", "ground", "purpose") if given[name]}
    members["outcome"] = "refused"
    for name in ("refused_on", "request_date"):
        if given[name]:
            try:
                members[name] = parse_date(given[name])
            except Refused as error:
                wrong.append((name, str(error)))
    if "request_date" in members:
        members["request"] = {"date": members.pop("request_date")}
    if given["fields"]:
        members["fields"] = tuple(item for one in given["fields"].split(";") if (item := one.strip()))
    if given["transfer"]:
        members |= {"transfer": given["transfer"], "outcome": "met-in-part"}
        if (why := form_problem("id", given["transfer"])) is not None:
            wrong.append(("transfer", f"This names no transfer; {why}."))
    texts = {name: given[name] for name in TEXTS if given[name]}
    for name in (*TEXTS, "recipient", "purpose"):
        if given[name] and (why := text_problem(name, given[name])) is not None:
            wrong.append((name, why[:1].upper() + why[1:]))
    if wrong:
        raise posted.Wrong(wrong)
    found = Stated(members, texts)
    posted.no_persons(found)
    return found
