"""The sentences of the checks of law itself: bases and conditions, safeguards, agreements, how long data is kept, counts that are too small."""

from __future__ import annotations

SENTENCES: dict[tuple[str, str], tuple[str, str, str]] = {}

PASSES: dict[str, tuple[str, str]] = {}

NOT_APPLICABLE: dict[str, str] = {}
