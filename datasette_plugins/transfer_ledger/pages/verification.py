"""Whether the record is whole: what the last verification from here reached, a form to run one, and how one goes."""

from __future__ import annotations

from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.pages import verified
from datasette_plugins.transfer_ledger.people.beside import Run
from datasette_plugins.transfer_ledger.running import packing
from datasette_plugins.transfer_ledger.running.verifying import kept_in, keys_in
from datasette_plugins.transfer_ledger.verifier_page import verifier_sha256
from datasette_plugins.transfer_ledger.web import Asked, NotThere
from ledger.errors import Busy, Refused
from ledger.verify.levels import Brought, kept

AGAIN = {"refresh": "1"}
"""A page of something that runs is asked for again in a second, by the browser itself."""


class Given(NamedTuple):
    """What was typed into the form, and what is wrong with it."""

    keys: str = ""
    kept: str = ""
    keys_wrong: str = ""
    kept_wrong: str = ""
    busy: str = ""

    @property
    def wrong(self) -> bool:
        """Whether anything is."""
        return bool(self.keys_wrong or self.kept_wrong or self.busy)


def page(asked: Asked) -> Response:
    """`/-/verification`: the answer, and the form; what is posted leads to the verification that it starts, or to the
    one that runs already.
    """
    asked.only()
    if asked.method == "GET":
        return _page(asked, Given())
    there = asked.site.runs.going("verify")
    if there is None:
        given = _read(asked)
        if given.wrong:
            return _page(asked, given, 400)
        try:
            there = asked.site.runs.start("verify", {"keys": given.keys, "kept": given.kept}, asked.who.id)
        except Busy as error:
            return _page(asked, given._replace(busy=str(error)), 503)
    return asked.see(f"/-/verification/{there}")


def _read(asked: Asked) -> Given:
    given = Given(asked.field("keys"), asked.field("kept"))
    with asked.site.reading() as source:
        origin = source.genesis().origin
    try:
        for key in keys_in(given.keys):
            if key.name != origin:
                raise Refused(f"This key is for {key.name[:100]}, and the ledger here is {origin}.")
    except Refused as error:
        given = given._replace(keys_wrong=str(error))
    try:
        for _, _, tree in kept(Brought(kept=kept_in(given.kept))):
            if tree.origin != origin:
                raise Refused(f"This is a checkpoint of {tree.origin[:100]}, and the ledger here is {origin}.")
    except Refused as error:
        given = given._replace(kept_wrong=str(error))
    return given


def names(asked: Asked) -> dict[str, str]:
    """The name of each account."""
    return {id_: one.name for id_, one in asked.site.settings.accounts.items()}


def _page(asked: Asked, given: Given, status: int = 200) -> Response:
    runs = asked.site.runs.newest("verify")
    last = verified.last_of(runs)
    with asked.site.reading() as source:
        standing = verified.standing(source, last)
    ended = [run for run in runs if run.state != "running"]
    named = names(asked)
    return asked.page(
        "verification.html",
        status=status,
        given=given,
        answer=verified.now(last, standing),
        last=None if last is None else verified.row(last, named),
        result=None if last is None else last.result,
        # A verification that came to nothing after the last one that did: the page must not pass over it.
        nothing=verified.row(ended[0], named) if ended and ended[0] is not last else None,
        going=asked.site.runs.going("verify"),
        standing=standing,
        since=None if last is None else standing.size - last.result["size"],
        levels=verified.levels(last),
        rows=[verified.row(run, named) for run in runs],
        sha256=verifier_sha256(),
    )


def run(asked: Asked) -> Response:
    """`/-/verification/N`: how far it is, and then what it came to; also of the packing of an evidence bundle."""
    asked.only()
    n = int(asked.vars["n"])
    found = asked.site.runs.one(n, "verify") or asked.site.runs.one(n, "bundle")
    if found is None:
        raise NotThere
    if asked.format == "json":
        answer: Response = asked.json(_json(found, asked.site.runs.progress(n)))
    else:
        answer = _run_page(asked, found) if found.kind == "verify" else _bundle_page(asked, found)
    if found.state == "running" and asked.format == "html":
        answer.headers.update(AGAIN)
    return answer


def _run_page(asked: Asked, found: Run) -> Response:
    return asked.page(
        "verification_run.html",
        run=verified.row(found, names(asked)),
        progress=asked.site.runs.progress(found.n),
        answer=verified.answer(found.result) if found.state == "done" else None,
        result=found.result if found.state == "done" else None,
        levels=verified.levels(found) if found.state == "done" else (),
    )


def _bundle_page(asked: Asked, found: Run) -> Response:
    file = asked.site.runs.files(found.n) / packing.NAME
    return asked.page(
        "bundle_run.html",
        run=found,
        by=names(asked).get(found.person, found.person),
        progress=asked.site.runs.progress(found.n),
        there=found.state == "done" and file.is_file(),
        result=found.result or {},
    )


def _json(found: Run, progress: tuple[int, int, str] | None) -> dict[str, object]:
    told = None if progress is None else dict(zip(("done", "total", "step"), progress, strict=True))
    return {
        "run": found.n,
        "state": found.state,
        "at": found.at,
        "ended": found.ended or None,
        "progress": told,
        "result": found.result if found.state != "running" else None,
    }
