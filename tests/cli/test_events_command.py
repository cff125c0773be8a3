"""The inbox at the keyboard: `billing events`, and what `billing check` says of it. RECN-04, O11."""

import asyncio
import getpass
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from app.database import row, rows
from tests.checkout.till import environment_of, movements_of, session_id_of
from tests.cli.product import billing
from tests.databases import Server, fresh_database
from tests.factories import make_user
from tests.webhooks.site import Site, event_of, open_site
from tests.webhooks.test_events import ONE, quietly_bought

QUARANTINED, LYING = "evt_of_a_wrong_sum", "evt_that_was_left_lying"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database_url(server: Server) -> str:
    """A database of its own: what other tests leave in the inbox would be named too."""
    return fresh_database().app_url


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def site(database_url: str) -> AsyncIterator[Site]:
    async with open_site(database_url) as opened:
        yield opened


async def test_what_needs_a_person_is_named_shown_replayed_and_dismissed(
    site: Site, database_url: str, tmp_path: Path
) -> None:
    async def ask(*words: str) -> subprocess.CompletedProcess[str]:
        given = environment_of(database_url, site.till.sandbox.url)
        return await asyncio.to_thread(billing, *words, data_dir=tmp_path / "data", **given)

    alice = await make_user()
    await two_unsettled_events(site, alice)
    checked = await ask("check", "--json")
    mends = {each["what"].split()[0]: each["mend"] for each in json.loads(checked.stdout)["findings"]}
    assert checked.returncode == 1
    assert f"billing events replay {LYING}" in mends[LYING]
    assert f"billing events dismiss {QUARANTINED}" in mends[QUARANTINED]

    listed, shown = await ask("events", "--state", "quarantined"), await ask("events", "show", QUARANTINED)
    assert [line.split()[3] for line in listed.stdout.splitlines()] == [QUARANTINED]
    assert '"checkout.session.completed"' in shown.stdout

    replayed, refused = await ask("events", "replay", LYING), await ask("events", "replay", QUARANTINED)
    assert (replayed.returncode, replayed.stdout.count("\n"), " done " in replayed.stdout) == (0, 1, True)
    assert (refused.returncode, "(amount)" in refused.stdout) == (1, True)
    assert await movements_of(alice) == ONE

    dismissed = await ask("events", "dismiss", QUARANTINED, "--reason", "refunded by hand", "--json")
    assert (dismissed.returncode, json.loads(dismissed.stdout)["state"]) == (0, "ignored")
    again = await ask("events", "replay", LYING)
    assert again.returncode == 0, "done stays done"
    assert await noted() == [
        ("event_replayed", LYING, "operator", ""),
        ("event_replayed", QUARANTINED, "operator", ""),
        ("event_dismissed", QUARANTINED, "operator", "refunded by hand"),
    ]
    unknown = await ask("events", "replay", "evt_unknown")
    assert (unknown.returncode, unknown.stderr.count("\n"), "evt_unknown" in unknown.stderr) == (1, 1, True)
    clean = await ask("check", "--json")
    assert (clean.returncode, "inbox" in json.loads(clean.stdout)["looked_at"]) == (0, True)


async def noted() -> list[tuple[str, ...]]:
    """What the audit trail says of events, oldest first; each by whoever sits at the keyboard."""
    found = await rows(
        "SELECT act, object_id, actor, reason, actor_id FROM audit_trail WHERE act LIKE 'event_%' ORDER BY noted_at"
    )
    assert {each["actor_id"] for each in found} == {getpass.getuser()}
    return [tuple(each.values())[:4] for each in found]


async def two_unsettled_events(site: Site, user_id: str) -> None:
    """One that does not match its purchase, and one that a worker died over an hour ago."""
    wrong, paid = await quietly_bought(site, await make_user()), await quietly_bought(site, user_id)
    site.till.sandbox.tamper("checkout.session", session_id_of(wrong), amount_total=1)
    assert (await site.send(event_of(session_id_of(wrong), event_id=QUARANTINED))).status_code == 200
    site.till.sandbox.fault("api", "503", match="GET /v1/checkout/sessions/*", times=3)
    assert (await site.send(event_of(session_id_of(paid), event_id=LYING))).status_code == 503
    site.till.sandbox.state.faults.clear()
    await row("UPDATE stripe_events SET received_at = received_at - interval '1 hour'")
