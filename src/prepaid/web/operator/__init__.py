"""Routes that only the operator's key opens."""
