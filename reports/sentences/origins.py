"""The sentences of the checks of where data came from and by whose name: passing on, senders, near misses, registers not in force."""

from __future__ import annotations

SENTENCES: dict[tuple[str, str], tuple[str, str, str]] = {}

PASSES: dict[str, tuple[str, str]] = {}

NOT_APPLICABLE: dict[str, str] = {}
