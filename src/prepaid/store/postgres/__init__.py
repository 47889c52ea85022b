"""The database on a server: lanes of connections, and what they ask."""
