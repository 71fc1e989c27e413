"""One file per page: ask admin, turn the answer into what the template shows."""
