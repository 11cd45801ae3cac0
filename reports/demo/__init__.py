"""The demonstration: a school year of one invented authority, and what a ledger makes of it."""
