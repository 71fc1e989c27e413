"""Commands and options the deploy files use that another change brings. Empty it when that change is here.

A command with the options it will have; an option of a command that is here already stands in the same way.
`test_commands.py` fails for an entry that has come true, so the list cannot outlive its reason.
"""

from collections.abc import Mapping

COMING: Mapping[str, frozenset[str]] = {}
