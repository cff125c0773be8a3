"""People, workshops and purchases for tests: plain functions with real defaults, written as the application writes."""

import itertools
from datetime import UTC, datetime

from app.database import row, rows, tx
from app.ids import new_id
from app.ledger.payments import PurchaseMovement, post_purchase
from app.ledger.posting import Actor, lock_user, post
from app.ledger.posting import grant as ledger_grant

_count = itertools.count(1)
people: list[str] = []  # everyone made in this run, so that their books can be judged


async def make_user(
    *,
    balance_credits: int = 0,
    name: str = "Alice",
    email: str | None = None,
    onboarding_complete: bool = True,
    user_id: str | None = None,
) -> str:
    """A person with a ledger that leads to this balance; returns the `clerk_user_id`."""
    user = user_id or new_id("usr")
    people.append(user)
    await row(
        "INSERT INTO users (id, clerk_user_id, email, name, onboarding_complete) VALUES ($1, $1, $2, $3, $4)",
        user,
        email or f"{user}@example.test",
        name,
        onboarding_complete,
    )
    if balance_credits > 0:
        await give(user, balance_credits)
    if balance_credits < 0:
        await owe(user, -balance_credits)
    return user


async def give(user_id: str, credits: int) -> None:
    """Credits out of goodwill, through the ledger."""
    async with tx():
        await ledger_grant(
            user_id, credits, form_key=new_id("ctx"), reason="goodwill", actor=Actor("operator", "tests")
        )


async def owe(user_id: str, credits: int) -> None:
    """A debt: a purchase, used up, whose money then went back."""
    from app.ledger.payments import take_back
    from app.ledger.posting import Movement
    from app.ledger.rules import Kind

    purchase_id = await make_purchase(user_id=user_id, credits=credits, status="paid")
    async with tx():
        used = Movement(
            user_id, Kind.ADJUSTMENT, -credits, "Used", f"adjustment:{purchase_id}", Actor("system")
        )
        await post(used)
        await take_back(
            user_id, purchase_id, credits, description="Refund", actor=Actor("stripe"), reason="refunded"
        )


async def make_workshop(
    *,
    user_id: str,
    title: str | None = None,
    current_step: str = "challenge",
    created_at: datetime | None = None,
    deleted: bool = False,
) -> str:
    """A workshop with nothing unlocked; its step rows come when it is first opened."""
    workshop = new_id("ws")
    await row(
        "INSERT INTO workshops (id, clerk_user_id, title, current_step, created_at, deleted_at)"
        " VALUES ($1, $2, $3, $4, coalesce($5, clock_timestamp()), CASE WHEN $6 THEN clock_timestamp() END)",
        workshop,
        user_id,
        title or f"Workshop {next(_count)}",
        current_step,
        created_at,
        deleted,
    )
    return workshop


async def make_purchase(
    *,
    user_id: str,
    pack: str = "single-flight",
    credits: int = 1,
    amount_cents: int = 7900,
    status: str = "open",
    session_id: str | None = None,
    unlock_workshop_id: str | None = None,
) -> str:
    """A purchase in any state; a paid one has its credits in the ledger."""
    purchase = new_id("pur")
    session = session_id or f"cs_test_{purchase}"
    paid_at = datetime.now(UTC) if status == "paid" else None
    await row(
        "INSERT INTO purchases (id, clerk_user_id, pack, pack_name, credits, amount_cents, currency,"
        " stripe_price_id, base_url, status, stripe_session_id, unlock_workshop_id, paid_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'usd', 'price_test', 'http://testserver', $7, $8, $9, $10)",
        purchase,
        user_id,
        pack,
        pack.replace("-", " ").title(),
        credits,
        amount_cents,
        status,
        session,
        unlock_workshop_id,
        paid_at,
    )
    if status == "paid":
        async with tx():
            await lock_user(user_id)
            movement = PurchaseMovement(user_id, purchase, credits, "Purchase", session)
            await post_purchase(movement, actor=Actor("stripe"))
    return purchase


async def locked_workshops(user_id: str, number: int) -> list[str]:
    """So many workshops that stand at the gate."""
    ids = [new_id("ws") for _ in range(number)]
    await rows(
        "INSERT INTO workshops (id, clerk_user_id, title, current_step)"
        " SELECT id, $1, 'Locked', 'journey-mapping' FROM unnest($2::text[]) AS made (id)",
        user_id,
        ids,
    )
    return ids
