"""What the text of a member may look like, by its domain, and what may be kept as an erasable value.

`members` says which domain each member has; the patterns are here, so that whoever reads a person's input, seals an
entry or verifies one asks the same question and gives the same sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ledger import canonical, confusables
from ledger.members import LISTS

_NAME = r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?"
_FORMS: dict[str, tuple[re.Pattern[str], str]] = {
    domain: (re.compile(pattern, re.ASCII), form)
    for domain, pattern, form in (
        ("party", _NAME, "an id of 1 to 64 lower-case letters, digits, . _ or -"),
        ("code", _NAME, "a code of lower-case letters, digits, . _ or -"),
        ("member", r"[a-z0-9_]+(?:\.[a-z0-9_]+)?", "the name of a member"),
        ("id", r"[A-Za-z0-9._-]{1,64}", "1 to 64 letters, digits, . _ or -"),
        ("actor", r"p-[0-9a-hjkmnp-tv-z]{20}", "p- and 20 letters and digits, as a person's code has them"),
        ("hash", r"[0-9a-f]{64}", "64 lower-case hexadecimal digits"),
        ("salt", r"[A-Za-z0-9_-]{21}[AQgw]", "16 bytes in base64url"),
        ("digest", r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", "a SHA-256 digest in base64url"),
        ("media-type", r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}", "as text/csv"),
        ("country", r"[A-Z]{2}", "two capital letters, as GB"),
        ("urn", r"[1-9]\d{4,6}", "five to seven digits"),
        ("dfe-number", r"\d{3}/\d{4}", "as 123/4567"),
        ("version", r"[0-9A-Za-z][0-9A-Za-z.+-]{0,31}", "a version number"),
        ("vkey", r"[^\x00-\x20\x7f-\x9f+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}", "a signed-note verifier key"),
        ("base64", r"[A-Za-z0-9+/]+={0,2}", "base64"),
        ("option", r"[!-~]{1,200}", "an option without spaces"),
    )
}
for _alias, _same in (("purpose", "party"), ("field", "party"), ("digests", "digest")):
    _FORMS[_alias] = _FORMS[_same]


_HONEST = "is written in one alphabet, without invisible characters"


def origin_problem(origin: str) -> str | None:
    """Why `origin` cannot name a ledger, or None.

    It becomes the key name of signed notes (C2SP signed-note: no Unicode space, no plus), and one of at most
    255 bytes, which tlog-tiles and witnesses carry.
    """
    if not origin or len(origin.encode("utf-8", "surrogatepass")) > 255:
        return "an origin has 1 to 255 bytes"
    if "+" in origin or "#" in origin or any(c.isspace() for c in origin):
        return "an origin holds no space, no + and no #, as springfield.example/transfers"
    if canonical.control_character(origin) or any("\ud800" <= c <= "\udfff" for c in origin):
        return "an origin holds printable text only"
    if (why := confusables.deceptive(origin)) is not None:
        return f"an origin {_HONEST}; this one {why}"
    return None


def name_problem(text: str) -> str | None:
    """Why `text` cannot be an organisation's name, or None."""
    if not text.strip() or text != text.strip() or len(text) > 200:
        return "a name has 1 to 200 characters, none of them a space at either end"
    if canonical.control_character(text) or any("\ud800" <= c <= "\udfff" for c in text) or "{}" in text:
        return "a name holds printable text only"
    if (why := confusables.deceptive(text)) is not None:
        return f"a name {_HONEST}; this one {why}"
    return None


@lru_cache(maxsize=16384)
def _form_problem(domain: str, text: str) -> str | None:
    if domain == "origin":
        return origin_problem(text)
    if domain == "name":
        return name_problem(text)
    pattern, form = _FORMS[domain.partition(":")[0]]
    return None if pattern.fullmatch(text) else f"it is to be {form}"


def form_problem(domain: str, text: str) -> str | None:
    """Why `text` does not have the form of `domain` (a `Member.domain`), or None. Domains without text pass."""
    return _form_problem(domain, text) if domain.partition(":")[0] in _FORMS or domain in ("origin", "name") else None


def texts_sound(names: Sequence[str], values: Sequence[str | tuple[str, ...]]) -> bool:
    """Whether `text_problem` finds nothing wrong with any of the erasable `values` under their `names`."""
    texts = [value for value in values if type(value) is str]
    # Printable text holds neither control characters nor surrogates, nor anything that turns the direction of writing.
    return (
        len(texts) == len(values)
        and not LISTS.intersection(names)
        and "".join(texts).isprintable()
        and all(map(str.strip, texts))
        and max(map(len, texts), default=0) <= 2000
    ) or not any(map(text_problem, names, values))


def text_problem(name: str, value: str | tuple[str, ...]) -> str | None:
    """Why `value` cannot be kept as the erasable value `name`, or None: at most 2,000 printable characters each."""
    if isinstance(value, str) and len(value) <= 2000 and value.isprintable() and value.strip() and name not in LISTS:
        return None  # nearly every value: printable text holds neither control characters nor surrogates
    for text in (value,) if isinstance(value, str) else value:
        if not text.strip() or len(text) > 2000:
            return f"{name} has {len(text):,} characters; 1 to 2,000 are kept."
        if (bad := canonical.control_character(text)) is not None:
            return f"{name} holds the control character {bad}; remove it."
        if (turned := confusables.bidi_control(text)) is not None:
            return f"{name} holds {turned}, which turns the direction of writing; remove it."
        if not text.isascii() and any("\ud800" <= c <= "\udfff" for c in text):
            return f"{name} holds half a character (a lone surrogate); type it again."
    if isinstance(value, str) == (name in LISTS):
        return f"{name} is to be {'a list of texts' if name in LISTS else 'one text'}."
    return None


TEXT_DOMAINS = frozenset({*_FORMS, "origin", "name"})
"""The domains whose members hold text that has a form."""
