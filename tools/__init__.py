"""The tools that hold the house rules; run from the checkout as `python -m tools.<name>`."""
