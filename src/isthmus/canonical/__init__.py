"""The nouns both sides agree on.

Connectors translate to these shapes and never to each other. Pure values: no clock, no I/O.
"""
