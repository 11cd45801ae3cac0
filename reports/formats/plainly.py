"""What is in a document as plain text: for formats that have no bold letters and no links, or none in some places."""

from __future__ import annotations

from datetime import date

from ledger.london import utc_text
from reports.documents.blocks import Cell, Made, Text
from reports.scope import day_in_words
from reports.wording import dated


def flat(text: Text) -> str:
    """A line without its links and frames."""
    return "".join(piece if isinstance(piece, str) else piece.text for piece in text)


def cell_in_words(cell: Cell) -> str:
    """A cell as people read it: thousands with commas, a day in words, "" where it is empty."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return day_in_words(cell)
    if isinstance(cell, tuple):
        return flat(cell)
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


def provenance(made: Made) -> tuple[tuple[str, str], ...]:
    """What a document was made from: names and what they stand for, in the order in which every format tells them."""
    return (
        ("Ledger", made.origin),
        *((("Entries", f"{made.entries:,}"),) if made.entries is not None else ()),
        ("Hash of the last entry", made.head),
        ("Last entry recorded", dated(utc_text(made.head_at))),
        ("As of", day_in_words(made.as_of)),
        ("Documented purposes (SHA-256)", "; ".join(made.registers) or "none adopted"),
        ("Options", " ".join(made.options)),
        ("Made with", f"transfer-ledger {made.version}"),
    )
