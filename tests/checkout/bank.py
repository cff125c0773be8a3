"""What banks and operators do to a payment after it was made, in the sandbox: the same moves as its API and buttons."""

from typing import Any

from app.checkout.clawback import Clawback, clawback
from app.checkout.outcome import Source
from app.checkout.start import Started
from app.database import rows
from app.sandbox.moves import disputing, refunding
from tests.checkout.till import Till, session_id_of

HOLDS = "needs_response"


def payment_of(till: Till, started: Started) -> str:
    return str(till.sandbox.stored("checkout.session", session_id_of(started))["payment_intent"])


def charge_of(till: Till, started: Started) -> dict[str, Any]:
    intent = till.sandbox.stored("payment_intent", payment_of(till, started))
    return till.sandbox.stored("charge", intent["latest_charge"])


def refund(till: Till, started: Started, cents: int | None = None, **more: Any) -> str:
    """Give a part back, or what is left; the refund's id."""
    params = {} if cents is None else {"amount": cents}
    with till.sandbox.state.change() as change:
        return str(refunding.refund(change, charge_of(till, started), params, **more)["id"])


def fail_refund(till: Till, refund_id: str) -> None:
    with till.sandbox.state.change() as change:
        refunding.fail(change, refund_id)


def dispute(till: Till, started: Started, *, inquiry: bool = False) -> str:
    with till.sandbox.state.change() as change:
        return str(
            disputing.open_dispute(change, charge_of(till, started), "fraudulent", inquiry=inquiry)["id"]
        )


def win(till: Till, dispute_id: str) -> None:
    with till.sandbox.state.change() as change:
        disputing.win(change, change.load("dispute", dispute_id))


def lose(till: Till, dispute_id: str) -> None:
    with till.sandbox.state.change() as change:
        disputing.lose(change, change.load("dispute", dispute_id))


async def look(till: Till, started: Started, **more: Any) -> Clawback:
    """What the product does once it hears of money going back."""
    wanted: dict[str, Any] = {"source": Source("webhook", "evt_test"), "gateway": till.shop.gateway} | more
    return await clawback(
        wanted.pop("payment", None) or payment_of(till, started),
        rules=till.shop.rules,
        now=till.shop.clock(),
        **wanted,
    )


async def followed(purchase_id: str) -> list[tuple[int, int, str]]:
    """Signed credits, money and reason of each movement that followed the money of a purchase, oldest first."""
    found = await rows(
        "SELECT amount, returned_cents, reason FROM credit_transactions"
        " WHERE purchase_id = $1 AND type IN ('refund', 'reversal') ORDER BY seq",
        purchase_id,
    )
    return [(each["amount"], each["returned_cents"], each["reason"]) for each in found]


async def noted(purchase_id: str) -> list[int]:
    """The money of a purchase that moved no credit, oldest first."""
    found = await rows(
        "SELECT returned_cents FROM returns_without_credits WHERE purchase_id = $1 ORDER BY recorded_at, id",
        purchase_id,
    )
    return [each["returned_cents"] for each in found]


async def fingerprint(user_id: str, purchase_id: str) -> list[Any]:
    """All that is stored of a person and a purchase, and the transactions that wrote it last."""
    return [
        await rows("SELECT xmin::text, * FROM users WHERE clerk_user_id = $1", user_id),
        await rows("SELECT xmin::text, * FROM purchases WHERE id = $1", purchase_id),
        await rows(
            "SELECT xmin::text, * FROM credit_transactions WHERE clerk_user_id = $1 ORDER BY id", user_id
        ),
        await rows(
            "SELECT xmin::text, * FROM returns_without_credits WHERE clerk_user_id = $1 ORDER BY id", user_id
        ),
    ]
