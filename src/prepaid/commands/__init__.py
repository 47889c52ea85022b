"""What is typed on the command line: one file per group of commands."""
