"""Top-ups, who pays for them, and reports of money that nobody knows yet."""
