"""The words of the mails we send. Pure."""

from app.accounts.links import LINK_LIVES
from app.accounts.mail import Letter


def sign_in_letter(to: str, *, brand: str, link: str) -> Letter:
    """The mail with a sign-in link."""
    minutes = int(LINK_LIVES.total_seconds()) // 60
    text = (
        f"Somebody asked to sign in to {brand} with this address.\n\n"
        f"If that was you, open this link in the same browser within {minutes} minutes:\n\n"
        f"{link}\n\n"
        "It works once. If it was not you, there is nothing to do: without this mail nobody gets in.\n"
    )
    return Letter(to=to, subject=f"Sign in to {brand}", text=text, link=link)


def added_address_letter(to: str, *, brand: str, link: str) -> Letter:
    """The mail with which somebody who is signed in shows that an address is theirs."""
    minutes = int(LINK_LIVES.total_seconds()) // 60
    text = (
        f"Somebody who is signed in to {brand} wants to sign in with this address, too.\n\n"
        f"If that was you, open this link in the same browser within {minutes} minutes:\n\n"
        f"{link}\n\n"
        "It works once. If it was not you, there is nothing to do: without this mail nothing is changed.\n"
    )
    return Letter(to=to, subject=f"Sign in to {brand} with this address", text=text, link=link)
