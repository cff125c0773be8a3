"""How mails leave the house, against a mail server that really listens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

import pytest

from app.accounts.sign_in.letters import sign_in_letter
from app.accounts.sign_in.mail import DevelopmentMailer, Mailer, SmtpMailer, mailer_for
from app.errors import TryLater

LETTER = sign_in_letter(
    "alice@example.test", brand="Crédits", link="https://credits.example/sign-in/email/abc"
)


@dataclass
class Post:
    """What a mail server was given."""

    port: int = 0
    lines: list[str] = field(default_factory=list)
    mails: list[Message] = field(default_factory=list)


@asynccontextmanager
async def post_office(*, refuses: bool = False) -> AsyncIterator[Post]:
    """As much of a mail server as one mail needs."""
    post = Post()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 post.test\r\n")
        while line := await reader.readline():
            post.lines.append(line.decode().strip())
            verb = post.lines[-1].partition(" ")[0].upper()
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                body = await reader.readuntil(b"\r\n.\r\n")
                post.mails.append(message_from_bytes(body))
            if verb == "QUIT":
                break
            writer.write(b"550 no such box\r\n" if refuses and verb == "RCPT" else b"250 well\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    post.port = server.sockets[0].getsockname()[1]
    async with server:
        yield post


async def test_a_letter_reaches_the_mail_server_whole() -> None:
    """5.1"""
    async with post_office() as post:
        await SmtpMailer(f"smtp://127.0.0.1:{post.port}", sender="no-reply@example.test").send(LETTER)
    [mail] = post.mails
    assert mail["From"] == "no-reply@example.test"
    assert mail["To"] == "alice@example.test"
    text = mail.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert LETTER.link in text.decode()
    assert "within 10 minutes" in text.decode()


async def test_a_server_that_refuses_is_told_as_try_later() -> None:
    """5.1: nobody sees the mail server's own words."""
    async with post_office(refuses=True) as post:
        with pytest.raises(TryLater):
            await SmtpMailer(f"smtp://127.0.0.1:{post.port}", sender="a@example.test").send(LETTER)


async def test_a_password_never_goes_over_an_open_line() -> None:
    """5.1: the server offers no encryption, so it gets neither password nor letter."""
    async with post_office() as post:
        url = f"smtp://user:secret@127.0.0.1:{post.port}"
        with pytest.raises(TryLater):
            await SmtpMailer(url, sender="a@example.test").send(LETTER)
    assert not any("AUTH" in line for line in post.lines)
    assert post.mails == []


def test_the_setting_decides_which_mailer() -> None:
    """contract 3"""
    sent = mailer_for(smtp_url="smtps://u%40x:p%3Aw@post.example", mail_from="a@example.test")
    assert isinstance(sent, SmtpMailer)
    assert (sent.port, sent.username, sent.password, sent.is_tls) == (465, "u@x", "p:w", True)
    kept: Mailer = mailer_for(smtp_url=None, mail_from="a@example.test")
    assert isinstance(kept, DevelopmentMailer)


async def test_development_prints_the_letter_and_keeps_the_newest_first(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """5.1"""
    mailer = DevelopmentMailer()
    await mailer.send(LETTER)
    await mailer.send(sign_in_letter("bob@example.test", brand="Crédits", link="https://credits.example/2"))
    assert [letter.to for letter in mailer.letters] == ["bob@example.test", "alice@example.test"]
    assert LETTER.link in capsys.readouterr().out
