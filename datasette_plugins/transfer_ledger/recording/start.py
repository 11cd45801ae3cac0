"""What a form begins with, worked out from where it began: a documented flow, an earlier transfer, a file, the day.

Where a form began travels with it in hidden fields, and what was filled in is worked out again when it comes back. So
what the page says was not changed by a person is this program's own comparison, and not a claim of the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from datasette_plugins.transfer_ledger.recording.boxes import boxes, path_of
from datasette_plugins.transfer_ledger.recording.dropped import Dropped
from ledger.errors import Refused
from ledger.intake.draft import Cell
from ledger.london import parse_date
from ledger.members import NOT_STATED, UNLISTED, Facts, Organisation
from ledger.register.model import Flow, Register
from ledger.register.read import load_law
from ledger.source import Adopted

SAME = (
    "sender", "recipient", "recipient_role", "schools", "purpose", "fields", "lawful_basis",
    "special_category_condition", "legal_power", "subject_kind", "year_groups", "key_stages", "age_min", "age_max",
    "phase", "granularity", "channel", "country", "safeguard", "agreement_review_on", "dpia_review_on",
)  # fmt: skip
"""The columns that "the same as last time" fills in: not the day, the file, a count or an approval, which are new."""

_SEQ = re.compile(r"0|[1-9][0-9]{0,14}", re.ASCII)
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_FORMS = {
    "sha256": re.compile(r"[0-9a-f]{64}", re.ASCII),
    "bytes": re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII),
    "type": re.compile(r"[a-z0-9.+-]{1,40}/[a-z0-9.+-]{1,80}", re.ASCII),
    "rows": re.compile(r"(?:0|[1-9][0-9]{0,9})?", re.ASCII),
    "items": re.compile(r"[a-z0-9;-]{0,8000}", re.ASCII),
}
OUT_OF_ORDER = "The form does not say any more where it began; open the page again."


class File(NamedTuple):
    """What a form knows of the file that went, as text."""

    sha256: str
    bytes: str
    type: str
    rows: str
    items: str


class Start(NamedTuple):
    """Where a form began: on which London `day`, by flow `flow` to party `to` of the register that is entry `register`,
    by the earlier transfer that is entry `same`, and with which file. `like` is an earlier transfer of the same person,
    whose sender and way of sending are taken where the flow leaves them open.
    """

    day: date
    register: int | None = None
    flow: str = ""
    to: str = ""
    same: int | None = None
    like: int | None = None
    file: File | None = None

    def hidden(self) -> dict[str, str]:
        """The hidden fields that carry it."""
        found = {
            "day": self.day.isoformat(), "register": _text(self.register), "flow": self.flow, "to": self.to,
            "same": _text(self.same), "like": _text(self.like),
        }  # fmt: skip
        if self.file is not None:
            found |= {f"file_{name}": value for name, value in self.file._asdict().items()}
        return {f"from_{name}": value for name, value in found.items() if value}


def _text(seq: int | None) -> str:
    return "" if seq is None else str(seq)


def with_file(start: Start, dropped: Dropped) -> Start:
    """The same beginning, with a file."""
    rows = "" if dropped.rows is None else str(dropped.rows)
    items = ";".join(dropped.fields)
    return start._replace(file=File(dropped.sha256, str(dropped.bytes), dropped.media_type, rows, items))


def read(field: Callable[[str], str], today: date) -> Start:
    """The beginning that the hidden fields give by name; a form without any began today. `Refused` for nonsense."""

    def checked(name: str, form: re.Pattern[str]) -> str:
        text = field(f"from_{name}")
        if text and form.fullmatch(text) is None:
            raise Refused(OUT_OF_ORDER)
        return text

    def seq(name: str) -> int | None:
        text = checked(name, _SEQ)
        return int(text) if text else None

    file = {name: checked(f"file_{name}", form) for name, form in _FORMS.items()}
    day = field("from_day")
    return Start(
        day=parse_date(day) if day else today,
        register=seq("register"),
        flow=checked("flow", _ID),
        to=checked("to", _ID),
        same=seq("same"),
        like=seq("like"),
        file=File(**file) if file["sha256"] else None,
    )


class Filled(NamedTuple):
    """What a form begins with: `cells` by column, the choices that are documented, by column, and a word on each box.

    `flow` is the documented flow that it follows, None for none; `unplanned` are data items of the file that the flow
    does not document.
    """

    cells: dict[str, Cell]
    documented: dict[str, tuple[str, ...]]
    hints: dict[str, str]
    flow: Flow | None
    unplanned: tuple[str, ...]


class Names(NamedTuple):
    """What a form needs to know by name: registers, organisations, and the `text` that means an id to `record`."""

    registers: tuple[Adopted, ...]
    organisations: Mapping[str, Organisation]
    text: Callable[[str, str], str]
    """(kind, id) → what people type for it."""
    own: str = ""
    """The id of the organisation that keeps the ledger, "" where it is no known party."""


def fill(start: Start, names: Names, facts: Callable[[int], Facts | None]) -> Filled:
    """What a form that began so begins with. `facts` gives what an entry states, None where it is no transfer."""
    same = None if start.same is None else facts(start.same)
    like = None if start.like is None else facts(start.like)
    adopted = next((one.register for one in names.registers if one.seq == start.register), None)
    flow = adopted.flow(start.flow) if adopted is not None else None
    filled = Filled({}, {}, {}, flow, ())
    if same is not None:
        filled = filled._replace(cells={c: cell for c, cell in cells_of(same, names).items() if c in SAME})
    elif flow is not None and adopted is not None:
        filled = _documented(start, flow, adopted, names, like)
    elif like is not None and like.sender not in (None, UNLISTED):
        filled.cells["sender"] = names.text("party", str(like.sender))
    filled.cells["transferred_at"] = start.day.isoformat()
    return filled if start.file is None else _with_file(filled, start.file)


def _with_file(filled: Filled, file: File) -> Filled:
    cells = filled.cells | {
        "payload_sha256": file.sha256, "payload_bytes": file.bytes, "payload_media_type": file.type,
        "payload_rows": file.rows,
    }  # fmt: skip
    items = tuple(one for one in file.items.split(";") if one)
    if items:
        cells["fields"] = items
    known = set(filled.documented.get("fields", ()))
    unplanned = tuple(one for one in items if one not in known) if filled.flow is not None else ()
    return filled._replace(cells={c: cell for c, cell in cells.items() if cell}, unplanned=unplanned)


def _documented(start: Start, flow: Flow, register: Register, names: Names, like: Facts | None) -> Filled:
    law = load_law()
    current = {
        one.id: one.kind == "basis"
        for code in flow.lawful_bases
        if (one := law.basis(code)) is not None and one.in_force(start.day)
    }
    permitted = (*flow.fields.required, *flow.fields.permitted)
    cells: dict[str, Cell] = {
        "sender": _party(flow.sender, register, names, like.sender if like else None),
        "recipient": _party((start.to,) if start.to in flow.recipient else flow.recipient, register, names, None),
        "purpose": flow.purposes[0] if len(flow.purposes) == 1 else "",
        "fields": tuple(dict.fromkeys(permitted)),
        "lawful_basis": tuple(code for code, basis in current.items() if basis),
        "special_category_condition": tuple(code for code, basis in current.items() if not basis),
        "subject_kind": flow.subjects.kinds[0] if len(flow.subjects.kinds) == 1 else "",
        "granularity": flow.granularity or "",
        "agreement_review_on": str(flow.agreement.review_on) if flow.agreement and flow.agreement.review_on else "",
    }
    if like is not None and like.channel and names.text("party", str(like.recipient)) == cells["recipient"]:
        cells["channel"] = like.channel
    documented = {
        "purpose": flow.purposes,
        "fields": tuple(dict.fromkeys((*permitted, *flow.fields.voluntary))),
        "lawful_basis": cells["lawful_basis"],
        "special_category_condition": cells["special_category_condition"],
        "key_stages": flow.subjects.key_stages,
        "year_groups": flow.subjects.year_groups,
    }
    return Filled(
        {column: cell for column, cell in cells.items() if cell},
        {column: tuple(ids) for column, ids in documented.items() if ids},
        _hints(flow),
        flow,
        (),
    )


def _hints(flow: Flow) -> dict[str, str]:
    hints = {}
    if flow.approval is not None:
        hints["approval_role"] = "This flow needs an approval beforehand; say who gave it, and when."
    if flow.opt_out is not None:
        hints["opt_outs_checked"] = f"Opt-outs count here: {flow.opt_out.who}"
    if flow.retention is not None:
        hints["retain_until"] = f"Documented: {flow.retention.text}"
    if flow.fields.voluntary:
        hints["fields"] = "What is not ticked at first is documented as voluntary."
    return hints


def _party(ids: Iterable[str], register: Register, names: Names, last: str | None) -> str:
    """Who is meant by parties of a register: the one that was it last, or the only organisation that plays one."""
    players: list[str] = []
    for id_ in ids:
        roles = register.players(id_)
        playing = [one.id for one in names.organisations.values() if one.id in roles or one.role in roles]
        players += playing or [id_]
    for one in (last, names.own):
        if one in players:
            return names.text("party", str(one))
    return names.text("party", players[0]) if len(players) == 1 else ""


def cells_of(facts: Facts, names: Names) -> dict[str, Cell]:
    """What a sealed statement says, as cells of a form. What was unlisted is left out: its text is not sealed."""
    found: dict[str, Cell] = {}
    for column, box in boxes().items():
        path = path_of(column)
        value: Any = facts if path is not None else None
        for part in (path or "").split("."):
            value = getattr(value, {"date": "on"}.get(part, part), None)
        if value is None or value == ():
            continue
        if isinstance(value, tuple):
            kind = "field" if column == "opt_outs_limited_to" else "party" if column == "schools" else ""
            items = [_item(one, kind, names) for one in value if one != UNLISTED]
            if items:
                found[column] = tuple(items)
        elif value != UNLISTED:
            found[column] = _item(value, box.form if box.form == "party" else "", names)
    return found


def _item(value: Any, kind: str, names: Names) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "origin"):
        return f"{value.origin}#{value.id}" if value.origin else str(value.id)
    return names.text(kind, str(value)) if kind and value != NOT_STATED else str(value)


def untouched(began: Mapping[str, Cell], cells: Mapping[str, Cell]) -> tuple[str, ...]:
    """The sealed members, sorted, that a form `began` with and that are in its `cells` as they were."""
    return tuple(
        sorted(
            path
            for column, cell in began.items()
            if (path := path_of(column)) is not None and cell and _plain(cell) == _plain(cells.get(column, ""))
        )
    )


def _plain(cell: Cell) -> object:
    return " ".join(cell.split()) if isinstance(cell, str) else frozenset(cell)
