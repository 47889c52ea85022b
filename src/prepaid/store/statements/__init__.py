"""Statements as they are kept, and what they are made from."""
