"""The proof that an entry is in the ledger, as a file that stands alone; it discloses nothing that is erasable."""

from __future__ import annotations

from starlette.responses import Response

from datasette_plugins.transfer_ledger.entries.seal import seal
from datasette_plugins.transfer_ledger.pages.entry import not_theirs
from datasette_plugins.transfer_ledger.web import Asked, NotThere, download
from ledger import prove
from ledger.errors import Conflict


def proof(asked: Asked) -> Response:
    """`GET /-/proofs/SEQ`. `Conflict` where no checkpoint covers the entry yet: it is there, and its proof comes."""
    asked.only()
    seq = int(asked.vars["seq"])
    not_theirs(asked, seq)
    with asked.site.reading() as source:
        found = source.entry(seq) if seq < source.head.size else None
        if found is None:
            raise NotThere
        if seal(source, seq, found[2], found[0].prev, "").covered is None:
            raise Conflict(f"No checkpoint covers entry {seq} yet; the next one will, and then there is a proof.")
        data = prove.inclusion(source.db, seq).encode()
    return download(data, f"entry-{seq}.tlog-proof", "application/octet-stream")
