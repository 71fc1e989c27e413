"""`isthmus connector new`: a connector that works from its first minute, to be changed into a real one.

`templates` mirrors the checkout. What it holds is kept as text, so that no checker takes it for code of Isthmus; the
tests make connectors of it and put them through every check.
"""
