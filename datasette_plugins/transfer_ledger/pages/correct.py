"""Correcting a transfer: what it states now, to be changed as it should have been, with the reason why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.entries.sentences import sentence
from datasette_plugins.transfer_ledger.pages import form as forms
from datasette_plugins.transfer_ledger.pages.entry import VIEWED
from datasette_plugins.transfer_ledger.pages.form import Form
from datasette_plugins.transfer_ledger.pages.record import STALE, failed
from datasette_plugins.transfer_ledger.recording import filled as posted
from datasette_plugins.transfer_ledger.recording import own, sealed, start, ways
from datasette_plugins.transfer_ledger.recording.boxes import boxes
from datasette_plugins.transfer_ledger.recording.start import Filled
from datasette_plugins.transfer_ledger.roles import DECIDERS
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, NotThere, whole
from ledger.errors import Refused
from ledger.forms import text_problem
from ledger.intake.draft import Cell, Stated
from ledger.members import Correction, Transfer


class Current(NamedTuple):
    """What a transfer states now: entry `root` recorded it, `facts` are those of entry `newest`; None: withdrawn."""

    root: int
    newest: int
    facts: Transfer | Correction | None
    sentence: str


def current(asked: Asked) -> Current:
    """The transfer that the address names. `NotThere` where it is none, or not this person's to change."""
    root = own.may_change(asked.site, asked.who, int(asked.vars["seq"]))
    if root is None:
        raise NotThere
    with asked.site.reading() as source:
        newest = source.statements_of(root)[-1]
        facts = ways.facts_of(source, newest)
    told = "" if facts is None else sentence(facts, asked.site.view().labels)
    return Current(root, newest, facts, told)


def made_from(asked: Asked) -> int:
    """The statement that the form showed. `BadRequest` where it does not say."""
    text = asked.field("made_from")
    if whole(text) is None:
        raise BadRequest(start.OUT_OF_ORDER)
    return int(text)


def reason_of(asked: Asked) -> tuple[str, str]:
    """The reason in the form, and what is wrong with it, "" for nothing."""
    reason = posted.line(asked.field("reason"))
    if not reason:
        return "", "Say why, in a few words; it is kept as an erasable value."
    try:
        posted.no_persons(Stated({}, {"reason": reason}))
    except posted.Wrong as error:
        return reason, str(error)
    wrong = text_problem("reason", reason)
    return reason, wrong[:1].upper() + wrong[1:] if wrong else ""


def page(asked: Asked) -> Response:
    """`/-/record/SEQ/correct`."""
    asked.only()
    found, view = current(asked), asked.site.view()
    if found.facts is None:
        return asked.page("withdraw.html", status=409, found=found, reason="", wrong="", told=WITHDRAWN, newest=None)
    with asked.site.reading() as source:
        sealed_ = start.cells_of(found.facts, ways.names_of(source, view))
    if asked.method == "POST":
        return _correct(asked, found, sealed_, view)
    typed = _typed(asked, found, sealed_)
    cells = {**sealed_, **(typed or {})}
    form = Form(_began(cells), cells, {"made_from": str(found.newest)}, told="" if typed is not None else NOT_YOURS)
    return _form(asked, found, form, view)


WITHDRAWN = (
    "This transfer was withdrawn; there is nothing left to correct. If it took place after all, record it again."
)


NOT_YOURS = (
    "Somebody else stated this last. What they typed as erasable values, such as a note, is not shown to you, and your "
    "correction would stand without it; ask them, or your data protection officer, if it matters."
)


def _began(cells: Mapping[str, Cell]) -> Filled:
    return Filled(dict(cells), {}, {}, None, ())


def _typed(asked: Asked, found: Current, sealed_: Mapping[str, Cell]) -> dict[str, Cell] | None:
    """The erasable values of the statement, for whoever recorded them, or may see any: that is written in the log.

    None where they are neither.
    """
    if asked.who.role in DECIDERS:
        asked.site.people.log(asked.who, VIEWED, f"entry {found.newest}, to correct it")
    with asked.site.reading_erasable() as source:
        if asked.who.role not in DECIDERS and own.recorder_of(source, found.newest) != asked.who.id:
            return None
        given = source.given(found.newest)
    cells: dict[str, Cell] = {}
    for name, value in given.items():
        column = name.removesuffix("_as_given")
        column = "opt_outs_limited_to" if column == "limited_to" else column
        if column not in boxes():
            continue
        before = sealed_.get(column, ())
        cells[column] = value if isinstance(value, str) else (*(before if isinstance(before, tuple) else ()), *value)
    return cells


def _correct(asked: Asked, found: Current, sealed_: Mapping[str, Cell], view: View) -> Response:
    assert found.facts is not None
    cells, shown = posted.cells(asked), made_from(asked)
    reason, wrong = reason_of(asked)
    form = Form(_began({}), cells, {"made_from": str(shown)})
    if asked.stale:
        return _form(asked, found, form._replace(told=STALE), view, reason=reason, status=409)
    try:
        stated = _stated(cells, wrong)
        if kept := [path for path in start.untouched(sealed_, cells) if path in found.facts.prefilled]:
            stated.members["prefilled"] = tuple(kept)  # nobody has stated them until now
        job = sealed.correction(
            found.root, shown, stated, {"reason": reason}, asked.who.id, asked.field("agreed")
        )  # fmt: skip
        receipt = sealed.done(asked.site.recorder, job, asked.actor)
    except Refused as error:
        again, status = failed(asked, error, form)
        return _form(asked, found, again, view, reason=reason, wrong=wrong, status=status)
    own.recorded(asked.site, asked.who, receipt)
    return asked.see("/-/receipts", seq=receipt.seq)


def _stated(cells: Mapping[str, Cell], wrong: str) -> Stated:
    try:
        found = posted.stated(cells)
    except posted.Wrong as error:
        raise posted.Wrong([*error.found.items(), *([("reason", wrong)] if wrong else [])]) from None
    if wrong:
        raise posted.Wrong([("reason", wrong)])
    return found


def _form(
    asked: Asked, found: Current, form: Form, view: View, *, reason: str = "", wrong: str = "", status: int = 200
) -> Response:
    form = form._replace(wrong={c: text for c, text in form.wrong.items() if c != "reason"})
    return forms.show(asked, "correct.html", form, view, status, found=found, reason=reason, reason_wrong=wrong)
