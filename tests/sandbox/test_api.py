"""What all calls have in common: keys, envelopes, lists, unknown addresses, and faults."""

import httpx
import pytest
from stripe import APIConnectionError, APIError, InvalidRequestError, RateLimitError, StripeClient

from tests.sandbox.shop import Shop
from tests.sandbox_server import RunningSandbox


async def test_a_key_of_the_real_stripe_is_refused(sandbox: RunningSandbox) -> None:
    keys = ("sk_" + "live_x", "rk_" + "live_x", "pk_test_x")
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as http:
        answers = [
            await http.get("/v1/customers", headers={"authorization": f"Bearer {key}"}) for key in keys
        ]
        answers.append(await http.get("/v1/customers"))
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.json()["error"]["type"] for answer in answers} == {"invalid_request_error"}


async def test_every_answer_carries_the_number_of_its_request(stripe: StripeClient) -> None:
    customer = await stripe.v1.customers.create_async({"email": "alice@example.com"})
    with pytest.raises(InvalidRequestError) as refusal:
        await stripe.v1.customers.retrieve_async("cus_gone")
    assert customer.last_response is not None
    assert str(customer.last_response.request_id).startswith("req_")
    assert str(refusal.value.request_id).startswith("req_")


async def test_an_unknown_address_is_not_found_and_counted(
    stripe: StripeClient, sandbox: RunningSandbox
) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        await stripe.raw_request_async("get", "/v1/subscriptions")
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as http:
        counted = (await http.get("/_test/unimplemented")).json()
    assert refusal.value.http_status == 404
    assert counted == {"total": 1, "data": {"GET /v1/subscriptions": 1}}
    sandbox.state.unimplemented.clear()


async def test_lists_are_paged_newest_first_in_both_directions(stripe: StripeClient) -> None:
    made = [(await stripe.v1.customers.create_async({"name": str(number)})).id for number in range(7)][::-1]
    listed = stripe.v1.customers.list_async
    first = await listed({"limit": 3})
    assert ([one.id for one in first.data], first.has_more) == (made[:3], True)
    second = await listed({"limit": 3, "starting_after": made[2]})
    assert [one.id for one in second.data] == made[3:6]
    back = await listed({"limit": 2, "ending_before": made[3]})
    assert ([one.id for one in back.data], back.has_more) == (made[1:3], True)
    everything = [one.id async for one in (await listed({"limit": 2})).auto_paging_iter()]
    assert everything == made


@pytest.mark.parametrize("limit", [0, 101])
async def test_a_page_holds_one_to_a_hundred(stripe: StripeClient, limit: int) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        await stripe.v1.customers.list_async({"limit": limit})
    assert refusal.value.param == "limit"


async def test_a_cursor_that_names_nothing_is_refused(stripe: StripeClient) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        await stripe.v1.customers.list_async({"starting_after": "cus_gone"})
    assert (refusal.value.param, refusal.value.code) == ("starting_after", "resource_missing")


async def test_prices_are_found_by_lookup_key_with_their_product(shop: Shop) -> None:
    found = await shop.stripe.v1.prices.list_async(
        {"lookup_keys": ["single-flight-7900-usd", "other"], "active": True, "expand": ["data.product"]}
    )
    (price,) = found.to_dict()["data"]
    assert (price["id"], price["unit_amount"], price["currency"]) == (shop.price_id, 7900, "usd")
    assert price["product"]["name"] == "Single Flight"


async def test_a_lookup_key_names_one_price_until_it_is_handed_on(shop: Shop) -> None:
    taken = {
        "product": shop.product_id,
        "currency": "usd",
        "unit_amount": 1,
        "lookup_key": "single-flight-7900-usd",
    }
    with pytest.raises(InvalidRequestError, match="lookup key"):
        await shop.stripe.raw_request_async("post", "/v1/prices", **taken)
    await shop.stripe.raw_request_async("post", "/v1/prices", **taken, transfer_lookup_key="true")
    assert (await shop.stripe.v1.prices.retrieve_async(shop.price_id)).lookup_key is None


async def test_metadata_is_added_to_and_taken_away_from(stripe: StripeClient) -> None:
    customer = await stripe.v1.customers.create_async({"metadata": {"a": "1", "items": "2"}})
    changed = await stripe.v1.customers.update_async(customer.id, {"metadata": {"a": "", "b": "3"}})
    assert changed.metadata is not None
    assert changed.metadata.to_dict() == {"items": "2", "b": "3"}


async def test_a_deleted_customer_only_says_so(stripe: StripeClient) -> None:
    customer = await stripe.v1.customers.create_async({"email": "alice@example.com"})
    await stripe.v1.customers.delete_async(customer.id)
    assert (await stripe.v1.customers.retrieve_async(customer.id)).deleted is True
    assert (await stripe.v1.customers.list_async()).data == []


@pytest.mark.parametrize("name", ["a[", "[a]", "a[b", "a]b", "a" + "[b]" * 9])
async def test_a_name_that_makes_no_sense_is_refused(sandbox: RunningSandbox, name: str) -> None:
    async with httpx.AsyncClient(base_url=sandbox.url, auth=("sk_test_x", ""), trust_env=False) as http:
        answer = await http.post("/v1/customers", data={name: "x"})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_a_busy_or_absent_stripe_says_so(stripe: StripeClient, sandbox: RunningSandbox) -> None:
    sandbox.fault("api", "429")
    with pytest.raises(RateLimitError):
        await stripe.v1.customers.list_async()
    sandbox.fault("api", "503")
    with pytest.raises(APIError) as failure:
        await stripe.v1.customers.list_async()
    assert failure.value.http_status == 503
    assert (await stripe.v1.customers.list_async()).data == []


async def test_a_torn_answer_is_a_broken_connection_though_the_work_is_done(
    stripe: StripeClient, sandbox: RunningSandbox
) -> None:
    sandbox.fault("api", "reset", match="POST *")
    with pytest.raises(APIConnectionError):
        await stripe.v1.customers.create_async({"email": "alice@example.com"})
    assert len((await stripe.v1.customers.list_async()).data) == 1


async def test_garbage_is_an_answer_that_nobody_understands_and_nothing_is_done(
    stripe: StripeClient, sandbox: RunningSandbox
) -> None:
    sandbox.fault("api", "garbage", match="POST *")
    with pytest.raises(APIError):
        await stripe.v1.customers.create_async({"email": "alice@example.com"})
    assert (await stripe.v1.customers.list_async()).data == []


@pytest.mark.parametrize(("kind", "made"), [("lost_request", 0), ("lost_reply", 1)])
async def test_silence_may_mean_that_it_was_done_or_that_it_was_not(
    sandbox: RunningSandbox, kind: str, made: int
) -> None:
    sandbox.fault("api", kind, match="POST *")
    auth = ("sk_test_x", "")
    async with httpx.AsyncClient(base_url=sandbox.url, auth=auth, timeout=0.3, trust_env=False) as http:
        with pytest.raises(httpx.ReadTimeout):
            await http.post("/v1/customers", data={"email": "alice@example.com"})
        assert len((await http.get("/v1/customers")).json()["data"]) == made


async def test_a_fault_hits_only_what_it_is_for_and_only_so_often(
    stripe: StripeClient, sandbox: RunningSandbox
) -> None:
    wanted = {"side": "api", "kind": "503", "match": "GET /v1/prices*", "times": 2}
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as http:
        assert (await http.post("/_test/faults", json=wanted)).json()["times"] == 2
        assert (await http.post("/_test/faults", json={"side": "api", "kind": "thin"})).status_code == 400
    await stripe.v1.customers.list_async()
    for _ in range(2):
        with pytest.raises(APIError):
            await stripe.v1.prices.list_async()
    await stripe.v1.prices.list_async()


async def test_a_reset_leaves_a_sandbox_as_new(shop: Shop, sandbox: RunningSandbox) -> None:
    await sandbox.pay((await shop.session()).id)
    sandbox.fault("api", "503", times=99)
    async with httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as http:
        await http.post("/_test/reset")
    assert (await shop.stripe.v1.customers.list_async()).data == []
    assert await shop.event_types() == []
    assert len((await shop.stripe.v1.webhook_endpoints.list_async()).data) == 1
