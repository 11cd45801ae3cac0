"""`report --all-schools`: a report on each ledger in a folder, and the authority's summary over them."""

from __future__ import annotations

from pathlib import Path

import click

from ledger.errors import Refused
from reports.cli.making import Wanted, judged, reading
from reports.cli.report import made
from reports.cli.writing import write, write_all
from reports.documents.authority import School, Unread, authority, school
from reports.documents.blocks import numbers
from reports.formats.rendering import rendered
from reports.judge import CheckFailed

_OF_SCHOOL = (("governors.html", "governors"), ("report.html", "dpo"))
_OF_ALL = ("html", "pdf", "csv", "xlsx", "json", "md")


def _ledgers(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise Refused(f"{folder} is no folder; name the folder in which the schools' ledgers lie.")
    found = sorted(path for path in folder.iterdir() if path.suffix == ".db" and path.is_file())
    if not found:
        raise Refused(f"{folder} holds no ledger: no file there has a name that ends in .db.")
    return found


def _school(path: Path, wanted: Wanted, output: Path) -> tuple[School, bool]:
    with judged(path, wanted.as_of, keep=True) as of:
        opened = bool(of.verification.problems)
        contents = {}
        for name, kind in _OF_SCHOOL:
            about = reading(of, wanted._replace(kind=kind, format="html"))
            contents[name] = made(of, about, "html")[1]
            opened = opened or bool(about.open)
        write_all(output / path.stem, contents)
        return school(about, path.stem), opened


def report_on_all(folder: Path, wanted: Wanted, output: Path) -> int:
    """Writes the reports on all ledgers in `folder` and the summary; gives the exit status of `report`."""
    schools: list[School] = []
    unread: list[Unread] = []
    opened = False
    for path in _ledgers(folder):
        try:
            one, open_ = _school(path, wanted, output)
        except (Refused, CheckFailed) as error:
            # One school's file must not keep the authority from the others.
            click.echo(f"{path.name}: {error}", err=True)
            unread.append(Unread(path.name, str(error).replace(str(path), path.name)))
            continue
        schools.append(one)
        opened = opened or open_
        click.echo(f"{path.name}: {one.name}")
    if not schools:
        raise Refused(f"None of the {len(unread)} ledgers in {folder} could be read.")
    period = (one for one in schools[0].made.options if not one.startswith(("for=", "format=", "checkpoints=")))
    about = f"{len(schools)} schools: {_period(schools)}"
    document = authority(schools, unread, wanted.as_of, about, ("for=authority", *period))
    for ending in _OF_ALL:
        write(output / f"summary.{ending}", rendered(document, ending))
    click.echo(f"Wrote summary.html and its other formats, and a folder for each school, into {output}.")
    assert numbers(document)
    return 2 if unread else int(opened)


def _period(schools: list[School]) -> str:
    named = {one.period for one in schools}
    return next(iter(named)) if len(named) == 1 else "each school’s last school year"
