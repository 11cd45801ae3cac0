"""Datasette plugins: one package each."""
