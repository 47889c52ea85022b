"""Routes of statements, their lines, files, prices and settings."""
