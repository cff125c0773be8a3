"""The ways in and their pages: by e-mail link, by a provider, by the host product, as a demo person."""
