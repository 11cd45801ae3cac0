"""The data protection officer's report: everything that was found, and all that is needed to act on it.

What is late comes first. Then each finding with its transfer, its rule and its decision; who sent and who got what was
found; what went where, and whether it was documented; and what this report does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ledger.source import Source
from ledger.verify.record import Found
from reports.documents import contactpoint, figures, links, listed, matrix, parties, statements, volumes
from reports.documents import due as dues
from reports.documents.blocks import (
    Block,
    Bullets,
    Cell,
    Chart,
    Code,
    Column,
    Data,
    Document,
    Facts,
    Heading,
    Inline,
    Link,
    Number,
    Numbers,
    Paragraph,
    Table,
    Tag,
    Text,
    Value,
)
from reports.documents.findings import Cause, title
from reports.documents.reading import Reading, attested_day
from reports.documents.standing import Standing, standing_by
from reports.finding import SEVERITIES
from reports.run import Result, answers
from reports.scope import day_in_words

MOST_PAIRS = 150
"""So many pairs of a recipient and a cause have a row; the others are in the data."""

MOST_PROBLEMS = 50
"""So many problems that verification found are listed, and so many warnings."""

CONTENTS = (
    ("Overdue and due soon", "overdue-items"),
    ("ContactPoint", "contactpoint"),
    ("Findings by severity and cause", "all-findings"),
    ("By recipient", "by-recipient"),
    ("By sender", "by-sender"),
    ("By check", "by-check"),
    ("Flow map", "flow-map"),
    ("Fields sent against fields documented", "fields-sent"),
    ("When transfers were recorded", "recording"),
    ("Against the period before", "period-before"),
    ("New since the last attested report", "new-since"),
    ("What was not checked", "not-checked"),
    ("Documented purposes", "documented-purposes"),
    ("Verification of the record", "verification-of-record"),
)
"""The sections and their anchors, in order."""

_TITLES = {anchor: text for text, anchor in CONTENTS}


def _heading(anchor: str) -> Heading:
    return Heading(_TITLES[anchor], anchor)


def _paragraph(*pieces: Inline, quiet: bool = False) -> Paragraph:
    return Paragraph(pieces, quiet)


def _summary(reading: Reading, due: dues.Due, source: Source) -> Iterator[Block]:
    result, counts = reading.result, reading.result.counts
    yield from statements.two_answers(reading)
    yield statements.rating(reading)
    for note in statements.notes(reading, source):
        yield _paragraph(note)
    yield Numbers(
        (
            Number("transfers", "transfers that stand", result.transfers),
            Number("open-breaches", "open breaches", len(reading.open)),
            Number("breaches", "breaches found, open or closed", reading.answers.breaches),
            Number("overdue", "decisions overdue", len(due.overdue)),
            Number("due-soon", f"decisions due within {dues.SOON.days} days", len(due.soon)),
        )
    )
    yield Numbers(
        (
            *(Number(one, f"{one} findings", counts[one]) for one in SEVERITIES),
            Number("cannot-tell", "findings that cannot be told", counts["cannot-tell"]),
            Number("advisory", "advisory findings", counts["advisory"]),
        )
    )
    yield _paragraph(f"{statements.LIMIT} {statements.SEVERITY}", quiet=True)


def _overdue(reading: Reading, due: dues.Due) -> Iterator[Block]:
    yield _heading("overdue-items")
    yield _paragraph(
        "A decision closes its finding until its day. From the day after, the finding is open again: look at it anew, "
        "and decide. Why a decision was made stands on the page of its entry."
    )
    yield dues.table("overdue", "Decisions whose day is past", "No decision is overdue.", due.overdue, reading)
    caption = f"Decisions due within {dues.SOON.days} days"
    yield dues.table("due-soon", caption, f"No decision is due within {dues.SOON.days} days.", due.soon, reading)
    yield Chart(figures.ages(reading))


def _contactpoint(reading: Reading) -> Iterator[Block]:
    found = contactpoint.contactpoint(reading)
    yield _heading("contactpoint")
    yield found.verdict
    yield Paragraph(contactpoint.closing(reading))
    yield Numbers(
        (
            Number("contactpoint-before", "used it before the closing", reading.counts.uses_before.total()),
            Number("contactpoint-after", "after the closing", found.after),
            Number("contactpoint-untold", "cannot be told", found.untold),
            Number("contactpoint-late", "dated before it, but recorded after it", found.late),
        )
    )
    yield Chart(figures.closing(reading.counts, reading.rows, reading.law))
    if found.causes:
        yield _paragraph("The findings, below with all others:")
        yield Bullets(tuple(_of_cause(*one) for one in found.causes))


def _of_cause(cause: Cause, count: int) -> Text:
    return Link(cause.title, f"#{cause.anchor}"), f": {count:,} ", Tag(cause.severity, cause.severity)


def _findings(reading: Reading) -> Iterator[Block]:
    counts, causes = reading.result.counts, reading.causes
    yield _heading("all-findings")
    if not causes:
        yield _paragraph("No check found anything on a transfer that stands.")
    else:
        yield _causes(causes)
        yield _paragraph(
            "A rule marked ",
            Tag("assigned"),
            " is not in the notice: the register’s editor added it, and says why. A text that ends in “…” stands "
            "whole in the CSV file and the spreadsheet.",
            quiet=True,
        )
        yield Chart(figures.severities(reading.rows))
    yield Numbers(
        (
            Number("closed", "findings that are closed", counts["closed"]),
            Number("corrected", "findings on entries corrected since", counts["corrected"]),
        )
    )
    if counts["closed"]:
        yield _paragraph("What is closed is shown all the same, with what closed it beside it, and is not open.")
    if count := counts["corrected"]:
        yield _paragraph(
            f"{statements.some(count, 'more finding is', 'more findings are')} on entries that were corrected or "
            "withdrawn since. They stay on record, in the CSV file and the spreadsheet, and are not open."
        )
    shown = listed.shown(causes)
    for cause in causes:
        yield Heading(cause.title, cause.anchor, 3, (Tag(cause.severity, cause.severity), listed.outcome(cause)))
        if (facts := listed.facts(cause)) is not None:
            yield facts
        yield listed.table(cause, shown[cause.anchor], reading.app)


def _causes(causes: Sequence[Cause]) -> Table:
    columns = (
        Column("cause", "What was found"),
        Column("severity", "Severity"),
        Column("outcome", "Outcome"),
        Column("findings", "Findings", "number"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            (Link(one.title, f"#{one.anchor}"),),
            (Tag(one.severity, one.severity),),
            one.outcome.replace("-", " "),
            one.count,
        )
        for one in causes
    ]
    return Table("causes", "Findings by cause", columns, tuple(rows))


def _by_recipient(reading: Reading, recipients: Sequence[parties.Party]) -> Iterator[Block]:
    yield _heading("by-recipient")
    yield parties.table("recipients", "Findings by recipient", "Recipient", recipients)
    names = {one.name: place for place, one in reversed(tuple(enumerate(recipients)))}
    pairs = [(name, cause) for cause in reading.causes for name in cause.recipients]
    pairs.sort(key=lambda pair: names.get(pair[0], len(names)))
    rows = tuple((name, (Link(cause.title, f"#{cause.anchor}"),), cause.recipients[name]) for name, cause in pairs)
    caption = "What was found on each recipient; the rule, and what to do next, stand with each"
    if len(pairs) > MOST_PAIRS:
        caption += f": the first {MOST_PAIRS} of {len(pairs):,}; the CSV file and the spreadsheet have all findings"
    columns = (
        Column("recipient", "Recipient"),
        Column("cause", "What was found"),
        Column("findings", "Findings", "number"),
    )
    yield Table("recipients-causes", caption, columns, rows[:MOST_PAIRS], "No recipient has a finding.")


def _by_check(reading: Reading, standing: dict[str, Standing]) -> Iterator[Block]:
    anchors = {cause.check: cause.anchor for cause in reversed(reading.causes)}
    columns = (
        Column("check", "What the check finds"),
        Column("id", "Its id", "code"),
        Column("critical", "Critical", "number"),
        Column("serious", "Serious", "number"),
        Column("minor", "Minor", "number"),
        Column("open", "Open breaches", "number"),
        Column("ran", "Ran"),
    )
    rows: list[tuple[Cell, ...]] = []
    quiet: list[str] = []
    for run in reading.result.checks:
        if run.ran and not run.reason and run.id not in standing:
            quiet.append(run.id)
            continue
        one, name = standing.get(run.id, Standing()), title(run.id)
        named: Cell = (Link(name, f"#{anchors[run.id]}"),) if run.id in anchors else name
        ran = "not on all" if run.ran and run.reason else "yes" if run.ran else "no"
        rows.append((named, run.id, one.critical, one.serious, one.minor, one.open, ran))
    yield _heading("by-check")
    empty = "Every check ran on every transfer, and none found anything."
    yield Table("checks", "Findings by check, in the order in which they run", columns, tuple(rows), empty)
    if quiet and rows:
        pieces = [piece for id_ in quiet for piece in (", ", Code(id_))][1:]
        ran = statements.some(len(quiet), "more check ran", "more checks ran")
        yield _paragraph(f"{ran} on every transfer and found nothing: ", *pieces, ".", quiet=True)


def _flow_map(reading: Reading, flows: Sequence[volumes.Flow]) -> Iterator[Block]:
    yield _heading("flow-map")
    yield _paragraph(
        "What went from whom to whom, and how much. A person counts once for every transfer; the counts are as "
        "recorded, of the transfers that state one. Breaches are those that stand, also where a decision closed them; "
        "findings on a whole import, or on no transfer, belong to no flow."
    )
    yield Chart(figures.flows(reading))
    yield Chart(figures.recipients(reading.counts, reading.label))
    # A heading of its own: on paper the wide table turns its page, and the charts stay upright and large.
    yield Heading("The flows in numbers", "flows-in-numbers", 3)
    yield volumes.table(flows)


def _fields_sent(reading: Reading, found: matrix.Matrix) -> Iterator[Block]:
    yield _heading("fields-sent")
    yield _paragraph(
        "“Documented” is said here by recipient: any flow to that recipient documents the field, in any version of the "
        "documented purposes that covers a day of this period. The checks judge more finely, each transfer by its "
        "flow and its purpose, so a field may be documented here and a finding there."
    )
    yield Numbers(
        (
            Number("fields-documented", "fields sent and documented", found.count("documented")),
            Number("fields-not-documented", "fields sent, NOT documented", found.count("not-documented")),
            Number("fields-never-sent", "fields documented, never sent", found.count("never-sent")),
        )
    )
    yield _paragraph("Each of these counts a field once for every recipient.", quiet=True)
    yield Chart(figures.matrix(reading.counts, reading.label))
    yield Bullets(matrix.legend(found))
    yield from matrix.tables(found)


_COMPARED = (
    ("transfers", "Transfers that stand"),
    ("open-breaches", "Open breaches"),
    ("breaches", "Breaches found, open or closed"),
    *((one, f"{one.capitalize()} findings") for one in SEVERITIES),
    ("cannot-tell", "Cannot be told"),
    ("advisory", "Advisory"),
    ("closed", "Closed"),
    ("corrected", "On entries corrected since"),
)


def _compared(result: Result) -> dict[str, int]:
    given = answers(result)
    return {**result.counts, "transfers": result.transfers, "open-breaches": given.open, "breaches": given.breaches}


def _before(reading: Reading) -> Iterator[Block]:
    yield _heading("period-before")
    past = reading.past
    if past is None:
        yield _paragraph("There is no period before to compare with.")
        return
    now, then = _compared(reading.result), _compared(past.result)
    yield _paragraph(
        f"This period is {statements.of_time(reading.scope.period)}, the one before "
        f"{statements.of_time(past.scope.period)}. Both are seen from {day_in_words(reading.as_of)}: what was decided "
        "or corrected since then counts. A finding on no transfer, as on a flow that nobody used, is in both."
    )
    if not past.result.transfers:
        yield _paragraph("No transfer that stands is recorded in the period before.")
    columns = (
        Column("what", "What"),
        Column("now", "This period", "number"),
        Column("before", "The period before", "number"),
        Column("change", "Change"),
    )
    rows = tuple((text, now[key], then[key], _change(now[key] - then[key])) for key, text in _COMPARED)
    yield Table("compared", "This period and the one before", columns, rows)


def _change(count: int) -> str:
    return f"{count:,} more" if count > 0 else f"{-count:,} fewer" if count else "the same"


def _since(reading: Reading) -> Iterator[Block]:
    yield _heading("new-since")
    since = reading.since
    if since is None:
        yield _paragraph("No earlier report of this kind, for this period, was attested in this ledger.")
        return
    new = [one for one in reading.result.findings if one.key in since.new]
    standing = [one for one in new if one.corrected_by is None]
    opened = {one.key for one in reading.open}
    attested = since.attested
    yield _paragraph(
        "The last report was attested on ",
        f"{day_in_words(attested_day(attested))} (",
        links.entry(reading.app, attested.seq),
        f"), made from the first {attested.entry.size:,} entries. Since then:",
    )
    yield Numbers(
        (
            Number("since-transfers", "transfers recorded that stand", since.transfers),
            Number("since-new", "new findings", len(new)),
            Number("since-open", "of them open breaches", sum(one.key in opened for one in new)),
            *(
                Number(f"since-{of}", f"new {of} findings that stand", sum(one.severity == of for one in standing))
                for of in SEVERITIES
            ),
            Number("since-gone", "findings no longer found", since.gone),
            Number("since-decisions", "decisions sealed", since.decisions),
        )
    )


def _not_checked(reading: Reading) -> Iterator[Block]:
    yield _heading("not-checked")
    if not_run := statements.not_run(reading):
        yield Bullets(not_run)
    else:
        yield _paragraph(statements.all_ran(reading))
    yield _paragraph("Verification did not check:")
    yield Bullets(statements.not_verified(reading))


def _documented(reading: Reading) -> Iterator[Block]:
    yield _heading("documented-purposes")
    if versions := statements.documented(reading):
        yield _paragraph("The transfers were judged by:")
        yield Bullets(versions)
    else:
        yield _paragraph(statements.NONE_DOCUMENTED)


def _verification(reading: Reading) -> Iterator[Block]:
    report = reading.verification
    yield _heading("verification-of-record")
    yield _paragraph(statements.verification(reading))
    yield Facts(
        (
            ("Assurance", (report.assurance,)),
            ("Entries", (f"{report.size:,}",)),
            ("Hash of the last entry", (Code(report.head or "–"),)),
            ("Origin", (Code(report.origin or "–"),)),
        )
    )
    yield from _told("Problems:", report.problems)
    yield from _told("Warnings, which do not count against the record:", report.warnings)


def _told(title_: str, found: Sequence[Found]) -> Iterator[Block]:
    if found:
        yield _paragraph(title_)
        items: list[Text] = [
            (f"{'The file' if one.seq is None else f'Entry {one.seq}'}: {one.message}",)
            for one in found[:MOST_PROBLEMS]
        ]
        if more := found[MOST_PROBLEMS:]:
            items.append((f"And {len(more):,} more; ", Code("transfer-ledger verify"), " lists them."))
        yield Bullets(tuple(items))


def _causes_data(causes: Sequence[Cause]) -> Data:
    columns = (
        Column("check", "Check", "code"),
        Column("cause", "What was found"),
        Column("severity", "Severity"),
        Column("outcome", "Outcome"),
        Column("findings", "Findings", "number"),
        Column("expected", "Expected"),
        Column("citation", "Rule"),
        Column("assigned", "Limit assigned by the editor, because"),
        Column("next_step", "What to do next"),
    )
    rows: list[tuple[Value, ...]] = [
        (
            one.check,
            one.title,
            one.severity,
            one.outcome,
            one.count,
            one.expected,
            one.citation,
            one.assigned,
            one.next_step,
        )
        for one in causes
    ]
    return Data("causes", "Causes", columns, tuple(rows))


def _checks_data(reading: Reading, standing: dict[str, Standing]) -> Data:
    columns = (
        Column("check", "Check", "code"),
        Column("title", "What it finds"),
        Column("ran", "Ran", "number"),
        Column("reason", "Why not, or on what not"),
        Column("critical", "Critical", "number"),
        Column("serious", "Serious", "number"),
        Column("minor", "Minor", "number"),
        Column("breaches", "Breaches", "number"),
        Column("open", "Open breaches", "number"),
    )
    rows: list[tuple[Value, ...]] = []
    for run in reading.result.checks:
        one = standing.get(run.id, Standing())
        of = one.critical, one.serious, one.minor, one.breaches, one.open
        rows.append((run.id, title(run.id), int(run.ran), run.reason, *of))
    return Data("checks", "Checks", columns, tuple(rows))


def dpo(reading: Reading, source: Source) -> Document:
    """The data protection officer's report of a reading; `source` is the ledger that it is of, open."""
    due = dues.due(reading)
    recipients, senders = parties.parties(reading, "recipient"), parties.parties(reading, "sender")
    checks = standing_by(reading, lambda finding, _: finding.check)
    flows, fields = volumes.flows(reading), matrix.matrix(reading)
    blocks: tuple[Block, ...] = (
        *_summary(reading, due, source),
        *_overdue(reading, due),
        *_contactpoint(reading),
        *_findings(reading),
        *_by_recipient(reading, recipients),
        _heading("by-sender"),
        parties.table("senders", "Findings by sender", "Sender", senders),
        *_by_check(reading, checks),
        *_flow_map(reading, flows),
        *_fields_sent(reading, fields),
        _heading("recording"),
        Chart(figures.delays(reading.counts)),
        *_before(reading),
        *_since(reading),
        *_not_checked(reading),
        *_documented(reading),
        *_verification(reading),
    )
    return Document(
        kind="dpo",
        title="Data transfers: report for the data protection officer",
        about=statements.about(reading),
        organisation=reading.organisation,
        made=reading.made,
        blocks=blocks,
        data=(
            listed.data(reading.rows),
            volumes.data(flows),
            matrix.data(fields),
            _causes_data(reading.causes),
            parties.data("recipients", "Recipients", recipients),
            parties.data("senders", "Senders", senders),
            _checks_data(reading, checks),
        ),
        warning=statements.warning(reading),
        footer=(
            (
                "Recipients, senders and purposes that nobody knows by name are shown as “unlisted”; what was typed is "
                "on the entry’s own page.",
            ),
            ("Counts of people are not suppressed: do not publish this report as it is.",),
        ),
    )
