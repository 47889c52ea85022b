"""The post room: what leaves the machine. Each adapter implements a small protocol of the flows."""
