"""What the verbs here share: the day spoken of, how much there is to do, and the exit status."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, date, datetime

from ledger.errors import Refused
from ledger.london import day_of, parse_date
from ledger.source import Source
from reports.run import Result, open_breaches


def day(text: str | None) -> date:
    """The day that `--as-of` names, or today in London. `Refused` for anything else."""
    if text is None:
        return day_of(datetime.now(UTC))
    try:
        return parse_date(text)
    except Refused as error:
        raise Refused(f"--as-of: {error}") from None


def statements(source: Source) -> int:
    """How many transfers and corrections a run over `source` goes through."""
    count: int = source.db.execute(
        "SELECT (SELECT count(*) FROM entries WHERE kind = 'transfer')"
        " + (SELECT count(*) FROM entries WHERE corrects IS NOT NULL)"
    ).fetchone()[0]
    return count


def not_run(result: Result) -> str | None:
    """The sentence about checks that did not run, or None where all did."""
    missed = [one for one in result.checks if not one.ran]
    if not missed:
        return None
    return (
        f"{len(missed)} of {len(result.checks)} checks did not run, so this is no full check: {missed[0].reason} "
        f"(The register of the notice is adopted by `transfer-ledger register adopt`.)"
    )


def status(result: Result, new: Container[str] | None = None) -> int:
    """The exit status: 1 for an open breach, 2 where a check did not run at all, otherwise 0.

    Of `new`, if they are given, must the breach be: the keys of findings.
    """
    if any(new is None or one.key in new for one in open_breaches(result)):
        return 1
    return 0 if all(one.ran for one in result.checks) else 2
