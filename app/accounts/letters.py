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
