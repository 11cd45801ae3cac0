"""The sentences of the checks of where data came from, by whose name, and under which register."""

from __future__ import annotations

SENTENCES: dict[tuple[str, str], tuple[str, str, str]] = {}

PASSES: dict[str, tuple[str, str]] = {}

NOT_APPLICABLE: dict[str, str] = {}
