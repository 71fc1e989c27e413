"""The verbs a connector may offer, and the errors it may raise.

A connector implements the ports it can and nothing else; the engine drives them and never learns
which system is behind.
"""
