"""A document with every kind of block, whose every text can be replaced by another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

from reports.documents.blocks import (
    Bullets,
    Cell,
    Chart,
    Code,
    Column,
    Commands,
    Document,
    Facts,
    Heading,
    Link,
    Made,
    Number,
    Numbers,
    PageBreak,
    Paragraph,
    Suppressed,
    Table,
    Tag,
    Verdict,
)
from reports.documents.figure import Figure

SVG = (
    '<?xml version="1.0" encoding="utf-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 300">'
    '<style>rect{fill:#7a1030}</style><rect width="900" height="300" style="opacity: 0.5"/></svg>'
)
MONTHS = ("Sep 2009", "Oct 2009", "Nov 2009", "Dec 2009")
FIELDS = tuple(
    "Forename,Surname,Date of birth,Unique pupil number,Home address,Postcode,Ethnic group,First language,"
    "Special educational needs,Free school meals,Attendance,Exclusions,Key stage results,Looked after by the authority,"
    "Telephone number,Name of the parent or carer".split(",")
)
RECIPIENTS = (
    "Department for Children, Schools and Families",
    "Ofsted",
    "QCA",
    "ContactPoint",
    "Learning and Skills Council",
    "Connexions",
)


def _same(text: str) -> str:
    return text


def document(
    say: Callable[[str], str] = _same, *, warned: bool = True, columns: int = len(FIELDS), rows: int = 12
) -> Document:
    """The document. `say` may replace its texts; its matrix has so many `columns`, and its findings so many `rows`."""
    fields = [FIELDS[at % len(FIELDS)] for at in range(columns)]
    findings: list[tuple[Cell, ...]] = [
        (
            (Link(say(f"Entry {n + 2599:,}"), "https://app.springfield.example/transfers/2599"),),
            date(2010, 8, 1 + n % 28),
            (say(RECIPIENTS[n % 6]), " ", Tag(say("critical"), "critical")),
            say("It went to ContactPoint after it was switched off, for the purpose “Maintaining its accuracy”."),
            Suppressed(1, 9) if n % 4 == 0 else n * 1234,
            None if n % 3 == 0 else (Code(say(f"q-{n:05}")),),
        )
        for n in range(rows)
    ]
    return Document(
        kind="dpo",
        title=say("Data transfers: every finding"),
        about=say("For the data protection officer: the school year 2009/10, as of 1 October 2010"),
        organisation=say("Quillshire County Council"),
        made=Made(
            origin=say("quillshire.example/transfers"),
            size=2838,
            head="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            head_at=datetime(2010, 9, 30, 22, 59, 30, tzinfo=UTC),
            as_of=date(2010, 10, 1),
            registers=("2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",),
            version="0.1.0",
            options=(say("for=dpo"), say("year=2009-10")),
        ),
        warning=say("The record does not verify: entry 7 was altered. Nothing below can be relied on.")
        if warned
        else None,
        blocks=(
            Verdict(
                "bad", say("Act now"), ((say("Because at least one breach is open."),), (say("One rule gives it."),))
            ),
            Numbers(
                (
                    Number("transfers", say("transfers that stand"), 2807),
                    Number("open", say("open breaches"), 68),
                    Number("critical", say("critical findings"), Suppressed(1, 9)),
                    Number("untold", say("of which nobody can tell"), 21),
                    Number("overdue", say("decisions that are overdue"), 0),
                )
            ),
            Heading(say("ContactPoint"), "contactpoint", 2),
            Paragraph(
                (
                    say("It was switched off on 6 August 2010. See "),
                    Link(say("every finding"), "#findings"),
                    say(", the "),
                    Link(say("notice"), "https://www.gov.example/notice?a=1&b=2"),
                    say(" and the file "),
                    Code(say("findings.csv")),
                    say(", where a rule may be "),
                    Tag(say("assigned")),
                    ".",
                )
            ),
            Paragraph(
                (say("From then on nothing may be sent to it, taken from it or passed on from it."),), quiet=True
            ),
            Verdict("unsure", say("Of 3 transfers it cannot be told")),
            Verdict("good", say("Nothing was sent after the day of its closing"), ((say("So says the record."),),)),
            Verdict("note", say("The record begins on 1 September 2009")),
            Chart(
                Figure(
                    name="findings-by-severity",
                    title=say("Findings by severity and month of the transfer"),
                    description=say("97 findings: 8 critical, 60 serious and 29 minor. Most are in November 2009."),
                    across=MONTHS,
                    series=(
                        (say("Critical"), (1, 0, 2, 5)),
                        (say("Serious"), (12, 10, 30, 8)),
                        (say("Minor"), (3, 0, 20, 6)),
                    ),
                    empty="No finding stands.",
                )
            ),
            Chart(
                Figure(
                    name="nothing",
                    title=say("Age of open findings"),
                    description=say("No finding is open."),
                    across=(),
                    series=(),
                    empty=say("No finding is open."),
                )
            ),
            PageBreak(),
            Heading(say("Findings"), "findings", 2, (Tag(say("68 open"), "serious"),)),
            Heading(
                say("ContactPoint was used after it was switched off"), "closed", 3, (Tag(say("critical"), "critical"),)
            ),
            Facts(
                (
                    (say("Expected"), (say("No use of ContactPoint after noon."),)),
                    (say("Rule"), (say("The notice itself, "), Tag(say("minor"), "minor"))),
                    (say("Hash"), (Code("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),)),
                )
            ),
            Table(
                id="findings",
                caption=say("6 findings, the newest first"),
                columns=(
                    Column("entry", say("Transfer")),
                    Column("on", say("On"), "date"),
                    Column("to", say("To")),
                    Column("found", say("What was found")),
                    Column("people", say("People"), "number"),
                    Column("id", say("Id"), "code"),
                ),
                rows=tuple(findings),
            ),
            Table(
                "none", say("Decisions that are overdue"), (Column("a", say("Decision")),), (), say("None is overdue.")
            ),
            Heading(say("Data items"), "fields", 2),
            Paragraph((say("What was sent (●), and what is documented (○), by recipient."),)),
            Table(
                id="fields",
                caption=say("Data items sent, by recipient"),
                columns=(
                    Column("recipient", say("Recipient")),
                    *(Column(f"f{at}", say(name), "number", upright=True) for at, name in enumerate(fields)),
                ),
                rows=tuple(
                    (
                        say(name),
                        *(
                            None if (at + row) % 3 == 0 else "○" if (at + row) % 3 == 1 else at * 17
                            for at in range(columns)
                        ),
                    )
                    for row, name in enumerate(RECIPIENTS)
                ),
            ),
            Heading(say("How to repeat it"), "repeat", 2),
            Bullets(
                ((say("Fetch the ledger."),), (say("Compare its hash with "), Code(say("9f86d081")), ".")),
                numbered=True,
            ),
            Commands(
                (
                    say("transfer-ledger verify transfers.db --key vkey.txt --checkpoint sheet.txt --require anchored"),
                    say("transfer-ledger report transfers.db --for dpo --format html --year 2009-10 -o dpo.html"),
                )
            ),
            Bullets(((say("No ledger can show a transfer that nobody recorded."),), (say("Counts are as recorded."),))),
        ),
        footer=((say("Do not publish this report as it is: counts of people are not suppressed."),),),
    )
