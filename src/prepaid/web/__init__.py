"""The front door: routes, who is asking, typed bodies, errors. Past it, no dict."""
