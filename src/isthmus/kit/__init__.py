"""Tools with no domain words in them: HTTP, time, scrubbing, names."""
