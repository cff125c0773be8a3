"""Ledgers for the tests of reading: written through the ledger's own verbs, each row at a moment of the past."""

import random
from datetime import UTC, datetime, timedelta

from app.database import row, rows, tx
from app.ids import new_id
from app.ledger.payments import (
    Cause,
    PurchaseMovement,
    await_purchase,
    fail_purchase,
    give_back,
    note_return,
    post_purchase,
    take_back,
)
from app.ledger.posting import Actor, adjust, consume, grant, lock_user
from app.ledger.reversal import reverse
from tests.factories import make_workshop

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
TITLES = ("100% _sure_", 'O\'Brien "quoted"', "Launch plan", "launch PLAN", "a\\b", "Zoë ★", "<b>bold</b>")
STRIPE, SUPPORT = Actor("stripe", "evt_1"), Actor("operator", "op_1")


async def buy(
    user_id: str,
    at: datetime,
    *,
    credits: int = 1,
    amount_cents: int = 7900,
    status: str = "paid",
    pack_name: str = "Single Flight",
    closed_at: datetime | None = None,
    unlock_workshop_id: str | None = None,
) -> str:
    """A purchase in this state with its movement; returns the purchase's id."""
    purchase_id = new_id("pur")
    session_id = f"cs_test_{purchase_id}"
    await row(
        "INSERT INTO purchases (id, clerk_user_id, pack, pack_name, credits, amount_cents, currency, stripe_price_id,"
        " base_url, status, stripe_session_id, payment_intent, created_at, paid_at, closed_at, unlock_workshop_id)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'usd', 'price_1', 'http://testserver', $7, $8, $9, $10, $11, $12, $13)",
        purchase_id,
        user_id,
        pack_name.lower().replace(" ", "-"),
        pack_name,
        credits,
        amount_cents,
        status,
        session_id,
        f"pi_{purchase_id}",
        at,
        at if status == "paid" else None,
        closed_at,
        unlock_workshop_id,
    )
    movement = PurchaseMovement(user_id, purchase_id, credits, f"Purchase of {pack_name}", session_id)
    async with tx():
        await lock_user(user_id)
        if status == "paid":
            await post_purchase(movement, actor=STRIPE, at=at)
        elif status in {"settling", "failed"}:
            await await_purchase(movement, actor=STRIPE, at=at)
        if status == "failed":
            await fail_purchase(purchase_id)
    return purchase_id


async def settle(user_id: str, purchase_id: str, at: datetime) -> None:
    """The money of a settling purchase arrives."""
    await row("UPDATE purchases SET status = 'paid', paid_at = $2 WHERE id = $1", purchase_id, at)
    [bought] = await rows(
        "SELECT credits, stripe_session_id, pack_name FROM purchases WHERE id = $1", purchase_id
    )
    what = f"Purchase of {bought['pack_name']}"
    movement = PurchaseMovement(user_id, purchase_id, bought["credits"], what, bought["stripe_session_id"])
    async with tx():
        await lock_user(user_id)
        await post_purchase(movement, actor=STRIPE, at=at)


async def buy_and_unlock(user_id: str, at: datetime) -> tuple[str, str, str]:
    """A purchase that unlocks a workshop as it is paid; returns the ids of the purchase, the unlock and the workshop."""
    workshop_id = await make_workshop(user_id=user_id, title="Launch plan", created_at=at)
    bought = await buy(user_id, at, unlock_workshop_id=workshop_id)
    unlocked = await unlock(user_id, workshop_id, at, actor=STRIPE)
    await row("UPDATE purchases SET intent_outcome = 'unlocked' WHERE id = $1", bought)
    return bought, unlocked, workshop_id


async def use(user_id: str, at: datetime, *, title: str = "Launch plan") -> tuple[str, str]:
    """A workshop and its unlock; returns the ids of the movement and the workshop."""
    workshop_id = await make_workshop(user_id=user_id, title=title, created_at=at)
    return await unlock(user_id, workshop_id, at, title=title), workshop_id


async def unlock(
    user_id: str, workshop_id: str, at: datetime, *, title: str = "Launch plan", actor: Actor | None = None
) -> str:
    """The unlock of a workshop that is there, by the person's own hand without an `actor`; returns its id."""
    posted = await consume(
        user_id,
        workshop_id,
        price_credits=1,
        description=f"Unlock of {title}",
        workshop_title=title,
        actor=actor or Actor("user", user_id),
        at=at,
    )
    assert posted is not None
    return posted.transaction_id


async def refund(
    user_id: str, purchase_id: str, at: datetime, *, cents: int = 7900, credits: int = 1
) -> None:
    """Money of a purchase goes back, `cents` more than before, and credits with it."""
    await row(
        "UPDATE purchases SET amount_refunded_cents = amount_refunded_cents + $2 WHERE id = $1",
        purchase_id,
        cents,
    )
    cause = Cause(description="Refund", actor=STRIPE, reason="refunded", returned_cents=cents, at=at)
    async with tx():
        await take_back(user_id, purchase_id, credits, **cause)


async def return_without_credits(user_id: str, purchase_id: str, at: datetime, *, cents: int) -> None:
    """Money of a purchase goes back, or comes back, `cents` more than before, and moves no credit."""
    sql = "UPDATE purchases SET amount_refunded_cents = amount_refunded_cents + $2 WHERE id = $1"
    await row(sql, purchase_id, cents)
    async with tx():
        await note_return(user_id, purchase_id, cents, at=at)


async def dispute(user_id: str, purchase_id: str, at: datetime, *, credits: int = 1) -> None:
    """A dispute holds the credits of a purchase."""
    sql = "UPDATE purchases SET dispute_status = 'needs_response', disputed_at = $2 WHERE id = $1"
    await row(sql, purchase_id, at)
    cause = Cause(description="Dispute", actor=STRIPE, reason="disputed", returned_cents=0, at=at)
    async with tx():
        await take_back(user_id, purchase_id, credits, **cause)


async def win_back(user_id: str, purchase_id: str, at: datetime, *, credits: int = 1) -> None:
    """The dispute is over, and the credits come back."""
    await row("UPDATE purchases SET dispute_status = 'won' WHERE id = $1", purchase_id)
    cause = Cause(description="Dispute ended", actor=STRIPE, reason="dispute_ended", returned_cents=0, at=at)
    async with tx():
        await give_back(user_id, purchase_id, credits, **cause)


async def give(user_id: str, at: datetime, credits: int = 1) -> None:
    """Credits out of goodwill."""
    async with tx():
        await grant(user_id, credits, form_key=new_id("ctx"), reason="Goodwill", actor=SUPPORT, at=at)


async def correct(user_id: str, at: datetime, change_credits: int) -> None:
    """A correction by our support."""
    async with tx():
        await adjust(
            user_id, change_credits, form_key=new_id("ctx"), reason="Miscounted", actor=SUPPORT, at=at
        )


async def undo(transaction_id: str, at: datetime) -> None:
    """An unlock is undone."""
    async with tx():
        await reverse(transaction_id, description="Unlock undone", actor=SUPPORT, at=at)


async def give_back_refund(user_id: str, purchase_id: str, at: datetime) -> None:
    """A refund failed after all: its credits return."""
    await row("UPDATE purchases SET amount_refunded_cents = 0 WHERE id = $1", purchase_id)
    cause = Cause(
        description="Refund failed", actor=STRIPE, reason="refund_failed", returned_cents=-7900, at=at
    )
    async with tx():
        await give_back(user_id, purchase_id, 1, **cause)


async def write_varied_ledger(user_id: str, *, seed: int, moves: int = 60) -> None:
    """A ledger of every kind and status, over the ten months before `NOW`; the same for the same seed."""
    chance, at = random.Random(seed), NOW - timedelta(days=300)
    bought, used = [await buy(user_id, at)], []
    for _ in range(moves):
        at += timedelta(hours=chance.randrange(1, 230))
        at = min(at, NOW - timedelta(hours=1))
        kind = chance.choice(
            ("buy", "buy three", "use", "use", "use", "give", "correct", "refund", "undo", "fail", "wait")
        )
        [person] = await rows("SELECT credit_balance FROM users WHERE clerk_user_id = $1", user_id)
        has_credit = person["credit_balance"] > 0
        if kind == "buy":
            bought.append(await buy(user_id, at))
        elif kind == "buy three":
            await buy(user_id, at, credits=3, amount_cents=14900, pack_name="Serial Entrepreneur")
        elif kind == "use" and has_credit:
            used.append(await use(user_id, at, title=chance.choice(TITLES)))
        elif kind == "give":
            await give(user_id, at)
        elif kind == "correct" and has_credit:
            await correct(user_id, at, -1)
        elif kind == "refund" and bought:
            await refund(user_id, bought.pop(), at)
        elif kind == "undo" and used:
            await undo(used.pop()[0], at)
        elif kind == "fail":
            await buy(user_id, at, status="failed", closed_at=at)
        elif kind == "wait":
            await buy(user_id, at, status="settling")
    for _, workshop_id in used[::3]:
        await row("UPDATE workshops SET deleted_at = clock_timestamp() WHERE id = $1", workshop_id)
