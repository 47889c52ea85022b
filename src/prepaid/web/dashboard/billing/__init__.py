"""The billing pages: credit and how it is bought, top-ups, and the rules of notifications."""
