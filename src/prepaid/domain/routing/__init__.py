"""The routes of the metering proxy: what is billed, as what, and what an answer means."""
