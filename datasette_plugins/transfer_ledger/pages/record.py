"""The page to record on: three ways to begin, a form that is filled in already, and one button."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.pages import form as forms
from datasette_plugins.transfer_ledger.pages.form import Form
from datasette_plugins.transfer_ledger.recording import filled as posted
from datasette_plugins.transfer_ledger.recording import own, sealed, start, ways
from datasette_plugins.transfer_ledger.recording.dropped import Dropped
from datasette_plugins.transfer_ledger.recording.queue import Full
from datasette_plugins.transfer_ledger.recording.start import Filled, Start
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, bad_input, whole
from ledger.errors import Busy, Refused
from ledger.intake.draft import Cell, Stated
from ledger.source import Source

_ID = re.compile(r"t-[0-9a-f]{16}", re.ASCII)

_FLOW = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
MOST_WAYS = 300


class Begun(NamedTuple):
    """A form that was begun: where, what it begins with, and the ledger's names and labels at that moment."""

    start: Start
    filled: Filled
    view: View


def page(asked: Asked) -> Response:
    """`GET /-/record`: the ways to begin, or a form; `POST`: records."""
    if asked.method == "POST":
        return _record(asked)
    asked.only("q", "flow", "to", "same", "blank")
    if any(asked.one(name) for name in ("flow", "same", "blank")):
        begun = begin(asked, _wanted(asked))
        return _form(asked, Form(begun.filled, begun.filled.cells, _hidden(asked, begun.start)), begun.view)
    return _ways(asked)


def _ways(asked: Asked) -> Response:
    view, words = asked.site.view(), asked.one("q").strip()
    adopted = ways.in_force(view.registers, asked.today)
    with asked.site.reading() as source:
        same, mine = ways.before(source, ways.own(asked.site, source, asked.who), view)
    every = ways.flows(adopted, view, asked.today)
    fitting = ways.flows(adopted, view, asked.today, words) if words else every
    return asked.page(
        "record.html", q=words, flows=fitting[:MOST_WAYS], every=every, same=same, mine=mine, adopted=adopted,
    )  # fmt: skip


def _wanted(asked: Asked) -> Start:
    flow, same, to = asked.one("flow"), asked.one("same"), asked.one("to")
    if same and whole(same) is None:
        raise BadRequest("“same” is the number of an entry.")
    if any(one and _FLOW.fullmatch(one) is None for one in (flow, to)):
        raise BadRequest("“flow” and “to” are ids of the documented purposes.")
    return Start(asked.today, flow=flow, to=to, same=int(same) if same else None)


def begin(asked: Asked, wanted: Start) -> Begun:
    """The form that is `wanted`, filled in. `BadRequest` where its flow is not documented today, or its entry is none.

    What is left open by it is taken from the person's last transfers: who sends, and how.
    """
    view = asked.site.view()
    with asked.site.reading() as source:
        names = ways.names_of(source, view)
        if wanted.flow and wanted.register is None:
            adopted = ways.in_force(view.registers, asked.today)
            if adopted is None or adopted.register.flow(wanted.flow) is None:
                raise BadRequest("This flow is not documented today; choose another, or begin an empty record.")
            wanted = wanted._replace(register=adopted.seq)
        if wanted.like is None and wanted.same is None:
            wanted = wanted._replace(like=_like(asked, wanted, source, names))
        if wanted.same is not None and ways.facts_of(source, wanted.same) is None:
            raise BadRequest(f"Entry {wanted.same} states no transfer; choose another, or begin an empty record.")
        return Begun(wanted, start.fill(wanted, names, lambda seq: ways.facts_of(source, seq)), view)


def _like(asked: Asked, wanted: Start, source: Source, names: start.Names) -> int | None:
    mine = ways.own(asked.site, source, asked.who)
    to = wanted.to
    alike = [one for one in mine if to and one.recipient == to]
    if not alike and to:
        roles = {one.id: one.role for one in names.organisations.values()}
        alike = [one for one in mine if roles.get(str(one.recipient)) == to]
    return (alike or mine)[0].seq if mine else None


def _hidden(asked: Asked, began: Start) -> dict[str, str]:
    return {"id": f"t-{asked.site.entropy(8).hex()}", **began.hidden()}


def _form(asked: Asked, form: Form, view: View, status: int = 200) -> Response:
    return forms.show(asked, "record_form.html", form, view, status)


def show_begun(asked: Asked, begun: Begun, dropped: Dropped | None = None) -> Response:
    """The form as it was begun, nothing changed yet."""
    form = Form(begun.filled, begun.filled.cells, _hidden(asked, begun.start), dropped=dropped)
    return _form(asked, form, begun.view)


def _record(asked: Asked) -> Response:
    id_ = asked.field("id")
    if _ID.fullmatch(id_) is None:
        raise BadRequest(start.OUT_OF_ORDER)
    with bad_input():
        began = start.read(asked.field, asked.today)
    begun = begin(asked, began)
    cells = posted.cells(asked)
    form = Form(begun.filled, cells, {"id": id_, **begun.start.hidden()})
    if asked.stale:
        return _form(asked, form._replace(told=STALE), begun.view, 409)
    try:
        stated = with_prefilled(posted.stated(cells), begun.filled.cells, cells)
        stated.members["id"] = id_
        receipt = sealed.done(
            asked.site.recorder, sealed.transfer(stated, asked.who.id, asked.field("agreed")), asked.actor
        )
    except Refused as error:
        again, status = failed(asked, error, form)
        return _form(asked, again, begun.view, status)
    own.recorded(asked.site, asked.who, receipt)
    return asked.see("/-/receipts", seq=receipt.seq)


def with_prefilled(stated: Stated, began: Mapping[str, Cell], cells: Mapping[str, Cell]) -> Stated:
    """What is stated, and which members of it a person found filled in and left so."""
    if kept := start.untouched(began, cells):
        stated.members["prefilled"] = kept
    return stated


STALE = (
    "You signed in anew since this page was opened, so nothing was recorded yet. What you typed is still here: look at "
    "it once more, and press the button."
)


def failed(asked: Asked, error: Refused, form: Form) -> tuple[Form, int]:
    """The form again with all that stands in it, why it was not recorded, and the status to answer with."""
    if isinstance(error, posted.Wrong):
        return form._replace(wrong=error.found), 422
    if isinstance(error, posted.NotKnown):
        return form._replace(unlisted=error.found), 422
    if isinstance(error, sealed.Overtaken):
        return form._replace(told=str(error), newest=error.seq), 409
    if isinstance(error, Busy | Full):
        return form._replace(told=f"Not recorded yet. {asked.site.said(error)}"), 503
    placed = posted.placed(error)
    if "" in placed.found:
        return form._replace(told=f"Not recorded. {asked.site.said(error)}"), 503
    return form._replace(wrong=placed.found), 422
