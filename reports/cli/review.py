"""`review`: seals what the lead decided, or the data protection officer advised, about one finding, and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import click

from ledger.cli.actor import actor_option, open_ledger
from ledger.cli.edge import show_receipt
from ledger.errors import Refused
from ledger.writer import SETTLES
from reports.cli.check import Checked, check_ledger
from reports.cli.edge import day
from reports.cli.findings import known_check, named, shortened
from reports.deciding import due_of, texts_of
from reports.decisions import DENIALS, Verdict
from reports.documents.findings import VERDICTS, Row, verdict_in_words
from reports.history import NEVER_ACCEPTED

_MOST_LISTED = 10


def _due(text: str | None, as_of: date, decision: Verdict) -> date | None:
    if text is None and decision == "accepted":
        raise Refused('--due: "accepted" needs the last day on which it may continue (YYYY-MM-DD).')
    try:
        return None if text is None else due_of(text, as_of)
    except Refused as error:
        raise error.at("--due") from None


def texts_given(**given: str | None) -> dict[str, str]:
    """The erasable texts that were given, by name. `Refused`, saying all of it, where one can't be kept."""
    texts, wrong = texts_of({name: value for name, value in given.items() if value is not None})
    if wrong:
        raise Refused("\n".join(f"--{'by' if name == 'decided_by' else name}: {why}" for name, why in wrong))
    return texts


def _one(path: Path, checked: Checked, meant: Callable[[Row], bool], which: str) -> Row:
    rows = [row for row in checked.rows.by_weight() if meant(row)]
    if len(rows) > 1:
        length = shortened(one.key for one in checked.result.findings)
        keys = [f"{row.key[:length]} ({row.check})" for row in rows[:_MOST_LISTED]]
        more = f" and {len(rows) - _MOST_LISTED} more" if len(rows) > _MOST_LISTED else ""
        raise Refused(
            f"{path}: {which} means {len(rows)} findings, and a decision is about one; say which by its key: "
            f"{', '.join(keys)}{more}."
        )
    (row,) = rows
    if row.corrected_by is not None:
        raise Refused(
            f"{path}: entry {row.corrected_by} corrected what the finding {row.key[:8]} is about, so that it is not "
            f"open and there is nothing to decide."
        )
    return row


def _deciding(row: Row, decision: Verdict) -> None:
    """`Refused` for a decision that can't be made about this finding."""
    if decision == "accepted" and row.outcome == "breach" and row.check in NEVER_ACCEPTED:
        raise Refused(
            "What is against the law can't be continued, so this finding can't be accepted. Stop the transfers, and "
            "record it as remedied once that is done."
        )


def _meaning(row: Row, due: date | None, decision: Verdict, advice: bool) -> str:
    if advice:
        return (
            f"Sealed as advice on the finding of {row.check} on entry {row.seq}: {VERDICTS[decision]}. It stays open, "
            "since the lead decides (UK GDPR Articles 38(6) and 39)."
        )
    if decision in DENIALS and row.outcome == "breach":
        return (
            f"The finding of {row.check} on entry {row.seq} counts as open until a second person confirms this "
            f"decision: `transfer-ledger confirm LEDGER {row.key[:8]}`."
        )
    after = "" if due is None else " It is open again the day after."
    return (
        f"The finding of {row.check} on entry {row.seq} is closed: {verdict_in_words(decision, due)}.{after} It stays "
        "in every report, with this decision beside it."
    )


@click.command()
@click.argument("ledger", type=click.Path(path_type=Path))
@click.argument("which", metavar="KEY|SEQ")
@click.argument("check", required=False)
@click.option("--decision", type=click.Choice(list(VERDICTS)), required=True, help="What was decided.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in words; erasable.")
@click.option("--by", metavar="TEXT", help="Who decided; erasable.")
@click.option("--owner", metavar="TEXT", help="Who is to see to it; erasable.")
@click.option(
    "--due", metavar="DATE", help='The last day on which it closes the finding (YYYY-MM-DD); "accepted" needs one.'
)
@click.option("--as-of", metavar="DATE", help="The day that is spoken of (YYYY-MM-DD); today in London.")
@actor_option
def review(
    ledger: Path,
    which: str,
    check: str | None,
    decision: Verdict,
    reason: str,
    by: str | None,
    owner: str | None,
    due: str | None,
    as_of: str | None,
) -> None:
    """Seal a decision on the finding of LEDGER whose key begins with KEY, or on that of one CHECK on entry SEQ.

    The lead decides; the data protection officer advises. "remedied" and "accepted" close the finding, up to its due
    day if it has one. "false-alarm" and "recording-mistake" deny it, so a second person has to confirm them. Exit 0
    recorded, 2 no such finding or not recorded.
    """
    spoken_of = day(as_of)
    until = _due(due, spoken_of, decision)
    texts = texts_given(reason=reason, decided_by=by, owner=owner)
    name = None if check is None else known_check(check)
    checked = check_ledger(ledger, spoken_of)
    row = _one(ledger, checked, named(ledger, checked, which, name), which)
    _deciding(row, decision)
    history = checked.evidence.history
    with open_ledger(ledger) as opened:
        advice = decision in SETTLES and history.people.role(opened.actor, checked.head.size) == "dpo"
        before = history.advice.get(row.key) if advice else checked.result.decisions.get(row.key)
        receipt = opened.review(row.key, row.check, decision, until, None if before is None else before.seq, texts)
    show_receipt(receipt)
    click.echo(_meaning(row, until, decision, advice))
