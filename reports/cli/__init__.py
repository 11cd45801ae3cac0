"""The verbs that check and report: `ledger.cli` names them, and loads each when it is used."""
