"""The documented purposes as pages for anybody: who gets what, why and by which law, in the notice's own names.

Everything on them comes from the adopted registers, nothing from the transfers. Which version judges is what the
checks say (`reports.context`); how a flow reads is what the documents say (`reports.documents.exports.documented`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger.web import Asked, BadRequest, NotThere, download, whole
from ledger.register.diff import Change, compare
from ledger.register.model import Paragraph, Register
from ledger.register.read import load_law, load_vocabularies
from ledger.register.tell import Told, told
from ledger.source import Adopted, Source
from reports.context import Context, Evidence
from reports.documents.exports.documented import InWords, in_words, overtaken

State = str
"""What a version is today: `judges`, `overtaken` by a later adoption, `ended` or `begins` later."""

STATES: dict[State, str] = {
    "judges": "in force today",
    "overtaken": "replaced by a later adoption",
    "ended": "no longer in force",
    "begins": "not in force yet",
}
"""What a version is today, in words."""

EFFECTS = {
    "permits": "more may go",
    "forbids": "less may go",
    "alters": "changed",
    "words": "other words, the same limits",
}
"""What a difference does, in words."""


class Version(NamedTuple):
    """One adopted version as its row in the list says it."""

    seq: int
    title: str
    version: str
    sha256: str
    first: date
    last: date | None
    adopted_at: str
    state: State


class Group(NamedTuple):
    """Who gets data, by the party's id in the register, and every flow to them."""

    id: str
    name: str
    flows: tuple[InWords, ...]


class Shown(NamedTuple):
    """One version in words. `stops` is what people can do about it: who gets the data, and what an opt-out stops."""

    version: Version
    assigned: bool
    groups: tuple[Group, ...]
    stops: tuple[tuple[InWords, str], ...]
    voluntary: tuple[InWords, ...]
    paragraphs: tuple[Paragraph, ...]


class Differences(NamedTuple):
    """What two versions say differently, under the headings that a page has."""

    whole: tuple[Told, ...]
    came: tuple[Told, ...]
    went: tuple[Told, ...]
    changed: tuple[Told, ...]
    parties: tuple[Told, ...]
    purposes: tuple[Told, ...]

    @property
    def none(self) -> bool:
        """Whether they say the same."""
        return not any(self)


def evidence_with(adopted: Iterable[Adopted]) -> Evidence:
    """The adopted registers with the law and the vocabularies, and nothing of the transfers."""
    return Evidence(
        recorded=(), adopted=tuple(adopted), organisations={}, law=load_law(), vocabularies=load_vocabularies()
    )


def judging(adopted: Sequence[Adopted], today: date) -> Adopted | None:
    """The version that judges a transfer that is made and recorded today; None where none covers the day."""
    return Context(evidence_with(adopted), today).version(today, max((one.seq for one in adopted), default=0) + 1)


def versions(adopted: Sequence[Adopted], today: date) -> tuple[Version, ...]:
    """All adopted versions, the newest adoption first."""
    judges = judging(adopted, today)
    return tuple(_version(one, judges, today) for one in reversed(adopted))


def _version(one: Adopted, judges: Adopted | None, today: date) -> Version:
    entry = one.entry
    if judges is not None and judges.seq == one.seq:
        state = "judges"
    elif one.covers(today):
        state = "overtaken"
    else:
        state = "begins" if today < entry.effective_from else "ended"
    return Version(
        seq=one.seq,
        title=one.register.title,
        version=entry.version,
        sha256=entry.sha256,
        first=entry.effective_from,
        last=entry.effective_until,
        adopted_at=entry.recorded_at.isoformat(),
        state=state,
    )


def shown(adopted: Sequence[Adopted], one: Adopted, today: date) -> Shown:
    """A version in words, as of today or of the nearest day on which it is in force."""
    last = one.entry.effective_until
    day = max(one.entry.effective_from, today if last is None else min(last, today))
    flows = in_words(one, evidence_with(adopted), day)
    cited = {citation for flow in flows for citation in flow.cited}
    return Shown(
        version=_version(one, judging(adopted, today), today),
        assigned=one.entry.effective_assigned,
        groups=_grouped(flows, one.register),
        stops=tuple((flow, flow.opt_out) for flow in flows if flow.opt_out),
        voluntary=tuple(flow for flow in flows if flow.voluntary),
        paragraphs=tuple(paragraph for paragraph in one.register.paragraphs if paragraph.citation in cited),
    )


def _grouped(flows: Iterable[InWords], register: Register) -> tuple[Group, ...]:
    # Whoever looks for one recipient finds all that it gets in one place, also what goes to several.
    found: dict[str, list[InWords]] = {}
    for flow in flows:
        for id_ in flow.flow.recipient:
            found.setdefault(id_, []).append(flow)
    named = ((id_, register.party(id_)) for id_ in found)
    groups = [Group(id_, id_ if party is None else party.name, tuple(found[id_])) for id_, party in named]
    return tuple(sorted(groups, key=lambda group: (group.name.casefold(), group.id)))


def different(before: Register, after: Register) -> Differences:
    """What `after` says differently from `before`."""
    parts = tuple(told(compare(before, after), before, after))

    def of(part: str) -> tuple[Told, ...]:
        return tuple(one for one in parts if one.part == part)

    def all_of(one: Told) -> Change | None:
        return next((change for change, _ in one.said if change.attribute == ""), None)

    flows = [(one, all_of(one)) for one in of("flow")]
    return Differences(
        whole=of("register"),
        came=tuple(one for one, change in flows if change is not None and change.before is None),
        went=tuple(one for one, change in flows if change is not None and change.after is None),
        changed=tuple(one for one, change in flows if change is None),
        parties=of("party"),
        purposes=of("purpose"),
    )


def _found(adopted: Iterable[Adopted], seq: int) -> Adopted | None:
    return next((one for one in adopted if one.seq == seq), None)


def page(asked: Asked) -> Response:
    """`GET /-/register`: what is documented today, and every adopted version."""
    asked.only("ids")
    with asked.site.reading() as source:
        adopted, organisation = source.registers(), source.genesis().organisation
    judges = judging(adopted, asked.today)
    also = "" if judges is None else overtaken(evidence_with(adopted), judges, asked.today)
    return asked.page(
        "register.html",
        organisation=organisation,
        shown=None if judges is None else shown(adopted, judges, asked.today),
        versions=versions(adopted, asked.today),
        states=STATES,
        also=also,
        ids=_ids(asked),
    )


def version(asked: Asked) -> Response:
    """`GET /-/register/SEQ`: the version that this entry adopted; as `.yaml`, the very bytes that are sealed."""
    asked.only(*(() if asked.format == "yaml" else ("ids",)))
    with asked.site.reading() as source:
        adopted, organisation = source.registers(), source.genesis().organisation
        one = _found(adopted, int(asked.vars["seq"]))
        if one is None:
            raise NotThere
        if asked.format == "yaml":
            return download(_sealed(source, one), f"register-{one.seq}.yaml", "application/yaml")
    return asked.page(
        "register_version.html",
        organisation=organisation,
        shown=shown(adopted, one, asked.today),
        versions=versions(adopted, asked.today),
        states=STATES,
        ids=_ids(asked),
    )


def _sealed(source: Source, one: Adopted) -> bytes:
    row = source.db.execute("SELECT CAST(content AS BLOB) FROM documents WHERE sha256 = ?", (one.entry.sha256,))
    return bytes(row.fetchone()[0])


def _ids(asked: Asked) -> bool:
    given = asked.one("ids")
    if given not in ("", "1"):
        raise BadRequest("“ids” is 1 where the ids are to be shown, or left out.")
    return given == "1"


def differences(asked: Asked) -> Response:
    """`GET /-/register/differences?old=SEQ&new=SEQ`: what one version says that the other does not.

    Without them, the newest beside the one before it.
    """
    asked.only("old", "new")
    with asked.site.reading() as source:
        adopted = source.registers()
    old, new = (_chosen(asked, name, adopted) for name in ("old", "new"))
    if new is None and adopted:
        new = adopted[-1]
    if old is None and new is not None:
        old = next((one for one in reversed(adopted) if one.seq < new.seq), None)
    found = None
    if old is not None and new is not None:
        found = different(old.register, new.register)
    return asked.page(
        "register_differences.html",
        versions=versions(adopted, asked.today),
        old=old,
        new=new,
        found=found,
        effects=EFFECTS,
    )


def _chosen(asked: Asked, name: str, adopted: Sequence[Adopted]) -> Adopted | None:
    text = asked.one(name)
    if text == "":
        return None
    seq = whole(text)
    found = None if seq is None else _found(adopted, seq)
    if found is None:
        raise BadRequest(f"“{name}” is the number of an entry that adopted a register; the list below offers them.")
    return found
