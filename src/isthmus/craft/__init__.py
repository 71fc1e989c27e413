"""What connectors are made of: logic that is the same for many systems and knows none of them.

Reading by id and in rounds, memory of reference records, what an order charges beyond its goods, findings of a probe.
Offered, not required. What a piece does not know (routes, fields, words, limits) its connector passes in.
"""
