"""Failures of signing in, as values. Each has a page of its own."""

from app.errors import BillingError


class AccountClosed(BillingError):
    """The person proved who they are, but the account was closed; nobody is signed in."""


class NoProvenEmail(BillingError):
    """A newcomer comes from a provider that vouches for no e-mail address of theirs; no account was made."""


class UntrustedProof(BillingError):
    """What a browser brought does not prove who it is; `why` is for the log, nobody is signed in."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class StaleProof(UntrustedProof):
    """It did prove who somebody was, but its time is over."""


class ProviderSilent(BillingError):
    """A sign-in provider did not answer, or not as it should; the same may be tried again."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(why)


class WayStays(BillingError):
    """A way in was to be removed that has to stay; nothing was changed."""


class BelongsToAnother(BillingError):
    """A way in was to be added that signs in another account; nothing was changed."""
