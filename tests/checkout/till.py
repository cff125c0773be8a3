"""A till for tests of buying: the product's own gateway and verbs, at a sandbox, for one buyer at a time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import httpx
from pydantic import SecretStr

from app.catalog.packs import load_catalog
from app.checkout.fulfilment import Fulfilment, Source, fulfil
from app.checkout.prices import push_catalog
from app.checkout.start import Shop, Started, start_purchase
from app.clock import utc_now
from app.database import row, rows
from app.ledger.posting import Actor
from app.payments.stripe_gateway import stripe_gateway
from app.sandbox.store import Wanted
from app.settings import PACKS_FILE, Settings
from app.workshops.access import PaywallRules
from app.workshops.unlock import unlock
from tests.factories import give
from tests.sandbox_server import RunningSandbox, running_sandbox

SECRET = "whsec_of_the_tests"
BASE_URL = "http://testserver"


def settings_for(sandbox_url: str, **more: Any) -> Settings:
    """The settings of an application that pays at this sandbox."""
    return Settings(
        environment="development",
        base_url=BASE_URL,
        session_secret=SecretStr("s" * 32),
        stripe_secret_key=SecretStr("sk_test_of_the_tests"),
        stripe_webhook_secret=(SECRET,),
        stripe_api_base=sandbox_url,
        **more,
    )


def environment_of(database_url: str, sandbox_url: str) -> dict[str, str]:
    """The same for a program: what a command of the product needs to meet this till."""
    return {
        "DATABASE_URL": database_url,
        "STRIPE_SECRET_KEY": "sk_test_of_the_tests",
        "STRIPE_WEBHOOK_SECRET": SECRET,
        "STRIPE_API_BASE": sandbox_url,
    }


@dataclass(frozen=True)
class Till:
    """Where the tests buy. `shop` is what the product is handed; `sandbox` is what happens at Stripe."""

    sandbox: RunningSandbox
    shop: Shop
    browser: httpx.AsyncClient

    def with_shop(self, **changes: Any) -> "Till":
        """The same till with other prices, rules or another gateway."""
        return replace(self, shop=replace(self.shop, **changes))

    async def start(self, user_id: str, pack: str = "single-flight", **more: Any) -> Started:
        return await start_purchase(user_id, pack, shop=self.shop, **more)

    async def pay(self, started: Started, **fields: str) -> httpx.Response:
        """The buyer fills in the payment page of a purchase."""
        return await self.browser.post(f"{started.url}/complete", data=fields)

    async def fulfil(self, started: Started, source: str = "webhook", **more: Any) -> Fulfilment:
        session_id = await session_of(started.purchase_id)
        return await fulfil(
            session_id,
            source=Source(source),  # type: ignore[arg-type]  # a word, so that tests read well
            gateway=self.shop.gateway,
            rules=self.shop.rules,
            now=self.shop.clock(),
            **more,
        )

    async def bought(self, user_id: str, pack: str = "single-flight", **more: Any) -> Started:
        """A purchase that is paid and not yet fulfilled."""
        started = await self.start(user_id, pack, **more)
        assert (await self.pay(started)).status_code == 303
        return started

    def made(self, kind: str) -> list[dict[str, Any]]:
        """Every object of a kind in the sandbox, as the API would show it."""
        return list(self.sandbox.state.store.newest(Wanted(kind), limit=5000))


@asynccontextmanager
async def open_till(**options: Any) -> AsyncIterator[Till]:
    """A till at a sandbox of its own, with the catalogue's prices in it."""
    given: dict[str, Any] = {
        "hold_redirect_seconds": 0.0,
        "time_scale": 100.0,
        "webhook_secret": SECRET,
    } | options
    async with running_sandbox(**given) as sandbox:
        async with stripe_gateway(settings_for(sandbox.url)) as gateway:
            catalog = load_catalog(PACKS_FILE)
            await push_catalog(gateway, catalog)
            shop = Shop(gateway, catalog, PaywallRules(), BASE_URL, utc_now)
            async with httpx.AsyncClient(trust_env=False, verify=False, timeout=20) as browser:
                yield Till(sandbox, shop, browser)


async def purchase(purchase_id: str) -> asyncpg.Record:
    found = await row("SELECT * FROM purchases WHERE id = $1", purchase_id)
    assert found is not None
    return found


async def purchases_of(user_id: str) -> list[asyncpg.Record]:
    return await rows("SELECT * FROM purchases WHERE clerk_user_id = $1 ORDER BY created_at, id", user_id)


async def session_of(purchase_id: str) -> str:
    return str((await purchase(purchase_id))["stripe_session_id"])


async def movements_of(user_id: str) -> list[tuple[str, str, int]]:
    """Type, status and signed credits of every movement, oldest first."""
    found = await rows(
        "SELECT type, status, amount FROM credit_transactions WHERE clerk_user_id = $1 ORDER BY created_at, seq",
        user_id,
    )
    return [(movement["type"], movement["status"], movement["amount"]) for movement in found]


async def balance_of(user_id: str) -> int:
    found = await row("SELECT credit_balance FROM users WHERE clerk_user_id = $1", user_id)
    assert found is not None
    return int(found["credit_balance"])


def session_id_of(started: Started) -> str:
    """The checkout session behind a payment page."""
    return started.url.rpartition("/")[2]


async def unlock_for_a_credit(user_id: str, workshop_id: str) -> None:
    """A workshop opened as people open one, with a credit given for it."""
    await give(user_id, 1)
    await unlock(user_id, workshop_id, rules=PaywallRules(), now=utc_now(), actor=Actor("user", user_id))
