"""To confirm: what removed a finding and nobody else has checked, with what changed and why; and confirming it.

One correction, withdrawal or decision counts as one thing to confirm, and so does an import of which rows were undone.
A form says of each what it stood for when it was shown, so that nobody confirms what they did not see.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from starlette.responses import Response

from datasette_plugins.transfer_ledger import verdicts
from datasette_plugins.transfer_ledger.entries.changes import Corrections, corrections
from datasette_plugins.transfer_ledger.entries.sentences import sentence
from datasette_plugins.transfer_ledger.pages.decide import who
from datasette_plugins.transfer_ledger.pages.entry import VIEWED
from datasette_plugins.transfer_ledger.recording import sealed
from datasette_plugins.transfer_ledger.recording.queue import Full
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, whole
from ledger.errors import Busy, Conflict, Refused
from ledger.members import Batch, Confirmation, Correction, Review, Transfer
from ledger.people import ROLES, People
from ledger.seal import Head
from ledger.source import Source
from ledger.writer import Ledger, Receipt
from reports.deciding import texts_of
from reports.decisions import DENIALS
from reports.documents.findings import title
from reports.finding import SEVERITIES

AT_ONCE = 100
"""So many things to confirm stand on a page."""

_LINES = re.compile(r"[\t\r\n]+")
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)

OWN = "You did this yourself, or recorded the transfer. Somebody else has to confirm it."
ALONE = "You confirmed this, and nobody else could. Somebody from outside, such as the chair, has yet to check it."
NOT_LISTED = "It was recorded under a code that is not in the people list. Add that code first (people add)."
NO_ROLE = "The ledger's people list does not name you as somebody who may confirm. The lead can add you (people add)."
CHECKING = "You confirmed this, or somebody else did; it is being checked again."


class Found(NamedTuple):
    """A finding that somebody denied: `event` is what is confirmed as one thing, by confirming entry `confirms`."""

    key: str
    check: str
    severity: str
    found: str
    state: str
    how: str
    event: int
    confirms: int


class Event(NamedTuple):
    """One thing to confirm. `seqs` are the entries that are confirmed with it.

    `waits` is whether its findings count as open until then. `not_mine` says why the person who asks
    can't confirm it, "" where they can.
    """

    seq: int
    seqs: tuple[int, ...]
    found: tuple[Found, ...]
    waits: bool
    not_mine: str

    @property
    def value(self) -> str:
        """What a form says of it."""
        told = json.dumps([self.seqs, sorted(one.key for one in self.found)])
        return f"{self.seq}.{hashlib.sha256(told.encode()).hexdigest()[:16]}"

    @property
    def severity(self) -> str:
        """That of the worst finding that it denies."""
        return min((one.severity for one in self.found), key=SEVERITIES.index)

    @property
    def titles(self) -> list[tuple[str, int]]:
        """What was found, and how often."""
        counts: dict[str, int] = {}
        for one in self.found:
            counts[title(one.check)] = counts.get(title(one.check), 0) + 1
        return list(counts.items())


class Shown(NamedTuple):
    """A thing to confirm as the page shows it: what it is, what it says, by whom in which role, and what changed.

    `reason` is None where it is not shown; "" where there is none any more.
    """

    event: Event
    kind: Literal["correction", "withdrawal", "decision", "import"]
    sentence: str
    by: str
    recorded_at: str
    changed: Corrections | None
    reason: str | None


_COLUMNS = "key, check_name, severity, found, state, how, event, confirms"


def _denied(source: Source) -> Iterator[Found]:
    """The findings that nobody else has checked the denial of, the worst first."""
    rows = source.db.execute(
        f"SELECT {_COLUMNS} FROM verdicts.findings WHERE confirms IS NOT NULL AND finding IS NOT NULL "
        "ORDER BY state <> 'awaiting-confirmation', position, seq, key"
    )
    return (Found(*row) for row in rows)


class _Involved:
    """Who did what is to be confirmed, and who stated the transfers that it is about; by codes."""

    def __init__(self, source: Source, found: Sequence[Found]) -> None:
        self._db = source.db
        entries = [one.confirms for one in found]
        rows = self._select("SELECT seq, corrects, json_extract(entry, '$.actor') FROM entries WHERE seq IN", entries)
        self._by = {seq: (corrects, actor) for seq, corrects, actor in rows}
        decided = [one.key for one in found if one.how in DENIALS]
        pairs = self._select("SELECT f.key, coalesce(e.corrects, e.seq) FROM verdicts.findings AS f JOIN entries AS e "
                             "ON e.seq = f.seq WHERE f.key IN", decided)  # fmt: skip
        self._roots: dict[str, list[int]] = {}
        for key, root in pairs:
            self._roots.setdefault(key, []).append(root)
        roots = {corrects for corrects, _ in self._by.values() if corrects is not None}
        roots |= {root for of in self._roots.values() for root in of}
        self._stated: dict[int, set[str | None]] = {}
        statement = "SELECT coalesce(corrects, seq), json_extract(entry, '$.actor') FROM entries WHERE "
        for column in ("seq", "corrects"):
            for root, actor in self._select(f"{statement} {column} IN", list(roots)):
                self._stated.setdefault(root, set()).add(actor)

    def _select(self, statement: str, values: Sequence[int | str]) -> list[Any]:
        return self._db.execute(f"{statement} (SELECT value FROM json_each(?))", (json.dumps(values),)).fetchall()

    def of(self, one: Found) -> tuple[str | None, set[str | None]]:
        """Who caused the entry that is confirmed, and who else must not be the one to confirm it."""
        corrects, by = self._by.get(one.confirms, (None, None))
        roots = self._roots.get(one.key, []) if one.how in DENIALS else [corrects]
        return by, {actor for root in roots for actor in self._stated.get(root, ())}


def _people(asked: Asked, source: Source) -> People:
    """The ledger's people list, with the person who asks: their place in it is sealed before what they confirm."""
    actor, people = asked.actor, source.people()
    if actor.code is None or actor.role is None or people.role(actor.code, source.head.size) == actor.role:
        return people
    return people.joined_by(actor.code, actor.role, source.head.size)


def _not_mine(one: Found, involved: _Involved, people: People, me: str | None, at: int) -> str:
    by, stated = involved.of(one)
    counts = people.second(me, at, by, stated)
    if counts == "alone" and one.state == "settled" and one.how != "own-correction":
        return ALONE
    if counts is not None:
        return ""
    if people.role(me, at) is None:
        return NO_ROLE
    return OWN if me == by or me in stated else NOT_LISTED


def events(asked: Asked, source: Source) -> list[Event]:
    """All that is to be confirmed: what counts as open first, then the worst first."""
    found = list(_denied(source))
    involved, people = _Involved(source, found), _people(asked, source)
    state = verdicts.state(source.db)
    confirmed = {seq for one in source.confirmations(0 if state is None else state.size) for seq in one.confirms}
    gathered: dict[int, list[Found]] = {}
    for one in found:
        gathered.setdefault(one.event, []).append(one)
    listed = []
    for event, of in gathered.items():
        why = next((why for one in of if (why := _not_mine(one, involved, people, asked.actor.code,
                                                          source.head.size + 1))), "")  # fmt: skip
        if any(one.confirms in confirmed for one in of):
            why = CHECKING
        waits = any(one.state == "awaiting-confirmation" for one in of)
        seqs = tuple(sorted({one.confirms for one in of}))
        listed.append(Event(event, seqs, tuple(of), waits, why))
    return sorted(listed, key=lambda one: (not one.waits, SEVERITIES.index(one.severity), one.seq))


def _shown(asked: Asked, source: Source, some: Iterable[Event], reasons: bool) -> Iterator[Shown]:
    people, label, size = source.people(), asked.site.view().labels, source.head.size
    for event in some:
        newest = event.seqs[-1]
        read = [source.entry(seq) for seq in (event.seq, newest)]
        if None in read:
            raise Refused(f"Entry {newest} is missing; `transfer-ledger verify` says more.")
        first, entry = (one[0] for one in read if one is not None)
        role = people.role(entry.actor, size)
        by = "nobody who is named" if role is None else f"the {ROLES[role]}"
        if entry.actor is not None and entry.actor == asked.actor.code:
            by = "you"
        kind: Literal["correction", "withdrawal", "decision", "import"] = "correction"
        changed = None
        if isinstance(first, Batch):
            kind = "import"
        elif isinstance(entry, Review):
            kind = "decision"
        elif isinstance(entry, Correction):
            kind = "withdrawal" if entry.withdrawn else "correction"
            changed = corrections(source, entry, label)
        about = entry
        if kind == "withdrawal" and changed is not None and changed.before is not None:
            stated = source.entry(changed.before)
            about = entry if stated is None or not isinstance(stated[0], Transfer | Correction) else stated[0]
        given = source.given(newest).get("reason", "") if reasons else None
        reason = None if given is None else given if isinstance(given, str) else ""
        yield Shown(event, kind, sentence(about, label), by, entry.recorded_at.isoformat(), changed, reason)


def page(asked: Asked) -> Response:
    """`/-/confirm`."""
    if asked.method == "POST":
        return _confirm(asked)
    asked.only("page", "entry")
    return _page(asked)


def reasons(asked: Asked) -> Response:
    """`POST /-/confirm/reasons`: the page with why each was done. That it was looked at is logged first."""
    asked.only("page")
    asked.site.checked_view()
    with asked.site.reading() as source:
        some, *_ = _turn(asked, events(asked, source))
    seqs = ", ".join(str(one.seqs[-1]) for one in some)
    asked.site.people.log(asked.who, VIEWED, f"why, of what is to be confirmed: entries {seqs}"[:500])
    return _page(asked, with_reasons=True)


def _turn(asked: Asked, listed: Sequence[Event]) -> tuple[Sequence[Event], int, int]:
    number, pages = whole(asked.one("page") or "1"), max(-(-len(listed) // AT_ONCE), 1)
    if not number or number > pages:
        raise BadRequest("“page” is the number of a page, from 1 on.")
    return listed[(number - 1) * AT_ONCE : number * AT_ONCE], number, pages


def _page(asked: Asked, *, with_reasons: bool = False, told: str = "", typed: str = "", status: int = 200) -> Response:
    view = asked.site.checked_view()
    with asked.site.reading_erasable() if with_reasons else asked.site.reading() as source:
        listed = events(asked, source)
        some, number, pages = (
            _turn(asked, listed) if asked.method == "GET" or with_reasons else (listed[:AT_ONCE], 1, 1)
        )
        shown = list(_shown(asked, source, some, with_reasons))
        head, confirmed = source.head, _just_confirmed(asked, source)
    mine = [one for one in listed if not one.not_mine]
    return asked.page(
        "confirm.html", status=status, shown=shown, count=len(listed), waiting=sum(one.waits for one in listed),
        mine=len(mine), all=_digest(mine), head=head, number=number, pages=pages, told=told, typed=typed,
        confirmed=confirmed, newer=max(view.head.size - int(view.checked["size"]), 0), reasons=with_reasons,
    )  # fmt: skip


def _just_confirmed(asked: Asked, source: Source) -> Confirmation | None:
    """The confirmation that the address names, if the person who asks made it."""
    seq = whole(asked.one("entry")) if asked.method == "GET" else None
    found = source.entry(seq) if seq is not None and seq < source.head.size else None
    mine = found is not None and isinstance(found[0], Confirmation) and found[0].actor == asked.actor.code
    return found[0] if found is not None and mine and isinstance(found[0], Confirmation) else None


def _digest(mine: Iterable[Event]) -> str:
    return hashlib.sha256(" ".join(one.value for one in mine).encode()).hexdigest()


CHANGED = "The list has changed since you opened this page, so nothing was confirmed. Check it again."
NONE_MARKED = "Nothing was confirmed: mark at least one."


def _chosen(asked: Asked, listed: Sequence[Event]) -> list[Event]:
    """What is to be confirmed. `Conflict` where that is not what was shown; `Refused` where others must confirm it."""
    mine = [one for one in listed if not one.not_mine]
    if whole_list := asked.field("all"):
        if whole_list != _digest(mine) or not mine:
            raise Conflict(CHANGED)
        return mine
    by_value = {one.value: one for one in listed}
    marked = asked.fields("event")
    if not marked:
        raise Refused(NONE_MARKED)
    if not by_value.keys() >= set(marked):
        raise Conflict(CHANGED)
    found = [by_value[value] for value in dict.fromkeys(marked)]
    if why := next((one.not_mine for one in found if one.not_mine), ""):
        raise Refused(why)
    return found


def _seen(asked: Asked) -> Head:
    size, hash_ = whole(asked.field("size")), asked.field("hash")
    if not size or _HASH.fullmatch(hash_) is None:
        raise BadRequest("The form does not say what was seen; open the page again.")
    return Head(size, hash_)


def _texts(asked: Asked) -> Mapping[str, str]:
    reason = _LINES.sub(" ", asked.field("reason"))
    texts, wrong = texts_of({"decided_by": who(asked.who), **({"reason": reason} if reason else {})})
    if wrong:
        raise Refused(wrong[0][1])
    return texts


def _confirm(asked: Asked) -> Response:
    asked.only()
    seen = _seen(asked)
    typed = asked.field("reason")
    try:
        with asked.site.reading() as source:
            asked.site.checked_view()
            chosen = _chosen(asked, events(asked, source))
        seqs, texts = sorted({seq for one in chosen for seq in one.seqs}), _texts(asked)
        job = _job(seqs, seen, texts)
        receipts = sealed.done(asked.site.recorder, job, asked.actor)
    except Conflict as error:
        return _page(asked, told=asked.site.said(error), typed=typed, status=409)
    except (Busy, Full) as error:
        return _page(asked, told=f"Not confirmed yet. {asked.site.said(error)}", typed=typed, status=503)
    except Refused as error:
        return _page(asked, told=asked.site.said(error), typed=typed, status=400)
    asked.site.runs.check_soon()
    return asked.see("/-/confirm", entry=receipts[-1].seq)


def _job(seqs: Sequence[int], seen: Head, texts: Mapping[str, str]) -> Callable[[Ledger], list[Receipt]]:
    return lambda ledger: ledger.confirm(seqs, seen, texts)
