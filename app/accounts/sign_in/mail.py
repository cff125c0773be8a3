"""Decides how a mail leaves the house. Knows nothing of what it is about."""

import sys
from collections import deque
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol, TextIO, runtime_checkable
from urllib.parse import unquote, urlsplit

import aiosmtplib

from app.errors import TryLater

SMTP_SECONDS = 8.0
LETTERS_KEPT = 30


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail in plain text. `link` is the address that its text leads to."""

    to: str
    subject: str
    text: str
    link: str


@runtime_checkable  # the routes are handed one, and their types are checked
class Mailer(Protocol):
    """Whatever carries a letter to its reader."""

    async def send(self, letter: Letter) -> None:
        """Carry the letter.

        Raises: TryLater: it could not be handed over; it may be sent again.
        """
        ...


class DevelopmentMailer:
    """Writes letters to the console and keeps the latest for the mailbox page of this one process.

    `console`: where else than to standard output.
    """

    def __init__(self, console: TextIO | None = None) -> None:
        self._console = console or sys.stdout
        self.letters: deque[Letter] = deque(maxlen=LETTERS_KEPT)

    async def send(self, letter: Letter) -> None:
        """Show the letter here; nothing leaves the machine."""
        self.letters.appendleft(letter)
        self._console.write(f"\nMail to {letter.to}: {letter.subject}\n{letter.text}\n")
        self._console.flush()


class SmtpMailer:
    """Hands letters to the mail server of SMTP_URL.

    `smtps://` is encrypted from the start, `smtp://` as soon as the server offers it; a password never goes
    over an open line.
    """

    def __init__(self, url: str, *, sender: str) -> None:
        parts = urlsplit(url)
        self.sender = sender
        self.is_tls = parts.scheme == "smtps"
        self.host, self.port = parts.hostname or "localhost", parts.port or (465 if self.is_tls else 587)
        self.username = unquote(parts.username) if parts.username else None
        self.password = unquote(parts.password) if parts.password else None

    async def send(self, letter: Letter) -> None:
        """Hand the letter over, within SMTP_SECONDS."""
        try:
            await aiosmtplib.send(
                self._written(letter),
                hostname=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                use_tls=self.is_tls,
                start_tls=True if self.password and not self.is_tls else None,
                timeout=SMTP_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError) as error:  # TimeoutError is one of them
            raise TryLater("the mail could not be handed over", retry_after_seconds=10) from error

    def _written(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, letter.to, letter.subject
        message.set_content(letter.text)
        return message


def mailer_for(*, smtp_url: str | None, mail_from: str, console: TextIO | None = None) -> Mailer:
    """The mail server where one is set, else the console and the mailbox page."""
    return SmtpMailer(smtp_url, sender=mail_from) if smtp_url else DevelopmentMailer(console)
