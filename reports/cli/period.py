"""The options by which a report, a sample or an export is told of which time, and of which school, it is to speak."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from ledger.errors import Refused

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    ("year", "YEAR", "A school year, as 2009-10."),
    ("term", "TERM", "A term that the register states, as autumn-2009; for governors, a fixed one."),
    ("month", "MONTH", "A month, as 2010-05."),
    ("from", "DATE", "The first day (YYYY-MM-DD)."),
    ("to", "DATE", "The last day (YYYY-MM-DD)."),
)


def _given(named: dict[str, str | None], whole: bool) -> str:
    stated = {name: value for name, value in named.items() if value is not None}
    kinds = {"from" if name == "to" else name for name in stated} | ({"whole"} if whole else set())
    if len(kinds) > 1:
        raise Refused("Name one period: --year, --term, --month, --from and --to, or --whole.")
    if any("," in value or "=" in value for value in stated.values()):
        raise Refused("A period is written with letters, digits and hyphens only.")
    return "whole" if whole else ",".join(f"{name}={value}" for name, value in stated.items())


def period_options(unless: str) -> Callable[[_Command], _Command]:
    """Gives a command the options for a period and a school. It gets `period`, as an attestation seals it ("" where
    none is named), and `school`. `unless` ends the help of --whole: what is spoken of without any.
    """

    def decorated(command: _Command) -> _Command:
        @wraps(command)
        def told(*arguments: Any, **named: Any) -> Any:
            period = _given({name: named.pop(f"period_{name}") for name, _, _ in _OPTIONS}, named.pop("whole"))
            return command(*arguments, period=period, **named)

        of_school = "What one school sent, received, or is named in."
        told = click.option("--school", default="", metavar="ID", help=of_school)(told)
        told = click.option("--whole", is_flag=True, help=f"Everything recorded{unless}.")(told)
        for name, of, what in reversed(_OPTIONS):
            told = click.option(f"--{name}", f"period_{name}", metavar=of, help=what)(told)
        return told  # type: ignore[return-value]

    return decorated
