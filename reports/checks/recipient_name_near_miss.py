"""The recipient's name is not a known one, but nearly: a letter apart, another suffix, or letters that look alike.

"Learner Registration Servcie" is probably the Learner Registration Service, "S-cool plc" may be S-cool Limited, and
"Сonnexions" with a Cyrillic "С" is made to look like Connexions, but nothing is ever guessed: two names that are alike
may be two bodies (East Surrey is not East Sussex), so a text that is a known name is never taken for another. Look at
what was meant, and correct the entry or add the name. Names that are nearly ContactPoint's are judged by the checks of
its closing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ledger.members import UNLISTED
from ledger.register.names import fold
from reports.case import Case
from reports.checks.kinds import Needs
from reports.finding import Citation, Compared, Finding

ID = "recipient-name-near-miss"
NEEDS: Needs = "law"

SUFFIXES = ("ltd", "limited", "plc", "llp", "inc", "company", "co")
"""What the law adds to a company's name, and people leave out or mistake."""

SHORTEST = 6
"""Of names with fewer letters, too many are one letter apart ("QCA" and "QCDA")."""

SHORTEST_BASE = 4
"""A shorter text with a suffix added is too easily another word ("tes" and "Tesco")."""


def _bare(text: str) -> str:
    """`text` folded, without the legal suffixes at its end."""
    words = text.split()
    while words and fold(words[-1]) in SUFFIXES:
        words.pop()
        if words and fold(words[-1]) in ("and", ""):
            words.pop()
    return fold(" ".join(words))


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _candidates(text: str, names: Mapping[tuple[str, str], str]) -> frozenset[str]:
    from rapidfuzz.distance import OSA

    folded, bare = fold(text), _bare(text)
    alike = {bare} | ({bare + suffix for suffix in SUFFIXES} if len(bare) >= SHORTEST_BASE else set())
    found = {id_ for name in alike if (id_ := names.get(("party", name))) is not None}
    if len(folded) >= SHORTEST:
        digits = _digits(folded)
        for (kind, name), id_ in names.items():
            if (
                kind == "party"
                and len(name) >= SHORTEST
                and abs(len(name) - len(folded)) <= 1
                and OSA.distance(folded, name, score_cutoff=1) == 1
                and _digits(name) == digits
            ):
                found.add(id_)
    return frozenset(found)


def _near(case: Case) -> tuple[str, ...]:
    """The ids whose names are nearly what was typed, sorted; none where it is somebody's name itself."""
    context = case.context
    text = case.text("recipient_as_given")
    if text is None:
        return ()
    key = "near misses", None if case.version is None else case.version.seq, text
    if key not in context.memo:
        known = (*context.versions, None)
        if any(context.named(version, "party", text) is not None for version in known):
            found: frozenset[str] = frozenset()
        else:
            found = _candidates(text, context.names(case.version)).union(context.alike(case.version, "party", text))
        context.memo[key] = tuple(sorted(found - {context.law.contactpoint.party}))
    ids = context.memo[key]
    assert isinstance(ids, tuple)
    return ids


def check(case: Case) -> Iterator[Finding]:
    """The ids that may be meant, never the text."""
    if case.facts.recipient != UNLISTED or case.recipient is not None:
        return
    ids = _near(case)
    if ids:
        parties = [party for id_ in ids if (party := case.context.law.party(id_)) is not None]
        law = tuple(Citation(party.names_from, "", party.names_standing) for party in parties)
        yield case.finding(
            ID,
            "cannot-tell",
            "nearly",
            expected=ids,
            found=("recipient_as_given",),
            members=("recipient",),
            law=law if case.version is None else None,
        )


def compared(case: Case) -> Compared | str:
    """Nothing but the rule where the name is nobody's."""
    if case.facts.recipient != UNLISTED or case.recipient is not None:
        return "known-recipient"
    return "name-erased" if case.lost("recipient_as_given") else case.compared(found=("recipient_as_given",))
