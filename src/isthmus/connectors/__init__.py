"""One folder for each outside system; found by entry point, independent of each other."""
