"""The school year as it should go: every transfer here is documented, and no check finds anything on it.

It follows the real calendar: censuses in October, January and May, a workforce census that only some schools took
in January 2010, key stage 1 and 2 assessments in May, children measured all year in Reception and Year 6, learner
registration and Connexions from the high schools, and ContactPoint fed twice a week up to the morning of 6 August
2010. What the Department, health bodies and others passed on is there as they told the authority of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time

from reports.demo.calendar import (
    AUTHORITY,
    CONNEXIONS,
    HIGH,
    MEASURED,
    PCT,
    SCHOOLS,
    YEARS,
    School,
    school_days,
    school_months,
    school_weeks,
    working,
)
from reports.demo.sent import Chance, Sent, about, department, later, named, send, size

CENSUSES = (date(2009, 10, 1), date(2010, 1, 21), date(2010, 5, 20))
LAST_FEED = date(2010, 8, 6)
LIMITED = "forename;surname;address;postcode;parent-name;parent-address"
"""What Connexions gets about pupils who opted out: name and address of pupil and parent."""


def _open(school: School, day: date) -> bool:
    return not school.closed or day <= date.fromisoformat(school.closed)


def _weekly(chance: Chance) -> Iterator[Sent]:
    for week in school_weeks():
        for school in SCHOOLS:
            if not _open(school, week[-1]):
                continue
            who = named(school, chance)
            for _ in range(2 if school.pupils > 300 else 1):
                cells = about(school, chance, (chance.one(school.years),), 0.03)
                yield send("admissions", who, AUTHORITY, chance.one(week), chance.clock(), **cells)
            if school.pupils > 180:
                cells = about(school, chance)
                yield send("attendance", who, AUTHORITY, week[-1], **cells).since(week[0])
        for school in HIGH:
            who, day = named(school, chance), chance.one(week)
            older = tuple(year for year in school.years if year in ("year-9", "year-10", "year-11", "year-12"))
            limited = chance.number(1, 9)
            yield send(
                "connexions", who, CONNEXIONS, day, chance.clock(), **size(chance.number(15, 160), chance),
                year_groups=";".join(older), opt_outs_limited=str(limited), opt_outs_limited_to=LIMITED,
                request_reference=f"CX-{week[0]:%Y-%m}", request_date=str(week[0].replace(day=1)),
            )  # fmt: skip
            if chance.happens(0.7):
                cells = about(school, chance, (chance.one(older),), 0.4)
                yield send("s-cool", who, "S-cool Limited", chance.one(week), chance.clock(), **cells)
            if chance.happens(0.6):
                cells = about(school, chance, ("year-10", "year-11"), 0.15)
                yield send("perspective", who, "Perspective CLM", chance.one(week), chance.clock(), **cells)


def _monthly(chance: Chance) -> Iterator[Sent]:
    for month in school_months():
        for school in SCHOOLS:
            if not _open(school, month[-1]):
                continue
            who = named(school, chance)
            cells = size(chance.number(1, 7), chance)
            yield send("sen", who, AUTHORITY, chance.one(month), chance.clock(), **cells)
            cells = size(max(4, school.pupils // chance.number(12, 20)), chance)
            yield send("staff-sickness", who, AUTHORITY, month[-1], **cells).since(month[0])
            if chance.happens(0.4):
                yield send("vacancies", who, AUTHORITY, chance.one(month), **size(chance.number(8, 70), chance))
            if month[0] < LAST_FEED:
                cells = about(school, chance, share=0.1)
                yield send("contactpoint-school", who, AUTHORITY, chance.one(month), chance.clock(), **cells,
                           age_max=str(min(17, YEARS.index(school.last) + 4)))  # fmt: skip
        for school in HIGH:
            who = named(school, chance)
            cells = about(school, chance, ("year-10", "year-11"), 0.3)
            ages = {"age_min": "14", "age_max": "16"}
            yield send("lrs", who, "LRS", chance.one(month), chance.clock(), **cells, **ages)
            if chance.happens(0.3):
                cells = about(school, chance, ("year-9",), 0.5)
                yield send("lrs-post-14", who, "lrs", chance.one(month), chance.clock(), **cells)
            if chance.happens(0.5):
                cells = about(school, chance, ("year-11",), 0.6)
                yield send("miap", who, "MIAP", chance.one(month), chance.clock(), **cells, **ages)
        for purpose in ("school-improvement", "school-finances", "authority-resources"):
            cells = size(chance.number(3000, 5900), chance)
            yield send("ifd", AUTHORITY, "IFD", chance.one(month), chance.clock(), purpose=purpose, **cells)
        yield send(
            "connexions", AUTHORITY, CONNEXIONS, chance.one(month), chance.clock(), opt_outs_excluded="31",
            schools=";".join(school.id for school in HIGH), **size(chance.number(200, 700), chance),
        )  # fmt: skip
        yield send("health", AUTHORITY, PCT, chance.one(month), chance.clock(), **size(5400, chance))
        yield send("uln", "LRS", "Learner record users", chance.one(month), **size(chance.number(9, 300), chance))
        yield send(
            "learner-record", "MIAP", "Organisations allowed by law", chance.one(month),
            opt_outs_limited="2", opt_outs_limited_to="uln;forename;surname", **size(chance.number(9, 90), chance),
        )  # fmt: skip


def _censuses(chance: Chance) -> Iterator[Sent]:
    for census in CENSUSES:
        for school in SCHOOLS:
            day = chance.one(school_days(census, later(census, 20)))
            cells = about(school, chance)
            brought = send("census", school.id, AUTHORITY, day, chance.clock(), **cells)
            yield brought
            day = chance.one(working(later(census, 25), later(census, 34)))
            yield send(
                "census-return", AUTHORITY, department(day), day, chance.clock(),
                schools=school.id, phase=school.phase, **cells,
            ).after(brought)  # fmt: skip
    took_part = [school for number, school in enumerate(SCHOOLS) if number % 12 in (0, 1, 4, 7, 8, 10, 11)]
    for school in took_part:
        day = chance.one(school_days(date(2010, 1, 21), date(2010, 2, 5)))
        cells = size(school.pupils // 11, chance)
        yield send("workforce-census", school.id, AUTHORITY, day, chance.clock(), **cells)


def _contactpoint(chance: Chance) -> Iterator[Sent]:
    for day in working(date(2009, 9, 1), LAST_FEED):
        if day.weekday() in (1, 4):
            at = time(9, 15) if day == LAST_FEED else chance.clock()
            cells = size(chance.number(90, 700), chance)
            yield send("contactpoint", AUTHORITY, "ContactPoint", day, at, **cells)
        if day.weekday() == 2:
            cells = size(chance.number(4, 60), chance)
            yield send("contactpoint", "ContactPoint", AUTHORITY, day, chance.clock(), **cells)
    yield send("contactpoint", AUTHORITY, "Contact Point", LAST_FEED, time(11, 40), **size(212, chance))
    for day in (date(2009, 11, 12), date(2010, 2, 25), date(2010, 6, 17)):
        yield send("contactpoint", department(day), "ContactPoint", day, **size(5200, chance))


def _assessments(chance: Chance) -> Iterator[Sent]:
    for school in SCHOOLS:
        for year, stage, registered in (("year-2", "ks1", (2010, 2)), ("year-6", "ks2", (2010, 3))):
            if not school.has(year):
                continue
            cells = {**about(school, chance, (year,)), "key_stages": stage}
            day = chance.one(school_days(date(*registered, 1), date(*registered, 26)))
            yield send("qca", school.id, "QCA", day, chance.clock(), **cells)
            day = chance.one(school_days(date(2010, 5, 17), date(2010, 5, 28)))
            yield send("qca-results", school.id, "QCA", day, chance.clock(), **cells)
            day = chance.one(school_days(date(2010, 7, 6), date(2010, 7, 20)))
            yield send("qca-results", AUTHORITY, "QCDA", day, chance.clock(), schools=school.id, **cells)
    for day, department_name in ((date(2009, 9, 16), "DCSF"), (date(2010, 8, 11), "DfE")):
        yield send("qca-onward", "QCA", department_name, day, **size(1040, chance))
    yield send("qca-lsc", "QCA", "LSC", date(2009, 10, 14), **size(980, chance))


def _learning(chance: Chance) -> Iterator[Sent]:
    for day in (date(2009, 10, 20), date(2009, 12, 9), date(2010, 2, 18), date(2010, 3, 24)):
        yield send("lsc", AUTHORITY, "LSC", day, chance.clock(), **size(1480, chance))
    for day in (date(2009, 11, 5), date(2010, 3, 4)):
        brought = send(
            "lsc-contact", AUTHORITY, "Learning and Skills Council", day, chance.clock(),
            opt_outs_checked="yes", **size(870, chance),
        )  # fmt: skip
        yield brought
        yield send("lsc-contact", "LSC", "LSC partners", later(day, 5), **size(610, chance)).after(brought)
    yield send("lsc", "LSC", "ONS", date(2009, 12, 16), **size(1480, chance))
    yield send("lsc", "LSC", "Other Government departments", date(2010, 2, 24), **size(1480, chance))


def _health(chance: Chance) -> Iterator[Sent]:
    for school in MEASURED:
        for year in ("reception", "year-6"):
            if not school.has(year):
                continue
            last = date(2010, 6, 25)
            day = chance.one(school_days(date(2009, 9, 21), last))
            cells = about(school, chance, (year,))
            brought = send("measuring", school.id, PCT, day, chance.clock(), **cells)
            yield brought
            weighed = chance.one(working(later(day, 10), later(day, 24)))
            yield send(
                "letters", PCT, chance.one(("Parents", "parent")), weighed, schools=school.id, **cells
            ).after(brought)  # fmt: skip
            if chance.happens(0.6):
                day = chance.one(working(later(weighed, 20), later(weighed, 26)))
                yield send("figures", PCT, school.id, day, chance.clock(), **cells)
    for day in (date(2009, 12, 2), date(2010, 5, 5)):
        yield send("letters", PCT, "The child", day, year_groups="year-6", **size(3, chance))
    for day in (date(2009, 10, 7), date(2010, 2, 3), date(2010, 7, 14)):
        yield send("figures", PCT, AUTHORITY, day, chance.clock(), **size(1020, chance))
        yield send("figures-national", PCT, "DH", later(day, 14), chance.clock(), **size(1020, chance))
        yield send("figures-pct", "DH", "Strategic Health Authority", later(day, 40), **size(1020, chance))


def _department(chance: Chance) -> Iterator[Sent]:
    for school in SCHOOLS:
        if school.phase != "nursery":
            day = chance.one(school_days(date(2009, 10, 12), date(2009, 12, 11)))
            yield send("matched", "DCSF", named(school, chance), day, chance.clock(), **about(school, chance))
    for day in (date(2009, 11, 18), date(2010, 6, 9)):
        yield send("matched", department(day), AUTHORITY, day, chance.clock(), **size(5600, chance))
        yield send("matched", department(day), "Learning institutions", later(day, 7), **size(340, chance))
        yield send("survey", department(day), "Research agency", later(day, 21), **size(150, chance))
        approved = {"approval_date": str(later(day, -20)), "approval_reference": f"CS-{day:%Y-%m}"}
        yield send("departments", department(day), "ONS", later(day, 12), **size(5300, chance), **approved)
        yield send(
            "departments", department(day), "Government departments", later(day, 28), **size(900, chance), **approved
        )
        yield send(
            "research", department(day), "Independent researcher", later(day, 33), **size(410, chance), **approved
        )


def _analyses(chance: Chance) -> Iterator[Sent]:
    for first, last in (
        (date(2009, 9, 14), date(2009, 10, 9)),
        (date(2010, 1, 11), date(2010, 2, 5)),
        (date(2010, 6, 14), date(2010, 7, 16)),
    ):
        for school in SCHOOLS:
            if school.phase == "nursery":
                continue
            day = chance.one(school_days(first, last))
            cells = about(school, chance)
            who = named(school, chance)
            yield send("fischer", who, chance.one(("Fischer Family Trust", "FFT")), day, chance.clock(), **cells)
            day = chance.one(working(later(day, 12), later(day, 22)))
            yield send("fischer-back", "Fischer Family Trust", school.id, day, chance.clock(), **cells)
            if chance.happens(0.8):
                yield send("targets", who, AUTHORITY, chance.one(school_days(first, last)), **cells)
        yield send("fischer", AUTHORITY, "FFT", last, chance.clock(), **size(5500, chance))
    for school in (SCHOOLS[0], SCHOOLS[4], SCHOOLS[7], SCHOOLS[9], SCHOOLS[11]):
        day = chance.one(school_days(date(2009, 10, 5), date(2010, 6, 30)))
        yield send("ofsted", AUTHORITY, "Ofsted", day, chance.clock(), schools=school.id, **about(school, chance))
    yield send("views", AUTHORITY, "Ofsted", date(2010, 1, 27), **size(1900, chance))


def year(chance: Chance) -> list[Sent]:
    """Every transfer of the year that is as it should be, in no order."""
    streams = (
        _weekly, _monthly, _censuses, _contactpoint, _assessments, _learning, _health, _department, _analyses,
    )  # fmt: skip
    return [sent for stream in streams for sent in stream(chance)]
