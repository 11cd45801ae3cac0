"""What an address asks for, read strictly: /transfers?year=2009-10&recipient=ofsted as a `Wanted`, and back.

An empty value is not asked; whatever else cannot be read is refused in a sentence that names the parameter and says
what may stand there. No sentence repeats more than 40 characters of what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import NamedTuple, get_args
from urllib.parse import urlencode

from datasette_plugins.transfer_ledger.columns import order
from datasette_plugins.transfer_ledger.columns.codes import Codes
from datasette_plugins.transfer_ledger.columns.facets import HAVING
from datasette_plugins.transfer_ledger.columns.found import AGES
from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.columns.wanted import State, Wanted, WantedFindings
from ledger.errors import Refused
from ledger.london import parse_date
from reports.checks import CHECKS
from reports.finding import OUTCOMES, SEVERITIES
from reports.scope import WHOLE, Period, between, find_term, parse_month, parse_year, terms

MOST_CHARACTERS = 200
"""So long a text may be searched for."""

MOST_WORDS = 12
"""So many words may be searched for at once."""

MOST_ROWS = 500
"""So many transfers a page may show."""

_ECHOED = 40
_PERIOD = ("year", "term", "month", "from", "to")
TRANSFERS = (
    *_PERIOD, "school", "sender", "recipient", "purpose", "field", "basis", "channel", "findings", "severity", "check",
    "late", "corrected", "q",
)  # fmt: skip
FINDINGS = (*_PERIOD, "state", "check", "severity", "outcome", "recipient", "sender", "school", "age")
TURN = ("sort", "after", "before", "size", "format")
STATES: tuple[str, ...] = get_args(State)
_SEQ = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII)
_SIZE = re.compile(r"[1-9][0-9]{0,3}", re.ASCII)


class Turn(NamedTuple):
    """Which page of what is wanted, and in which order."""

    sort: str = "day"
    after: int | None = None
    before: int | None = None
    size: int = 50


def _is_none(name: str, text: str, may: str) -> Refused:
    return Refused(f"`{name}` takes {may}; {text[:_ECHOED]}{'…' if len(text) > _ECHOED else ''} is none.")


def _once(query: Mapping[str, list[str]], known: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name, values in query.items():
        if name not in known and name not in TURN:
            there = ", ".join((*known, *TURN))
            raise Refused(f"This page has no parameter {name[:_ECHOED]}; it has {there}.")
        if len(values) > 1:
            raise Refused(f"`{name}` is given {len(values)} times; give it once.")
        if values and (text := values[0].strip()):
            found[name] = text
    return found


def _period(given: dict[str, str], view: View) -> Period:
    ways: list[str] = [name for name in ("year", "term", "month") if name in given]
    ways += ["from"] if "from" in given or "to" in given else []
    if len(ways) > 1:
        raise Refused("Only one period can be asked for: `year`, `term`, `month`, or `from` with `to`.")
    if not ways:
        return WHOLE
    name = ways[0]
    try:
        if name == "year":
            return parse_year(given[name])
        if name == "month":
            return parse_month(given[name])
        if name == "from":
            days: dict[str, date | None] = {"from": None, "to": None}
            for name in days.keys() & given.keys():
                days[name] = parse_date(given[name])
            return between(days["from"], days["to"])
    except Refused as error:
        raise Refused(f"`{name}`: {error}") from None
    known = terms(one.register for one in view.registers)
    if given[name] not in {one.id for one in known}:
        there = ", ".join(one.id for one in known)
        raise _is_none(name, given[name], f"a term of an adopted register: {there or 'they state none'}")
    return find_term(given[name], known)


def _party(view: View, name: str, text: str) -> str:
    if view.schools.present(text) in view.organisations:
        return text
    return _code(view, name, text, view.table.parties, view.rows.shapes.parties, "the id of somebody who sends or gets")


def _code(view: View, name: str, text: str, codes: Codes, count: int, may: str) -> str:
    # What the ledger has, or what a register or the law has a name for: it may not have been sent yet. (`Labels` also
    # has words for the names of erasable values, which are no ids.)
    if 0 <= codes.find(text) < count or (not text.endswith("_as_given") and view.labels(text, codes.kind) != text):
        return text
    such = f", such as {codes.texts[0]}" if count else ""
    raise _is_none(name, text, f"{may}{such}")


def _school(view: View, name: str, text: str) -> str:
    present = view.schools.present(text)
    if present in view.organisations or present in view.schools.ids:
        return present
    raise _is_none(name, text, "the id of an organisation of this ledger")


def _coded(view: View, given: dict[str, str]) -> dict[str, str]:
    """Those of the parameters that are ids or codes which the ledger has."""
    table, shapes = view.table, view.rows.shapes
    parties = ("sender", "recipient")
    found: dict[str, str] = {name: _party(view, name, given[name]) for name in parties if name in given}
    kinds = {
        "purpose": (table.purposes, shapes.purposes, "the id of a purpose"),
        "field": (table.fields, shapes.fields, "the id of a data item"),
        "basis": (table.bases, shapes.bases, "the code of a lawful basis"),
        "channel": (table.channels, shapes.channels, "the code of a way of sending"),
    }
    found |= {name: _code(view, name, given[name], *of) for name, of in kinds.items() if name in given}
    if "school" in given:
        found["school"] = _school(view, "school", given["school"])
    return found


def _choice(given: dict[str, str], name: str, values: tuple[str, ...], may: str = "") -> dict[str, str]:
    if name not in given:
        return {}
    if given[name] not in values:
        raise _is_none(name, given[name], may or f"one of {', '.join(values)}")
    return {name: given[name]}


def _checks(given: dict[str, str]) -> dict[str, str]:
    ids = tuple(check.ID for check in CHECKS)
    return _choice(given, "check", ids, f"the name of a check, such as {ids[0]}")


def _yes_or_no(given: dict[str, str], name: str) -> dict[str, bool]:
    return {key: value == "1" for key, value in _choice(given, name, ("1", "0"), "1 for yes or 0 for no").items()}


def _words(given: dict[str, str]) -> str:
    text = given.get("q", "")
    if len(text) > MOST_CHARACTERS:
        raise Refused(f"`q` has {len(text):,} characters; search for at most {MOST_CHARACTERS}.")
    words = text.split()
    if len(words) > MOST_WORDS:
        raise Refused(f"`q` has {len(words)} words; search for at most {MOST_WORDS}.")
    if not all(word.isprintable() for word in words):
        raise Refused("`q` has a character that cannot be seen, such as a control character; type the words again.")
    return " ".join(words)


_build: Callable[..., Wanted] = Wanted
_build_findings: Callable[..., WantedFindings] = WantedFindings


def wanted_of(query: Mapping[str, list[str]], view: View, today: date) -> Wanted:
    """The transfers that an address asks for. `Refused` for what is unknown, twice there or cannot be read.

    A school is given by its present id, whichever it was asked for by. Nothing depends on `today` yet: every period
    names its days.
    """
    given = _once(query, TRANSFERS)
    return _build(
        period=_period(given, view),
        words=_words(given),
        **_coded(view, given),
        **_choice(given, "findings", tuple(HAVING)),
        **_choice(given, "severity", SEVERITIES),
        **_checks(given),
        **_yes_or_no(given, "late"),
        **_yes_or_no(given, "corrected"),
    )


def wanted_findings_of(query: Mapping[str, list[str]], view: View) -> WantedFindings:
    """The findings that an address asks for; open ones where it names no state. `Refused` as `wanted_of`."""
    given = _once(query, FINDINGS)
    return _build_findings(
        period=_period(given, view),
        **_coded(view, given),
        **_choice(given, "state", STATES),
        **_checks(given),
        **_choice(given, "severity", SEVERITIES),
        **_choice(given, "outcome", OUTCOMES),
        **_choice(given, "age", tuple(AGES)),
    )


def turn_of(query: Mapping[str, list[str]], most: int = MOST_ROWS) -> Turn:
    """The page that an address asks for, of at most `most` rows. `Refused` for what it cannot be."""
    given = _once({name: values for name, values in query.items() if name in TURN}, ())
    sorts = (*order.SORTS, *(f"-{name}" for name in order.SORTS))
    may = f"one of {', '.join(order.SORTS)}, or one of these with - before it"
    found: dict[str, int] = {}
    for name in ("after", "before"):
        if name in given:
            if not _SEQ.fullmatch(given[name]):
                raise _is_none(name, given[name], "the number of an entry")
            found[name] = int(given[name])
    if "size" in given:
        if not _SIZE.fullmatch(given["size"]) or int(given["size"]) > most:
            raise _is_none("size", given["size"], f"a number from 1 to {most}")
        found["size"] = int(given["size"])
    if len(found.keys() & {"after", "before"}) == 2:
        raise Refused("A page begins after a transfer or ends before one: give `after` or `before`.")
    sort = _choice(given, "sort", sorts, may).get("sort", "day")
    return Turn(sort, found.get("after"), found.get("before"), found.get("size", Turn().size))


def _address(period: Period, values: Mapping[str, object], unless: Mapping[str, object]) -> str:
    pairs: list[tuple[str, str]] = []
    if period != WHOLE:
        pairs += [(name, value) for name, _, value in (part.partition("=") for part in period.option.split(","))]
    for name, value in values.items():
        if value is not None and value != unless.get(name):
            pairs.append((name, str(int(value)) if isinstance(value, bool) else str(value)))
    return urlencode(pairs)


def address_of(wanted: Wanted) -> str:
    """`wanted` as the part of an address after the `?`: only what is set, always in one order; "" for everything."""
    values = wanted._asdict()
    words = values.pop("words")
    return _address(values.pop("period"), {**values, "q": words or None}, {})


def address_of_findings(wanted: WantedFindings) -> str:
    """`wanted` as the part of an address after the `?`, as `address_of`."""
    values = wanted._asdict()
    return _address(values.pop("period"), values, {"state": "open"})
