"""How work survives: claimed with a lease, tried, finished in one commit with all its facts."""
