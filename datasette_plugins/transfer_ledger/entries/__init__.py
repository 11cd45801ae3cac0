"""What pages tell of one entry: its sentence and facts, what was documented, what changed, its seal, its decisions.

All of it reads what was sealed and nothing that was typed, but for `typed`, which a page may only use for those who
may see it.
"""
