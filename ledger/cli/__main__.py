"""`python -m ledger.cli`: the same command, where no console script is installed."""

from __future__ import annotations

from ledger.cli import main

main()
