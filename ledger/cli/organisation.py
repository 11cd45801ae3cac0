"""`organisation add`: makes the schools, PCTs and other local bodies known that play the notice's roles here."""

from __future__ import annotations

import csv
import difflib
import io
from pathlib import Path
from typing import Any

import click

from ledger import forms, settle
from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.edge import show_receipt
from ledger.errors import Refused
from ledger.london import parse_date
from ledger.members import Member, Organisation, members_of
from ledger.register.names import fold, known_names
from ledger.register.read import load_law, load_vocabularies

COLUMNS: dict[str, Member] = {m.column: m for m in members_of(Organisation) if m.column}
"""The columns of FILE.csv, in any order; `id`, `name` and `role` are required."""

_YES_NO = {"yes": True, "no": False, "true": True, "false": False}


class _Codes:
    """The codes of the vocabularies by their names, as a `Lookup`. The ledger's own names are looked up later."""

    def __init__(self) -> None:
        self._ids = {(kind, folded): id_ for folded, kind, id_ in known_names(load_law(), load_vocabularies(), (), ())}

    def find(self, kind: str, text: str) -> str | None:
        """The code that `text` means in the vocabulary `kind`, or None."""
        return self._ids.get((kind, fold(text)))

    def near(self, kind: str, text: str) -> list[str]:
        """Up to three codes of `kind` spelt most like `text`."""
        names = [folded for of, folded in self._ids if of == kind]
        close = difflib.get_close_matches(fold(text), names, n=3, cutoff=0.6)
        return list(dict.fromkeys(self._ids[kind, name] for name in close))


def _cell(member: Member, text: str, codes: _Codes) -> Any:
    if member.many:
        parts = [part.strip() for part in text.split(";")]
        if not all(parts):
            raise Refused("an item of the list is empty; separate items by one ;")
        for part in parts:
            _formed(member, part)
        return sorted(set(parts))
    if member.domain == "date":
        return parse_date(text)
    if member.domain == "bool":
        if text.lower() not in _YES_NO:
            raise Refused(f"{text[:40]!r} is not yes or no.")
        return _YES_NO[text.lower()]
    domain, _, vocabulary = member.domain.partition(":")
    if domain == "code":
        try:
            return settle.code(vocabulary, text, member, codes)
        except Refused as error:
            # It names its column already, and here every sentence gets its column in one place.
            raise Refused(str(error).removeprefix(f"{member.column}: ")) from None
    _formed(member, text)
    return text


def _formed(member: Member, text: str) -> None:
    if (why := forms.form_problem(member.domain, text)) is not None:
        raise Refused(f"{text[:60]!r}: {why}.")


def _disagreements(organisation: dict[str, Any], line: int, ids: dict[str, int]) -> list[tuple[str, str]]:
    """What does not go together, as (column, why). `ids` are those of the lines before; this line's is added."""
    wrong = []
    id_, opened, closed = (organisation.get(column) for column in ("id", "opened", "closed"))
    if id_ is not None and (first := ids.setdefault(id_, line)) != line:
        wrong.append(("id", f"{id_} is the id of line {first} too; an organisation has one line."))
    if opened is not None and closed is not None and closed < opened:
        wrong.append(("closed", f"{closed} is before {opened}, when it opened."))
    return wrong


def read_organisations(data: bytes, source: str) -> list[dict[str, Any]]:
    """The organisations of the CSV text `data`, codes settled. `Refused` lists every bad cell, by line and column."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"{source}: byte {error.start} is not UTF-8 text; save the file as CSV UTF-8.") from None
    if "\0" in text:
        raise Refused(f"{source}: line {text[: text.index(chr(0))].count(chr(10)) + 1} holds a NUL character.")
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(rows, [])]
        unknown = [cell for cell in header if cell not in COLUMNS]
        if not header or unknown or len(set(header)) < len(header) or not {"id", "name", "role"} <= set(header):
            raise Refused(
                f"{source}: line 1 is to name the columns id, name and role, each once, and may name "
                f"{', '.join(sorted(COLUMNS.keys() - {'id', 'name', 'role'}))}"
                + (f"; not {', '.join(map(repr, unknown))}." if unknown else ".")
            )
        codes = _Codes()
        problems: list[str] = []
        found = []
        ids: dict[str, int] = {}
        last = rows.line_num
        for row in rows:
            line, last = last + 1, rows.line_num
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                problems.append(f"{source}: line {line}: {len(row)} cells under {len(header)} headings.")
                continue
            organisation: dict[str, Any] = {}
            wrong: list[tuple[str, str]] = []
            for column, cell in zip(header, (cell.strip() for cell in row), strict=True):
                if cell:
                    try:
                        organisation[column] = _cell(COLUMNS[column], cell, codes)
                    except Refused as error:
                        wrong.append((column, str(error)))
                elif column in ("id", "name", "role"):
                    wrong.append((column, "it is empty."))
            wrong += _disagreements(organisation, line, ids)
            problems += [f"{source}: line {line}, {column}: {why}" for column, why in wrong]
            found.append(organisation)
    except csv.Error as error:
        raise Refused(f"{source}: line {rows.line_num} is not CSV: {error}.") from None
    if problems:
        raise Refused("\n".join(problems))
    if not found:
        raise Refused(f"{source}: there is no organisation in it.")
    return found


@click.group()
def organisation() -> None:
    """The organisations that play the notice's roles here."""


@organisation.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@actor_option
def add(ledger: Path, file: Path) -> None:
    """Make the organisations of FILE (CSV) known in LEDGER: all of them, or none where one is bad."""

    try:
        data = file.read_bytes()
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}.") from None
    organisations = read_organisations(data, str(file))
    with open_ledger(ledger) as opened:
        receipts = opened.add_organisations(organisations)
    for receipt in receipts:
        show_receipt(receipt)
    click.echo(f"{len(receipts)} of {len(organisations)} sealed; the others were known already.")
