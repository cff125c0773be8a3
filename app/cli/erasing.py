"""`billing erase`: a person is forgotten, and the books stay whole. The statements are in the migrations."""

import asyncio
import getpass
from dataclasses import asdict, dataclass

import asyncpg
import click

from app.cli.granting import person_meant
from app.cli.preparation import owner_address
from app.cli.reporting import say
from app.database import pool, row, tx
from app.errors import BillingError
from app.settings import load_settings
from app.trail import note

HOLDINGS = """
SELECT u.clerk_user_id AS user_id, u.credit_balance AS balance_credits, u.stripe_customer_id,
       (SELECT count(*) FROM workshops w WHERE w.clerk_user_id = u.clerk_user_id) AS workshops,
       (SELECT count(*) FROM credit_transactions t WHERE t.clerk_user_id = u.clerk_user_id) AS movements,
       (SELECT count(*) FROM purchases p WHERE p.clerk_user_id = u.clerk_user_id
           AND p.status IN ('started', 'open', 'settling')) AS payments_under_way
  FROM users u WHERE u.clerk_user_id = $1"""


class NotErased(BillingError):
    """Nobody was forgotten; the message says why."""


@dataclass(frozen=True)
class Held:
    """What there is of a person, for whoever decides. Units: whole credits."""

    user_id: str
    balance_credits: int
    stripe_customer_id: str | None
    workshops: int
    movements: int
    payments_under_way: int

    def __str__(self) -> str:
        return (
            f"{self.user_id}: {self.workshops} workshops with their notes, {self.movements} movements, "
            f"a balance of {self.balance_credits} credits, {self.payments_under_way} payments under way"
        )


def say_erased(user: str, *, is_sure: bool, as_json: bool) -> None:
    """Forget the person, after a question. Raises: WhoIsMeant, NotErased: nothing was changed."""
    held = asyncio.run(_looked_up(user))
    if not is_sure:
        click.echo(f"{held}. Name, address, titles and notes go for good; dates and amounts stay.", err=True)
        typed = click.prompt(
            "Type the user id to erase this person", default="", show_default=False, err=True
        )
        if typed != held.user_id:
            raise NotErased(f"{held.user_id} was not erased: the id was not typed")
    asyncio.run(_erase(held.user_id))
    say(_told(held), {"erased": asdict(held)}, as_json=as_json)


def _told(held: Held) -> list[str]:
    lines = [f"erased {held}"]
    if held.stripe_customer_id:
        lines.append(
            f"Stripe still knows {held.stripe_customer_id} by name and address: delete this customer there. "
            "Its payments stay, and refunds still find their purchases here"
        )
    if held.payments_under_way:
        lines.append("what comes of payments under way is booked all the same, without a name")
    return lines


async def _looked_up(user: str) -> Held:
    async with pool(load_settings().database_url, max_size=1):
        known = await row(
            "SELECT FROM users WHERE clerk_user_id = $1", user
        )  # an account that was closed, too
        found = await row(HOLDINGS, user if known is not None else await person_meant(user))
    if found is None:
        raise NotErased(f"{user} is gone meanwhile")
    return Held(**found)


async def _erase(user_id: str) -> None:
    async with pool(owner_address(load_settings()), max_size=1):
        try:
            async with tx():
                await row("SELECT set_config('statement_timeout', '0', true)")  # it reads the whole inbox
                await row("SELECT erase_person($1)", user_id)
                await note("person_erased", whose=user_id, actor="operator", actor_id=getpass.getuser())
        except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError) as error:
            raise NotErased("the ledger is being written to; nothing was changed, so try again") from error
        except asyncpg.InsufficientPrivilegeError as error:
            raise NotErased(
                "only the owner of the schema can erase a person: give MIGRATION_DATABASE_URL"
            ) from error
