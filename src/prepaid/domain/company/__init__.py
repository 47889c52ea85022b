"""Company data for credits: what is asked, what it costs, what the register said."""
