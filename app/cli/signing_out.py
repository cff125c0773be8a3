"""`billing sign-out`: ends a person's sessions in every browser, and changes nothing else about them."""

import asyncio
import getpass

from app.accounts.sessions.browsers import sign_out_everywhere
from app.cli.granting import person_meant
from app.cli.reporting import say
from app.database import pool
from app.settings import load_settings


def say_signed_out(user: str, *, reason: str, as_json: bool) -> None:
    """Sign the person out and say in how many browsers. Raises: WhoIsMeant: nobody was signed out."""
    user_id, ended = asyncio.run(_signed_out(user, reason))
    browsers = "1 browser" if ended == 1 else f"{ended} browsers"
    line = f"{user_id} is signed out everywhere: {browsers}" if ended else f"{user_id} was signed in nowhere"
    say([line], {"user_id": user_id, "browsers_signed_out": ended}, as_json=as_json)


async def _signed_out(user: str, reason: str) -> tuple[str, int]:
    async with pool(load_settings().database_url, max_size=1):
        user_id = await person_meant(user)
        return user_id, await sign_out_everywhere(user_id, operator=getpass.getuser(), reason=reason)
