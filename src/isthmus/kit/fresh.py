"""Names that never repeat."""

import os


def fresh_id() -> str:
    """Return 24 random hexadecimal digits."""
    return os.urandom(12).hex()
