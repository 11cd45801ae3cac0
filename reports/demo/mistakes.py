"""What went wrong in the demonstration's year: at least two mistakes for each of the checks.

Each is a plausible slip (a feed that nobody stopped, an export with a column too many, a mistyped year) and says
which findings it must give. `expected-findings.csv` is written from these.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from datetime import date, time

from reports.demo.calendar import AUTHORITY, BY_ID, CONNEXIONS, PCT
from reports.demo.kinds import KINDS
from reports.demo.sent import Chance, Sent, about, send, size
from reports.demo.year import LIMITED

BREACH, CANNOT_TELL, ADVISORY = "breach", "cannot-tell", "advisory"
_OLDER = {"year_groups": "year-10;year-11"}


def _contactpoint(chance: Chance) -> Iterator[Sent]:
    closed = ("contactpoint-closed", BREACH)
    last = date(2010, 8, 6)
    for day, at in ((last, time(12, 0)), (last, time(15, 30)), (date(2010, 8, 10), time(9, 5))):
        sent = send("contactpoint", AUTHORITY, "ContactPoint", day, at, **size(chance.number(90, 300), chance))
        yield sent.changed(closed)
    yield send("contactpoint", "ContactPoint", AUTHORITY, last, time(12, 25), **size(31, chance)).changed(closed)
    brought = send("contactpoint", "ContactPoint", AUTHORITY, date(2010, 8, 4), time(10, 0), **size(77, chance))
    yield brought
    yield send(
        "connexions", AUTHORITY, CONNEXIONS, date(2010, 9, 8), time(14, 20),
        opt_outs_excluded="4", **size(58, chance),
    ).after(brought).changed(closed, ("onward-not-documented", BREACH))  # fmt: skip
    school = BY_ID["ivelmarsh-high"]
    cells = about(school, chance, ("year-7",), 0.9)
    sent = send("contactpoint-school", school.id, AUTHORITY, date(2010, 9, 6), time(9, 40), age_max="12", **cells)
    yield sent.changed(closed)
    sent = send("contactpoint", AUTHORITY, "Contact Piont", date(2010, 8, 12), time(11, 0), **size(66, chance))
    yield sent.changed(
        ("contactpoint-closed", CANNOT_TELL), ("unknown-recipient", BREACH), purpose="statutory-functions"
    )
    unclear = ("contactpoint-closing-day", CANNOT_TELL)
    yield send("contactpoint", AUTHORITY, "ContactPoint", last, **size(140, chance)).changed(unclear)
    first = date(2010, 8, 2)
    yield send("contactpoint", "ContactPoint", AUTHORITY, last, **size(23, chance)).since(first).changed(unclear)
    for day in (date(2010, 7, 6), date(2010, 7, 20)):
        sent = send("contactpoint", AUTHORITY, "ContactPoint", day, time(16, 45), **size(44, chance))
        yield sent.changed(("age-outside-limits", CANNOT_TELL), age_max="18")


def _who_and_why(chance: Chance) -> Iterator[Sent]:
    unknown = ("unknown-recipient", BREACH)
    for school, recipient, day in (
        ("alderquill-primary", "Brightframe School Photography", date(2009, 9, 23)),
        ("hollinquay-high", "Rivermoor Tutoring Agency", date(2009, 11, 19)),
        ("kestrelcombe-school", "Leavers Yearbook Company", date(2010, 6, 10)),
    ):
        cells = {**about(BY_ID[school], chance), "fields": "forename;surname;registration-group"}
        yield send("s-cool", school, recipient, day, chance.clock(), **cells).changed(unknown)
    flow = ("undocumented-flow", BREACH)
    for kind, sender, recipient, day in (
        ("ofsted", "emberholt-primary", "Ofsted", date(2009, 11, 3)),
        ("ifd", "emberholt-primary", "IFD", date(2010, 1, 14)),
        ("letters", PCT, CONNEXIONS, date(2010, 3, 17)),
        ("lsc", "juniperstoke-high", "LSC", date(2010, 1, 20)),
    ):
        yield send(kind, sender, recipient, day, chance.clock(), **size(chance.number(20, 90), chance)).changed(flow)
    purpose = ("undocumented-purpose", BREACH)
    for kind, recipient, other, day in (
        ("ifd", "IFD", "learner-contact", date(2009, 12, 3)),
        ("fischer", "FFT", "survey-samples", date(2010, 2, 9)),
        ("census-return", "DfE", "statutory-functions", date(2010, 6, 16)),
        ("ifd", "IFD", "Invitations to a summer fair", date(2010, 6, 29)),
    ):
        sent = send(kind, AUTHORITY, recipient, day, chance.clock(), **size(chance.number(300, 5000), chance))
        yield sent.changed(purpose, purpose=other)


def _origins(chance: Chance) -> Iterator[Sent]:
    brought = send(
        "admissions", "hollinquay-high", AUTHORITY, date(2010, 2, 2), time(10, 15), **size(140, chance), **_OLDER
    )
    yield brought
    yield (
        send("ifd", AUTHORITY, "IFD", date(2010, 2, 16), time(14, 35), **size(140, chance))
        .after(brought)
        .changed(("onward-not-documented", BREACH))
    )
    purpose, exceeded = ("undocumented-purpose", BREACH), "statistical-use-exceeded"
    cells = {**size(5200, chance), "approval_date": "2009-12-01"}
    for recipient, day, outcome, level in (
        ("ONS", date(2010, 1, 28), BREACH, "individual"),
        ("Government departments", date(2010, 6, 8), CANNOT_TELL, ""),
    ):
        yield send("departments", "DfE", recipient, day, **cells).changed(
            purpose, (exceeded, outcome), purpose="survey-samples", granularity=level
        )
    for sender, day in ((CONNEXIONS, date(2009, 12, 9)), ("Brightframe School Photography", date(2010, 5, 18))):
        yield send("ifd", sender, "IFD", day, chance.clock(), **size(chance.number(30, 80), chance)).changed(
            ("sender-not-documented", BREACH)
        )
    nearly = (("unknown-recipient", BREACH), ("recipient-name-near-miss", CANNOT_TELL))
    for kind, recipient, day in (
        ("fischer", "Fischer Familly Trust", date(2010, 3, 24)),
        ("ifd", "IFD Ltd", date(2010, 5, 5)),
    ):
        sent = send(kind, AUTHORITY, recipient, day, chance.clock(), **size(chance.number(300, 5000), chance))
        yield sent.changed(*nearly)
    for vague, day in (("Administration", date(2009, 11, 26)), ("Data sharing", date(2010, 4, 29))):
        sent = send("ifd", AUTHORITY, "IFD", day, chance.clock(), **size(chance.number(300, 5000), chance))
        yield sent.changed(purpose, ("purpose-vague", ADVISORY), purpose=vague)


def _fields_and_bases(chance: Chance) -> Iterator[Sent]:
    def sent(kind: str, sender: str, recipient: str, day: date) -> Sent:
        cells = size(chance.number(20, 400), chance)
        if kind == "connexions":
            cells["opt_outs_excluded"] = "3"
        return send(kind, sender, recipient, day, chance.clock(), **cells)

    beyond = ("field-not-documented", BREACH)
    for kind, sender, recipient, extra, day in (
        ("s-cool", "hollinquay-high", "S-cool", "address", date(2009, 10, 13)),
        ("fischer", AUTHORITY, "FFT", "address", date(2009, 10, 8)),
        ("census-return", AUTHORITY, "DCSF", "safeguarding", date(2010, 2, 22)),
        ("perspective", "ivelmarsh-high", "Perspective", "behaviour", date(2010, 4, 28)),
        ("matched", "DfE", AUTHORITY, "Bus pass number", date(2010, 7, 8)),
    ):
        # Nobody knows what a bus pass number is, so nobody can say that it is of no special category.
        unknown = (("special-category-without-condition", CANNOT_TELL),) if extra == "Bus pass number" else ()
        yield sent(kind, sender, recipient, day).changed(beyond, *unknown, fields=f"{KINDS[kind]['fields']};{extra}")
    yield sent("ifd", AUTHORITY, "IFD", date(2010, 5, 11)).changed(
        ("field-not-documented", CANNOT_TELL), ("special-category-without-condition", CANNOT_TELL), fields="not-stated"
    )
    missing = ("required-field-missing", BREACH)
    for school, fields, day in (
        ("juniperstoke-high", "forename;surname;gender", date(2009, 11, 24)),
        ("kestrelcombe-school", "surname;date-of-birth", date(2010, 3, 10)),
    ):
        yield sent("s-cool", school, "S-cool Limited", day).changed(missing, fields=fields)
    none = ("lawful-basis-missing", BREACH)
    yield sent("ifd", AUTHORITY, "IFD", date(2009, 9, 29)).changed(none, lawful_basis="")
    yield sent("perspective", "hollinquay-high", "Perspective CLM", date(2010, 4, 21)).changed(none, lawful_basis="")
    special = ("special-category-without-condition", BREACH)
    for kind, sender, recipient, day in (
        ("sen", "brindlequay-primary", AUTHORITY, date(2009, 12, 8)),
        ("letters", PCT, "Parents", date(2010, 4, 15)),
    ):
        yield sent(kind, sender, recipient, day).changed(special, special_category_condition="")
    swapped = ("lawful-basis-not-documented", BREACH)
    yield sent("ifd", AUTHORITY, "IFD", date(2010, 3, 3)).changed(swapped, lawful_basis="dpa1998-sch2-1")
    yield sent("admissions", "copperwick-infants", AUTHORITY, date(2010, 4, 27)).changed(
        swapped, lawful_basis="dpa1998-sch2-6"
    )
    for basis, day in (("eugdpr-art6-1-e", date(2010, 6, 22)), ("ukgdpr-art6-1-e", date(2010, 9, 14))):
        yield sent("fischer", AUTHORITY, "FFT", day).changed(
            swapped, ("lawful-basis-not-in-force", BREACH), lawful_basis=basis
        )


def _subjects(chance: Chance) -> Iterator[Sent]:
    finer = ("too-granular", BREACH)
    health = {"lawful_basis": "dpa1998-sch2-5", "special_category_condition": "dpa1998-sch3-8"}
    cells = size(chance.number(30, 60), chance)
    yield send("figures-national", PCT, "DH", date(2010, 7, 29), time(10, 5), **cells).changed(
        finer, granularity="individual", subject_smallest="", **health
    )
    yield send("figures", PCT, "alderquill-primary", date(2010, 3, 23), time(14, 0), **cells).changed(
        finer, granularity="individual", subject_smallest="", **health
    )
    yield send("figures-pct", "DH", "SHA", date(2010, 4, 22), **cells).changed(finer, granularity="school")
    yield send("figures-national", PCT, "DH", date(2010, 2, 19), time(9, 30), **cells).changed(
        ("too-granular", CANNOT_TELL), granularity="", **health
    )
    age, untold = ("age-outside-limits", BREACH), ("age-outside-limits", CANNOT_TELL)
    school = BY_ID["ivelmarsh-high"]
    opted = {"opt_outs_limited": "2", "opt_outs_limited_to": LIMITED}
    yield send(
        "connexions", school.id, CONNEXIONS, date(2009, 9, 17), time(15, 5), **opted, **size(180, chance)
    ).changed(age, age_min="11", age_max="12", year_groups="year-7")
    yield send("lrs", school.id, "LRS", date(2009, 10, 6), time(11, 15), **size(170, chance)).changed(
        age, age_min="13", age_max="14", year_groups="year-9"
    )
    yield send("lrs", "hollinquay-high", "LRS", date(2010, 1, 12), time(13, 50), **size(90, chance)).changed(untold)
    kind = ("subjects-not-documented", BREACH)
    staff = {"subject_kind": "workforce", "fields": "forename;surname;date-of-birth;gender;school"}
    for recipient, sending, day in (
        ("FFT", "fischer", date(2010, 1, 28)), ("DCSF", "census-return", date(2010, 2, 24)),
    ):  # fmt: skip
        yield send(sending, AUTHORITY, recipient, day, chance.clock(), **size(640, chance)).changed(kind, **staff)
    yield send("ifd", AUTHORITY, "IFD", date(2010, 9, 21), time(10, 40), **size(510, chance)).changed(
        ("subjects-not-documented", CANNOT_TELL), subject_kind=""
    )
    phase = ("phase-not-documented", BREACH)
    yield send("s-cool", "emberholt-primary", "S-cool", date(2010, 5, 6), time(9, 20), **size(28, chance)).changed(
        phase
    )
    yield send(
        "perspective", "gorsequill-middle", "Perspective", date(2010, 2, 10), time(9, 55), **size(40, chance)
    ).changed(phase)
    yield send("s-cool", AUTHORITY, "S-cool", date(2010, 5, 13), time(16, 10), **size(240, chance)).changed(
        ("phase-not-documented", CANNOT_TELL)
    )
    stage = ("key-stage-not-documented", BREACH)
    cells = about(BY_ID["kestrelcombe-school"], chance, ("year-10",))
    for day in (date(2010, 3, 11), date(2010, 5, 25)):
        sent = send("qca", "kestrelcombe-school", "QCA", day, chance.clock(), key_stages="ks4", **cells)
        yield sent.changed(stage)
    yield send("qca-results", AUTHORITY, "QCA", date(2010, 7, 1), time(12, 35), **size(300, chance)).changed(
        ("key-stage-not-documented", CANNOT_TELL)
    )


def _permissions(chance: Chance) -> Iterator[Sent]:
    breach, untold = ("opt-out-not-honoured", BREACH), ("opt-out-not-honoured", CANNOT_TELL)

    def connexions(sender: str, day: date, onward: tuple[Sent, ...] = (), **cells: str) -> Sent:
        more = {**size(chance.number(30, 150), chance), **_OLDER, **cells}
        return send("connexions", sender, CONNEXIONS, day, chance.clock(), **more).after(*onward)

    yield connexions("ivelmarsh-high", date(2009, 10, 21), opt_outs_checked="no").changed(breach)
    yield connexions("juniperstoke-high", date(2010, 1, 26)).changed(
        breach, opt_outs_limited="6", opt_outs_limited_to=f"{LIMITED};telephone"
    )
    yield connexions("hollinquay-high", date(2010, 3, 16)).changed(
        untold, opt_outs_limited="4", opt_outs_limited_to=f"{LIMITED};date-of-birth"
    )
    yield connexions("kestrelcombe-school", date(2010, 6, 24)).changed(untold, opt_outs_checked="")
    brought = send(
        "admissions", "ivelmarsh-high", AUTHORITY, date(2010, 4, 19), time(10, 30), opt_outs_checked="yes",
        opt_outs_limited="3", **size(120, chance), **_OLDER,
    )  # fmt: skip
    yield brought
    yield connexions(AUTHORITY, date(2010, 4, 26), (brought,)).changed(breach)
    yield connexions(AUTHORITY, date(2010, 5, 19)).changed(breach, opt_outs_limited="2", opt_outs_limited_to=LIMITED)
    none, unclear = ("approval-missing", BREACH), ("approval-missing", CANNOT_TELL)
    cells, approved = size(5300, chance), {"approval_date": "2009-12-01"}
    for kind, recipient, day, change in (
        ("departments", "ONS", date(2009, 12, 10), {"approval_role": ""}),
        ("research", "Independent researcher", date(2010, 3, 2), {"approval_role": "DPO", **approved}),
        ("departments", "Government departments", date(2010, 4, 14), {"approval_date": "2010-05-04"}),
    ):  # fmt: skip
        yield send(kind, "DCSF", recipient, day, **cells).changed(none, **change)
    yield send("research", "DfE", "Independent researchers", date(2010, 7, 15), **cells).changed(unclear)
    closed = ("recipient-closed", BREACH)
    for day in (date(2009, 11, 11), date(2010, 3, 31)):
        yield send("figures-commission", "DH", "Healthcare Commission", day, **size(1020, chance)).changed(closed)
    yield send("lsc", AUTHORITY, "LSC", date(2010, 4, 20), time(15, 15), **size(1480, chance)).changed(closed)
    cells = about(BY_ID["dunnelford-junior"], chance, ("year-6",))
    yield send("figures", PCT, "dunnelford-junior", date(2010, 9, 7), time(9, 45), **cells).changed(closed)


def _dates(chance: Chance) -> Iterator[Sent]:
    future = ("dated-in-future", CANNOT_TELL)
    for day, typed in ((date(2010, 1, 18), "2011-01-18"), (date(2010, 3, 9), "2010-09-03")):
        sent = send("ifd", AUTHORITY, "IFD", day, chance.clock(), **size(5500, chance))
        yield sent.changed(future, transferred_at=typed, agreement_review_on="2011-03-31")


def late(chance: Chance) -> list[Sent]:
    """What was found and recorded long afterwards: the rows of `recorded-late.csv`."""
    advisory = ("recorded-late", ADVISORY)
    found = [
        send("fischer", "larkenfold-school", "FFT", date(2010, 3, 15), **size(60, chance)),
        send("sen", "brindlequay-primary", AUTHORITY, date(2010, 4, 23), time(11, 10), **size(2, chance)),
        send("targets", "emberholt-primary", AUTHORITY, date(2010, 6, 30), **size(30, chance)).since(date(2010, 6, 1)),
        send("ifd", AUTHORITY, "IFD", date(2010, 7, 13), time(15, 20), **size(5450, chance)),
        send("contactpoint", AUTHORITY, "ContactPoint", date(2010, 7, 27), time(8, 40), **size(58, chance)),
        send("contactpoint", "ContactPoint", AUTHORITY, date(2010, 8, 5), time(16, 5), **size(12, chance)),
    ]
    return [sent.changed(advisory) for sent in found]


def twice(sent: Sent) -> Sent:
    """The same transfer recorded a second time, under another id."""
    again = copy(sent)
    again.findings = (("duplicate-transfer", ADVISORY),)
    return again


def mistakes(chance: Chance) -> list[Sent]:
    """Every mistake of the year, and the few rows that they build on, in no order; duplicates are made later."""
    kinds = (_contactpoint, _who_and_why, _fields_and_bases, _subjects, _permissions, _dates, _origins)
    return [sent for kind in kinds for sent in kind(chance)]
