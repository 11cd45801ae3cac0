"""The page of one entry: what it states, beside what was documented; what was found and decided; its seal.

Nothing that was typed stands on it, whoever asks. The data protection officer may ask for its erasable values, in a
request of its own that is written in the log before anything is read. A clerk sees what they recorded themselves, and
gets the same answer for anybody else's entry as for one that does not exist.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger import verdicts
from datasette_plugins.transfer_ledger.decisions import Decisions
from datasette_plugins.transfer_ledger.entries.beside import Beside, beside
from datasette_plugins.transfer_ledger.entries.changes import Corrections, corrections
from datasette_plugins.transfer_ledger.entries.facts import Fact, facts
from datasette_plugins.transfer_ledger.entries.found import MOST, STANDINGS, Found, found_on
from datasette_plugins.transfer_ledger.entries.judged import judged
from datasette_plugins.transfer_ledger.entries.seal import Seal, seal
from datasette_plugins.transfer_ledger.entries.sentences import KINDS, sentence
from datasette_plugins.transfer_ledger.entries.shared import Shared
from datasette_plugins.transfer_ledger.entries.typed import Erasable, Typed, erasable_of, recorded_by, typed_of
from datasette_plugins.transfer_ledger.verifier_page import verifier_sha256
from datasette_plugins.transfer_ledger.web import Asked, NotThere
from ledger import canonical
from ledger.members import Correction, Review, Transfer, kind_of
from ledger.source import Source

VIEWED = "looked at erasable values"
"""How the log words it."""


class Page(NamedTuple):
    """All of an entry's page. `findings` is None where they are not for whoever asks.

    `checked` is whether the last check covers the entry. `stands` is whether it is a transfer as it stands, so that it
    can be corrected. `finding` is the key of the finding that a decision is about, "" on other entries.
    """

    seq: int
    kind: str
    title: str
    id: str
    sentence: str
    recorded_at: str
    sealed: dict[str, Any]
    facts: tuple[Fact, ...]
    beside: Beside | None
    findings: tuple[Found, ...] | None
    found: int
    checked: bool
    corrections: Corrections | None
    corrected_by: int | None
    stands: bool
    finding: str
    erasable: Erasable
    typed: Typed | None
    seal: Seal


def _seq(asked: Asked) -> int:
    return int(asked.vars["seq"])


def not_theirs(asked: Asked, seq: int) -> None:
    """`NotThere` where a clerk asks for an entry that somebody else recorded. Of the values only that name is read."""
    if asked.who.role == "clerk":
        with asked.site.reading_erasable() as source:
            if seq >= source.head.size or recorded_by(source, seq) != asked.who.id:
                raise NotThere


def read(
    source: Source,
    shared: Shared,
    decisions: Decisions,
    seq: int,
    today: date,
    *,
    whole: bool = True,
    viewed: bool = False,
) -> Page | None:
    """The page of entry `seq`, None where there is none.

    It is the `whole` page for those who read every entry; else it has what the entry itself states, and its seal.
    With `viewed`, over a connection that may, its erasable values are on it. `Refused` as `Source` does.
    """
    found = source.entry(seq) if seq < source.head.size else None
    if found is None:
        return None
    entry, text, hash_ = found
    label = shared.labels
    sealed: Any = canonical.decode(text.encode())
    listed = facts(type(entry), sealed, label)
    changed, newest, stands, explained = None, None, False, None
    if isinstance(entry, Transfer | Correction):
        changed = corrections(source, entry, label) if whole else None
        ((_, _, _, newest),) = source.identities([seq])
        stands = newest is None and not (isinstance(entry, Correction) and entry.withdrawn)
        if whole and (why := judged(source, shared, seq, today, MOST)) is not None:
            explained = beside(why, listed, label)
    on_it, count = found_on(source, decisions, seq, today, typed=viewed) if whole else ((), 0)
    state = verdicts.state(source.db)
    sealed_values = erasable_of(source, entry.sd, label)
    statements = () if changed is None else tuple(one.seq for one in changed.statements if one.kind != "transfer")
    return Page(
        seq=seq,
        kind=kind_of(entry),
        title=KINDS[kind_of(entry)],
        id=sealed.get("id", ""),
        sentence=sentence(entry, label),
        recorded_at=sealed["recorded_at"],
        sealed=sealed,
        facts=listed,
        beside=explained,
        findings=on_it if whole else None,
        found=count,
        checked=state is not None and seq < state.size,
        corrections=changed,
        corrected_by=newest,
        stands=stands,
        finding=entry.finding if isinstance(entry, Review) else "",
        erasable=sealed_values,
        typed=typed_of(source, seq, sealed_values, statements) if viewed else None,
        seal=seal(source, seq, hash_, entry.prev, text),
    )


def _as_json(asked: Asked, one: Page) -> dict[str, Any]:
    told: dict[str, Any] = {
        "seq": one.seq,
        "hash": one.seal.hash,
        "kind": one.kind,
        "entry": one.seal.sealed,
        "facts": one.sealed,
        "corrected_by": one.corrected_by,
        "proof": None if one.seal.covered is None else asked.url(f"/-/proofs/{one.seq}"),
    }
    if one.findings is not None:
        told["findings"] = [finding.as_json() for finding in one.findings]
    return told


def _shown(asked: Asked, one: Page) -> Response:
    return asked.page("entry.html", entry=one, verifier=verifier_sha256(), standings=STANDINGS)


def page(asked: Asked) -> Response:
    """`GET /-/entries/SEQ`, also as JSON."""
    asked.only()
    seq = _seq(asked)
    not_theirs(asked, seq)
    with asked.site.reading() as source:
        whole = asked.who.role != "clerk"  # with its findings
        view = asked.site.checked_view() if whole else asked.site.view()
        found = read(source, view, asked.site.decisions, seq, asked.today, whole=whole)
    if found is None:
        raise NotThere
    return asked.json(_as_json(asked, found)) if asked.format == "json" else _shown(asked, found)


def erasable(asked: Asked) -> Response:
    """`POST /-/entries/SEQ/erasable`: the page with the erasable values. That they were looked at is logged first."""
    asked.only()
    seq = _seq(asked)
    with asked.site.reading() as source:
        if seq >= source.head.size or source.entry(seq) is None:
            raise NotThere
    asked.site.people.log(asked.who, VIEWED, f"entry {seq}")
    with asked.site.reading_erasable() as source:
        found = read(source, asked.site.checked_view(), asked.site.decisions, seq, asked.today, viewed=True)
    if found is None:
        raise NotThere
    return _shown(asked, found)
