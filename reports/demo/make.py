"""Makes the demonstration's files, always the same: `python -m reports.demo.make` writes them beside this file.

`transfers-2009-10.csv` is in the order in which its rows were recorded, which is that of time but for the mistyped
dates. `recorded-late.csv` holds what was found later. `expected-findings.csv` says which findings the planted
rows must give, and how each stands after the attempts of `attempts.csv`: a run must find exactly these, no less and no
more.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from ledger.members import columns
from reports.demo.attempts import COLUMNS as COLUMNS_OF_ATTEMPTS
from reports.demo.attempts import OPEN, attempts
from reports.demo.calendar import COLUMNS, organisations
from reports.demo.mistakes import late, mistakes, twice
from reports.demo.sent import Chance, Sent
from reports.demo.year import year

FOLDER = Path(__file__).parent
ORGANISATIONS, TRANSFERS = "organisations.csv", "transfers-2009-10.csv"
LATE, EXPECTED, ATTEMPTS = "recorded-late.csv", "expected-findings.csv", "attempts.csv"

ORDER = (
    "id", "transferred_at", "sender", "recipient", "recipient_role", "schools", "purpose", "fields", "lawful_basis",
    "special_category_condition", "legal_power", "subject_kind", "subject_count", "subject_smallest", "age_min",
    "age_max", "key_stages", "year_groups", "phase", "granularity", "channel", "country", "safeguard",
    "payload_sha256", "payload_bytes", "payload_media_type", "payload_rows", "request_reference", "request_date",
    "approval_role", "approval_reference", "approval_date", "agreement_reference", "agreement_review_on",
    "dpia_reference", "dpia_review_on", "opt_outs_checked", "opt_outs_excluded", "opt_outs_limited",
    "opt_outs_limited_to", "onward_of", "retain_until", "operator", "approver", "note",
)  # fmt: skip
"""The columns of a file of transfers, in the order of the documentation."""


def _text(header: Iterable[str], rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(header), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _row(one: Sent) -> dict[str, str]:
    row = {**one.cells, "id": one.id, "onward_of": ";".join(source.id for source in one.onward)}
    if row["channel"] == "COLLECT" or row["recipient"] == "ContactPoint":
        row["payload_sha256"] = hashlib.sha256(f"the file of {one.id}".encode()).hexdigest()
    return row


NEVER_USED = ("school-miap-post-14", "local-authority-perspective-clm")
"""The flows of the notice by which nothing goes in the year."""

_ROUTINE = 5


def _on_register(sent: Iterable[Sent]) -> Iterator[tuple[str, str]]:
    """What must be found about flows as a whole, on the entry that adopted the notice: each check and its outcome.

    S-cool asks for the gender, which nobody need give: some schools send it every time.
    """
    gender: dict[tuple[str, bool], list[bool]] = {}
    for one in sent:
        if one.cells["recipient"] == "S-cool Limited":
            of = one.cells["sender"], one.at.date() >= date(2010, 9, 1)
            gender.setdefault(of, []).append("gender" in one.cells["fields"].split(";"))
    for asked in gender.values():
        if len(asked) >= _ROUTINE and all(asked):
            yield "voluntary-field-routine", "advisory"
    for _ in NEVER_USED:
        yield "documented-but-never-used", "advisory"


def texts() -> dict[str, str]:
    """The text of every file, by its name."""
    chance = Chance("a school year")
    sent = sorted([*year(chance), *mistakes(chance)], key=lambda one: one.at)
    whole = [one for one in sent if not one.findings and not one.onward and one.cells["purpose"] == "Admissions"]
    again = [twice(whole[int(len(whole) * share)]) for share in (0.2, 0.55, 0.85)]
    sent = sorted([*sent, *again], key=lambda one: one.at)
    found_later = late(chance)
    for number, one in enumerate(sent, start=1):
        one.id = f"q-{number:05}"
    for number, one in enumerate(found_later, start=1):
        one.id = f"late-{number:02}"
    assert {*ORDER} == {*columns()}, "a column of transfers is missing here, or is no more"
    tried = attempts(sent, chance)
    after = {(one.on.id, check, outcome): state for one in tried for check, outcome, state in one.findings}
    planned = [(one.id, *finding) for one in (*sent, *found_later) for finding in one.findings]
    planned += [of for of in after if of not in planned]
    planned += [("", check, outcome) for check, outcome in _on_register((*sent, *found_later))]
    expected = [{"id": of[0], "check": of[1], "outcome": of[2], "state": after.get(of, OPEN)} for of in planned]
    return {
        ORGANISATIONS: _text(COLUMNS, organisations()),
        TRANSFERS: _text(ORDER, map(_row, sent)),
        LATE: _text(ORDER, map(_row, found_later)),
        EXPECTED: _text(("id", "check", "outcome", "state"), expected),
        ATTEMPTS: _text(COLUMNS_OF_ATTEMPTS, (one.row() for one in tried)),
    }


def main() -> None:
    """Writes the files."""
    for name, text in texts().items():
        (FOLDER / name).write_text(text, "utf-8", newline="\n")


if __name__ == "__main__":
    main()
