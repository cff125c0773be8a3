"""`billing grant`: credits given for nothing, by someone at the keyboard. Decides who is meant."""

import asyncio
import getpass

from app.cli.reporting import say
from app.database import pool, rows, tx
from app.errors import BillingError
from app.ids import new_id
from app.ledger.posting import Actor, Posted, grant
from app.settings import load_settings


class WhoIsMeant(BillingError):
    """The name on the command line fits nobody, or several."""

    def __init__(self, *, user: str, found: list[str]) -> None:
        self.user, self.found = user, found
        many = f"{len(found)} people have {user}: name one of the ids {', '.join(found)}"
        super().__init__(many if found else f"nobody is called {user}: give an e-mail address or a user id")


def say_granted(user: str, credits: int, *, reason: str, as_json: bool) -> None:
    """Grant and say what the balance is now. Raises: WhoIsMeant: nothing was written."""
    user_id, posted = asyncio.run(_granted(user, credits, reason=reason))
    line = f"{user_id} has {posted.balance_after_credits} credits now, {posted.balance_before_credits} before"
    facts = {
        "user_id": user_id,
        "transaction_id": posted.transaction_id,
        "balance_before_credits": posted.balance_before_credits,
        "balance_after_credits": posted.balance_after_credits,
    }
    say([f"{line} ({posted.transaction_id})"], facts, as_json=as_json)


async def _granted(user: str, credits: int, *, reason: str) -> tuple[str, Posted]:
    async with pool(load_settings().database_url, max_size=1):
        user_id = await person_meant(user)
        async with tx():
            key, actor = new_id("ctx"), Actor("operator", getpass.getuser())
            return user_id, await grant(user_id, credits, form_key=key, reason=reason, actor=actor)


async def person_meant(user: str) -> str:
    """The id of the one person with this address or id. Raises: WhoIsMeant. Inside: a pool."""
    asked = "SELECT clerk_user_id FROM users WHERE (clerk_user_id = $1 OR email = $1) AND deleted_at IS NULL"
    found: list[str] = [person["clerk_user_id"] for person in await rows(asked, user)]
    if len(found) != 1:
        raise WhoIsMeant(user=user, found=found)
    return found[0]
