"""The database in a file: one connection that writes, and what it asks."""
