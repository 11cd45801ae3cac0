"""Who is who: the settings that name people, how each is known again, and what is kept of that beside the ledger."""
