"""Failures of signing in, as values. Each has a page of its own."""

from app.errors import BillingError


class AccountClosed(BillingError):
    """The person proved who they are, but the account was closed; nobody is signed in."""
