"""Whatever is wrong with an installation is said in its log: as it begins, rarely while it lasts, and when it is over."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
import structlog

from app import database
from app.clock import utc_now
from app.database import only_one, row, rows
from app.ids import new_id
from app.ledger import drift
from app.watch.looking import LOOK_EVERY_SECONDS, Watch
from app.watch.signs import About
from tests import factories
from tests.conftest import beside_other_pools
from tests.databases import Database, fresh_database
from tests.factories import give, make_purchase, make_user
from tests.reconcile.served import serving

LONG_AGO = timedelta(minutes=11)


@dataclass
class Post:
    """Somebody who looks at a database of the test's own every half minute; the test turns the clock."""

    target: Database
    now: datetime
    watch: Watch

    async def vandalise(self, *statements: str) -> None:
        """Do what only a superuser without guards can; whose books that leaves in order is nobody's question here."""
        factories.people.clear()
        vandal = await asyncpg.connect(self.target.superuser_url)
        await vandal.execute("SET session_replication_role = replica")
        for statement in statements:
            await vandal.execute(statement)
        await vandal.close()

    async def look(self, *, after: timedelta = timedelta(seconds=LOOK_EVERY_SECONDS)) -> list[str]:
        """What one look says: `event about` of each line."""
        self.now += after
        return [f"{line['event']} {line.get('about')}" for line in await self.lines()]

    async def lines(self) -> list[Any]:
        with structlog.testing.capture_logs() as log:
            await self.watch.look()
        return [line for line in log if line["log_level"] in ("warning", "error")]


@pytest_asyncio.fixture(loop_scope="session")
async def post(server: object) -> AsyncIterator[Post]:
    target = fresh_database()
    with beside_other_pools():
        async with database.pool(target.app_url):
            made = Post(target, utc_now(), Watch(lambda: made.now))
            yield made


async def event_came(state: str = "done", purchase_id: str | None = None) -> str:
    stripe_id = new_id("evt")
    await row(
        "INSERT INTO stripe_events (id, stripe_event_id, type, livemode, payload, state, purchase_id)"
        " VALUES ($1, $1, 'checkout.session.completed', false, '', $2, $3)",
        stripe_id,
        state,
        purchase_id,
    )
    return stripe_id


async def calm(post: Post) -> str:
    """Somebody with a purchase that Stripe told of."""
    alice = await make_user()
    await make_purchase(user_id=alice, credits=3, status="paid")
    await event_came()
    assert await post.look() == []
    return alice


async def test_when_all_is_well_nothing_is_said(post: Post) -> None:
    await calm(post)
    assert await post.look(after=timedelta(days=2)) == []


async def test_events_that_stay_away_after_a_payment_are_noticed(post: Post) -> None:
    """O10"""
    await calm(post)
    await make_purchase(user_id=await make_user(), status="paid")
    await row("UPDATE stripe_events SET received_at = received_at - interval '11 minutes'")
    assert await post.look() == []
    assert await post.look(after=LONG_AGO) == ["alert webhooks_silent"]
    await event_came()
    assert await post.look() == ["alert_over webhooks_silent"]


async def test_a_first_payment_of_which_no_event_ever_came_is_noticed(post: Post) -> None:
    await make_purchase(user_id=await make_user(), status="paid")
    assert await post.look() == []
    assert await post.look(after=LONG_AGO) == ["alert webhooks_silent"]


async def test_a_payment_page_long_over_its_time_is_noticed_and_a_young_one_is_not(post: Post) -> None:
    await event_came()
    await make_purchase(user_id=await make_user(), status="open")
    assert await post.look(after=timedelta(hours=23)) == []
    assert await post.look(after=timedelta(hours=2)) == ["alert webhooks_silent"]


async def test_quarantined_events_are_noticed_until_they_are_seen_to(post: Post) -> None:
    """O10, M26"""
    await calm(post)
    await event_came("quarantined")
    assert await post.look() == ["alert quarantine"]
    await row("UPDATE stripe_events SET state = 'ignored' WHERE state = 'quarantined'")
    assert await post.look() == ["alert_over quarantine"]
    assert await post.look() == [], "it is over once"
    await event_came("quarantined")
    assert await post.look() == ["alert quarantine"], "and may begin anew"


async def test_a_refused_payment_is_noticed_until_its_event_is_dismissed(post: Post) -> None:
    """O10, M26"""
    alice = await calm(post)
    refused = await make_purchase(user_id=alice, status="refused")
    assert await post.look() == ["alert quarantine"]
    await event_came("quarantined", refused)
    assert await post.look() == []
    await row("UPDATE stripe_events SET state = 'ignored' WHERE purchase_id = $1", refused)
    assert await post.look() == ["alert_over quarantine"]


async def test_a_paid_purchase_without_its_movement_is_noticed(post: Post) -> None:
    """O10"""
    await calm(post)
    purchase = await make_purchase(user_id=await make_user(), status="open")
    assert await post.look() == []
    await row(
        "UPDATE purchases SET status = 'paid', paid_at = now(), updated_at = $2 WHERE id = $1",
        purchase,
        post.now,
    )
    assert await post.look() == ["alert paid_not_credited"]
    for _ in range(3):
        assert await post.look(after=timedelta(minutes=15)) == [], "it lasts, however long ago it changed"
    await row(
        "UPDATE purchases SET status = 'expired', paid_at = NULL, closed_at = now() WHERE id = $1", purchase
    )
    assert await post.look() == ["alert_over paid_not_credited"]


@pytest.mark.parametrize(
    ("harm", "mend"),
    [
        (
            "UPDATE users SET credit_balance = credit_balance + 1",
            "UPDATE users SET credit_balance = credit_balance - 1",
        ),
        (
            "UPDATE credit_transactions SET amount = amount + 2 WHERE type = 'grant'",
            "UPDATE credit_transactions SET amount = amount - 2 WHERE type = 'grant'",
        ),
    ],
)
async def test_balances_that_are_not_what_was_posted_are_noticed(post: Post, harm: str, mend: str) -> None:
    """O10"""
    alice = await calm(post)
    assert await post.look() == []
    await give(alice, 5)
    await post.vandalise("ALTER TABLE credit_transactions DROP CONSTRAINT adds_up", harm)
    assert await post.look() == ["alert drift"]
    await post.vandalise(mend)
    assert await post.look() == ["alert_over drift"]


async def test_movements_that_were_counted_before_are_counted_anew_within_the_hour(post: Post) -> None:
    """What is remembered cannot hide for ever what was done to it."""
    await calm(post)
    assert await post.look(after=drift.YOUNG) == []
    await post.vandalise("DELETE FROM credit_transactions")
    assert (await post.look(after=drift.COUNT_ANEW_AFTER))[-1] == "alert drift"


async def test_money_that_comes_while_a_ledger_is_counted_makes_no_difference(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await make_user()
    waiting, movement = await make_purchase(user_id=alice, status="settling"), new_id("ctx")
    await row(
        "INSERT INTO credit_transactions (id, clerk_user_id, type, status, amount, balance_after, description,"
        " idempotency_key, actor, purchase_id) VALUES ($1, $2, 'purchase', 'pending', 1, 1, 'x', $1, 'stripe', $3)",
        movement,
        alice,
        waiting,
    )
    count_on = drift._counted_on

    async def money_comes_then(known: drift.Counted, young: str) -> drift.Counted:
        counted = await count_on(known, young)
        await post.vandalise(
            "UPDATE credit_transactions SET status = 'completed', seq = 1, balance_before = 0, posted_at = now()"
            f" WHERE id = '{movement}'",
            f"UPDATE users SET ledger_seq = 1, credit_balance = 1 WHERE clerk_user_id = '{alice}'",
        )
        return counted

    monkeypatch.setattr(drift, "_counted_on", money_comes_then)
    assert await post.look(after=2 * drift.YOUNG) == []


async def test_a_long_ledger_is_counted_in_parts(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "PART_ROWS", 2)
    alice = await calm(post)
    for _ in range(5):
        await give(alice, 1)
    assert await post.look(after=drift.YOUNG) == []
    await post.vandalise("UPDATE users SET credit_balance = credit_balance + 1")
    assert await post.look() == ["alert drift"]


async def test_what_lasts_is_said_again_each_hour_with_the_moment_it_began(post: Post) -> None:
    await calm(post)
    await event_came("quarantined")
    assert await post.look() == ["alert quarantine"]
    began_at = post.now
    said = [await post.look(after=timedelta(minutes=10)) for _ in range(12)]
    assert [line for line in said if line] == [["alert_lasts quarantine"]] * 2
    post.now += timedelta(hours=1)
    [line] = await post.lines()
    assert line["since"] == began_at
    assert (line["events"], line["payments"]) == (1, 0)
    assert line["mend"]


async def test_another_process_knows_what_was_said(post: Post) -> None:
    await calm(post)
    await event_came("quarantined")
    assert await post.look() == ["alert quarantine"]
    post.watch = Watch(lambda: post.now)
    assert await post.look() == []
    await row("UPDATE stripe_events SET state = 'ignored'")
    assert await post.look() == ["alert_over quarantine"]


async def test_of_several_processes_one_looks(post: Post) -> None:
    """O08"""
    await event_came("quarantined")
    async with only_one("watch") as won:
        assert won
        assert await post.look() == []
    async with asyncio.timeout(10):
        while await post.look() != ["alert quarantine"]:
            await asyncio.sleep(0.005)  # a server notices in a moment of its own that a connection went


async def test_a_look_is_planned_for_what_is_new_and_changes_nothing(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a million rows a plan for whatever is asked reads all of them, each time."""
    seen: dict[str, object] = {}

    async def asked(_: datetime) -> None:
        found = await row(
            "SELECT current_setting('plan_cache_mode') AS plans, current_setting('transaction_read_only') AS reads"
        )
        seen.update(found or {})

    monkeypatch.setattr("app.watch.looking.questions", lambda: {About.DRIFT: asked})
    await Watch(utc_now).look()
    assert seen == {"plans": "force_custom_plan", "reads": "on"}


async def test_a_question_that_fails_is_a_line_and_keeps_nobody_from_the_others(post: Post) -> None:
    await event_came("quarantined")
    await post.vandalise("ALTER TABLE credit_transactions RENAME TO elsewhere")
    said = await post.look()
    assert said == ["watch_failed paid_not_credited", "watch_failed drift", "alert quarantine"]
    await post.vandalise("ALTER TABLE elsewhere RENAME TO credit_transactions")
    assert await post.look() == []


async def test_what_could_not_be_asked_is_not_called_over(post: Post) -> None:
    await calm(post)
    await post.vandalise("UPDATE users SET credit_balance = credit_balance + 1")
    assert await post.look() == ["alert drift"]
    await post.vandalise("ALTER TABLE credit_transactions RENAME TO elsewhere")
    assert await post.look() == ["watch_failed paid_not_credited", "watch_failed drift"]
    assert [each["about"] for each in await rows("SELECT about FROM alerts")] == ["drift"]


def said_in(log: Path, event: str, about: str) -> int:
    """How many lines say this."""
    return sum(
        {f"event={event}", f"about={about}"} <= {*line.split()} for line in log.read_text().splitlines()
    )


async def until_said(log: Path, event: str, about: str) -> None:
    async with asyncio.timeout(60):
        while not said_in(log, event, about):
            await asyncio.sleep(0.02)


@pytest.mark.timeout(120)
async def test_a_server_says_each_of_them_within_a_minute_and_when_it_is_over(
    post: Post, tmp_path: Path
) -> None:
    """O10: `serve` as it is started in production, but for how often it looks."""
    alice = await make_user(balance_credits=1)
    await event_came("quarantined")
    unpaid = await make_purchase(user_id=alice, status="open")
    await row("UPDATE purchases SET status = 'paid', paid_at = now() WHERE id = $1", unpaid)
    await post.vandalise(
        "UPDATE purchases SET paid_at = now() - interval '11 minutes'",
        "UPDATE stripe_events SET received_at = now() - interval '1 day'",
        "UPDATE users SET credit_balance = credit_balance + 1",
    )
    async with serving(tmp_path) as (program, log):
        for about in ("webhooks_silent", "quarantine", "paid_not_credited", "drift"):
            await until_said(log, "alert", about)
        await row("UPDATE stripe_events SET state = 'ignored', received_at = now()")
        await until_said(log, "alert_over", "quarantine")
        await until_said(log, "alert_over", "webhooks_silent")
        program.terminate()
        assert await asyncio.to_thread(program.wait, 10) == 0
    assert said_in(log, "alert", "drift") == 1
