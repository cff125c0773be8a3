"""The words of the mails we send. Pure."""

from app.accounts.sign_in.links import LINK_LIVES
from app.accounts.sign_in.mail import Letter
from app.web.words import said


def sign_in_letter(to: str, *, brand: str, link: str) -> Letter:
    """The mail with a sign-in link."""
    minutes = int(LINK_LIVES.total_seconds()) // 60
    text = said(
        "Somebody asked to sign in to %(brand)s with this address.\n\n"
        "If that was you, open this link in the same browser within %(minutes)s minutes:\n\n"
        "%(link)s\n\n"
        "It works once. If it was not you, there is nothing to do: without this mail nobody gets in.\n",
        brand=brand,
        minutes=minutes,
        link=link,
    )
    return Letter(to=to, subject=said("Sign in to %(brand)s", brand=brand), text=text, link=link)


def added_address_letter(to: str, *, brand: str, link: str) -> Letter:
    """The mail with which somebody who is signed in shows that an address is theirs."""
    minutes = int(LINK_LIVES.total_seconds()) // 60
    text = said(
        "Somebody who is signed in to %(brand)s wants to sign in with this address, too.\n\n"
        "If that was you, open this link in the same browser within %(minutes)s minutes:\n\n"
        "%(link)s\n\n"
        "It works once. If it was not you, there is nothing to do: without this mail nothing is changed.\n",
        brand=brand,
        minutes=minutes,
        link=link,
    )
    return Letter(
        to=to, subject=said("Sign in to %(brand)s with this address", brand=brand), text=text, link=link
    )
