"""The reporter: from evidence to checks, from checks to findings, from findings to documents.

A `context` holds what all transfers share (the law, the registers adopted, the organisations), a `case` is
one transfer with the rules that judge it, each of the `checks` is a pure function from a case to findings,
and `run` puts them together. Findings are values; `wording` turns them into sentences.
"""
