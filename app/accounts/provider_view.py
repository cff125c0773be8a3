"""The words of signing in by a provider: the ways on the sign-in page, and why one did not work. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from app.accounts.attempts import AttemptFault
from app.accounts.view import NotSignedInPage, ProviderWay
from app.web.flash import Link

FAULT_STATUS: Mapping[AttemptFault, int] = {
    AttemptFault.OTHER_BROWSER: 403,
    AttemptFault.EXPIRED: 410,
    AttemptFault.USED: 410,
}
FAULTS: Mapping[AttemptFault, NotSignedInPage] = {
    AttemptFault.OTHER_BROWSER: NotSignedInPage(
        "This sign-in was not begun in this browser",
        "For your safety a sign-in ends only where it began. Nobody was signed in; begin again here.",
    ),
    AttemptFault.EXPIRED: NotSignedInPage(
        "This sign-in took too long",
        "You have ten minutes from the sign-in page and back. Nobody was signed in; begin again.",
    ),
    AttemptFault.USED: NotSignedInPage(
        "This sign-in was used already",
        "Each one works once, so going back to it leads nowhere. If you are not signed in, begin again.",
    ),
}


def oidc_way(name: str, return_to: str) -> ProviderWay:
    """The OpenID Connect provider on the sign-in page."""
    return ProviderWay(
        "oidc",
        f"With {name}",
        "You sign in there and come straight back. We are told your name and your e-mail address, never a password.",
        f"Continue with {name}",
        f"/sign-in/oidc?return_to={quote(return_to, safe='/')}",
    )


def clerk_way(host: str, return_to: str) -> ProviderWay:
    """The host product on the sign-in page."""
    return ProviderWay(
        "clerk",
        f"From {host}",
        "If you are signed in there, you are known here too.",
        f"Continue from {host}",
        f"/sign-in/clerk?return_to={quote(return_to, safe='/')}",
    )


def untrusted(name: str) -> NotSignedInPage:
    """What came back proves nothing."""
    return NotSignedInPage(
        "We could not make sure that it is you",
        f"What came from {name} does not prove who you are, so nobody was signed in. Begin again; "
        "if it happens twice, please write to us.",
    )


def belongs_to_another(what: str) -> NotSignedInPage:
    """A way in that leads to somebody else here."""
    return NotSignedInPage(
        f"This {what} signs in somebody else here",
        "Each of them leads to one account here, and this one is taken. Nothing was changed. "
        "If both are yours, sign out, come in that way, and use that account.",
    )


def added(name: str) -> str:
    """Said once, after a way in was added."""
    return f"From now on you can sign in with {name}, too."


def mailed(email: str, minutes: int) -> str:
    """Said once, after a link that adds an address was sent."""
    return f"A link is on its way to {email}. Open it in this browser within {minutes} minutes."


def for_signed_in(view: NotSignedInPage) -> NotSignedInPage:
    """The same page for somebody who is signed in."""
    return replace(view, way_on=Link("Go to your account", "/account"))


def declined(name: str) -> NotSignedInPage:
    """The person, or the provider, said no."""
    return NotSignedInPage(
        "You were not signed in",
        f"{name} did not let us know who you are: you stopped there, or it does not open this site to you. "
        "Nothing was changed.",
    )


def silent(name: str, again: str) -> NotSignedInPage:
    """The provider is away."""
    return NotSignedInPage(
        f"{name} does not answer",
        "Nobody was signed in, and nothing is wrong with your account. Try again in a moment, or come in another way.",
        elsewhere=Link("Try again", again),
    )


def no_address(name: str) -> NotSignedInPage:
    """A newcomer without an e-mail address that somebody vouches for."""
    return NotSignedInPage(
        f"{name} vouches for no e-mail address of yours",
        "A new account needs one, for receipts. No account was made. Have your address confirmed there and come back, "
        "or come in another way.",
    )


def not_there(host: str, address: str) -> NotSignedInPage:
    """Nobody is signed in at the host product, or its word is a minute too old."""
    return NotSignedInPage(
        f"You are not signed in at {host} just now",
        "Open it, sign in there, and come back; its word is good for a minute at a time.",
        elsewhere=Link(f"Open {host}", address),
    )
