"""The page that verifies proofs in a browser, as this version ships it, and the digest that the release notes state.

A page that the app shows is a convenience, not proof: so it is only ever handed out as a file, to be opened elsewhere.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import reports

VERIFIER = Path(str(reports.__file__)).with_name("verify.html")
"""Where it lies."""


@cache
def verifier_sha256() -> str:
    """The SHA-256 of its bytes, in hex."""
    return hashlib.sha256(VERIFIER.read_bytes()).hexdigest()
