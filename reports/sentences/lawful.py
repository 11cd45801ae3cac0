"""The sentences of the checks of bases and conditions, safeguards, agreements, keeping, and small counts."""

from __future__ import annotations

SENTENCES: dict[tuple[str, str], tuple[str, str, str]] = {}

PASSES: dict[str, tuple[str, str]] = {}

NOT_APPLICABLE: dict[str, str] = {}
