"""Our own pages, where Datasette has none: each reads values, and a template shows them."""
