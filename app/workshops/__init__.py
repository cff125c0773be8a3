"""Workshops of ten steps, and the paywall before the seventh."""
