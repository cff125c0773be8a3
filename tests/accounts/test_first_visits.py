"""Twenty first visits of one person at once that go straight to buying, for each way of signing in. ACCT-01, W12.

The whole product, a payment service and a provider that answer over the network, and a browser for each visit.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio

from app.accounts.providers.configured import CALLBACK
from app.clock import utc_now
from app.database import row, rows
from app.sandbox.store import Wanted
from tests.accounts.clerk_instance import HOST, ClerkInstance
from tests.accounts.provider import ALICE, CLIENT_ID, CLIENT_SECRET, Provider, consent, running_provider
from tests.checkout.pages.site import ORIGIN, Browser, Site, running_site
from tests.checkout.till import Till

VISITS = 20
LINKS_AT_ONCE = 5
TWENTY = ALICE | {"sub": "twenty", "email": "twenty@oidc.test"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def provider() -> AsyncIterator[Provider]:
    async with running_provider(utc_now, ORIGIN + CALLBACK) as running:
        running.person = TWENTY
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(database_url: str, provider: Provider, shared_till: Till) -> AsyncIterator[Site]:
    ways = {
        "sign_in": ("clerk", "demo", "email", "oidc"),
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
        "clerk_issuer": provider.issuer,
        "clerk_authorized_parties": (HOST,),
    }
    async with running_site(database_url, shared_till.sandbox, **ways) as running:
        yield running


async def by_demo(site: Site, provider: Provider, browsers: list[Browser]) -> str:
    async def visit(browser: Browser) -> int:
        [form] = (await browser.get("/sign-in")).forms("/sign-in/demo")
        return (await browser.send("/sign-in/demo", form | {"user": "many"})).status

    assert set(await asyncio.gather(*map(visit, browsers))) == {303}
    return "billing-many@seed.test"


async def by_mail(site: Site, provider: Provider, browsers: list[Browser]) -> str:
    """Every visit has a link of its own, for which it waited its turn."""
    for start in range(0, VISITS, LINKS_AT_ONCE):
        for browser in browsers[start : start + LINKS_AT_ONCE]:
            [form] = (await browser.get("/sign-in")).forms("/sign-in")
            assert (await browser.send("/sign-in", form | {"email": "twenty@mail.test"})).status == 200
        await row("DELETE FROM rate_limits")
    letters = (await browsers[0].get("/dev/mailbox")).html.iter("a")
    links = [str(each.get("href")) for each in letters if "/sign-in/email/" in str(each.get("href"))]

    async def visit(browser: Browser, link: str) -> int:
        path = link.removeprefix(ORIGIN)
        return (await browser.press(await browser.get(path), path)).status

    visits = zip(browsers, reversed(links[:VISITS]), strict=True)  # the newest letter is first
    assert set(await asyncio.gather(*(visit(*each) for each in visits))) == {303}
    return "twenty@mail.test"


async def by_oidc(site: Site, provider: Provider, browsers: list[Browser]) -> str:
    async def visit(browser: Browser) -> int:
        away = await browser.get("/sign-in/oidc?return_to=/pricing")
        return (await browser.get(await consent(away.location))).status

    assert set(await asyncio.gather(*map(visit, browsers))) == {303}
    return "twenty@oidc.test"


async def by_clerk(site: Site, provider: Provider, browsers: list[Browser]) -> str:
    instance = ClerkInstance(utc_now, issuer=provider.issuer, keys=list(provider.keys))
    token = instance.token(sub="user_2twenty", email="twenty@clerk.test")

    async def visit(browser: Browser) -> int:
        browser.client.cookies.set("__session", token, domain="127.0.0.1", path="/")
        return (await browser.get("/sign-in/clerk?return_to=/pricing")).status

    assert set(await asyncio.gather(*map(visit, browsers))) == {303}
    return "twenty@clerk.test"


Way = Callable[[Site, Provider, list[Browser]], Awaitable[str]]


@pytest.mark.parametrize("sign_in", [by_demo, by_mail, by_oidc, by_clerk])
async def test_twenty_first_visits_that_go_straight_to_buying_are_one_person(
    site: Site, provider: Provider, sign_in: Way
) -> None:
    """ACCT-01: one row, one purchase, one customer at the payment service, and no error on the way."""
    browsers = [site.stranger() for _ in range(VISITS)]
    email = await sign_in(site, provider, browsers)
    pages = await asyncio.gather(*(browser.buy("single-flight") for browser in browsers))
    [person] = await rows("SELECT clerk_user_id, stripe_customer_id FROM users WHERE email = $1", email)
    bought = await rows("SELECT stripe_session_id FROM purchases WHERE clerk_user_id = $1", person[0])
    assert {each["stripe_session_id"] for each in bought} == set(pages)
    assert len(bought) == 1
    customers = [
        each
        for each in site.sandbox.state.store.newest(Wanted("customer"), limit=5000)
        if each["email"] == email
    ]
    assert [each["id"] for each in customers] == [person["stripe_customer_id"]]
