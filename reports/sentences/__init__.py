"""The sentences of findings and of passes, by family of checks; `wording` puts the values into them.

By check and reason: `{e:kind}` and `{f:kind}` are all values expected and found by their names as that kind,
`{e0:kind}` and `{f1:kind}` single ones; without a kind, numbers and the ids of transfers stand as they are.
"""

from __future__ import annotations

from reports.sentences import documented, lawful, origins, patterns

_FAMILIES = (documented, lawful, origins, patterns)

SENTENCES: dict[tuple[str, str], tuple[str, str, str]] = {
    key: texts for family in _FAMILIES for key, texts in family.SENTENCES.items()
}
"""By check and reason: what was expected, what was found, what to do next."""

PASSES: dict[str, tuple[str, str]] = {check: texts for family in _FAMILIES for check, texts in family.PASSES.items()}
"""By check, what was expected and what was found of a transfer that passed; the values are as in `SENTENCES`."""

NOT_APPLICABLE: dict[str, str] = {code: text for family in _FAMILIES for code, text in family.NOT_APPLICABLE.items()}
"""Why a check does not apply to a transfer, by the code that it gives."""
