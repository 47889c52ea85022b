"""Credit that is bought: the attempt, the provider, and what the provider reports."""
