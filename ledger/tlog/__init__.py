"""Evidence in the formats of the transparency-log community (C2SP), byte for byte.

A log is a list of entries under an RFC 6962 Merkle tree (`merkle`): one root hash of 32 bytes stands for all of
them, and a few hashes prove that an entry is among them, or that a longer list begins with a shorter one. `tiles`
cuts the tree into files that can lie on any web server. A `checkpoint` is origin, size and root in three lines of
text; signed, it is a `note`. Witnesses add a `cosignature`: that the tree they saw only ever grew, and when they
said so. A `policy` names the logs and the quorum of witnesses that someone trusts, and a `proof` is everything
that one entry needs to stand alone: index, hashes, and the signed checkpoint.

All of it is functions over bytes: no file, no clock, no randomness and no database, and nothing here knows what
an entry says. What is read is read strictly: it re-encodes to the same bytes, or is refused with the place of its
fault. `Refused` means that the text is not in its format; `NotGenuine` that it is, and proves nothing.

The specifications are the pages of the same names at c2sp.org.
"""
