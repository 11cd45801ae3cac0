"""What somebody says when they decide about findings, looked at before it is sealed, wherever it was typed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from ledger.errors import Refused
from ledger.forms import text_problem
from ledger.intake.draft import Stated
from ledger.intake.person import persons_in
from ledger.london import parse_date


def due_of(text: str, as_of: date) -> date:
    """The last day on which a decision closes its finding, written as YYYY-MM-DD.

    `Refused` for what is no date, or a day before `as_of`.
    """
    due = parse_date(text)
    if due < as_of:
        raise Refused(f"{text} is before {as_of}, so that the decision would close nothing.")
    return due


def texts_of(given: Mapping[str, str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """The erasable texts of a decision, without spaces around them, and what is wrong with them.

    `given` are `reason`, `decided_by` and `owner`, those that were given. Each problem is the name of the text and a
    sentence; nobody is to be named in a reason.
    """
    texts = {name: value.strip() for name, value in given.items()}
    wrong = []
    for name, value in texts.items():
        if not value:
            wrong.append((name, "It is empty; say it, for whoever reads the decision later."))
        elif (why := text_problem(name, value)) is not None:
            wrong.append((name, why))
    if "reason" in texts and not any(name == "reason" for name, _ in wrong):
        wrong += persons_in(Stated({}, {"reason": texts["reason"]}))
    return texts, wrong
