"""A ledger's checkpoint, tree and entries as files that anyone can fetch and verify: tlog-tiles.

`files` is the place, a folder or whatever fsspec has a URL for, as a few operations on whole files. `writing` brings
a publication up to the ledger's newest checkpoint, `published` reads one. Every file but `checkpoint` stands for one
content for ever, and `checkpoint` is written last: whoever reads it finds all that it covers, whenever the writing
was interrupted.

    checkpoint                   the signed tree head
    tile/0/000, tile/1/000.p/3   hashes of the tree, 256 to a tile; a partial one carries its width
    tile/entries/000             the entries under tile/0/000

Reading shares no module with the writer of the ledger, so that `verify` can stand on it.
"""

from ledger.publish.files import Files, open_target
from ledger.publish.published import Published

__all__ = ["Files", "Published", "open_target"]
