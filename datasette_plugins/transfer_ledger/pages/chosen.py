"""Which findings a form is about: those that were marked, or all of a group, exactly as whoever decides saw them.

A group may have ten thousand findings. Its form says which group it is and how many entries the ledger had, and carries
the SHA-256 of all keys with the decisions that were seen; what the group was then is worked out again, with the
decisions up to that entry alone. So a colleague's decision in between changes nothing about what was chosen, and is
found when the decisions are sealed; findings that came or went are noticed here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from datasette_plugins.transfer_ledger.columns.codes import Ints
from datasette_plugins.transfer_ledger.columns.finding import Item
from datasette_plugins.transfer_ledger.columns.view import View
from datasette_plugins.transfer_ledger.decisions import Decisions, Seen
from datasette_plugins.transfer_ledger.pages import inbox
from datasette_plugins.transfer_ledger.web import Asked, BadRequest, whole
from ledger.source import Source
from ledger.writer import Judged

MOST_MARKED = 2500
"""So many findings are marked one by one at most; the form with all of them must be read."""

_VALUE = re.compile(r"([0-9a-f]{64})(?:\.([1-9][0-9]{0,14}))?(?:~([1-9][0-9]{0,14}))?", re.ASCII)
_GROUP = re.compile(r"[0-9a-f]{16}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Whole(NamedTuple):
    """All of a group: the address of the page that it is on, its id, and as what it was seen.

    `size` is how many entries the ledger had, `digest` that of the findings and decisions; with -1 and "" it was not
    looked at yet.
    """

    of: str
    group: str
    size: int
    digest: str
    number: int


class Marked(NamedTuple):
    """A finding that is decided about, with the decision and the advice that were seen as the newest."""

    finding: str
    check: str
    seen: Seen

    def judged(self, advice: bool) -> Judged:
        """As the writer takes it, for `advice` or for a decision."""
        return Judged(self.finding, self.check, self.seen.advice if advice else self.seen.decision)


class Chosen(NamedTuple):
    """What is decided about. `findings` are those that can be; `gone` are how many keys the last check did not
    find, `corrected` how many a correction replaced. `whole` is the group that they are all of, None for marked ones.

    `changed` says what happened to the group since it was seen, "" for nothing.
    """

    items: tuple[Item, ...]
    findings: tuple[Marked, ...]
    gone: int = 0
    corrected: int = 0
    whole: Whole | None = None
    changed: str = ""

    @property
    def values(self) -> list[str]:
        """What a form says of each: its key, and the decision and advice that were seen."""
        return [one.seen.value(one.finding) for one in self.findings]


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def marked(asked: Asked, view: View) -> Chosen:
    """The findings that were marked one by one. `BadRequest` for what is no key."""
    seen: dict[str, Seen] = {}
    for text in asked.fields("key"):
        found = _VALUE.fullmatch(text)
        if found is None:
            raise BadRequest("The form names a finding by what is no key; open the page again, and choose there.")
        seen[found[1]] = Seen(_number(found[2]), _number(found[3]))
    if len(seen) > MOST_MARKED:
        raise BadRequest(f"At most {MOST_MARKED:,} findings are marked at once; decide about a whole group instead.")
    return _chosen(view.found.of_keys(seen), seen)


def _chosen(items: Iterable[Item], seen: Mapping[str, Seen]) -> Chosen:
    there = list(items)
    standing = tuple(one for one in there if one.stands)
    marked = tuple(Marked(one.key, one.check, seen[one.key]) for one in standing)
    return Chosen(standing, marked, len(seen) - len(there), len(there) - len(standing))


def whole_of(asked: Asked) -> Whole | None:
    """The group that the form is about, None where it is about marked findings. `BadRequest` for a broken form."""
    group = asked.field("group")
    if not group:
        return None
    size, digest, number = asked.field("size"), asked.field("digest"), asked.field("number")
    sound = _GROUP.fullmatch(group) and (not digest or _DIGEST.fullmatch(digest))
    seen = whole(size) if size else -1
    saw = whole(number) if number else -1
    if not sound or seen is None or saw is None or (digest and seen < 0):
        raise BadRequest("The form says of no group which one it is; open the page with the findings again.")
    return Whole(asked.field("of"), group, seen, digest, saw)


class Looking(NamedTuple):
    """What findings are looked up in: the last check's, all decisions, the ledger."""

    view: View
    decisions: Decisions
    source: Source
    asked: Asked

    def group(self, of: Whole) -> Chosen:
        """All of a group as it was seen, or, where that cannot be made out any more, as it is now, saying so."""
        if 0 <= of.size <= self.source.head.size and of.digest:
            then = self._at(of, of.size)
            if then.whole is not None and then.whole.digest == of.digest:
                return then
        now = self._at(of, self.source.head.size)
        count = len(now.findings)
        if of.digest or of.number not in (-1, count):
            return now._replace(changed=_changed(of.number, count))
        return now

    def _at(self, of: Whole, size: int) -> Chosen:
        newest = self.decisions.between(0, size)
        view = self.view.with_decisions(newest, only=True)
        groups = view.found.groups(view.findings(inbox.findings_of(of.of, view), self.asked.today))
        place = inbox.find_group(view, groups, of.group)
        places: Ints | list[int] = [] if place is None else groups.places(place)
        items = list(view.found.items(places))
        seen = self.decisions.seen((one.key for one in items), size)
        chosen = _chosen(items, seen)
        lines = sorted(chosen.values)
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        return chosen._replace(whole=of._replace(size=size, digest=digest, number=len(lines)))


def _changed(then: int, now: int) -> str:
    if now == 0:
        return (
            "None of these findings is in that list any more: they were decided about, corrected, or no longer found."
        )
    if then < 0 or then == now:
        return "Some of these findings have changed since you opened this page. Check them again before you decide."
    are = "is" if abs(now - then) == 1 else "are"
    what = f"{abs(now - then):,} {'finding' if are == 'is' else 'findings'} {'more' if now > then else 'fewer'}"
    return f"There {are} now {what}: there were {then:,}, and now there are {now:,}. Check again before you decide."
