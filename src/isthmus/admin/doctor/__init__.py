"""The doctor: what is not well with a project and its systems, found by looking and never by changing anything."""
