"""The record: what is sealed, how it is chained, and how anyone can verify it.

Read the modules in this order. `errors members london canonical disclosure forms entry settle` say what a sealed
entry is and do no I/O; `tlog` holds the formats of the transparency-log community, and knows no transfer;
`register` says what was documented; `intake` turns files into transfers. `lookup` finds known names, `same` tells a
repetition, `seal` gives content its place in the chain; `schema store writer` keep the SQLite file, `erase` makes
it forget, and `source` reads it. `keyfile signing timestamp checkpoints` sign its tree, `tree prove bundle` prove
from it, `publish` shows it to everyone, and `witness` lets others vouch for it. `verify` believes none of them;
`cli` is the edge.
"""
