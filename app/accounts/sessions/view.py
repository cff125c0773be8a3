"""What the page of signed-in browsers shows."""

from dataclasses import dataclass

from app.accounts.sessions.browsers import SignedInBrowser


@dataclass(frozen=True, slots=True)
class BrowsersPage:
    """Where a person is signed in, this browser first."""

    browsers: tuple[SignedInBrowser, ...]
