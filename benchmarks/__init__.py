"""What the design promises in figures, measured; and the input that measuring needs."""
