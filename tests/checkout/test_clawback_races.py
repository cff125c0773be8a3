"""Money that goes back while the purchase is being credited by somebody else. M16."""

import pytest

from app.checkout.clawback import Followed, clawback
from app.checkout.outcome import Source
from tests.checkout.bank import payment_of, refund
from tests.checkout.till import Till, movements_of
from tests.factories import make_user


async def test_a_purchase_that_is_credited_while_its_refund_is_looked_up_is_no_stranger(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two webhooks of a payment and its refund at once: neither finds the purchase bound to another payment."""
    alice = await make_user()
    started = await till.bought(alice)
    payment = payment_of(till, started)
    refund(till, started)
    gateway = till.shop.gateway
    read = gateway.purchase_named_by

    async def while_another_credits(payment_intent_id: str) -> str | None:
        named = await read(payment_intent_id)
        await till.fulfil(started)
        return named

    monkeypatch.setattr(gateway, "purchase_named_by", while_another_credits)
    found = await clawback(
        payment,
        source=Source("webhook"),
        gateway=gateway,
        rules=till.shop.rules,
        now=till.shop.clock(),
    )
    assert (found.outcome, found.purchase_id) == (Followed.SETTLED, started.purchase_id)
    assert await movements_of(alice) == [("purchase", "completed", 1), ("refund", "completed", -1)]
