"""Names for people, kept between pages: reading the registers' YAML for each page would take longer than the page."""

from __future__ import annotations

from ledger.source import Source
from reports.evidence import evidence_of
from reports.wording import Labels

_NEWEST = "SELECT max(seq) FROM entries WHERE kind <> 'transfer' AND kind IN ('organisation', 'register')"


class Names:
    """The labels of one ledger, made anew when an organisation or a register is added."""

    def __init__(self) -> None:
        self._kept: tuple[int | None, Labels] | None = None

    def of(self, source: Source) -> Labels:
        """The labels as they are at `source`'s snapshot."""
        newest: int | None = source.db.execute(_NEWEST).fetchone()[0]
        if self._kept is None or self._kept[0] != newest:
            self._kept = newest, Labels(evidence_of(source))
        return self._kept[1]
