"""The pages about statements: each month's, one of them, client prices, details and logo."""
