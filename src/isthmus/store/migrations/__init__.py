"""The schema, one numbered change after the other."""
