"""Who sends data to whom: everybody in one map and one table, and each organisation on a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.selected import By, Flow
from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import Wanted, WantedFindings
from datasette_plugins.transfer_ledger.pages import flow_map
from datasette_plugins.transfer_ledger.pages.register import evidence_with, judging
from datasette_plugins.transfer_ledger.web import Asked, NotThere
from ledger.members import NOT_STATED, UNLISTED, Organisation
from reports.documents.exports.documented import InWords, in_words
from reports.documents.findings import NOT_KNOWN, named

MOST_ROWS = 200
"""So many organisations stand on one page; the others are found by words."""

MOST_FINDINGS = 20


class Party(NamedTuple):
    """One organisation in the list: what it sent and got, and how many of those transfers have a finding."""

    id: str
    name: str
    role: str
    sent: int
    got: int
    last: str
    with_findings: int


class Item(NamedTuple):
    """One data item of an organisation: how many transfers held it, and whether a flow to it documents it."""

    id: str
    name: str
    times: int
    state: str


class Moved(NamedTuple):
    """Transfers with one other organisation for one purpose."""

    other: str
    other_name: str
    purpose: str
    transfers: int
    first: str
    last: str
    open: int


ITEM_STATES = {
    "documented": "sent, documented",
    "not-documented": "sent, NOT documented",
    "never-sent": "documented, never sent",
    "cannot-tell": "nobody said what it held",
    "not-compared": "sent; no register is in force",
}
"""How a data item stands, in words."""


def _role(view: View, id_: str) -> str:
    one = view.organisations.get(id_)
    return "" if one is None else view.labels(one.role, "role")


def parties(view: View, sent: Sequence[By], got: Sequence[By]) -> list[Party]:
    """Everybody who sent or got anything, those with the most transfers first."""
    senders, recipients = ({one.code: one for one in those} for those in (sent, got))
    found = []
    for id_ in {**senders, **recipients}:
        those = [one for one in (senders.get(id_), recipients.get(id_)) if one is not None]
        found.append(
            Party(
                id_,
                named(id_, view.labels),
                _role(view, id_),
                senders[id_].count if id_ in senders else 0,
                recipients[id_].count if id_ in recipients else 0,
                max(one.last for one in those).isoformat(),
                sum(one.with_findings for one in those),
            )
        )
    return sorted(found, key=lambda one: (-(one.sent + one.got), one.name, one.id))


def page(asked: Asked) -> Response:
    """`GET /-/organisations`."""
    asked.only("q")
    with asked.site.reading() as source:
        view, words = asked.site.checked_view(source), asked.one("q").casefold().split()
    selected = view.select(Wanted(), asked.today)
    all_ = parties(view, selected.by("sender"), selected.by("recipient"))
    found = [one for one in all_ if all(word in f"{one.name} {one.id} {one.role}".casefold() for word in words)]
    rows = flow_map.between(view, selected.flows())
    return asked.page(
        "organisations.html", found=found[:MOST_ROWS], more=len(found) - MOST_ROWS, total=len(all_),
        rows=rows, map=flow_map.drawn(rows), width=flow_map.WIDTH, schools=flow_map.SCHOOLS, words=asked.one("q"),
    )  # fmt: skip


def _players(organisation: Organisation | None, id_: str) -> frozenset[str]:
    return frozenset((id_,)) if organisation is None else frozenset((id_, organisation.id, organisation.role))


def documented(asked: Asked, view: View, players: frozenset[str]) -> tuple[tuple[InWords, ...], tuple[InWords, ...]]:
    """What the register in force documents: the flows to this organisation, and those from it."""
    one = judging(view.registers, asked.today) or (view.registers[-1] if view.registers else None)
    if one is None:
        return (), ()
    flows = in_words(one, evidence_with(view.registers), asked.today)

    def is_of(ids: Sequence[str]) -> bool:
        return any(one.register.players(id_) & players for id_ in ids)

    to = tuple(flow for flow in flows if is_of(flow.flow.recipient))
    return to, tuple(flow for flow in flows if is_of(flow.flow.sender))


def items(view: View, matrix: dict[tuple[str, str], int], ids: frozenset[str], to: Sequence[InWords]) -> list[Item]:
    """The data items that it got or may get, those that nobody documented first."""
    times: dict[str, int] = {}
    for (recipient, field), count in matrix.items():
        if recipient in ids:
            times[field] = times.get(field, 0) + count
    may = {field for flow in to for field in flow.flow.fields.all}
    found = []
    for field in {**times, **dict.fromkeys(may)}:
        if field == NOT_STATED:
            state = "cannot-tell"
        elif not view.registers:
            state = "not-compared"
        elif field not in may:
            state = "not-documented"
        else:
            state = "documented" if field in times else "never-sent"
        name = NOT_KNOWN if field == UNLISTED else view.labels(field, "field")
        found.append(Item(field, name, times.get(field, 0), state))
    order = list(ITEM_STATES)
    order.insert(0, order.pop(order.index("not-documented")))
    return sorted(found, key=lambda one: (order.index(one.state), -one.times, one.name))


def _moved(view: View, flows: Sequence[Flow], ids: frozenset[str], got: bool) -> list[Moved]:
    found = []
    for flow in flows:
        own, other = (flow.recipient, flow.sender) if got else (flow.sender, flow.recipient)
        if own in ids:
            purpose = named(flow.purpose, view.labels)
            days = flow.first.isoformat(), flow.last.isoformat()
            found.append(Moved(other, named(other, view.labels), purpose, flow.count, *days, flow.open))
    return found


def one(asked: Asked) -> Response:
    """`GET /-/organisations/ID`."""
    asked.only()
    with asked.site.reading() as source:
        view, id_ = asked.site.checked_view(source), asked.vars["id"]
    organisation = view.organisations.get(id_)
    selected = view.select(Wanted(), asked.today)
    ids = frozenset((id_,)) if organisation is None else frozenset((id_, organisation.id, *organisation.former_ids))
    flows = selected.flows()
    got, sent = _moved(view, flows, ids, True), _moved(view, flows, ids, False)
    to, from_ = documented(asked, view, _players(organisation, id_))
    if organisation is None and not (got or sent or to or from_):
        raise NotThere
    ways = (WantedFindings(recipient=id_), WantedFindings(sender=id_))
    groups = view.found.groups(np.union1d(*(view.findings(way, asked.today) for way in ways)))
    return asked.page(
        "organisation.html", id=id_, name=named(id_, view.labels), organisation=organisation,
        role=_role(view, id_), got=got, sent=sent, to=to, from_=from_, states=ITEM_STATES,
        items=items(view, selected.matrix(), ids, to), groups=groups[:MOST_FINDINGS], more=len(groups) - MOST_FINDINGS,
        label=view.labels,
    )  # fmt: skip
