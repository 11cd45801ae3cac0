"""The auditor's document: what the record is, how far it can be relied on, and how to make every figure again.

The auditor believes nothing that he cannot verify himself. So every claim stands beside the command that shows it, and
what only he can verify, since it takes a key or a certificate that he brings, is called a claim until he does. It
speaks of the whole record; transfers and findings alone are those of its period.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence

from ledger.london import day_of, utc_text
from ledger.source import Adopted, Source
from reports.documents.audited import AUTHORITY, Audited, audited, cosigned, days_late, noted
from reports.documents.auditor_tables import issued, tables
from reports.documents.blocks import (
    Block,
    Bullets,
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
    Table,
    Tag,
    Text,
    Verdict,
)
from reports.documents.findings import title
from reports.documents.heartbeats import LONG, newest
from reports.documents.reading import Reading
from reports.documents.record import record
from reports.documents.recount import LEDGER, command
from reports.documents.statements import OUTSIDE_WAL, about, coded, notes, rating, some, two_answers, warning
from reports.scope import day_in_words

MOST = 25
"""So many rows of a list that may be long are shown; its whole table is in the CSV, XLSX and JSON."""

_PLACES = 20
"""So many entries that one confirmation confirms are named; its whole list is in the CSV, XLSX and JSON."""

LEVELS = {
    "consistent": (
        "Every hash, link, number, tile and checkpoint in the file fits every other. A record that was rewritten as a "
        "whole by somebody who can write to the file would look the same.",
        "nothing but the file",
    ),
    "signed": (
        "A key that the auditor brought signed a checkpoint of these entries.",
        "--key, the ledger's verifier key, got otherwise than from the ledger",
    ),
    "anchored": (
        "All that a checkpoint which the auditor kept covers is still there, unaltered and in its place.",
        "--checkpoint, a checkpoint that was kept elsewhere",
    ),
    "witnessed": (
        "The witnesses that the auditor's policy asks for saw this very history.",
        "--policy, the auditor's own list of witnesses",
    ),
}
"""What each level means, and what the auditor must bring for it (docs/FORMAT.md section 11)."""

_GROUPS = {
    "record": ("entries", "transfers-recorded", "corrections", "withdrawals", "imports", "organisations"),
    "decided": ("refusals", "refusals-refused", "refusals-met-in-part"),
    "reviews": (
        *("decisions", "decisions-remedied", "decisions-accepted", "decisions-false-alarm"),
        *("decisions-recording-mistake", "decisions-replaced", "advice"),
    ),
    "people": ("people", "confirmations"),
    "checkpoints": ("checkpoints", "checkpoint-sizes", "timestamps", "entries-after-checkpoint"),
    "keys": ("keys", "keys-new", "keys-rotation", "keys-replacement"),
    "registers": ("registers",),
    "erasures": ("erasures",),
    "attestations": ("attestations", "closings"),
}
"""Which counts stand together, by section."""


def checkpoints_of(made: Made) -> int | None:
    """How many rows of the ledger's checkpoints a report is to use: its option `checkpoints`, None for all."""
    found = made.option("checkpoints")
    return int(found) if found.isascii() and found.isdecimal() else None


def auditor(reading: Reading, source: Source) -> Document:
    """The document for the auditor. `Refused` where an entry that it speaks of cannot be read."""
    found = record(source, reading.made.size, checkpoints_of(reading.made))
    return _Auditor(audited(reading, found), notes(reading, source)).document()


def _shown(count: int, what: str) -> tuple[Block, ...]:
    if count <= MOST:
        return ()
    text = f"{MOST} of {count:,} {what} are shown; the CSV, XLSX and JSON of this report hold all of them."
    return (Paragraph((text,), quiet=True),)


def _arguments(made: Made, leave: Iterable[str]) -> list[str]:
    # Options as they are sealed, as they are typed: `year=2009-10` is `--year 2009-10`. The period comes first.
    left = {"for", "format", "checkpoints", *leave}
    named = dict(option.partition("=")[::2] for option in made.options)
    found = []
    for name in sorted(named, key=lambda name: (name in ("school", "since", "app"), name)):
        if name == "since" and name not in left:
            found.append("--since-last")
        elif name not in left:
            found += [f"--{name}", *([shlex.quote(named[name])] if named[name] else [])]
    return found


class _Auditor:
    """The document's sections, each from the same reading and record."""

    def __init__(self, audited: Audited, notes: tuple[str, ...]) -> None:
        self.audited = audited
        self.notes = notes
        self.reading = audited.reading
        self.record = audited.record
        self.made = audited.reading.made
        self.verification = audited.reading.verification
        self.counts = {one.id: one for one in audited.record.counts}

    def document(self) -> Document:
        """All of it."""
        reading = self.reading
        blocks: list[Block] = []
        for section in (
            self._summary,
            self._scope,
            self._assurance,
            self._numbers,
            self._checkpoints,
            self._heartbeats,
            self._clock,
            self._keys,
            self._registers,
            self._erasures,
            self._decisions,
            self._checks,
            self._attested,
            self._commands,
        ):
            blocks += section()
        return Document(
            kind="auditor",
            title="The record of transfers: statement for the auditor",
            about=about(reading),
            organisation=reading.organisation,
            made=self.made,
            blocks=tuple(blocks),
            data=tuple(tables(self.audited)),
            warning=warning(reading),
        )

    # -- the beginning -------------------------------------------------------------------------------------------

    def _summary(self) -> Iterator[Block]:
        verification = self.verification
        if verification.problems:
            yield Verdict(
                "bad",
                "The record does not verify",
                (("What is wrong is listed ", Link("below", "#assurance"), "."),),
            )
            return
        levels = verification.reached.levels
        if not levels:
            yield Verdict(
                "unsure",
                "Consistent with itself, and no more was shown here",
                (
                    (
                        f"{self._entries} read and recomputed, and nothing in the record was "
                        "changed on its own. Whether it was rewritten as a whole, this report cannot show: it was made "
                        "without a key, a policy or a checkpoint that comes from outside. The auditor brings these.",
                    ),
                ),
            )
            return
        yield Verdict(
            "good",
            f"Verified: {' and '.join(levels)}",
            (
                (
                    f"{verification.reached.covered:,} of {self.record.size:,} entries are covered by a checkpoint "
                    "that counts. It counts because of what was brought when this report was made; the auditor brings "
                    "his own.",
                ),
            ),
        )

    def _scope(self) -> Iterator[Block]:
        made, scope = self.made, self.reading.scope
        yield Heading("Scope and method", "scope")
        covers: Text = (f"{scope.period.label}; the record itself is spoken of as a whole",)
        facts: list[tuple[str, Text]] = [
            ("Kept by", (self.reading.organisation,)),
            ("Ledger", (Code(made.origin),)),
            ("Transfers and findings of", covers),
        ]
        if self.reading.school is not None:
            facts.append(("School", (self.reading.school.name, " (", Code(", ".join(scope.school)), ")")))
        if scope.since:
            facts.append(("Recorded since", (f"entry {scope.since:,}",)))
        facts += [
            *self._continues(),
            ("Entries", (f"{made.size:,}",)),
            ("Hash of the last entry", (Code(made.head),)),
            ("First and last recorded", (f"{utc_text(self.record.began)} to {utc_text(made.head_at)}, by its clock",)),
            ("As of", (day_in_words(made.as_of),)),
            ("Checkpoints used", (self._kept(),)),
            ("Program", (f"transfer-ledger {made.version}",)),
            ("Options", (Code(" ".join(made.options)),)),
        ]
        yield Facts(tuple(facts))
        yield from (Paragraph((note,)) for note in self.notes)
        yield Bullets(
            (
                (
                    "The file was opened as one that may be hostile. Each entry's bytes were read, hashed as RFC 9162 "
                    "hashes a leaf, and compared with what is kept, with the entry before, and with the tree.",
                ),
                (
                    "Its checkpoints and key entries were compared with that tree, and the signatures of the keys that "
                    "it names were verified. Nothing inside the file makes anything trusted.",
                ),
                (
                    f"{len(self.reading.result.checks)} checks judged every transfer against the documented purposes "
                    "that were adopted, and against the law. The same ledger gives the same findings.",
                ),
                (
                    "Every figure is counted from the ledger, and the last section has the command that counts it "
                    "again. Nothing here comes from a clock but what the entries themselves say.",
                ),
                ("Values that can be erased, and what was typed, are in no report; this one names them only.",),
            )
        )

    def _continues(self) -> list[tuple[str, Text]]:
        before = self.record.continues
        if before is None:
            return []
        words: Text = (Code(before.origin), f" at {before.size:,} entries, whose root is ", Code(before.head))
        return [("Continues", words)]

    def _assurance(self) -> Iterator[Block]:
        verification, levels = self.verification, self.verification.reached.levels
        yield Heading("How far the record can be relied on", "assurance")
        if verification.problems:
            problems = verification.problems
            yield Table(
                "problems",
                "What does not verify",
                (Column("entry", "Entry", "number"), Column("problem", "Problem", "code"), Column("what", "What")),
                tuple(
                    ("the file" if one.seq is None else one.seq, (Code(one.problem),), one.message)
                    for one in problems[:MOST]
                ),
            )
            if len(problems) > MOST:
                yield Paragraph((f"{MOST} of {len(problems):,} are shown; `verify` prints all.",), quiet=True)
        rows = []
        for level, (meaning, bring) in LEVELS.items():
            reached = not verification.problems and (level == "consistent" or level in levels)
            rows.append((level, meaning, "yes" if reached else "no", bring))
        yield Table(
            "levels",
            "Levels of assurance: what each shows, and whether it was reached when this report was made",
            (
                Column("level", "Level"),
                Column("shows", "Shows"),
                Column("reached", "Reached"),
                Column("needs", "Needs"),
            ),
            tuple(rows),
        )
        yield Heading("What remains possible", "possible", 3)
        yield Bullets(tuple(map(coded, self._possible())))

    def _possible(self) -> list[str]:
        # What verification says of checkpoints and timestamps that were kept since would change a report that is made
        # again, and so it is said anew, of those that this report is made from.
        verification, remarks = self.verification, set(self.verification.reached.remarks)
        open_ = [line for line in verification.not_checked if line not in remarks]
        if verification.reached.levels:
            open_ += verification.reached.remarks
        elif not verification.problems:
            open_.append(self._unproved())
        open_.append(OUTSIDE_WAL)
        if verification.size < self.record.size:
            open_.append(
                f"The last {self.record.size - verification.size:,} entries, recorded while this report was made: "
                "run `verify` again."
            )
        return open_

    @property
    def _entries(self) -> str:
        return "The only entry was" if self.record.size == 1 else f"All {self.record.size:,} entries were"

    def _kept(self) -> str:
        count = len(self.record.checkpoints)
        return f"the first {count:,} kept in the file" if count else "none; the file keeps none"

    def _unproved(self) -> str:
        if not self.record.checkpoints:
            return "Whether anybody ever signed or saw this ledger: its file keeps no checkpoint."
        stamps = self.counts["timestamps"].value
        return (
            "Whose word the checkpoints in the file are: no key, policy, certificate or kept checkpoint was brought "
            f"when this report was made, so that none of the {self.record.size:,} entries is covered by one that counts"
            + (f", and {some(stamps, 'timestamp was', 'timestamps were')} not verified." if stamps else ".")
        )

    def _of(self, group: str) -> list[Number]:
        return [Number(one.id, one.label, one.value) for one in (self.counts[id_] for id_ in dict(_GROUPS)[group])]

    def _numbers(self) -> Iterator[Block]:
        yield Heading("What the record holds", "record")
        transfers = Number("transfers", "transfers that stand in scope", self.reading.result.transfers)
        yield Numbers((*self._of("record"), transfers))
        yield Paragraph(
            ("Nothing is overwritten: a correction is an entry of its own, and what it corrects stays in the record.",)
        )

    # -- evidence from outside -----------------------------------------------------------------------------------

    def _checkpoints(self) -> Iterator[Block]:
        rows = self.record.checkpoints
        yield Heading("Checkpoints", "checkpoints")
        cosignatures = sum(len(row.cosigned) for row in rows)
        yield Numbers((*self._of("checkpoints"), Number("cosignatures", "cosignatures below them", cosignatures)))
        if not rows:
            yield Paragraph(("No checkpoint is kept: nobody ever signed this ledger, and nobody else saw it.",))
            return
        yield Paragraph(
            (
                "A checkpoint signs the tree of the first so many entries. The signature of the ledger's own key says "
                "who vouches for it, and never when. Cosignatures and times are as the file has them: claims, until "
                "they are verified with the witness's key or the authority's certificate.",
            )
        )
        yield Table(
            "checkpoints",
            "Checkpoints in the ledger's file, the newest first",
            (
                Column("number", "No.", "number"),
                Column("entries", "Entries", "number"),
                Column("root", "Root (base64)", "code"),
                Column("signed", "Signed by the ledger's key"),
                Column("cosigned", "Cosigned by, at"),
                Column("timestamp", "Timestamped at"),
            ),
            tuple(
                (
                    row.number,
                    row.size,
                    (Code(row.root),) if row.root else f"It cannot be read: {row.problem}",
                    ", ".join(one.key_id for one in row.signed) or "no key named for this size",
                    "; ".join(map(cosigned, row.cosigned)) or "nobody",
                    utc_text(row.stamped) if row.stamped else "no time can be read" if row.stamp else "no",
                )
                for row in reversed(rows[-MOST:])
            ),
        )
        yield from _shown(len(rows), "checkpoints")
        if others := sorted({str(one) for row in rows for one in row.others}):
            more = f" and {len(others) - MOST:,} more" if len(others) > MOST else ""
            yield Paragraph(
                (
                    "Other signatures stand below them, by no key that the ledger names for their size: ",
                    f"{', '.join(others[:MOST])}{more}.",
                )
            )

    def _heartbeats(self) -> Iterator[Block]:
        beats = self.record.heartbeats
        yield Heading("Heartbeats, and the time between them", "heartbeats")
        long = [gap for gap in self.audited.gaps if gap.long]
        last = newest(beats)
        seen = max((one.size for one in beats if one.size <= self.record.size), default=0)
        yield Numbers(
            (
                Number("heartbeats", "times at which others saw the ledger", len(beats)),
                Number("gaps-long", f"gaps of more than {LONG} days", len(long)),
                Number("entries-after-heartbeat", "entries that no heartbeat covers", self.record.size - seen),
            )
        )
        if last is None:
            yield Verdict(
                "unsure",
                "No heartbeat is provable",
                (
                    (
                        "No checkpoint in the file carries a cosignature or a timestamp that states a time. That the "
                        "ledger stood as it is at any moment before it was handed over, nobody but its keeper says.",
                    ),
                ),
            )
            return
        yield Paragraph(
            (
                "A heartbeat shows that the ledger had at least so many entries by then, to whoever verifies it with "
                "the witness's key (--policy) or the authority's certificate (--authority). "
                f"The newest is of {utc_text(last.at)}, at {last.size:,} entries.",
            )
        )
        yield Table(
            "heartbeats",
            "Heartbeats, the newest first",
            (
                Column("at", "At (UTC)"),
                Column("entries", "Entries", "number"),
                Column("kind", "Shown by"),
                Column("by", "Whose"),
            ),
            tuple((utc_text(one.at), one.size, one.kind, one.by or AUTHORITY) for one in reversed(beats[-MOST:])),
        )
        yield from _shown(len(beats), "heartbeats")
        yield Heading("Gaps", "gaps", 3)
        yield Table(
            "gaps",
            "Time without a heartbeat, the longest first",
            (
                Column("from", "From", "date"),
                Column("to", "To", "date"),
                Column("days", "Days", "number"),
                Column("entries", "Entries that appeared in it", "number"),
                Column("mark", "Note"),
            ),
            tuple(
                (gap.first, gap.last, gap.days, gap.after - gap.before, noted(gap)) for gap in self.audited.gaps[:MOST]
            ),
            empty="No gap of a day or more.",
        )
        yield from _shown(len(self.audited.gaps), "gaps")

    def _clock(self) -> Iterator[Block]:
        ahead = [one for one in self.record.heartbeats if one.clock_ahead]
        future = sum(
            1
            for finding in self.reading.result.findings
            if finding.check == "dated-in-future" and finding.reason == "after-recording"
        )
        yield Heading("The ledger's clock", "clock")
        yield Paragraph(
            (
                "When something was recorded is the ledger's own word. These entries show where it cannot be right, "
                "or where the transfer's date cannot.",
            )
        )
        yield Numbers(
            (
                Number("clock-backwards", "entries recorded before the one before them", len(self.audited.backwards)),
                Number("clock-ahead", "heartbeats older than what they cover", len(ahead)),
                Number("recorded-before-transfer", "findings: recorded before the transfer", future),
            )
        )
        if self.audited.backwards:
            yield Table(
                "clock-backwards",
                "Entries that were recorded before their predecessor",
                (Column("entry", "Entry", "number"), Column("what", "What")),
                tuple((one.seq, one.message) for one in self.audited.backwards[:MOST]),
            )
            if len(self.audited.backwards) > MOST:
                yield Paragraph(
                    (f"{MOST} of {len(self.audited.backwards):,} are shown; `verify` prints all.",), quiet=True
                )
        if ahead:
            yield Table(
                "clock-ahead",
                "Heartbeats at which the ledger's newest entry says that it was not yet recorded",
                (
                    Column("at", "Seen at (UTC)"),
                    Column("entries", "Entries", "number"),
                    Column("clock", "Newest of them recorded at (UTC)"),
                ),
                tuple(
                    (utc_text(one.at), one.size, utc_text(one.clock) if one.clock else "")
                    for one in reversed(ahead[-MOST:])
                ),
            )

    # -- what was sealed -----------------------------------------------------------------------------------------

    def _keys(self) -> Iterator[Block]:
        yield Heading("Keys and their rotations", "keys")
        yield Numbers(tuple(self._of("keys")))
        yield Paragraph(
            (
                "A rotation is signed by the old key and the new; a replacement after a loss by the new alone, so that "
                "nothing shows that the ledger's owner did it. No key in the file makes anything trusted: compare them "
                "with what you got from elsewhere.",
            )
        )
        yield Table(
            "keys",
            "Key entries",
            (
                Column("entry", "Entry", "number"),
                Column("action", "What"),
                Column("keys", "Keys from here on", "code"),
                Column("recorded", "Recorded at (UTC)"),
            ),
            tuple(
                (at.seq, _ACTIONS[one.action], (Code(", ".join(map(_short, one.keys))),), utc_text(one.recorded_at))
                for at, one in self.record.keys[-MOST:]
            ),
            empty="The ledger names no key: it was never signed.",
        )
        yield from _shown(len(self.record.keys), "key entries, the newest,")

    def _registers(self) -> Iterator[Block]:
        yield Heading("Versions of the documented purposes", "registers")
        yield Numbers(
            (
                *self._of("registers"),
                Number(
                    "backdated",
                    "adopted after their first day",
                    sum(days_late(one) > 0 for one in self.audited.adopted),
                ),
            )
        )
        yield Table(
            "registers",
            "Adopted versions",
            (
                Column("entry", "Entry", "number"),
                Column("title", "Title and version"),
                Column("judges", "Judges"),
                Column("adopted", "Adopted on", "date"),
                Column("backdated", "Backdated"),
                Column("digest", "SHA-256", "code"),
            ),
            tuple(
                (
                    one.seq,
                    f"{one.register.title}, {one.entry.version}",
                    _judges(one),
                    day_of(one.entry.recorded_at),
                    _backdated(one),
                    (Code(one.entry.sha256),),
                )
                for one in self.audited.adopted[-MOST:]
            ),
            empty="No register of documented purposes is adopted: most checks have nothing to judge by.",
        )
        yield from _shown(len(self.audited.adopted), "adoptions, the newest,")

    def _erasures(self) -> Iterator[Block]:
        label = self.reading.label
        yield Heading("Erasures", "erasures")
        yield Numbers(tuple(self._of("erasures")))
        yield Paragraph(
            (
                "An erasure takes a value out of the file and leaves its digest sealed, so that every hash and proof "
                "still holds. What the value was, nobody can tell any more, and this report never could.",
            )
        )
        yield Table(
            "erasures",
            "Values that were erased, the newest first",
            (
                Column("entry", "Entry", "number"),
                Column("of", "Value of entry", "number"),
                Column("name", "Which value"),
                Column("ground", "Ground"),
                Column("recorded", "Recorded at (UTC)"),
            ),
            tuple(
                (
                    at.seq,
                    one.erases.seq,
                    _value(one.name),
                    label(one.ground, "erasure_ground"),
                    utc_text(one.recorded_at),
                )
                for at, one in reversed(self.record.erasures[-MOST:])
            ),
            empty="No value was erased.",
        )
        yield from _shown(len(self.record.erasures), "erasures")

    def _decisions(self) -> Iterator[Block]:
        yield Heading("Refusals and decisions", "decisions")
        yield Numbers(tuple(self._of("decided")))
        yield Numbers(tuple(self._of("reviews")))
        yield Paragraph(
            (
                "A decision closes a finding and hides nothing: the report for the data protection officer shows both. "
                "All decisions that were ever sealed are counted.",
            )
        )
        yield from self._people()

    def _people(self) -> Iterator[Block]:
        yield Heading("People and confirmations", "people", 3)
        yield Numbers(tuple(self._of("people")))
        yield Paragraph(
            (
                "Each entry that a person causes carries a random code of that person in this ledger. Different codes "
                "were issued to different people, as the lead said; that two codes are two people, no ledger can show.",
            )
        )
        people = self.record.people
        yield Table(
            "people",
            "Codes of people, and what they may do from that entry on",
            (
                Column("entry", "Entry", "number"),
                Column("code", "Code", "code"),
                Column("role", "Role"),
                Column("recorded", "Recorded at (UTC)"),
            ),
            tuple(
                (at.seq, (Code(code),), role, utc_text(one.recorded_at))
                for at, one in people[-MOST:]
                for code, role in [issued(one)]
            ),
            empty="No code was issued.",
        )
        yield from _shown(len(people), "entries on people, the newest,")
        confirmations = self.record.confirmations
        yield Table(
            "confirmations",
            "What a second person confirmed, the newest first",
            (
                Column("entry", "Entry", "number"),
                Column("confirms", "Confirms entries"),
                Column("by", "By", "code"),
                Column("recorded", "Recorded at (UTC)"),
            ),
            tuple(
                (at.seq, _places(one.confirms), (Code(one.actor or ""),), utc_text(one.recorded_at))
                for at, one in reversed(confirmations[-MOST:])
            ),
            empty="Nothing was confirmed.",
        )
        yield from _shown(len(confirmations), "confirmations")

    # -- what was checked ----------------------------------------------------------------------------------------

    def _checks(self) -> Iterator[Block]:
        result = self.reading.result
        ran = [one for one in result.checks if one.ran]
        yield Heading("Checks", "checks")
        yield Numbers(
            (
                Number("checks-run", "checks that ran", len(ran)),
                Number("checks-not-run", "checks that did not run", len(result.checks) - len(ran)),
                Number("checks-in-part", "checks that ran on a part", sum(bool(one.reason) for one in ran)),
            )
        )
        yield Numbers(
            (
                Number("breaches", "breaches", result.counts["breach"]),
                Number("breaches-open", "breaches that are open", len(self.reading.open)),
                Number("cannot-tell", "cannot be told", result.counts["cannot-tell"]),
                Number("advisories", "advisory findings", result.counts["advisory"]),
                Number("findings-closed", "findings that are closed", result.counts["closed"]),
                Number("findings-corrected", "findings on what was corrected since", result.counts["corrected"]),
            )
        )
        yield from two_answers(self.reading)
        yield rating(self.reading)
        if self.reading.not_run:
            yield Heading("Checks that did not run, or not on all transfers", "not-run", 3)
            yield Table(
                "not-run",
                "Checks that did not run, or not on all transfers, and why",
                (Column("check", "Check", "code"), Column("ran", "Ran"), Column("why", "Why")),
                tuple(((Code(one.id),), "in part" if one.ran else "no", one.reason) for one in self.reading.not_run),
            )
        else:
            yield Paragraph(("Every check ran on every transfer in scope.",))
        yield Heading("All checks", "all-checks", 3)
        yield Table(
            "checks",
            "Every check and its findings in scope; those on what was corrected since are counted apart",
            (
                Column("check", "Check", "code"),
                Column("finds", "What it finds"),
                Column("breach", "Breaches", "number", upright=True),
                Column("cannot-tell", "Cannot be told", "number", upright=True),
                Column("advisory", "Advisory", "number", upright=True),
                Column("corrected", "Corrected since", "number", upright=True),
            ),
            tuple(
                (
                    (Code(one.id),),
                    title(one.id) if one.ran else (title(one.id), " ", Tag("did not run")),
                    *self.audited.by_check(one.id),
                )
                for one in result.checks
            ),
        )

    def _attested(self) -> Iterator[Block]:
        found = self.record.attestations
        yield Heading("Reports attested so far", "attestations")
        yield Numbers(tuple(self._of("attestations")))
        yield Table(
            "attestations",
            "Attested reports, the newest first",
            (
                Column("entry", "Entry", "number"),
                Column("as-of", "As of", "date"),
                Column("options", "Options", "code"),
                Column("size", "Entries", "number"),
                Column("version", "Program"),
                Column("report", "SHA-256 of the file", "code"),
            ),
            tuple(
                (at.seq, one.as_of, (Code(" ".join(one.options)),), one.size, one.version, (Code(one.report),))
                for at, one in reversed(found[-MOST:])
            ),
            empty="No report was attested before.",
        )
        yield from _shown(len(found), "reports")

    # -- doing it again ------------------------------------------------------------------------------------------

    def _commands(self) -> Iterator[Block]:
        made = self.made
        day = made.as_of.isoformat()
        format_ = made.option("format") or "html"
        asked = " ".join(_arguments(made, ()))
        asked = f" {asked}" if asked else ""
        drawn = " ".join(_arguments(made, ("whole", "since", "app")))
        drawn = f" {drawn}" if drawn else ""
        yield PageBreak()
        yield Heading("How to make every figure again", "commands")
        yield Paragraph(
            (
                Code(LEDGER),
                " stands for the ledger's file, ",
                Code("FILE"),
                " for this report or for a file to write. Work on a copy. Bring your own key, policy, certificate and "
                "checkpoint, got otherwise than from the ledger or its keeper.",
            )
        )
        yield Heading("The record", "commands-record", 3)
        yield Commands(
            (
                f"transfer-ledger verify {LEDGER}",
                f"transfer-ledger verify {LEDGER} --key VERIFIER-KEY --policy POLICY --checkpoint CHECKPOINT "
                "--authority CERTIFICATE --require witnessed",
                f"transfer-ledger bundle {LEDGER} -o FILE.zip",
                "transfer-ledger verify-proof FILE.zip --key VERIFIER-KEY --policy POLICY",
            )
        )
        yield Heading("Findings, and this report", "commands-findings", 3)
        yield Commands(
            (
                f"transfer-ledger check {LEDGER} --as-of {day} --format csv",
                f"transfer-ledger report {LEDGER} --for dpo --format csv --as-of {day}{asked} -o FILE.csv",
                f"transfer-ledger report {LEDGER} --for auditor --format {format_} --as-of {day}{asked} -o FILE",
                f"transfer-ledger verify-report FILE {LEDGER}",
            )
        )
        yield Heading("A sample to test", "commands-sample", 3)
        yield Paragraph(
            (
                "Choose the seed yourself, after you have the hash of the last entry: then nobody can have arranged "
                "what it draws.",
            )
        )
        yield Commands((f"transfer-ledger sample {LEDGER} --seed SEED --count 25 --as-of {day}{drawn} -o FILE.xlsx",))
        yield Heading("Counts", "commands-counts", 3)
        yield Paragraph(
            (
                "Each figure is what SQLite answers to one statement, over the first ",
                f"{made.size:,} entries and the first {len(self.record.checkpoints):,} checkpoints. ",
                "After each line stands what this report says.",
            )
        )
        yield Commands(tuple(command(one.sql, f"{one.value:,} {one.label}") for one in self.audited.recounts))
        yield Heading("Checkpoints, cosignatures and times", "commands-notes", 3)
        yield Paragraph(
            (
                "What a note says stands in its lines; the time of a cosignature is the eight bytes after its key's "
                "id. A timestamp is of a note's first three lines, TEXT below.",
            )
        )
        yield Commands(
            (
                command("SELECT note FROM checkpoints ORDER BY rowid"),
                command(
                    "SELECT writefile('TIMESTAMP', timestamp) FROM checkpoints WHERE size = SIZE AND timestamp"
                    " IS NOT NULL"
                ),
                "openssl ts -reply -in TIMESTAMP -text",
                "openssl ts -verify -in TIMESTAMP -data TEXT -CAfile CERTIFICATE",
            )
        )


_ACTIONS = {
    "new": "the first key",
    "rotation": "a rotation, signed by the old key and the new",
    "replacement": "a replacement after a loss, signed by the new key alone",
}


def _short(vkey: str) -> str:
    # The key's name and id. A key of type 0x06 has 1.8 kB; the data have it whole.
    return "+".join(vkey.split("+")[:2])


def _places(seqs: Sequence[int]) -> str:
    more = f" and {len(seqs) - _PLACES:,} more" if len(seqs) > _PLACES else ""
    return ", ".join(map(str, seqs[:_PLACES])) + more


def _value(name: str) -> str:
    return name.replace("_", " ")


def _judges(one: Adopted) -> str:
    until = one.entry.effective_until
    return f"{day_in_words(one.entry.effective_from)} {'on' if until is None else f'to {day_in_words(until)}'}"


def _backdated(one: Adopted) -> str:
    late = days_late(one)
    words = f"yes, by {some(late, 'day', 'days')}" if late > 0 else "no"
    return f"{words}; dates set by an editor, not by the notice" if one.entry.effective_assigned else words
