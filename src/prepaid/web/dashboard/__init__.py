"""The dashboard: pages for an account's admins, and the operator's console."""
