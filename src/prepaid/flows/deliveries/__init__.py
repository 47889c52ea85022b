"""Webhooks and mail: endpoints, what is sent to them, and what came of it."""
