"""The words of signing in by a provider: the ways on the sign-in page, and why one did not work. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from app.accounts.providers.attempts import AttemptFault
from app.accounts.sign_in.view import NotSignedInPage, ProviderWay
from app.web.flash import Link
from app.web.words import marked, said

FAULT_STATUS: Mapping[AttemptFault, int] = {
    AttemptFault.OTHER_BROWSER: 403,
    AttemptFault.EXPIRED: 410,
    AttemptFault.USED: 410,
}
FAULTS: Mapping[AttemptFault, NotSignedInPage] = {
    AttemptFault.OTHER_BROWSER: NotSignedInPage(
        marked("This sign-in was not begun in this browser"),
        marked("For your safety a sign-in ends only where it began. Nobody was signed in; begin again here."),
    ),
    AttemptFault.EXPIRED: NotSignedInPage(
        marked("This sign-in took too long"),
        marked("You have ten minutes from the sign-in page and back. Nobody was signed in; begin again."),
    ),
    AttemptFault.USED: NotSignedInPage(
        marked("This sign-in was used already"),
        marked(
            "Each one works once, so going back to it leads nowhere. If you are not signed in, begin again."
        ),
    ),
}


def oidc_way(name: str, return_to: str) -> ProviderWay:
    """The OpenID Connect provider on the sign-in page."""
    return ProviderWay(
        "oidc",
        said("With %(name)s", name=name),
        said(
            "You sign in there and come straight back. We are told your name and your e-mail address, never a password."
        ),
        said("Continue with %(name)s", name=name),
        f"/sign-in/oidc?return_to={quote(return_to, safe='/')}",
    )


def clerk_way(host: str, return_to: str) -> ProviderWay:
    """The host product on the sign-in page."""
    return ProviderWay(
        "clerk",
        said("From %(name)s", name=host),
        said("If you are signed in there, you are known here too."),
        said("Continue from %(name)s", name=host),
        f"/sign-in/clerk?return_to={quote(return_to, safe='/')}",
    )


def untrusted(name: str) -> NotSignedInPage:
    """What came back proves nothing."""
    return NotSignedInPage(
        marked("We could not make sure that it is you"),
        said(
            "What came from %(name)s does not prove who you are, so nobody was signed in. Begin again; "
            "if it happens twice, please write to us.",
            name=name,
        ),
    )


def belongs_to_another(what: str) -> NotSignedInPage:
    """A way in that leads to somebody else here."""
    return NotSignedInPage(
        said("This %(what)s signs in somebody else here", what=what),
        marked(
            "Each of them leads to one account here, and this one is taken. Nothing was changed. "
            "If both are yours, sign out, come in that way, and use that account."
        ),
    )


def added(name: str) -> str:
    """Said once, after a way in was added."""
    return said("From now on you can sign in with %(name)s, too.", name=name)


def removed(name: str) -> str:
    """Said once, after a way in was removed."""
    return said("%(name)s no longer leads to this account.", name=name)


def mailed(email: str, minutes: int) -> str:
    """Said once, after a link that adds an address was sent."""
    return said(
        "A link is on its way to %(email)s. Open it in this browser within %(minutes)s minutes.",
        email=email,
        minutes=minutes,
    )


def for_signed_in(view: NotSignedInPage) -> NotSignedInPage:
    """The same page for somebody who is signed in."""
    return replace(view, way_on=Link(marked("Go to your account"), "/account"))


def declined(name: str) -> NotSignedInPage:
    """The person, or the provider, said no."""
    return NotSignedInPage(
        marked("You were not signed in"),
        said(
            "%(name)s did not let us know who you are: you stopped there, or it does not open this site to you. "
            "Nothing was changed.",
            name=name,
        ),
    )


def silent(name: str, again: str) -> NotSignedInPage:
    """The provider is away."""
    return NotSignedInPage(
        said("%(name)s does not answer", name=name),
        marked(
            "Nobody was signed in, and nothing is wrong with your account. Try again in a moment, or come in another way."
        ),
        elsewhere=Link(marked("Try again"), again),
    )


def no_address(name: str) -> NotSignedInPage:
    """A newcomer without an e-mail address that somebody vouches for."""
    return NotSignedInPage(
        said("%(name)s vouches for no e-mail address of yours", name=name),
        marked(
            "A new account needs one, for receipts. No account was made. Have your address confirmed there and come "
            "back, or come in another way."
        ),
    )


def not_there(host: str, address: str) -> NotSignedInPage:
    """Nobody is signed in at the host product, or its word is a minute too old."""
    return NotSignedInPage(
        said("You are not signed in at %(name)s just now", name=host),
        marked("Open it, sign in there, and come back; its word is good for a minute at a time."),
        elsewhere=Link(said("Open %(name)s", name=host), address),
    )
