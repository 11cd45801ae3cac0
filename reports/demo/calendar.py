"""The demonstration's places and days: an invented authority, its schools, and the school year 2009–10.

No name is a real place's. Identifiers have forms that no real school has: a URN of seven digits, and numbers of
an authority 999. The days are those of the real year: terms and bank holidays as they fell in England.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

YEARS = ("nursery", "reception", *(f"year-{number}" for number in range(1, 14)))
"""Year groups, youngest first; a child of `YEARS[n]` turns n + 4 in the school year."""

AUTHORITY = "quillshire"
PCT = "quillshire-pct"
CONNEXIONS = "connexions-quillshire"


class School(NamedTuple):
    """One school: how many pupils it has, and its first and last year group."""

    id: str
    name: str
    phase: str
    type: str
    pupils: int
    first: str
    last: str
    closed: str = ""

    @property
    def years(self) -> tuple[str, ...]:
        """Its year groups."""
        return YEARS[YEARS.index(self.first) : YEARS.index(self.last) + 1]

    def has(self, year: str) -> bool:
        """Whether it teaches `year`."""
        return year in self.years


SCHOOLS = (
    School("alderquill-primary", "Alderquill Primary School", "primary", "community", 312, "reception", "year-6"),
    School(
        "brindlequay-primary",
        "Brindlequay Primary School",
        "primary",
        "voluntary-controlled",
        198,
        "reception",
        "year-6",
    ),
    School("copperwick-infants", "Copperwick Infant School", "primary", "community", 176, "reception", "year-2"),
    School(
        "dunnelford-junior",
        "Dunnelford Junior School",
        "primary",
        "community",
        224,
        "year-3",
        "year-6",
        "2010-08-31",
    ),
    School(
        "emberholt-primary",
        "Emberholt Church Primary School",
        "primary",
        "voluntary-aided",
        205,
        "reception",
        "year-6",
    ),
    School("fennybrook-nursery", "Fennybrook Nursery School", "nursery", "community", 74, "nursery", "nursery"),
    School(
        "gorsequill-middle",
        "Gorsequill Middle School",
        "middle-deemed-secondary",
        "community",
        388,
        "year-5",
        "year-8",
    ),
    School("hollinquay-high", "Hollinquay High School", "secondary", "community", 1120, "year-7", "year-13"),
    School("ivelmarsh-high", "Ivelmarsh High School", "secondary", "foundation", 940, "year-7", "year-11"),
    School("juniperstoke-high", "Juniperstoke High School", "secondary", "community", 1010, "year-7", "year-13"),
    School("kestrelcombe-school", "Kestrelcombe School", "all-through", "academy", 1240, "reception", "year-13"),
    School("larkenfold-school", "Larkenfold School", "special", "community-special", 96, "reception", "year-11"),
)
BY_ID = {school.id: school for school in SCHOOLS}
HIGH = tuple(school for school in SCHOOLS if school.phase in ("secondary", "all-through"))
"""What the notice calls high schools."""

MEASURED = tuple(school for school in SCHOOLS if school.has("reception") or school.has("year-6"))
"""Where children are weighed and measured, in Reception and Year 6."""

COLUMNS = (
    "id", "name", "role", "phase", "type", "public_authority", "controller", "urn", "dfe_number", "former_ids",
    "aliases", "opened", "closed",
)  # fmt: skip


def organisations() -> list[dict[str, str]]:
    """The rows of `organisations.csv`, by column."""
    blank = dict.fromkeys(COLUMNS, "")
    rows = [
        {
            **blank,
            "id": AUTHORITY,
            "name": "Quillshire County Council",
            "role": "local-authority",
            "type": "county-council",
            "public_authority": "yes",
            "aliases": "Quillshire LA;Quillshire Children's Services",
        }
    ]
    for number, school in enumerate(SCHOOLS, start=1):
        rows.append(
            {
                **blank,
                "id": school.id,
                "name": school.name,
                "role": "school",
                "phase": school.phase,
                "type": school.type,
                "public_authority": "yes",
                "urn": str(9_900_000 + number),
                "dfe_number": f"999/{2000 + number}",
                "former_ids": "alderquill-junior" if number == 1 else "",
                "opened": "2007-09-01" if school.type == "academy" else "",
                "closed": school.closed,
            }
        )
    rows.append(
        {
            **blank,
            "id": PCT,
            "name": "Quillshire Primary Care Trust",
            "role": "pct",
            "type": "government-body",
            "public_authority": "yes",
            "aliases": "Quillshire PCT;NHS Quillshire",
        }
    )
    rows.append(
        {
            **blank,
            "id": CONNEXIONS,
            "name": "Connexions Quillshire",
            "role": "connexions",
            "type": "company",
            "public_authority": "no",
        }
    )
    return rows


_TERMS = (
    (date(2009, 9, 3), date(2009, 10, 23)),
    (date(2009, 11, 2), date(2009, 12, 18)),
    (date(2010, 1, 5), date(2010, 2, 12)),
    (date(2010, 2, 22), date(2010, 3, 26)),
    (date(2010, 4, 12), date(2010, 5, 28)),
    (date(2010, 6, 7), date(2010, 7, 21)),
    (date(2010, 9, 2), date(2010, 9, 28)),
)
_HOLIDAYS = frozenset(
    date.fromisoformat(day)
    for day in (
        "2009-12-24", "2009-12-25", "2009-12-28", "2009-12-29", "2009-12-30", "2009-12-31", "2010-01-01",
        "2010-04-02", "2010-04-05", "2010-05-03", "2010-05-31", "2010-08-30",
    )
)  # fmt: skip


def working(first: date, last: date) -> list[date]:
    """The days from `first` to `last` on which an office works."""
    every = (first + timedelta(days=count) for count in range((last - first).days + 1))
    return [day for day in every if day.weekday() < 5 and day not in _HOLIDAYS]


def school_days(first: date = _TERMS[0][0], last: date = _TERMS[-1][1]) -> list[date]:
    """The days from `first` to `last` on which schools are open."""
    return [day for start, end in _TERMS for day in working(start, end) if first <= day <= last]


def school_weeks() -> list[list[date]]:
    """School days by week."""
    found: dict[tuple[int, int], list[date]] = {}
    for day in school_days():
        found.setdefault(day.isocalendar()[:2], []).append(day)
    return list(found.values())


def school_months() -> list[list[date]]:
    """School days by month; there are none in August."""
    found: dict[tuple[int, int], list[date]] = {}
    for day in school_days():
        found.setdefault((day.year, day.month), []).append(day)
    return list(found.values())
