"""The sentences of the checks of what several transfers, or none, show together; and of decisions that are overdue."""

from __future__ import annotations

SENTENCES: dict[tuple[str, str], tuple[str, str, str]] = {}

PASSES: dict[str, tuple[str, str]] = {}

NOT_APPLICABLE: dict[str, str] = {}
