"""A document with every kind of block, and the hostile texts that any of them may hold. It knows no format."""

from __future__ import annotations

from datetime import UTC, date, datetime

from reports.documents.blocks import (
    Bullets,
    Chart,
    Code,
    Column,
    Commands,
    Data,
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

HASH = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea"

HOSTILE = (
    "=1+1",
    "<script>alert(1)</script>",
    '#eval("1") $x$ *bold* _under_ `raw` @label <label> \\u{41} /* no comment */ // [ ] { }',
    "مدرسة القلم (12) and بית ספר",
    "東京都立学校 हिन्दी \U0001f600",
    "turned \u202e round \u2067 and \u0000 controls\x1b[31m",
    "W" * 2000,
    "private \ue000 half \ud800 none \uffff",
    "",
)
"""What a ledger or a register may hold, and no format may obey, break on or lose."""

MADE = Made(
    origin="springfield.example/transfers",
    size=2847,
    head=HASH,
    head_at=datetime(2010, 9, 1, 8, 30, 15, tzinfo=UTC),
    as_of=date(2010, 10, 1),
    registers=(HASH[::-1],),
    version="0.1.0",
    options=("for=dpo", "year=2009-10"),
)

BARS = Figure(
    name="findings-by-severity",
    title="Open findings by month",
    description="57 findings from September 2009 to August 2010. Most of them, 20, are of May 2010.",
    style="severity",
    across=("Sep 2009", "Oct 2009", "May 2010"),
    series=(("critical", (0, 2, 4)), ("serious", (7, 0, 16)), ("minor", (8, 20, 0))),
    empty="Nothing was found.",
)

EMPTY = Figure(
    name="age-of-open-findings",
    title="How long findings have been open",
    description="Nothing is open.",
    across=(),
    series=(),
    empty="No finding is open.",
)

TABLE = Table(
    id="recipients",
    caption="What went to whom in the school year 2009-10.",
    columns=(
        Column("recipient", "Recipient"),
        Column("transfers", "Transfers", "number"),
        Column("people", "People", "number"),
        Column("first", "First", "date"),
        Column("entry", "Entry", "code"),
        Column("state", "State"),
    ),
    rows=(
        (
            "Qualifications and Curriculum Authority",
            1204,
            Suppressed(1, 9),
            date(2009, 9, 14),
            (Code(HASH),),
            (Tag("critical", "critical"), " open"),
        ),
        ("Connexions Partnership", 7, 112, date(2010, 5, 3), (Code("transfer-0007"),), (Tag("minor", "minor"),)),
        ((Link("Teacher Training Agency", "#findings"), ", closed"), 0, None, None, (), (Tag("remedied"),)),
    ),
)

NOTHING = Table(
    id="overdue", caption="Overdue.", columns=(Column("what", "What"),), rows=(), empty="Nothing is overdue."
)


def document(**changes: object) -> Document:
    """A document with every kind of block; `changes` are its fields by name."""
    fields: dict[str, object] = {
        "kind": "dpo",
        "title": "Findings on what Springfield Council shared",
        "about": "Everything recorded in the school year 2009-10, as of 1 October 2010",
        "organisation": "Springfield Council",
        "made": MADE,
        "warning": "This record does NOT verify: 2 problems in 2,847 entries. Do not rely on what follows.",
        "blocks": (
            Verdict("bad", "Act now", (("The rating is ", Tag("critical", "critical"), ": 57 breaches are open."),)),
            Numbers(
                (
                    Number("transfers", "transfers recorded", 2846),
                    Number("breaches", "breaches that are open", 57),
                    Number("children", "children in transfers of a special category", Suppressed(1, 9)),
                    Number("recipients", "recipients", 31),
                    Number("schools", "schools that sent anything", 112),
                )
            ),
            Heading("What was found", "findings", tags=(Tag("57 open"), Tag("critical", "critical"))),
            Paragraph(("Six transfers used ", Link("ContactPoint", "#contactpoint"), " after it was switched off.")),
            Paragraph(("A check judges one transfer, or several that share a key.",), quiet=True),
            Heading("By severity", "by-severity", 3),
            Chart(BARS),
            Chart(EMPTY),
            Bullets(
                (
                    (Tag("critical", "critical"), " what went to ContactPoint after its closing"),
                    (Tag("serious", "serious"), " every other breach"),
                    (Tag("minor", "minor"), " what cannot be told"),
                )
            ),
            Heading("By recipient", "by-recipient", 3),
            TABLE,
            NOTHING,
            Verdict("good", "The record verifies", (("All 2,847 entries were read and recomputed.",),)),
            Verdict("unsure", "Of 12 transfers it cannot be told"),
            Verdict("note", "ContactPoint", (("It was switched off at noon on 6 August 2010.",),)),
            PageBreak(),
            Heading("How to do it again", "again"),
            Bullets((("Copy the ledger.",), ("Run the commands.",)), numbered=True),
            Commands(
                (
                    "transfer-ledger verify transfers.db",
                    f"transfer-ledger verify-proof {HASH}.tlog-proof --key vkey.txt",
                )
            ),
            Facts(
                (
                    ("Head", (Code(HASH),)),
                    ("Notice", (Link("the notice of 2010", "https://notice.example/2010"), " (archived)")),
                    ("Policy", (Link("not to be followed", "javascript:alert(1)"), " and ", Link("gone", "#nowhere"))),
                )
            ),
            Heading("ContactPoint", "contactpoint"),
            Paragraph(("Nothing was sent there after noon.",)),
        ),
        "data": (Data("recipients", "Recipients", TABLE.columns[:2], (("Connexions Partnership", 7), ("Ofsted", 3))),),
        "footer": (("This report speaks of what was recorded. ", Link("Nobody can show more", "#findings"), "."),),
    }
    return Document(**{**fields, **changes})  # type: ignore[arg-type]


def hostile(text: str) -> Document:
    """A document that has `text` in every place where a text can be."""
    figure = Figure(
        name="transfers-by-recipient",
        title=text,
        description=text,
        heading=text,
        across=(text, "2010"),
        series=((text, (1, 2)), (f"{text}2", (3, 0))),
        empty=text,
    )
    pieces = (
        text,
        Code(text),
        Tag(text),
        Tag(text, "serious"),
        Link(text, text),
        Link(text, "https://x.example/" + text),
        Link(text, "#heading"),
    )
    table = Table(
        id="table",
        caption=text,
        columns=(
            Column("a", text),
            Column("b", text, "number"),
            Column("c", text, "code"),
            Column("d", text, upright=True),
        ),
        rows=((text, 1, (Code(text),), text), (pieces, None, (Link(text, "#" + text),), date(2010, 8, 6))),
        empty=text,
    )
    blocks = (
        Heading(text, "heading", 3, (Tag(text), Tag(text, "minor"))),
        Heading(text, "heading-2"),
        Paragraph(pieces),
        Paragraph((text,), quiet=True),
        Bullets((pieces, (text,), ())),
        Bullets((pieces, ()), numbered=True),
        Verdict("bad", text, ((text,), pieces, ())),
        Numbers((Number("one", text, 1), Number("few", text, Suppressed(1, 9)))),
        Facts(((text, pieces), (text, ()))),
        table,
        Table(id="none", caption=text, columns=table.columns, rows=(), empty=text),
        Chart(figure),
        Commands((text, text)),
        PageBreak(),
    )
    return document(
        title=text, about=text, organisation=text, warning=text, blocks=blocks, footer=((text,), pieces), data=()
    )


def long(rows: int = 200) -> Table:
    """A table that goes over several pages."""
    return Table(
        id="long",
        caption="Every finding with its transfer.",
        columns=(
            Column("entry", "Entry", "number"),
            Column("when", "When", "date"),
            Column("recipient", "Recipient"),
            Column("found", "What was found"),
            Column("id", "Id", "code"),
        ),
        rows=tuple(
            (
                number,
                date(2010, 5, 1 + number % 28),
                f"Recipient {number % 30} of the county of Springfield",
                f"Finding number {number}: a field was sent that the notice does not name for this purpose. "
                * (number % 3 + 1),
                (Code(f"{HASH[:32]}"),),
            )
            for number in range(rows)
        ),
    )


def matrix(recipients: int = 30, fields: int = 40) -> Table:
    """A table with many narrow columns."""
    names = ("free school meals", "date of birth", "unique pupil number", "special educational needs", "ethnicity")
    return Table(
        id="matrix",
        caption="Which fields went to whom; ● is documented, ○ is not.",
        columns=(
            Column("recipient", "Recipient"),
            *(Column(f"f{at}", f"{names[at % 5]} {at}", upright=True) for at in range(fields)),
        ),
        rows=tuple(
            (
                f"Recipient {row} of the county",
                *(("●", "○", None)[row * at % 3] if at % 7 else row * at for at in range(fields)),
            )
            for row in range(recipients)
        ),
    )
