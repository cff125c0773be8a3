"""Browsers that are signed in: who is behind a request, how long that holds, and how it ends."""
