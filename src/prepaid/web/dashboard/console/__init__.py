"""The operator's pages: accounts, prices, how things stand, who changed what."""
