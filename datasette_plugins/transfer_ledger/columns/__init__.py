"""The transfers and findings of a live ledger in memory, as columns, so that filters and counts take milliseconds.

It is a cache made from the ledger's file, never evidence: what a page shows of a transfer is read from the ledger by
its seq. `live` keeps it up to date, `asked` reads what an address asks for, and a `View` answers it.
"""
