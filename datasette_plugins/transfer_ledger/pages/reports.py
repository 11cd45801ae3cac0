"""The documents: which there are, a form to make one, each to read and to download, and two beside each other."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.pages import compared, reported
from datasette_plugins.transfer_ledger.pages.reported import FOR, FORMATS, Row
from datasette_plugins.transfer_ledger.pages.verification import AGAIN, names
from datasette_plugins.transfer_ledger.people.beside import Run
from datasette_plugins.transfer_ledger.roles import DECIDERS
from datasette_plugins.transfer_ledger.running.reporting import SUMMARY
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, NotThere, download
from ledger.errors import Busy, Refused
from ledger.london import parse_date
from ledger.register.model import Term
from reports.cli.making import governors_period, other_schools, period_named, school_of
from reports.scope import Period, between, terms

_MEDIA = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "md": "text/markdown; charset=utf-8",
}

_POLICY = re.compile(
    rb"""<meta http-equiv="Content-Security-Policy" content="(default-src 'none'; """
    rb"""style-src 'sha256-[A-Za-z0-9+/]{43}='; img-src data:; base-uri 'none'; form-action 'none')">"""
)
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


class Given(NamedTuple):
    """What was chosen in the form, and what is wrong with it, by field."""

    kind: str = ""
    period: str = ""
    first: str = ""
    last: str = ""
    school: str = ""
    formats: tuple[str, ...] = ("html", "pdf")
    attest: bool = False
    wrong: tuple[tuple[str, str], ...] = ()


def _known(asked: Asked) -> list[Term]:
    return terms(one.register for one in asked.site.view().registers)


def page(asked: Asked) -> Response:
    """`/-/reports`: what there is, and the form; what is posted makes a document."""
    asked.only()
    if asked.method == "GET":
        return _page(asked, Given())
    given, what = _read(asked)
    if given.wrong:
        return _page(asked, given, 400)
    asked.site.runs.make_room()
    try:
        n = asked.site.runs.start("report", what, asked.who.id)
    except Busy as error:
        return _page(asked, given._replace(wrong=(("", str(error)),)), 503)
    if given.attest:
        asked.site.people.log(asked.who, "asked for an attested report", f"report {n}")
    return asked.see(f"/-/reports/{n}")


def _read(asked: Asked) -> tuple[Given, dict[str, Any]]:
    """What was posted, and what the run is to do."""
    wrong: list[tuple[str, str]] = []
    kind, school = asked.field("kind"), asked.field("school")
    first, last, chosen = asked.field("first"), asked.field("last"), asked.field("period")
    formats, attest = tuple(asked.fields("format")), asked.field("attest") == "yes"
    given = Given(kind, chosen, first, last, school, formats, attest)
    if kind not in reported.kinds_for(asked.who.role):
        wrong.append(("kind", "Choose for whom the document is to be."))
    spoken, option = "", ""
    try:
        period = _period(asked, kind, first, last, chosen)
        spoken, option = period.label, period.option
    except Refused as error:
        wrong.append(("first" if first or last else "period", str(error)))
    try:
        with asked.site.reading() as source:
            organisation, _ = school_of(source, school)
            if kind == "governors" and organisation is not None:
                other_schools(source, organisation)
    except Refused as error:
        wrong.append(("school", str(error)))
    try:
        formats = reported.endings(formats)
    except Refused as error:
        wrong.append(("format-html", str(error)))
    if attest and asked.who.role not in DECIDERS:
        wrong.append(("", "Only the lead or the data protection officer has a report attested."))
    settings = asked.site.settings
    what = {
        "kind": kind,
        "period": option,
        "spoken": spoken,
        "school": school,
        "formats": formats,
        "as_of": asked.today.isoformat(),
        "attest": asked.actor if attest and not wrong else None,
        # Of an app on one's own machine the address leads nowhere for anybody else.
        "app": "" if settings.by_link or kind == "governors" else settings.address,
    }
    return given._replace(wrong=tuple(wrong)), what


def _period(asked: Asked, kind: str, first: str, last: str, chosen: str) -> Period:
    if not (first or last) and chosen.partition("=")[0] not in ("year", "fixed-term", "term", "month", "whole"):
        raise Refused("Choose of which time the document is to speak.")
    if kind == "governors":
        if first or last or not chosen.startswith(("year=", "fixed-term=")):
            raise Refused(
                "For governors, choose a school year or a fixed term. From documents for other periods, readers could "
                "work out small counts."
            )
        return governors_period(chosen)
    if not (first or last):
        return period_named(chosen, lambda: _known(asked))
    return between(parse_date(first) if first else None, parse_date(last) if last else None)


def _pair(done: Sequence[Row]) -> tuple[int, int]:
    """The two newest documents for the same readers, the older first: what is most likely to be compared."""
    for place, new in enumerate(done):
        for old in done[place + 1 :]:
            if old.kind == new.kind:
                return old.n, new.n
    return (0, 0)


def _page(asked: Asked, given: Given, status: int = 200) -> Response:
    kinds, view, known = reported.kinds_for(asked.who.role), asked.site.view(), _known(asked)
    with asked.site.reading() as source:
        attested = reported.attested_in(source)
        choices = reported.choices(source, known, view.organisations, asked.today, kinds)
    sealing, named = reported.files_in(attested), names(asked)
    rows = [reported.row(run, named, sealing) for run in asked.site.runs.newest("report") if run.what["kind"] in kinds]
    done = [row for row in rows if row.state == "done"]
    label = {one.id: one.name for one in view.organisations.values()}
    count, sealed = reported.sealed(attested, rows, kinds, known, label)
    return asked.page(
        "reports.html",
        status=status,
        given=given,
        wrong=defaultdict(str, given.wrong),
        kinds=[(kind, FOR[kind]) for kind in kinds],
        formats=FORMATS,
        FOR=FOR,
        choices=choices,
        any_days=kinds != ("governors",),
        rows=rows,
        done=done,
        pair=_pair(done),
        attested=count,
        sealed=sealed,
    )


def _found(asked: Asked, n: int) -> Run:
    # What is no longer kept, and what is not for this reader, is not there.
    for run in asked.site.runs.newest("report"):
        if run.n == n and run.what["kind"] in reported.kinds_for(asked.who.role):
            return run
    raise NotThere


def one(asked: Asked) -> Response:
    """`/-/reports/N`: how far a document is, and then its files."""
    asked.only()
    run = _found(asked, int(asked.vars["n"]))
    with asked.site.reading() as source:
        row = reported.row(run, names(asked), reported.files_in(reported.attested_in(source)))
    answer = asked.page(
        "report.html", row=row, progress=asked.site.runs.progress(run.n), formats=FORMATS, FOR=FOR, what=run.what
    )
    if run.state == "running":
        answer.headers.update(AGAIN)
    return answer


def file(asked: Asked) -> Response:
    """`/-/reports/N/FILE`: a web page to read, with its own policy; any other format to keep."""
    asked.only("keep")
    run = _found(asked, int(asked.vars["n"]))
    made = {one.name: one for one in reported.files_of(run, {})}.get(asked.vars["file"])
    if made is None:
        raise NotThere
    data = _bytes(asked, run, made.name)
    if hashlib.sha256(data).hexdigest() != made.sha256:
        raise Refused("This file is no longer the one that was made, so it is not handed out; make the report anew.")
    policy = _POLICY.search(data[:2000]) if made.format == "html" and asked.one("keep") != "yes" else None
    if policy is None:
        return download(data, made.name, _MEDIA[made.format])
    return Response(
        data,
        headers={
            "content-type": _MEDIA["html"],
            "cache-control": "no-store",
            # Without scripts; of the app's own origin all the same, so that a link back into it is still signed in.
            "content-security-policy": f"{policy[1].decode()}; frame-ancestors 'none'; sandbox allow-same-origin",
        },
    )


def _bytes(asked: Asked, run: Run, name: str) -> bytes:
    try:
        return (asked.site.runs.files(run.n) / name).read_bytes()
    except OSError:
        raise Refused("The files of this report are no longer there; make it anew.") from None


def compare(asked: Asked) -> Response:
    """`/-/reports/compare?old=N&new=M`: two documents of one kind beside each other."""
    asked.only("old", "new")
    runs = []
    for name in ("old", "new"):
        if not _NUMBER.fullmatch(given := asked.one(name)):
            raise BadRequest(f"“{name}” is the number of a report; choose two on the page of reports.")
        runs.append(_found(asked, int(given)))
    if any(run.state != "done" for run in runs):
        raise BadRequest("Only documents that are made can be compared.")
    old, new = runs
    if old.what["kind"] != new.what["kind"]:
        raise BadRequest("Two documents for different readers count different things; choose two for the same.")
    with asked.site.reading() as source:
        attested, named = reported.files_in(reported.attested_in(source)), names(asked)
    found = compared.compare(*(json.loads(_bytes(asked, run, SUMMARY)) for run in runs))
    return asked.page(
        "reports_compared.html",
        old=reported.row(old, named, attested),
        new=reported.row(new, named, attested),
        found=found,
        most=compared.MOST_LISTED,
        FOR=FOR,
    )
