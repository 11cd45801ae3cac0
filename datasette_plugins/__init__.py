"""The top floor: what Datasette loads. It stands on the reports and the ledger, and neither imports it."""
