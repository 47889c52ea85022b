"""A stand-in world for the demo and tests. It implements what the flows ask of the real one."""
