"""Figures for a monitoring system: for who brings the token, and to everybody else there is no such page."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr

from app import database
from app.application import create_app
from app.clock import utc_now
from app.database import DB
from app.watch.looking import Watch
from tests.checkout.till import settings_for
from tests.conftest import beside_other_pools
from tests.databases import fresh_database
from tests.factories import make_purchase, make_user
from tests.watch.test_alerts import event_came
from tests.web.reading import untokened

TOKEN = "a-token-of-the-tests"


@pytest_asyncio.fixture(loop_scope="session")
async def own_database(server: object) -> AsyncIterator[None]:
    """What other tests leave would be counted too."""
    with beside_other_pools():
        async with database.pool(fresh_database().app_url):
            yield


def client_of(token: str) -> httpx.AsyncClient:
    settings = settings_for(
        "http://127.0.0.1:9", database_url=str(DB.config["dsn"]), metrics_token=SecretStr(token)
    )
    transport = httpx.ASGITransport(create_app(settings))  # type: ignore[arg-type]  # typed loosely
    return httpx.AsyncClient(transport=transport, base_url=settings.base_url)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


async def figures_of(client: httpx.AsyncClient) -> dict[str, str]:
    answer = await client.get("/metrics", headers=bearer(TOKEN))
    assert (answer.status_code, answer.headers["content-type"][:25]) == (200, "text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert {line.split()[2] for line in lines if line.startswith("# TYPE")} == {
        line.split("{")[0].split()[0] for line in lines if not line.startswith("#")
    }
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


async def test_the_figures_are_what_is_stored(own_database: None) -> None:
    alice = await make_user(balance_credits=2)
    await make_purchase(user_id=alice, credits=3, status="paid")
    async with client_of(TOKEN) as client:
        before = await figures_of(client)
        assert "billing_last_event_timestamp_seconds" not in before
        assert set(before.values()) == {"0", "5"}
        await event_came("quarantined")
        await make_purchase(user_id=alice, status="refused")
        await Watch(utc_now).look()
        now = await figures_of(client)
    assert now.pop("billing_last_event_timestamp_seconds").isdigit()
    assert now == before | {
        'billing_alert{about="quarantine"}': "1",
        'billing_events{state="quarantined"}': "1",
        "billing_refused_purchases": "1",
    }


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("", bearer("")),
        ("", {"authorization": ""}),
        (TOKEN, {}),
        (TOKEN, bearer("a-token-of-the-test")),
        (TOKEN, bearer(TOKEN + "s")),
        (TOKEN, {"authorization": TOKEN}),
        (TOKEN, {"authorization": f"Basic {TOKEN}"}),
        (TOKEN, {"authorization": b"Bearer \xff\xfe"}),
    ],
)
async def test_without_the_token_there_is_no_such_page(
    own_database: None, token: str, headers: dict[str, str]
) -> None:
    """W56: byte for byte what an address that nobody has taken is answered with."""
    async with client_of(token) as client:
        answer, nowhere = await client.get("/metrics", headers=headers), await client.get("/nowhere")
    assert (answer.status_code, untokened(answer.text)) == (404, untokened(nowhere.text))
