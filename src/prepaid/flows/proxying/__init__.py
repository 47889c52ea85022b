"""A proxied request: what it asks for, its charges, its upstream, its answer."""
