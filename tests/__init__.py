"""Tests. A package, so that no installed `tests` is imported in its place."""
