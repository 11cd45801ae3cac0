"""Believing nothing: what a ledger file must be, recomputed from its bytes.

`database` opens the file as hostile and compares its schema and its indexes; `record` walks the chain; `assurance`
puts what was found, what was not checked and what remains possible into one report. It shares no code with the
writer beyond the pure modules of the format, the DDL and the folding of names.
"""
