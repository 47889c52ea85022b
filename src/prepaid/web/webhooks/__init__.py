"""Routes of endpoints, messages and attempts."""
