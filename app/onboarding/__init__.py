"""The welcome panel, shown once per person."""
