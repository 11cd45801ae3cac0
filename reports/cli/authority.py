"""`report --all-schools`: a report on each ledger in a folder, and the authority's summary over them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import click

from ledger.errors import Refused
from ledger.source import Source
from ledger.store import sentences
from reports.cli.making import Wanted, governors_period, judged, period_of, reading
from reports.cli.report import made
from reports.cli.writing import write, write_all
from reports.documents.authority import School, Unread, authority, school
from reports.formats.rendering import rendered
from reports.judge import CheckFailed
from reports.scope import Period

FOLDER = "schools"
"""In it each ledger has a folder, so that none can take the place of the summary."""

_OF_SCHOOL = (("governors.html", "governors"), ("report.html", "dpo"))
_OF_ALL = ("html", "pdf", "csv", "xlsx", "json", "md")
_LONGEST = 60


class _Ledger(NamedTuple):
    path: Path
    name: str
    folder: str
    origin: str
    size: int
    head: str
    period: Period


def _ledgers(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise Refused(f"{folder} is no folder; name the folder in which the schools' ledgers lie.")
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".db" and not path.is_dir())
    except OSError as error:
        raise Refused(f"{folder} cannot be read: {error.strerror or error}.") from None
    if not found:
        raise Refused(f"{folder} holds no ledger: no file there has a name that ends in .db.")
    return found


def _shown(path: Path) -> str:
    # A name that is no text in the machine's letters, or that a terminal would obey, is shown without these.
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in path.name)


def _folders(paths: Iterable[Path]) -> dict[Path, str]:
    """A folder's name for each ledger, from its own: letters, digits, `-`, `_` and `.`, and no two alike anywhere."""
    found: dict[Path, str] = {}
    taken: set[str] = set()
    for path in paths:
        plain = "".join(one if one.isalnum() or one in "-_." else "-" for one in path.stem).strip(".-")[:_LONGEST]
        name = plain = plain or "ledger"
        number = 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name.casefold())
        found[path] = name
    return found


def _why(path: Path, error: Refused) -> str:
    text = str(error)
    for named in (str(path.resolve()), str(path)):
        text = text.replace(named, _shown(path))
    return text.removeprefix(f"{_shown(path)}: ")


def _looked_at(paths: Iterable[Path], wanted: Wanted) -> tuple[list[_Ledger], list[Unread]]:
    found: list[_Ledger] = []
    unread: list[Unread] = []
    paths = list(paths)
    for path, folder in _folders(paths).items():
        try:
            with sentences(path), Source(path) as source:
                head, genesis = source.head, source.genesis()
                period = period_of(source, wanted)
            found.append(_Ledger(path, _shown(path), folder, genesis.origin, head.size, head.hash, period))
        except Refused as error:
            # One school's file must not keep the authority from the others.
            unread.append(Unread(_shown(path), _why(path, error)))
    return found, unread


def _once(ledgers: Iterable[_Ledger]) -> tuple[list[_Ledger], list[Unread]]:
    """Each ledger once: of copies, the longest; whatever is in two of them would count twice."""
    by: dict[str, _Ledger] = {}
    for one in ledgers:
        by.setdefault(one.origin, one)
        if one.size > by[one.origin].size:
            by[one.origin] = one
    unread = []
    for one in ledgers:
        kept = by[one.origin]
        if one is not kept:
            of = "a copy of" if one.head == kept.head else "another state of the ledger in"
            unread.append(Unread(one.name, f"It is {of} {kept.name}, which is counted; nothing counts twice."))
    return [one for one in ledgers if by[one.origin] is one], unread


class _Reports(NamedTuple):
    school: School
    files: dict[str, list[bytes]]


def _reports(one: _Ledger, wanted: Wanted) -> _Reports:
    files: dict[str, list[bytes]] = {}
    with sentences(one.path), judged(one.path, wanted.as_of) as of:
        read = {kind: reading(of, wanted._replace(kind=kind, format="html")) for _, kind in _OF_SCHOOL}
        for name, kind in _OF_SCHOOL:
            files[name] = list(made(of, read[kind], "html")[1])
        return _Reports(school(read["governors"], of.source, one.name, f"{FOLDER}/{one.folder}"), files)


def report_on_all(folder: Path, wanted: Wanted, output: Path) -> int:
    """Writes the reports on all ledgers in `folder` and the summary; gives the exit status of `report`.

    The summary may be read by all schools, so it is made for the periods of governors' papers only.
    """
    if wanted.period:
        wanted = wanted._replace(period=governors_period(wanted.period).option)
    paths = _ledgers(folder)
    looked_at, unread = _looked_at(paths, wanted)
    ledgers, copies = _once(looked_at)
    unread += copies
    if ledgers and not wanted.period:
        # One period for all: the last school year, unless nobody sent anything in it.
        first = min((one.period for one in ledgers), key=lambda one: one.option)
        wanted = wanted._replace(period=first.option)
    schools: list[School] = []
    broken = False
    for one in ledgers:
        try:
            about, files = _reports(one, wanted)
        except Refused as error:
            unread.append(Unread(one.name, _why(one.path, error)))
            broken = broken or isinstance(error, CheckFailed)
            continue
        write_all(output / FOLDER / one.folder, files)
        schools.append(about)
        click.echo(f"{one.name}: {about.name}")
    unread.sort()
    for missed in unread:
        click.echo(f"{missed.file}: {missed.why}", err=True)
    if not schools:
        raise Refused(f"None of the {len(paths):,} ledgers in {folder} could be read.")
    options = ("for=authority", wanted.period)
    document = authority(schools, unread, wanted.as_of, schools[0].period, options)
    for ending in _OF_ALL:
        write(output / f"summary.{ending}", rendered(document, ending))
    click.echo(f"Wrote summary.html and its other formats, and a folder for each ledger, into {output}.")
    if broken:
        return 2
    if any(one.open or not one.verified for one in schools):
        return 1
    return 2 if unread or any(one.not_run for one in schools) else 0
