"""Names that look like another name and are none: letters of two alphabets in one, or another alphabet throughout.

A Cyrillic “о” in “Асме” is not to be seen, and whoever types the name in Latin letters means another party.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

from ledger.register.names import fold

_ALIKE = str.maketrans(
    "авсеіјкмнорѕтухԁԛԝһѵАВСЕІЈКМНОРЅТУХαβεικνορτυχγΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "abceijkmhopstyxdqwhvABCEIJKMHOPSTYXabeiknoptuxyABEZHIKMNOPTYX",
)
_SCRIPTS = {
    "CYRILLIC": "Cyrillic",
    "GREEK": "Greek",
    "ARMENIAN": "Armenian",
    "CHEROKEE": "Cherokee",
    "COPTIC": "Coptic",
}


def _foreign(text: str) -> tuple[str, str] | None:
    """The first letter of an alphabet whose letters look like Latin ones, and that alphabet; or None."""
    for letter in text:
        script = _SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0]) if ord(letter) > 0x36F else None
        if script:
            return letter, script
    return None


def misleading(named: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str]]:
    """(path, message) of every name, given as (path, id, name), that could be taken for what it is not."""
    named = list(named)
    latin: dict[str, tuple[str, str]] = {}
    for _, id_, text in named:
        if text.isascii():
            latin.setdefault(fold(text), (id_, text))
    for path, id_, text in named:
        if (found := _foreign(text)) is None:
            continue
        letter, script = found
        alike, name = latin.get(fold(text.translate(_ALIKE)), (id_, ""))
        looks = f", and looks like “{name}”, a name of {alike}" if alike != id_ else ""
        if any("LATIN" in unicodedata.name(one, "") for one in text):
            point = f"the {script} “{letter}”, U+{ord(letter):04X}"
            yield path, f"“{text}” mixes Latin and {script} letters ({point}){looks}; write it in one alphabet."
        elif looks:
            yield path, f"“{text}” is written in {script} letters{looks}; give it a name that can be told apart."
