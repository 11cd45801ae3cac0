"""A form that states a transfer, as a page shows it: for a new record, for a file, and for a correction."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.recording.boxes import Box, boxes, groups, options
from datasette_plugins.transfer_ledger.recording.dropped import Dropped
from datasette_plugins.transfer_ledger.recording.filled import OTHER, Unlisted
from datasette_plugins.transfer_ledger.recording.start import Filled
from datasette_plugins.transfer_ledger.web import Asked
from ledger.intake.draft import Cell
from ledger.register.read import load_law

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOST_NAMES = 3000
_SHORT = 90

Choice = tuple[str, str]
"""A code and what people call it."""


class ShownBox(NamedTuple):
    """One box as it is shown: its text or its chosen codes, the choices to show first and the others, what is wrong."""

    box: Box
    text: str
    chosen: frozenset[str]
    first: tuple[Choice, ...]
    rest: tuple[Choice, ...]
    other: str
    hint: str
    wrong: str
    documented: frozenset[str] | None
    dated: bool


class ShownGroup(NamedTuple):
    """A group of boxes: its heading, whether it is folded, whether it is open all the same, what stands in it."""

    title: str
    boxes: tuple[ShownBox, ...]
    folded: bool
    open: bool
    told: str


class Form(NamedTuple):
    """Everything about a form but where it is sent: what it began with, what stands in it, what is wrong with it."""

    filled: Filled
    cells: Mapping[str, Cell]
    hidden: Mapping[str, str]
    wrong: Mapping[str, str] = {}
    unlisted: Unlisted | None = None
    told: str = ""
    """A sentence about why the form is shown again, "" for none."""
    newest: int | None = None
    """The entry that has to be read first."""
    dropped: Dropped | None = None


def show(asked: Asked, template: str, form: Form, view: View, status: int = 200, **more: object) -> Response:
    """The page with a form. `more` is for its template."""
    wrong = dict(form.wrong)
    if form.unlisted is not None:
        for column, texts in form.unlisted.found:
            quoted = ", ".join(f"“{text}”" for text in texts)
            wrong.setdefault(column, f"Not known here: {quoted}. Choose a known name, or agree below to keep it so.")
    current = frozenset(one.id for one in load_law().bases if one.in_force(asked.today))
    shown = tuple(
        _group(title, tuple(_box(box, form, view, wrong, current) for box in inside), folded)
        for title, inside, folded in groups()
    )
    problems = [(boxes()[column], text) for column, text in wrong.items() if column in boxes()]
    return asked.page(
        template, status=status, form=form, groups=shown, problems=problems,
        others=[text for column, text in wrong.items() if column not in boxes()], parties=parties(view),
        unplanned=[view.labels(id_, "field") for id_ in form.filled.unplanned],
        citation=citation(form.filled, view), **more,
    )  # fmt: skip


def parties(view: View) -> list[str]:
    """The names of parties that a box may offer, sorted; of very many, the first ones."""
    names = {one.name for one in view.organisations.values()} | {one.name for one in load_law().parties}
    names |= {party.name for one in view.registers for party in one.register.parties}
    return sorted(names, key=str.casefold)[:_MOST_NAMES]


def purposes(view: View) -> dict[str, str]:
    """Every known purpose by its id, in the order of its name."""
    ids = {one.id for one in load_law().purposes}
    ids |= {purpose.id for one in view.registers for purpose in one.register.purposes}
    named = {id_: view.labels(id_, "purpose") for id_ in ids}
    return dict(sorted(named.items(), key=lambda pair: pair[1].casefold()))


def citation(filled: Filled, view: View) -> str:
    """Where the notice documents the flow that a form follows, "" for none."""
    if filled.flow is None:
        return ""
    for one in view.registers:
        found = [one.register.paragraph(id_) for id_ in filled.flow.cite]
        if any(found):
            return "; ".join(paragraph.citation for paragraph in found if paragraph is not None)
    return ""


def _group(title: str, inside: tuple[ShownBox, ...], folded: bool) -> ShownGroup:
    told = "; ".join(text for shown in inside if (text := _told(shown)))
    told = told if len(told) <= _SHORT else f"{told[: _SHORT - 1].rstrip()}…"
    return ShownGroup(title, inside, folded, any(shown.wrong or shown.hint for shown in inside), told)


def _told(shown: ShownBox) -> str:
    names = dict((*shown.first, *shown.rest))
    if shown.chosen:
        return ", ".join([*(names[id_] for id_ in names if id_ in shown.chosen), *filter(None, [shown.other])])
    if shown.box.column == "payload_sha256":
        return ""
    return f"{shown.box.label}: {shown.text}" if shown.text else ""


def _box(box: Box, form: Form, view: View, wrong: Mapping[str, str], current: frozenset[str]) -> ShownBox:
    cell = form.cells.get(box.column, "")
    documented = form.filled.documented.get(box.column)
    listed = dict(purposes(view)) if box.form == "purpose" else dict(options(box))
    values = [cell] if isinstance(cell, str) else list(cell)
    text, other = "", ""
    chosen: frozenset[str] = frozenset()
    if listed:
        chosen = frozenset(value for value in values if value in listed)
        other = "; ".join(value for value in values if value and value not in listed)
    else:
        text = "; ".join(values)
    likely = current if documented is None and box.kind == "lawful_basis" else documented or ()
    leading = [id_ for id_ in listed if id_ in chosen or id_ in likely]
    few = len(listed) <= 20 and box.form == "many" and not leading
    first = tuple((id_, listed[id_]) for id_ in (listed if few else leading))
    rest = () if few else tuple((id_, name) for id_, name in listed.items() if id_ not in leading)
    return ShownBox(
        box, text, chosen, first, rest, other, form.filled.hints.get(box.column, ""), wrong.get(box.column, ""),
        None if documented is None else frozenset(documented),
        box.form in ("date", "when") and (not text or _DAY.fullmatch(text) is not None),
    )  # fmt: skip


def other_name(box: Box) -> str:
    """The name of the text box beside a list of codes."""
    return OTHER + box.column
