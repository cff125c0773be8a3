"""The demo people: who they are, what they did, and how all of it is written at once."""
