"""What tests of several rooms share: a shop in this process, and a server in its own."""
