"""Fixtures of the tests on real systems."""

from tests.real.vendure_stand import inbox, merchant, session, wire

__all__ = ["inbox", "merchant", "session", "wire"]
