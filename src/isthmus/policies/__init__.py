"""Decisions: pure, one question per file, each answer with a reason."""
