"""Ratios against the plain thing beside it, measured in one run: `make bench`."""
