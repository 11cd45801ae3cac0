"""The codes of people in the tests' ledgers; the names say what each does there."""

from __future__ import annotations

LEAD, DPO, CHAIR, CLERK, STRANGER = (f"p-{letter * 20}" for letter in "abcde")
