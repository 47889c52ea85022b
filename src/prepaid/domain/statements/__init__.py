"""Monthly statements: which month a charge belongs to, what it costs the client, what is told."""
