"""Secrets and personal data, let loose in every request: no log line and no page of a failure repeats them (W45, W46)."""

import io
import re
import sys

import pytest
import structlog

from app.database import row
from app.logs.steps import LOG_STEPS
from tests.surface.people import Owner
from tests.surface.walk import doors
from tests.workshops.site import Site

CANARIES = {
    "card": "4242 4242 4242 4242",
    "address": "wren.canary@example.test",
    "key": "sk_live_canaryWren4eC39Hq",
    "webhook secret": "whsec_canaryWrenAbc",
    "title": "Wrenhouse secret plan",
    "search": "wrensearch",
}


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch, site: Site) -> io.StringIO:
    """Every line that the product logs, through its own steps."""
    written = io.StringIO()
    logger = structlog.wrap_logger(structlog.PrintLogger(written), processors=LOG_STEPS)
    for name, module in list(sys.modules.items()):
        if name.startswith("app.") and isinstance(
            getattr(module, "log", None), structlog.typing.BindableLogger
        ):
            monkeypatch.setattr(module, "log", logger)
    return written


def found_in(text: str) -> list[str]:
    return [name for name, canary in CANARIES.items() if canary in text]


async def test_no_log_line_repeats_a_secret_or_anything_of_anybodys(
    site: Site, alice: Owner, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W45, W46: at every door, with canaries in every place; then a failure whose own words hold them all."""
    everything = " ".join(CANARIES.values())
    await row("UPDATE users SET email = $2 WHERE clerk_user_id = $1", alice.user_id, CANARIES["address"])
    headers = {
        "authorization": f"Bearer {CANARIES['key']}",
        "stripe-signature": f"t=1,v1={CANARIES['webhook secret']}",
        "user-agent": everything,
        "x-request-id": CANARIES["search"],
    }
    ids = alice.ids | {"token": CANARIES["key"], "digest": "d", "name": "x", "rest": CANARIES["search"]}
    for door in doors(site.app):
        if door.path == "/sign-out" or "/account/sessions" in door.path:
            continue
        fields = {"title": CANARIES["title"], "notes": everything, "email": everything, "pack": everything}
        address = f"{door.at(ids)}?q={CANARIES['search']}"
        await alice.browser.client.request(door.method, address, headers=headers, data=dict(fields))
        await alice.browser.post(address, fields, headers)

    await alice.browser.client.post("/webhooks/stripe", json={"id": everything}, headers=headers)

    async def failing(*_: object, **__: object) -> None:
        raise RuntimeError(
            f"{CANARIES['card']} {CANARIES['address']} {CANARIES['key']}\nDETAIL: {everything}"
        )

    monkeypatch.setattr("app.dashboard.routes.facts_of", failing)
    broken = await alice.browser.get("/dashboard")
    reference = re.search(r"<code>(\w+)</code>", broken.text)
    assert reference is not None and reference[1] in logged.getvalue()
    assert (broken.status_code, found_in(broken.text)) == (500, [])
    assert not re.search(r"Traceback|RuntimeError|app/|SELECT", broken.text)
    assert "webhook_refused" in logged.getvalue()
    assert found_in(logged.getvalue()) == []
    assert (alice.browser.token in logged.getvalue()) is False
