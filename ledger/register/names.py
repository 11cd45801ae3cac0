"""Which text means which known party, purpose, field or code.

People write "S-cool Ltd.", "s cool ltd" and "S-COOL LTD" for one thing. `fold` brings these to one text; a
text that folds to exactly one known name is sealed as that name's id, and nothing else is ever guessed. So
a name may mean one thing only: `known_names` refuses a register or an organisation that would take over a
name of the law, of another register or of another organisation.

Recording and verification both use this module and no other of this package, so it imports nothing that
reads YAML.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from ledger.confusables import skeleton
from ledger.errors import Refused
from ledger.members import UNLISTED

if TYPE_CHECKING:
    from ledger.register.model import Register
    from ledger.register.terms import Law, Vocabularies


class NamedOrganisation(Protocol):
    """What this module needs of an `organisation` entry: the newest one for its id."""

    @property
    def id(self) -> str:
        """The id that transfers use."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def aliases(self) -> Sequence[str]:
        """Other names."""

    @property
    def former_ids(self) -> Sequence[str]:
        """Ids that it had before."""


def _fold_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).replace("&", " and ")
    kept: list[str] = []
    gap = False
    for char in text:
        # Marks (categories M*) are letters' parts in many scripts: without them two names could become one.
        if char.isalnum() or unicodedata.category(char)[0] == "M":
            if gap and kept and kept[-1].isdigit() and char.isdigit():
                kept.append("-")
            kept.append(char)
            gap = False
        else:
            gap = True
    return "".join(kept)


def fold(text: str) -> str:
    """`text` without what makes no difference: case, spaces, punctuation, "&" for "and", compatibility forms.

    All spaces and punctuation go ("Contact Point", "contact-point" and "ContactPoint" are one), except
    between two digits, where one hyphen stays: "Year 1-2" is not Year 12. A leading "the" stays, because
    "The Oaks" and "Oaks" may be two schools. Folding twice is folding once; "" means that no letter or
    digit was there.
    """
    folded = _fold_once(text)
    # Dropping punctuation can bring characters together that compose anew. That is rare, but only a fixed
    # point is a name that can be looked up.
    while (again := _fold_once(folded)) != folded:
        folded = again
    return folded


def look(text: str) -> str:
    """What `text` looks like, in a form to compare: two names with one look are easily taken for each other.

    Coarser than `fold`, and for warnings only: nothing is ever sealed or judged as the name that it looks like.
    """
    return fold(skeleton(text))


_Claim = tuple[str, str, str, str]  # kind, id, text, whose name it is


def _law_claims(law: Law) -> Iterator[_Claim]:
    owner = "the facts of law"
    for party in law.parties:
        former = [text for past in party.former for text in (past.name, *past.aliases)]
        for text in (party.id, party.name, *party.aliases, *former):
            yield "party", party.id, text, owner
    for alias in law.contactpoint.aliases:
        yield "party", law.contactpoint.party, alias, owner
    for kind, terms in (("purpose", law.purposes), ("lawful_basis", law.bases), ("legal_power", law.powers)):
        for term in terms:
            for text in (term.id, term.label, *term.aliases):
                yield kind, term.id, text, owner


def _vocabulary_claims(vocabularies: Vocabularies) -> Iterator[_Claim]:
    for kind in vocabularies.kinds:
        for term in vocabularies.terms(kind):
            for text in (term.id, term.label, *term.aliases):
                yield kind, term.id, text, f"the vocabulary {kind}"


def _register_claims(register: Register) -> Iterator[_Claim]:
    owner = f"the register {register.id}"
    for party in register.parties:
        for text in (party.id, party.name, *party.aliases):
            yield "party", party.id, text, owner
    for purpose in register.purposes:
        for text in (purpose.id, purpose.label, *purpose.aliases):
            yield "purpose", purpose.id, text, owner


def _organisation_claims(organisations: Iterable[NamedOrganisation]) -> Iterator[_Claim]:
    for organisation in organisations:
        for text in (organisation.id, organisation.name, *organisation.aliases, *organisation.former_ids):
            yield "party", organisation.id, text, f"the organisation {organisation.id}"


def known_names(
    law: Law,
    vocabularies: Vocabularies,
    registers: Iterable[Register],
    organisations: Iterable[NamedOrganisation],
) -> list[tuple[str, str, str]]:
    """Every known name as (folded text, kind, id), sorted; an id is a name of itself.

    Kinds are `party`, `purpose`, `field`, `lawful_basis`, `legal_power` and those of the other
    vocabularies. Later arguments yield to earlier ones: `Refused`, naming both sides, where a register or
    an organisation would take over a name that means something else, where an organisation takes the id of
    a party, or where a name has no letter or digit or is the reserved word `unlisted`. All such problems
    are in the one refusal.
    """
    organisations = list(organisations)
    meaning: dict[tuple[str, str], tuple[str, str]] = {}
    problems: list[str] = []

    def claim(claims: Iterable[_Claim]) -> None:
        for kind, id_, text, owner in claims:
            folded = fold(text)
            if not folded or folded == UNLISTED:
                why = "is the word for a name that nobody knows" if folded else "has no letter or digit"
                problems.append(f"“{text}”, a name of {id_} in {owner}, {why}; choose another.")
                continue
            taken_id, taken_by = meaning.setdefault((kind, folded), (id_, owner))
            if taken_id != id_:
                problems.append(
                    f"“{text}” is to mean {id_} in {owner}, but it already means {taken_id} in {taken_by}; "
                    f"a name can mean one {kind.replace('_', ' ')} only."
                )

    claim(_law_claims(law))
    claim(_vocabulary_claims(vocabularies))
    for register in registers:
        claim(_register_claims(register))
    parties: dict[str, str] = {}
    for (kind, _), (id_, owner) in meaning.items():
        if kind == "party":
            parties.setdefault(id_, owner)
    for organisation in organisations:
        if organisation.id in parties:
            problems.append(
                f"The organisation {organisation.id} ({organisation.name}) has the id of a party of "
                f"{parties[organisation.id]}; give it an id of its own, and the role that it plays."
            )
    claim(_organisation_claims(one for one in organisations if one.id not in parties))
    if problems:
        raise Refused("\n".join(dict.fromkeys(problems)))
    return sorted((folded, kind, id_) for (kind, folded), (id_, _) in meaning.items())
