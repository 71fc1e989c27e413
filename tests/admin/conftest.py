"""Operators work on the same made-up trade as the flows."""

from tests.flows.conftest import trade

__all__ = ["trade"]
