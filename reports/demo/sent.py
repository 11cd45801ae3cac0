"""One transfer of the demonstration before it is a row: when it really went, its cells, what must be found."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from reports.demo.calendar import BY_ID, School
from reports.demo.kinds import KINDS

_LONDON = ZoneInfo("Europe/London")
_CLOSE_OF_DAY = time(17, 30)
_Item = TypeVar("_Item")


class Chance:
    """Seeded choices. Only `random()` is used, whose sequence Python promises to keep for a seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._random() * (high - low + 1))

    def one(self, items: Sequence[_Item]) -> _Item:
        """One of `items`."""
        return items[int(self._random() * len(items))]

    def happens(self, likely: float) -> bool:
        """True with the probability `likely`."""
        return self._random() < likely

    def clock(self) -> time:
        """A time in office hours, to the minute."""
        minutes = self.number(8 * 60 + 10, 16 * 60 + 40)
        return time(minutes // 60, minutes % 60)


@dataclass(eq=False)
class Sent:
    """A transfer. `at` is when it really went, in UTC; `findings` are pairs of a check and its outcome.

    `onward` are transfers that brought the data; their ids go into the row once all rows have theirs.
    """

    at: datetime
    cells: dict[str, str]
    findings: tuple[tuple[str, str], ...] = ()
    onward: tuple[Sent, ...] = ()
    id: str = field(default="", init=False)

    def changed(self, *findings: tuple[str, str], **cells: str) -> Sent:
        """This transfer with other cells, and what must then be found. Empty text empties a cell."""
        self.cells.update(cells)
        self.findings = findings
        return self

    def since(self, first: date) -> Sent:
        """This transfer as an interval from `first` to its day, as for what went day by day."""
        self.cells["transferred_at"] = f"{first}/{self.cells['transferred_at']}"
        return self

    def after(self, *sources: Sent) -> Sent:
        """This transfer as one that passes on what `sources` brought."""
        self.onward = sources
        return self


def instant(day: date, at: time) -> datetime:
    """The moment of a London day and time, in UTC."""
    return datetime.combine(day, at, _LONDON).astimezone(UTC)


def timed(day: date, at: time) -> str:
    """A London day and time as the cell `transferred_at` gives it, with its offset."""
    return datetime.combine(day, at, _LONDON).isoformat(timespec="minutes")


def send(kind: str, sender: str, recipient: str, day: date, at: time | None = None, /, **cells: str) -> Sent:
    """A transfer of `kind` on a London day, at a time or without one."""
    given = str(day) if at is None else timed(day, at)
    row = {**KINDS[kind], "transferred_at": given, "sender": sender, "recipient": recipient, **cells}
    return Sent(instant(day, at or _CLOSE_OF_DAY), row)


def about(school: School, chance: Chance, years: Sequence[str] = (), share: float = 1.0) -> dict[str, str]:
    """How many pupils of a school, of which year groups, and the size of the file that says so."""
    years = years or school.years
    whole = max(1, int(school.pupils * len(years) / len(school.years) * share))
    count = max(1, whole - chance.number(0, whole // 5))
    return {"year_groups": ";".join(years), **size(count, chance)}


def size(count: int, chance: Chance) -> dict[str, str]:
    """The count of people, and a file with a row for each."""
    return {
        "subject_count": str(count),
        "payload_rows": str(count),
        "payload_bytes": str(count * chance.number(80, 190) + chance.number(200, 900)),
        "payload_media_type": "text/csv" if chance.happens(0.7) else "application/xml",
    }


def department(day: date) -> str:
    """What the Department was called on `day`: it was renamed on 12 May 2010 (recalled)."""
    return "DCSF" if day < date(2010, 5, 12) else "Department for Education"


def later(day: date, days: int) -> date:
    """`days` after `day`."""
    return day + timedelta(days=days)


def named(school: School | str, chance: Chance) -> str:
    """A school as people write it: mostly its id, sometimes its name."""
    one = BY_ID[school] if isinstance(school, str) else school
    return one.name if chance.happens(0.15) else one.id
