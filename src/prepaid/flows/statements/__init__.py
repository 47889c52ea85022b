"""Statements: made, closed month by month, shown and printed."""
