"""Formats: from rows and models to text, one file each. They choose no content and compute nothing."""
