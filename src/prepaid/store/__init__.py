"""The vault: tables, statements, migrations and the batching writer. Decides nothing."""
