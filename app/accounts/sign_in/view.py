"""What the pages of signing in show: one frozen dataclass each."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.accounts.sign_in.demo import DemoPerson
from app.accounts.sign_in.links import LinkState
from app.accounts.sign_in.mail import Letter
from app.accounts.sign_in.ways import Way, Ways
from app.catalog.packs import Pack
from app.web.flash import Link
from app.web.words import marked

SIGN_IN = Link(marked("Go to sign-in"), "/sign-in")


@dataclass(frozen=True, slots=True)
class ProviderWay:
    """A way in by somebody else's word: what it is, and the link that leads there."""

    slug: str
    title: str
    text: str
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class SignInPage:
    """The ways in. `people` is empty where there is no demo; `wanted` is the pack whose price list is the way back."""

    return_to: str
    ways: tuple[ProviderWay, ...]
    takes_email: bool
    people: tuple[DemoPerson, ...]
    wanted: Pack | None = None
    email: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SentPage:
    """ "Check your mail": the same words whether the address is known or not."""

    email: str
    return_to: str
    lives_minutes: int
    has_mailbox: bool


@dataclass(frozen=True, slots=True)
class ConfirmPage:
    """The page behind a mailed link: one button, and nothing is used up until it is pressed."""

    action: str


@dataclass(frozen=True, slots=True)
class NotSignedInPage:
    """Why a way in did not work, and what will. `elsewhere` is a place to try first."""

    title: str
    text: str
    way_on: Link = SIGN_IN
    elsewhere: Link | None = None


@dataclass(frozen=True, slots=True)
class WaysPage:
    """A person's ways to sign in; `add_oidc` leads to the provider that could be added; `email` as it was typed."""

    ways: Ways
    add_oidc: str
    email: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoveWayPage:
    """Asks before a way in is removed."""

    way: Way


@dataclass(frozen=True, slots=True)
class MailboxPage:
    """The letters that development keeps at home, newest first."""

    letters: tuple[Letter, ...]


STATUS_OF: Mapping[LinkState, int] = {
    LinkState.UNKNOWN: 404,
    LinkState.USED: 410,
    LinkState.EXPIRED: 410,
    LinkState.OTHER_BROWSER: 403,
}

TROUBLE: Mapping[LinkState, NotSignedInPage] = {
    LinkState.UNKNOWN: NotSignedInPage(
        marked("This sign-in link is not one of ours"),
        marked(
            "Perhaps the mail program cut it short. Copy the whole address from the mail, or ask for a new link."
        ),
    ),
    LinkState.USED: NotSignedInPage(
        marked("This sign-in link was used already"),
        marked("Each link signs in once. Ask for a new one; it takes a few seconds."),
    ),
    LinkState.EXPIRED: NotSignedInPage(
        marked("This sign-in link has expired"),
        marked("A link is good for a few minutes only. Ask for a new one; it takes a few seconds."),
    ),
    LinkState.OTHER_BROWSER: NotSignedInPage(
        marked("This link was asked for in another browser"),
        marked(
            "For your safety it works only there. Open it in the browser in which you asked for it, "
            "or ask for a new link here."
        ),
    ),
}

CLOSED = NotSignedInPage(
    marked("This account was closed"),
    marked("You proved who you are, but this account is no longer open, so nobody was signed in."),
)
