"""Which format a document is written in: from its name to the file's bytes, in pieces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from tempfile import TemporaryFile

from ledger.errors import Refused
from reports.documents.blocks import Document, figures

ENDINGS = ("html", "pdf", "csv", "xlsx", "json", "md")
"""The formats, each by the ending of its files."""

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
"""With this mark at the beginning Excel knows that a CSV file is UTF-8."""

_PIECE = 1 << 20


def charts_of(document: Document) -> dict[str, str]:
    """The charts of a document as SVG texts, by the names of their figures."""
    from reports.charts.drawn import drawn

    return drawn(figures(document))


def rendered(document: Document, ending: str, attached: Mapping[str, bytes] | None = None) -> Iterator[bytes]:
    """The bytes of `document` in the format with this ending. `attached` are files that a PDF carries, by their names.

    `Refused` for CSV where the document has no table.
    """
    if ending == "html":
        from reports.formats.html import as_html

        yield as_html(document, charts_of(document)).encode()
    elif ending == "pdf":
        from reports.formats.pdf import as_pdf

        yield as_pdf(document, charts_of(document), attached or {})
    elif ending == "csv":
        from reports.formats.csv_ import line_of, table_as_csv

        if not document.data:
            raise Refused("This document has no table that could be written as CSV; write it in another format.")
        yield BOM
        if document.warning is not None:
            # No column has this name, so that a program which does not read it stops there.
            yield line_of(document.warning).encode()
        yield from (line.encode() for line in table_as_csv(document.data[0]))
    elif ending == "xlsx":
        from reports.formats.xlsx import write_xlsx

        # As large as the ledger's findings: on the disk, and not in memory.
        with TemporaryFile() as file:
            write_xlsx(document, file)
            file.seek(0)
            while piece := file.read(_PIECE):
                yield piece
    elif ending == "json":
        from reports.formats.json_ import document_as_json

        yield from (piece.encode() for piece in document_as_json(document))
    else:
        from reports.formats.markdown import as_markdown

        yield as_markdown(document).encode()
