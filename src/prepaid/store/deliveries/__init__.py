"""Messages and mails, where they go, and every attempt to bring them there."""
