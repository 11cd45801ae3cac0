"""The record: what is sealed, how it is chained, and how anyone can verify it.

Read the modules in this order: `errors members london canonical disclosure entry` say what a sealed entry
is and do no I/O; `register` says what was documented; `intake` turns files into transfers; `schema store
writer` keep the SQLite file; `source` reads it; `verify` believes none of them; `cli` is the edge.
"""
