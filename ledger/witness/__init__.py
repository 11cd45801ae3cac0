"""The witness: an authority that cosigns its schools' checkpoints, and the client that asks one.

A witness keeps one thing for each log: the largest tree that it cosigned. It cosigns a checkpoint only after a proof
that this tree grew from that one, so whoever trusts the witness knows that everybody was shown the same history. Its
promise is worth what its record is: the tree is on the disk before the cosignature leaves, and no two requests can
both be compared with the same record and both be cosigned.

`decide` says what is answered to a request, from its bytes and the record alone (c2sp.org/tlog-witness); `record` is
the file that outlives the process; `state` is a witness's folder, its key beside its record; `app` puts that behind
HTTP. `ask` is the other side, the log's.
"""
