"""The doctor: what is laid side by side, and what it finds."""
