"""Text that looks like a person, found before it is sealed.

A reference that names a child would stay in the ledger until somebody erases it, so the import stops at an
e-mail address, a unique pupil number, a date of birth, or a title with a name, and says where. This is a net
with holes: a bare name passes, and a phrase like it may be stopped without cause. It is read only where no name
belongs: the note, the references and the id. Who operated and approved is meant to be a name, and a party,
purpose or field that nobody knows becomes an erasable value that the importer shows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, timedelta

from ledger.intake.draft import Problem, Stated, days_near

WATCHED = ("note", "request_reference", "approval_reference", "agreement_reference", "dpia_reference", "reason")
"""The erasable texts that are looked at, besides the `id`, which lies in the clear."""

_EMAIL = re.compile(r"[^\s@<>(),;:]+@[^\s@<>(),;:]+\.[^\W\d_]{2,}")
# The form of the DfE's guides: a check letter, 3 digits of the authority, 4 of the school, 2 of the year, 3 of the
# serial number, the last of which is a letter in a temporary number. The check letter need not be right: a UPN
# with a slip is still about one child.
_UPN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][0-9]{11}[0-9A-Za-z](?![A-Za-z0-9])")

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("jan", "january"), ("feb", "february"), ("mar", "march"), ("apr", "april"), ("may",), ("jun", "june"),
            ("jul", "july"), ("aug", "august"), ("sep", "sept", "september"), ("oct", "october"),
            ("nov", "november"), ("dec", "december"),
        ),
        1,
    )
    for name in names
}  # fmt: skip
_MONTH = "(?:" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_GAP = r"\s*[/.\-–\s]\s*"
_DATES = (
    re.compile(rf"(?<!\d)(?P<y>(?:19|20)\d\d){_GAP}(?P<a>\d\d?){_GAP}(?P<b>\d\d?)(?!\d)"),
    re.compile(rf"(?<!\d)(?P<a>\d\d?){_GAP}(?P<b>\d\d?){_GAP}(?P<y>(?:19|20)\d\d|\d\d)(?!\d)"),
    re.compile(
        rf"(?<!\d)(?P<a>\d\d?)(?:st|nd|rd|th)?(?: of|[\s/.\-])?\s*(?P<m>{_MONTH})[\s/.,\-]*(?P<y>\d{{4}}|\d\d)(?!\d)",
        re.I,
    ),
    re.compile(rf"\b(?P<m>{_MONTH})\s*(?P<a>\d\d?)(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})(?!\d)", re.I),
)  # fmt: skip
_BORN = re.compile(r"\b(?:d\.?\s?o\.?\s?b\b|born|date of birth|birth\s?da(?:y|te))", re.I)
_EIGHT = re.compile(r"(?<!\d)\d{8}(?!\d)|(?<!\d)\d{6}(?!\d)")

_NAME = r"(?:[^\W\d_]\.?\s+){0,3}(?P<name>[^\W\d_](?:[^\W\d_]|['’\-])+)"
_PLAIN_TITLE = re.compile(rf"\b(?:Mr|Mrs|Ms|Mx|Dr)\b\.?\s*(?:(?:&|and)\s+(?:Mr|Mrs|Ms|Mx|Dr)\b\.?\s*)?{_NAME}", re.I)
_OTHER_TITLE = re.compile(
    r"\b(?:Miss|Sir|Dame|Master|Prof|Professor|Rev|Revd|Reverend|Lady|Lord|Fr)\b\.?\s+"
    r"(?:[A-Z]\.?\s+){0,3}(?P<name>[A-Z](?:[^\W\d_]|['’\-])+)"
)
# "MS Excel" is no woman, and "Sir John Deane's College" no knight.
_PRODUCTS = frozenset({"access", "excel", "office", "outlook", "sharepoint", "sql", "teams", "windows", "word"})
_SCHOOL = re.compile(r"(?:\W+[\w'’]+){0,4}?\W+(?:school|college|academy|foundation|trust|hospital)\b", re.I)


def _possible_days(found: re.Match[str], near: date) -> Iterator[date]:
    parts = found.groupdict()
    year = int(parts["y"])
    years = [year] if year > 99 else [1900 + year, 2000 + year]
    if parts.get("m"):
        pairs = [(MONTHS[parts["m"].rstrip(".").lower()], int(parts["a"]))]
    else:
        a, b = int(parts["a"]), int(parts["b"])
        pairs = [(a, b), (b, a)]
    for year in years:
        for month, day in pairs:
            try:
                yield date(year, month, day)
            except ValueError:
                continue


def _birthday(text: str, near: date | None) -> str | None:
    for marked in _BORN.finditer(text):
        beside = text[max(0, marked.start() - 25) : marked.end() + 25]
        if any(pattern.search(beside) for pattern in (*_DATES, _EIGHT)):
            return "a date of birth"
    if near is None:
        return None
    # 2 to 25 years: a nursery child to a student of 25 with a learning difficulty, the oldest in any flow.
    first, last = near - timedelta(days=round(25.5 * 365.25)), near - timedelta(days=2 * 365)
    for pattern in _DATES:
        for found in pattern.finditer(text):
            if any(first <= day <= last for day in _possible_days(found, near)):
                return f"a date of birth (“{found.group().strip()}”)"
    return None


def _titled(text: str) -> str | None:
    for pattern in (_PLAIN_TITLE, _OTHER_TITLE):
        for found in pattern.finditer(text):
            if found["name"].lower() not in _PRODUCTS and not _SCHOOL.match(text, found.end()):
                return f"a title and a name (“{found.group().strip()}”)"
    return None


def looks_like_person(text: str, near: date | None) -> str | None:
    """What of a person `text` looks to hold, or None: "an e-mail address", "a unique pupil number" and so on.

    `near` is the day of the transfer: a date from 2 to 25 years before it may be a pupil's birthday, in any
    usual order of day, month and year. Without it, only a date beside "DOB" or "born" counts.
    """
    text = unicodedata.normalize("NFKC", text)
    if _EMAIL.search(text):
        return "an e-mail address"
    if _UPN.search(text):
        return "a unique pupil number"
    return _birthday(text, near) or _titled(text)


def persons_in(stated: Stated) -> list[Problem]:
    """Every place of `stated` where no person belongs and one seems to be: (column, sentence)."""
    near = days_near(stated)
    watched = {name: stated.texts[name] for name in WATCHED if name in stated.texts}
    if "id" in stated.members:
        watched["id"] = stated.members["id"]
    return [
        (name, f"It looks like {what}. Nothing that names a person belongs here: take it out, or write it otherwise.")
        for name, text in watched.items()
        if (what := looks_like_person(text, near)) is not None
    ]
