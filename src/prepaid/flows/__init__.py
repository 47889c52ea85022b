"""The desk: one file per thing the house does. Owns transactions; knows no adapter, no HTTP."""
