"""Payment intents and payment methods over the API, without a session."""

from typing import Any

import pytest
from stripe import CardError, InvalidRequestError, StripeClient

from tests.sandbox.shop import Shop
from tests.sandbox_server import RunningSandbox

ADDRESS = {"line1": "71 Crown Street", "city": "London", "postal_code": "W10 2WB", "country": "GB"}
DEBIT = ("sepa_debit",)


async def test_an_intent_is_made_first_and_confirmed_later(shop: Shop) -> None:
    made = await _intent(shop.stripe, metadata={"order": "1"})
    confirmed = await shop.stripe.v1.payment_intents.confirm_async(
        made.id, {"payment_method": "pm_card_visa"}
    )
    assert (made.status, confirmed.status) == ("requires_payment_method", "succeeded")
    charge = await shop.stripe.v1.charges.retrieve_async(str(confirmed.latest_charge))
    assert (charge.paid, charge.amount) == (True, 100)
    assert charge.metadata is not None and charge.metadata.to_dict() == {"order": "1"}


async def test_an_intent_is_confirmed_once_and_only_with_a_payment_method(stripe: StripeClient) -> None:
    bare = await _intent(stripe)
    paid = await _intent(stripe, payment_method="pm_card_visa", confirm=True)
    for intent, code in (
        (bare, "payment_intent_unexpected_state"),
        (paid, "payment_intent_unexpected_state"),
    ):
        with pytest.raises(InvalidRequestError) as refusal:
            await stripe.v1.payment_intents.confirm_async(intent.id)
        assert refusal.value.code == code
    with pytest.raises(InvalidRequestError) as missing:
        await _intent(stripe, confirm=True)
    assert (missing.value.param, missing.value.code) == ("payment_method", "parameter_missing")


async def test_a_decline_is_an_error_that_leaves_its_intent_and_is_kept_for_its_key(
    stripe: StripeClient,
) -> None:
    for _ in range(2):
        with pytest.raises(CardError) as refusal:
            await _intent(stripe, key="k", payment_method="pm_card_chargeDeclined", confirm=True)
        said: Any = refusal.value.json_body
        assert (refusal.value.http_status, said["error"]["decline_code"]) == (402, "generic_decline")
    assert refusal.value.headers is not None
    assert refusal.value.headers["idempotent-replayed"] == "true"
    (left,) = (await stripe.v1.payment_intents.list_async()).data
    assert left.status == "requires_payment_method"
    again = await stripe.v1.payment_intents.confirm_async(left.id, {"payment_method": "pm_card_visa"})
    assert (again.id, again.status) == (left.id, "succeeded")


async def test_a_disputing_card_disputes_before_the_next_call(stripe: StripeClient) -> None:
    intent = await _intent(stripe, payment_method="pm_card_createDisputeInquiry", confirm=True)
    (dispute,) = (await stripe.v1.disputes.list_async({"payment_intent": intent.id})).data
    assert dispute.status == "warning_needs_response"


@pytest.mark.parametrize(
    ("iban", "status"),
    [
        ("AT611904300234573201", "succeeded"),
        ("IT60X0542811101000000123456", "requires_payment_method"),
        ("AT321904300235473204", "processing"),
    ],
)
async def test_a_debit_ends_as_its_account_says(
    stripe: StripeClient, sandbox: RunningSandbox, iban: str, status: str
) -> None:
    sandbox.state.clock.time_scale = 1.0
    billing = {"name": "Alice", "email": "alice@example.com", "phone": "1", "address": ADDRESS}
    params: Any = {"type": "sepa_debit", "sepa_debit": {"iban": iban}, "billing_details": billing}
    method = await stripe.v1.payment_methods.create_async(params)
    assert method.billing_details.to_dict()["address"] == ADDRESS | {"line2": None, "state": None}
    asked: Any = {"payment_method": method.id, "confirm": True, "payment_method_types": DEBIT}
    intent = await _intent(stripe, **asked)
    assert intent.status == "processing"
    sandbox.advance(60)
    assert (await stripe.v1.payment_intents.retrieve_async(intent.id)).status == status


@pytest.mark.parametrize(
    ("params", "error", "param"),
    [
        ({"type": "card", "card": {"token": "tok_gone"}}, InvalidRequestError, "card[token]"),
        ({"type": "card"}, InvalidRequestError, "card[token]"),
        ({"type": "sepa_debit"}, InvalidRequestError, "sepa_debit[iban]"),
        ({"type": "card", "card": {"number": "5555555555554444"}}, CardError, None),
    ],
)
async def test_a_payment_method_that_is_none_is_refused(
    stripe: StripeClient, params: Any, error: type[InvalidRequestError | CardError], param: str | None
) -> None:
    with pytest.raises(error) as refusal:
        await stripe.v1.payment_methods.create_async(params)
    said: Any = refusal.value.json_body
    assert said["error"].get("param") == param


async def test_a_way_of_paying_that_was_not_offered_is_refused(stripe: StripeClient) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        await _intent(stripe, payment_method="pm_card_visa", confirm=True, payment_method_types=DEBIT)
    assert refusal.value.param == "payment_method"


async def _intent(stripe: StripeClient, *, key: str | None = None, **more: Any) -> Any:
    params: Any = {"amount": 100, "currency": "usd", **more}
    options: Any = {"idempotency_key": key} if key else {}
    return await stripe.v1.payment_intents.create_async(params, options)
