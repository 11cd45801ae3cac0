"""What a reader sees of a text or a cell."""

from __future__ import annotations

from reports.documents.blocks import Code, Link, Tag


def words(cell: object) -> str:
    """A cell, or any text, as a reader sees it."""
    if isinstance(cell, tuple):
        return "".join(map(words, cell))
    return cell.text if isinstance(cell, Code | Link | Tag) else "" if cell is None else str(cell)
