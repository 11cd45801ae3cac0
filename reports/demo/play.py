"""The whole job, played through on a year of transfers: init, adopt, record, verify, check, report.

The clock is injected and runs beside the transfers: each is sealed minutes after it happened, as if the authority
had recorded it then; a file of the product itself is sealed at the machine's time, and no option can set that. The
notice is of mid-2010 and undated; the demonstration adopts it before the year begins, because an editor took it to
hold from then on. `say` gets each line for people, among them the command that does the same step on an own ledger
(`my.db`), or that looks once more at the demonstration's.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from ledger import london
from ledger.cli.organisation import read_organisations
from ledger.cli.register import read_linted
from ledger.errors import Refused
from ledger.intake.draft import Stated
from ledger.intake.open import read
from ledger.people import new_code
from ledger.seal import Entropy
from ledger.settle import Content
from ledger.source import Source
from ledger.verify.assurance import verify
from ledger.writer import Ledger, create
from reports.cli.making import Wanted, judged
from reports.cli.report import write_set
from reports.demo import attempts
from reports.demo.attempts import People
from reports.demo.compare import Difference, compare, found, planted
from reports.demo.make import ATTEMPTS, EXPECTED, FOLDER, LATE, ORGANISATIONS, TRANSFERS
from reports.demo.sent import instant
from reports.run import rate
from reports.wording import RATINGS

Say = Callable[[str], None]

LEDGER, REPORT = "transfers.db", "report"
ORIGIN, ORGANISATION, NOTICE = "quillshire.example/transfers", "Quillshire County Council", "england-2010"
AS_OF = date(2010, 10, 1)
"""The day that the report speaks of."""

_BEGIN = instant(date(2009, 8, 28), time(9, 0))
_FOUND_LATE = instant(date(2010, 9, 30), time(15, 0))
_DELAY = timedelta(minutes=4)
_CLOSE_OF_DAY = time(17, 30)


class Played(NamedTuple):
    """What came of it: how many transfers, findings and problems of verification; what differs from the plan."""

    transfers: int
    findings: int
    problems: int
    difference: Difference

    @property
    def as_planned(self) -> bool:
        """Whether the ledger verifies and a run found exactly what was planted."""
        return not self.problems and not self.difference


class Clock:
    """A clock that shows the moment it was set to."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        """The time, in UTC."""
        return self.at


def stated_in(path: Path) -> list[Stated]:
    """What the rows of the file state. `Refused` with every bad row, where there is any."""
    found_rows = list(read(path))
    bad = [sentence for row in found_rows for sentence in row.sentences(path.name)]
    if bad:
        raise Refused("\n".join(bad))
    return [row.stated for row in found_rows if row.stated is not None]


def _happened(stated: Stated) -> datetime:
    at = str(stated.members["transferred_at"])
    exact = london.instant(at) if "T" in at else None
    first, last = london.days(at)
    return exact or instant(last or first, _CLOSE_OF_DAY)


def moments(year: Sequence[Stated]) -> list[datetime]:
    """When each row was recorded: soon after it happened, and never after the row below it.

    A row with a date mistyped into the future stands where it was recorded, so those below it tell when.
    """
    found_moments = [(_happened(stated) + _DELAY).astimezone(UTC) for stated in year]
    for index in range(len(found_moments) - 2, -1, -1):
        found_moments[index] = min(found_moments[index], found_moments[index + 1])
    return found_moments


def _seal(ledger: Ledger, clock: Clock, rows: Sequence[tuple[datetime, Stated]], source: Path) -> None:
    def contents() -> Iterator[Content]:
        for at, stated in rows:
            clock.at = at
            yield ledger.settle(stated.members, stated.texts)

    clock.at = rows[0][0]
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    ledger.append_many(contents(), (len(rows), {"source_sha256": digest}))


def _record(path: Path, clock: Clock, entropy: Entropy, folder: Path, say: Say, people: People) -> int:
    year, later = stated_in(folder / TRANSFERS), stated_in(folder / LATE)
    with Ledger(path, clock, entropy, people.clerk) as ledger:
        timed = list(zip(moments(year), year, strict=True))
        for month, of_month in groupby(timed, key=lambda pair: (pair[0].year, pair[0].month)):
            rows = list(of_month)
            _seal(ledger, clock, rows, folder / TRANSFERS)
            say(f"  {month[0]}-{month[1]:02}: {len(rows):4} transfers")
        found_later = [(_FOUND_LATE + timedelta(minutes=minute), stated) for minute, stated in enumerate(later)]
        _seal(ledger, clock, found_later, folder / LATE)
        say(f"  and {len(later)} that were found later, recorded late on {_FOUND_LATE.day} {_FOUND_LATE:%B %Y}")
    return len(year) + len(later)


def _ids(path: Path) -> dict[int, str]:
    with Source(path) as source:
        rows = source.db.execute("SELECT seq, id FROM entries WHERE kind = 'transfer'")
        return dict(rows.fetchall())


def _step(say: Say, what: str, command: str) -> None:
    say("")
    say(what)
    say(f"  $ transfer-ledger {command}")


def _try(path: Path, clock: Clock, entropy: Entropy, folder: Path, say: Say, people: People) -> None:
    rows = attempts.read(folder / ATTEMPTS)
    with Ledger(path, clock, entropy) as ledger:
        for place, row in enumerate(rows):
            clock.at = attempts.moment(place)
            attempts.attempt(ledger, row, people, AS_OF)
    say(f"  {len(rows)} attempts to correct transfers or to decide that findings were wrong")


def record_year(
    path: Path, say: Say, entropy: Entropy = os.urandom, folder: Path = FOLDER, lead: str | None = None
) -> int:
    """Makes the ledger at `path` from the files in `folder`, and gives how many transfers it has.

    `lead` is the code of the person who makes it, a new one without it. The ledger must not be there yet. Raises
    `Refused` where something cannot be written or read.
    """
    clock = Clock(_BEGIN)
    _step(say, "A new ledger.", f'init my.db --origin {ORIGIN} --organisation "{ORGANISATION}"')
    lead = lead or new_code(entropy)
    create(path, ORIGIN, ORGANISATION, clock, entropy, actor=lead)

    register, text = read_linted(NOTICE)
    since = f" --from {register.effective_from}"
    _step(
        say,
        "The documented purposes: what the notice says may go where.",
        f"register adopt my.db {NOTICE}{since}",
    )
    organisations = read_organisations((folder / ORGANISATIONS).read_bytes(), ORGANISATIONS)
    with Ledger(path, clock, entropy, lead) as ledger:
        effective = london.parse_date(str(register.effective_from))
        ledger.adopt(register, text, (effective, None, register.effective_assigned))
        say(f"  {len(register.flows)} flows between {len(register.parties)} parties")

        who = quote(str(folder / ORGANISATIONS))
        _step(say, "Who plays the notice's roles here.", f"organisation add my.db {who}")
        ledger.add_organisations(organisations)
        say(f"  {len(organisations)} organisations")

        _step(say, "Who decides, who advises and confirms, and who records.", "people add my.db --role dpo")
        people = attempts.issue(ledger, lead, entropy)

    what = quote(str(folder / TRANSFERS))
    _step(say, "A school year of transfers, each sealed as it happened.", f"import my.db {what}")
    transfers = _record(path, clock, entropy, folder, say, people)

    _step(
        say,
        "Afterwards, some of it is put right, and some try to talk findings away.",
        'correct my.db ID --reason "entered twice" --withdraw',
    )
    _try(path, clock, entropy, folder, say, people)
    return transfers


def play(
    directory: Path, say: Say, entropy: Entropy = os.urandom, folder: Path = FOLDER, lead: str | None = None
) -> Played:
    """Makes `directory`/transfers.db and `directory`/report/ from the files in `folder`, and says what it does.

    `lead` is as in `record_year`.

    The ledger must not be there yet. Raises `Refused` where something cannot be written or read.
    """
    path, report = directory / LEDGER, directory / REPORT
    shown = quote(str(path))

    def step(what: str, command: str) -> None:
        _step(say, what, command)

    say("After $ stands how you do each step: with a ledger of your own, my.db, or with the one made here.")
    transfers = record_year(path, say, entropy, folder, lead)

    step("Is the record whole and unaltered?", f"verify {shown}")
    verification = verify(path)
    for problem in verification.problems:
        say(f"  entry {problem.seq}: {problem.message}")
    say(f"  {verification.size:,} entries, {len(verification.problems)} problems; assurance: {verification.assurance}")
    say(f"  head {verification.head}")

    step("What did not go as documented?", f"check {shown} --as-of {AS_OF}")
    with judged(path, AS_OF) as of:
        result = of.checked.result
        difference = compare(planted(folder / EXPECTED), found(result, _ids(path)))
        _say_findings(say, result.counts, len(result.findings), difference)

        step("The reports.", f"report {shown} -o {quote(str(report))} --as-of {AS_OF}")
        written = write_set(report, of, Wanted("dpo", AS_OF)).written
        level = rate(result, verified=not verification.problems).level
        say(f"  {RATINGS[level]}: {report / 'index.html'} and {len(written) - 1} files beside it")

    step(
        "Sign it, and give the checkpoint to others: then it can be shown for ever that nothing of it was altered. Not "
        "done here,\nsince the key is yours to make and to keep elsewhere.",
        f"key new --name {ORIGIN} -o my.key",
    )
    say(f"  $ transfer-ledger checkpoint {shown} --key my.key --keepsake sheet.txt")

    step("Look around in it.", f"browse {shown}")
    return Played(transfers, len(result.findings), len(verification.problems), difference)


def _say_findings(say: Say, counts: dict[str, int], number: int, difference: Difference) -> None:
    outcomes = ", ".join(f"{counts.get(outcome, 0)} {outcome}" for outcome in ("breach", "cannot-tell", "advisory"))
    say(f"  {number} findings: {outcomes}")
    for what, rows in (("not found", difference.missed), ("not planted", difference.extra)):
        for row in rows:
            say(f"  {what}: {' '.join(row)}")
    if not difference:
        say("  exactly the mistakes that were planted: nothing missed, nothing extra")
