"""Faithful local doubles of outside systems.

Written from each system's documentation, never from our connector, and importing nothing of
Isthmus but `kit`: a double that shared code with the connector would share its mistakes.
"""
