"""What a repeated call gets: the kept answer, a conflict, or a refusal."""

import asyncio

import httpx
import pytest
from stripe import APIError, IdempotencyError, InvalidRequestError

from tests.sandbox.clients import sdk
from tests.sandbox.shop import Shop
from tests.sandbox_server import RunningSandbox


async def test_the_same_key_gives_the_same_session_and_says_so(shop: Shop, sandbox: RunningSandbox) -> None:
    first, second = await shop.session(key="pur_1:0"), await shop.session(key="pur_1:0")
    assert first.id == second.id
    assert first.last_response is not None and second.last_response is not None
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert second.last_response.headers["Idempotent-Replayed"] == "true"
    assert len((await shop.stripe.v1.checkout.sessions.list_async()).data) == 1


async def test_a_kept_answer_does_not_change_with_its_object(shop: Shop, sandbox: RunningSandbox) -> None:
    session = await shop.session(key="k")
    await sandbox.pay(session.id)
    assert (await shop.session(key="k")).status == "open"


async def test_the_same_key_with_other_parameters_is_refused(shop: Shop) -> None:
    await shop.session(key="k")
    with pytest.raises(IdempotencyError) as refusal:
        await shop.session(key="k", client_reference_id="pur_2")
    assert refusal.value.http_status == 400


async def test_the_same_key_for_another_address_is_refused(shop: Shop) -> None:
    await shop.session(key="k")
    with pytest.raises(IdempotencyError):
        await shop.stripe.v1.customers.create_async({"email": "alice@example.com"}, {"idempotency_key": "k"})


async def test_a_call_without_a_key_is_a_new_call(shop: Shop) -> None:
    assert (await shop.session()).id != (await shop.session()).id


async def test_a_parameter_that_makes_no_sense_uses_no_key_up(shop: Shop) -> None:
    with pytest.raises(InvalidRequestError):
        await shop.session(key="k", sucess_url="x")
    with pytest.raises(InvalidRequestError):
        await shop.session(key="k", expires_at=1)
    assert (await shop.session(key="k")).status == "open"


async def test_a_refusal_that_came_from_looking_is_kept(shop: Shop, sandbox: RunningSandbox) -> None:
    customer = await shop.stripe.v1.customers.create_async({"email": "alice@example.com"})
    await shop.stripe.v1.customers.delete_async(customer.id)
    for _ in range(2):
        with pytest.raises(InvalidRequestError) as refusal:
            await shop.session(key="k", customer=customer.id)
        assert (refusal.value.code, refusal.value.param) == ("resource_missing", "customer")
    assert refusal.value.headers is not None
    assert refusal.value.headers["Idempotent-Replayed"] == "true"


async def test_a_twin_in_flight_is_a_conflict_and_the_first_call_wins(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    sandbox.fault("api", "slow", match="POST /v1/customers", seconds=0.5)
    body, key = {"email": "alice@example.com"}, {"Idempotency-Key": "k"}
    async with httpx.AsyncClient(base_url=sandbox.url, auth=("sk_test_x", ""), trust_env=False) as http:
        first = asyncio.create_task(http.post("/v1/customers", data=body, headers=key))
        while not sandbox.state.store.rows("SELECT 1 FROM idempotency WHERE key = 'k'"):
            await asyncio.sleep(0.005)
        twin = await http.post("/v1/customers", data=body, headers=key)
        done = await first
        replay = await http.post("/v1/customers", data=body, headers=key)
    assert (twin.status_code, twin.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert (done.status_code, replay.json()["id"]) == (200, done.json()["id"])


async def test_a_stored_failure_is_replayed_for_its_key_and_for_no_other(
    shop: Shop, sandbox: RunningSandbox
) -> None:
    """C04: the same key gets the same failure for ever."""
    sandbox.fault("api", "500_stored", match="POST /v1/checkout/sessions")
    for replayed in (None, "true"):
        with pytest.raises(APIError) as failure:
            await shop.session(key="k")
        assert failure.value.http_status == 500
        assert failure.value.headers is not None
        assert failure.value.headers.get("idempotent-replayed") == replayed
    assert (await shop.session(key="other")).status == "open"


async def test_a_lost_reply_is_found_again_under_its_key(shop: Shop, sandbox: RunningSandbox) -> None:
    """C03: done but never answered; the retry of the SDK gets the one session that was made."""
    sandbox.fault("api", "lost_reply", match="POST /v1/checkout/sessions")
    async with sdk(sandbox.url, retries=1, timeout_seconds=0.3) as client:
        patient = Shop(client, shop.price_id, shop.product_id)
        session = await patient.session(key="k")
    assert [one.id for one in (await shop.stripe.v1.checkout.sessions.list_async()).data] == [session.id]


async def test_a_key_is_at_most_255_characters(shop: Shop) -> None:
    with pytest.raises(InvalidRequestError):
        await shop.session(key="k" * 256)
