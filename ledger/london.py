"""When a transfer happened, as it was given, and the London day that it falls on.

England's schools keep London time, and the rule that matters most turns on noon in London on 6 August 2010. The
zone's rules come from the pinned `tzdata` package, never from the machine, so that a ledger gives the same days
everywhere. A time without an offset is taken as London time and gets its offset written in; the hour that
happens twice in October and the one that never happens in March are refused, because no guess could be checked.
"""

from __future__ import annotations

import os.path
import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import tzdata

from ledger.errors import Refused


def _london() -> ZoneInfo:
    # from_file on the package's own file: ZoneInfo("Europe/London") would prefer the machine's copy, and
    # finding the package through importlib.resources costs the recording command 30 ms.
    path = os.path.join(os.path.dirname(str(tzdata.__file__)), "zoneinfo", "Europe", "London")
    with open(path, "rb") as file:
        return ZoneInfo.from_file(file, key="Europe/London")


LONDON = _london()

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_YEARS = range(1900, 3000)
_NOT_A_TIME = (
    "write YYYY-MM-DD, or YYYY-MM-DDThh:mm with Z or an offset such as +01:00, or an interval of dates "
    "YYYY-MM-DD/YYYY-MM-DD"
)


class When(NamedTuple):
    """A moment as it is sealed: `at` as given (with an assumed offset written in), its London days.

    `until` is the last day of an interval and None otherwise; `offset_assumed` is True where London time was
    assumed.
    """

    at: str
    on: date
    until: date | None
    offset_assumed: bool


def parse_date(text: str) -> date:
    """The date that `text` writes as YYYY-MM-DD (years 1900 to 2999); `Refused` with a sentence otherwise."""
    found = _DATE.fullmatch(text)
    if not found:
        raise Refused(f"{text[:40]!r} is not a date; write YYYY-MM-DD.")
    year, month, day = map(int, found.groups())
    try:
        value = date(year, month, day)
    except ValueError:
        raise Refused(f"{text} is not a date that exists.") from None
    if year not in _YEARS:
        raise Refused(f"The year of {text} is not between 1900 and 2999.")
    return value


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    if text == "-00:00" or minutes > 59 or hours > 14:
        raise Refused(f"{text} is not an offset from UTC; London is +00:00 in winter and +01:00 in summer.")
    delta = timedelta(hours=hours, minutes=minutes)
    return timezone(-delta if text[0] == "-" else delta)


def _local(text: str) -> datetime | None:
    """The naive local time that `text` begins with, or None where `text` is no time at all."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute = map(int, found.groups()[:5])
    try:
        value = datetime(year, month, day, hour, minute, int(found[6] or 0))  # noqa: DTZ001 the offset follows
    except ValueError:
        raise Refused(f"{text} is not a time that exists.") from None
    if year not in _YEARS:
        raise Refused(f"The year of {text} is not between 1900 and 2999.")
    return value


@lru_cache(maxsize=4096)
def instant(at: str) -> datetime | None:
    """The instant, in UTC, of a sealed `transferred_at` that has a time; None for a date or an interval.

    Raises `Refused` where `at` is none of the three forms, or has a time without its offset.
    """
    if len(at) == 10 or "/" in at:
        days(at)
        return None
    local = _local(at)
    found = _TIME.fullmatch(at)
    if local is None or found is None or found[7] is None:
        raise Refused(f"{at[:60]!r} is not a sealed time; {_NOT_A_TIME}.")
    return local.replace(tzinfo=_offset(found[7])).astimezone(UTC)


@lru_cache(maxsize=4096)
def days(at: str) -> tuple[date, date | None]:
    """The London day that a sealed `transferred_at` falls on, or an interval's first and last day."""
    if "/" in at:
        first, _, last = at.partition("/")
        start, end = parse_date(first), parse_date(last)
        if end <= start:
            raise Refused(f"The interval {at} does not end after it begins; write the earlier date first.")
        return start, end
    if len(at) == 10:
        return parse_date(at), None
    moment = instant(at)
    if moment is None:  # unreachable: a text of another length with no "/" is a time or was refused
        raise Refused(f"{at[:60]!r} is not a time; {_NOT_A_TIME}.")
    return moment.astimezone(LONDON).date(), None


def parse(text: str) -> When:
    """What `text` says of when a transfer happened. Raises `Refused` with a sentence for anything else.

    A missing offset is London's (its offset is written into `at`); an hour that London's clocks repeat or skip
    is refused, since nobody could tell which was meant.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        if not _DATE.fullmatch(text) and not re.fullmatch(r"[\d-]{10}/[\d-]{10}", text, re.ASCII):
            raise Refused(f"{text[:40]!r} is not a date or time; {_NOT_A_TIME}.")
        return When(text, *days(text), False)
    if found[7] is not None:
        return When(text, *days(text), False)
    local = _local(text)
    if local is None:  # unreachable: _TIME matched
        raise Refused(f"{text[:40]!r} is not a date or time; {_NOT_A_TIME}.")
    early, late = local.replace(tzinfo=LONDON), local.replace(tzinfo=LONDON, fold=1)
    if early.utcoffset() != late.utcoffset():
        if early.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) == local:
            raise Refused(
                f"{text} happened twice in London, when the clocks went back; add +01:00 for the first or "
                f"+00:00 for the second."
            )
        raise Refused(f"{text} never happened in London: the clocks went forward over it; correct the time.")
    hours = int((early.utcoffset() or timedelta()).total_seconds()) // 3600
    at = f"{text}+{hours:02}:00"
    return When(at, *days(at), True)


def utc_text(moment: datetime) -> str:
    """`moment` (aware) as `YYYY-MM-DDThh:mm:ssZ`, the form of every `recorded_at`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"


_LAST_SECOND = int(datetime.max.replace(microsecond=0, tzinfo=UTC).timestamp())


def from_seconds(seconds: int) -> datetime:
    """The moment `seconds` after 1970, in UTC. A cosignature may name any up to 2^63-1; the calendar ends before."""
    return datetime.fromtimestamp(min(seconds, _LAST_SECOND), UTC)


def day_of(moment: datetime) -> date:
    """The London day of an aware `moment`."""
    return moment.astimezone(LONDON).date()
