"""One document with a block of every kind, and text that would break a format which took it for markup."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec

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

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    "<r><t>raw</t></r>",
    "]]>&amp;&#61;",
    "# not a heading",
    "1. not a list",
    "1986\\. A great year",
    "| not | a | cell \\|",
    "**not bold** _nor_ ~~struck~~ `code`` $x$",
    "[not](javascript:alert) ![image](http://example.org/x.png)",
    "http://example.org and www.example.org and me@example.org",
    "_x0041_ stays",
    "\u202eright to left\u202c مدرسة",
    "é" * 2_000,
    "---",
    "    four spaces",
    "tab\tand\nnew line",
    "\\",
    "",
)
"""Texts that some format could take for markup, a formula or a link."""

FIGURE = Figure(
    name="months",
    title="Transfers by month",
    description="Three months; most in March.",
    heading="Month",
    across=("January", "February", "March"),
    series=(("To Shire|Council", (1, 0, 3)), ("To <b>QCA</b>", (0, 0, 2))),
    empty="Nothing was sent.",
)

COLUMNS = (
    Column("entry", "Entry", "number"),
    Column("on", "On", "date"),
    Column("check", "Check", "code"),
    Column("found", "Found"),
    Column("count", "People", "number", upright=True),
)

ROWS: tuple[tuple[Any, ...], ...] = (
    *((n, date(2010, 8, 6), f"check-{n}", text, n * 3) for n, text in enumerate(HOSTILE)),
    (900, None, None, None, Suppressed(1, 9)),
    (10**16, date(1850, 1, 2), "", "before spreadsheets count days", None),
)

MADE = Made(
    origin="springfield.example/transfers",
    size=1_234,
    head="q" * 43 + "=",
    head_at=datetime(2010, 8, 31, 22, 30, tzinfo=UTC),
    as_of=date(2010, 9, 1),
    registers=("england-2010 version 1",),
    version="0.1.0",
    options=("for=dpo", "format=xlsx", "year=2009-10"),
)

SAMPLE = Document(
    kind="dpo",
    title="What was sent, and what was not right",
    about="Springfield Council, the school year 2009-10",
    organisation="Springfield <Council>",
    made=MADE,
    warning="The record does not verify: do not rely on it.",
    blocks=(
        Verdict("bad", "Act now", (("57 breaches are open.",), ("See ", Link("the findings", "#findings"), "."))),
        Numbers((Number("transfers", "Transfers", 2_800), Number("children", "Children named", Suppressed(1, 9)))),
        Heading("Findings", "findings", tags=(Tag("serious", "serious"), Tag("draft"))),
        Paragraph(
            (
                "Entry ",
                Code("c|ode`s"),
                Code("next"),
                " of ",
                Tag("critical", "critical"),
                Tag("new"),
                "; ",
                Link("the law", "https://example.org/law?a=1&b=(2)"),
                ", ",
                Link("a trap", "javascript:alert(1)"),
                ", ",
                Link("nowhere", "#nowhere"),
            )
        ),
        Paragraph(("Most readers may pass over this.",), quiet=True),
        Bullets(((Code("2+2=4"), " is code"), *((text,) for text in HOSTILE))),
        Bullets((("first",), ("second",)), numbered=True),
        Heading("# Hostile * heading", "hostile", level=3),
        *(Paragraph((text,)) for text in HOSTILE),
        Facts((("Kept by", ("the *council*",)), ("-", (Code("x"), " and ", Link("more", "http://example.org/"))))),
        Table("found", "What was | found", COLUMNS, (*ROWS, (1, date(2010, 1, 2), ("a ", Code("b|c")), ("", "d"), 5))),
        Table("none", "Nothing here", COLUMNS[:2], ()),
        Chart(FIGURE),
        Chart(msgspec.structs.replace(FIGURE, name="nothing", series=())),
        PageBreak(),
        Commands(("transfer-ledger verify transfers.db", "echo ``` '<b>'")),
    ),
    data=(
        Data("findings", "Findings: all / every [one] of them, and more", COLUMNS, ROWS),
        Data("FINDINGS-2", "findings: all / every [one] of them, and others", COLUMNS[:2], ((1, date(2010, 3, 28)),)),
        Data("history", "History", COLUMNS[:1], ()),
    ),
    footer=(("Kept by the ", Code("ledger"), "."),),
)


def with_text(text: str) -> Document:
    """A document that has `text` wherever a document has one."""
    return Document(
        kind="dpo",
        title=text,
        about=text,
        organisation=text,
        made=MADE,
        warning=text,
        blocks=(
            Verdict("note", text, ((text,),)),
            Numbers((Number("one", text, 1),)),
            Heading(text, "one", tags=(Tag(text),)),
            Paragraph((text, Code(text), Link(text, "#one"), Tag(text), text)),
            Bullets(((text,),)),
            Facts(((text, (text,)),)),
            Table("t", text, (Column("a", text), Column("b", text, "code")), ((text, (Code(text), text)),)),
            Chart(
                Figure(
                    name="f",
                    title=text,
                    description=text,
                    heading=text,
                    across=(text,),
                    series=((text, (1,)),),
                    empty="",
                )
            ),
            Commands((text,)),
        ),
        data=(Data("d", text, (Column("a", text), Column("b", "B")), ((text, text),)),),
        footer=((text,),),
    )
