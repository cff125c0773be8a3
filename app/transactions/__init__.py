"""The history of a person's credits, as they read it."""
