"""Prepaid: credits, workspaces, usage reports and spend alerts for people who sell an API."""

__version__ = "0.1.0"
