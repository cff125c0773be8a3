"""The demo people: exactly those of the product's description, made once, all or nothing."""

import asyncio
import hashlib
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from app.accounts.sign_in.demo import DEMO_PEOPLE
from app.accounts.sign_in.entering import enter_as_demo
from app.application import create_app
from app.catalog.packs import load_catalog
from app.cli.demo import seed, stories
from app.cli.demo.life import Life, SeedFailed
from app.cli.demo.long_history import PURCHASES, USES, events
from app.cli.demo.seed import SeedReport, seed_demo
from app.database import pool, row, rows
from app.ledger.audit import audit
from app.settings import PACKS_FILE, Settings
from app.workshops.steps import STEPS
from tests.accounts.browsers import Browser
from tests.conftest import beside_other_pools
from tests.databases import Server, fresh_database
from tests.fakes import SilentGateway

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ORDINARY = {
    "database_url": "postgresql://nobody@127.0.0.1/none",
    "session_secret": "s" * 32,
    "stripe_webhook_secret": ("whsec_123456",),
    "sign_in": ("demo",),
}
NAMES = tuple(person.name for person in DEMO_PEOPLE)
TABLES = ("users", "identities", "purchases", "workshops", "workshop_steps", "credit_transactions")

# What the product's description fixes: name -> (balance, welcomed, rows in order as (type, amount, after)).
BALANCES = {
    "zero": 0,
    "funded": 3,
    "active": 1,
    "refund": 0,
    "pending": 0,
    "onboarding": 0,
    "gate": 0,
    "ready": 2,
    "many": 2,
    "debt": -1,
    "long": 25,
    "grandfathered": 0,
    "operator": 0,
}
FIXED_ROWS: dict[str, list[tuple[Any, ...]]] = {
    "zero": [],
    "funded": [("purchase", 3, 3, "cs_seed_funded_001", "2026-01-05 09:30")],
    "active": [
        ("purchase", 1, 1, "cs_seed_active_001", "2026-01-10 09:00"),
        ("consumption", -1, 0, None, "2026-01-15 10:05"),
        ("purchase", 3, 3, "cs_seed_active_002", "2026-01-20 14:00"),
        ("consumption", -1, 2, None, "2026-01-25 11:00"),
        ("consumption", -1, 1, None, "2026-01-28 16:00"),
    ],
    "refund": [
        ("purchase", 1, 1, "cs_seed_refund_001", "2026-02-01 10:00"),
        ("refund", -1, 0, None, "2026-02-02 14:00"),
    ],
    "debt": [
        ("purchase", 1, 1, "cs_seed_debt_001", "2026-03-02 09:00"),
        ("consumption", -1, 0, None, "2026-03-03 10:00"),
        ("refund", -1, -1, None, "2026-03-20 08:00"),
    ],
    "onboarding": [],
    "gate": [],
    "grandfathered": [],
    "operator": [],
}


def settings_with(**changes: object) -> Settings:
    return Settings.model_validate({"environment": "development", "stripe_secret_key": "sk_test_1"} | changes)


async def seeded(now: datetime = NOW, **changes: object) -> SeedReport:
    return await seed_demo(lambda: now, settings=settings_with(**changes))


@pytest_asyncio.fixture(loop_scope="session")
async def empty(server: Server) -> AsyncIterator[None]:
    """A database of the test's own, without people."""
    with beside_other_pools():
        async with pool(fresh_database().app_url):
            yield


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seeded_url(server: Server) -> str:
    """A database with the demo people, which the tests below only read."""
    database = fresh_database()
    with beside_other_pools():
        async with pool(database.app_url):
            await seeded()
    return database.app_url


@pytest_asyncio.fixture(loop_scope="session")
async def demo(seeded_url: str) -> AsyncIterator[None]:
    with beside_other_pools():
        async with pool(seeded_url):
            yield


async def fingerprint() -> dict[str, str]:
    """All rows of all tables, as hashes."""
    found = {}
    for table in TABLES:
        [text] = await rows(
            f"SELECT coalesce(string_agg(t::text, '|' ORDER BY t.id), '') AS all FROM {table} t"
        )
        found[table] = hashlib.sha256(text["all"].encode()).hexdigest()
    return found


def user_id(name: str) -> str:
    return f"user_seed_billing_{name}"


async def test_the_people_have_their_names_addresses_and_balances(demo: None) -> None:
    """DEMO-01"""
    found = await rows(
        "SELECT clerk_user_id, email, plan_tier, credit_balance, onboarding_complete FROM users"
    )
    people = {each["clerk_user_id"]: each for each in found}
    assert set(people) == {user_id(name) for name in NAMES}
    for name in NAMES:
        person = people[user_id(name)]
        assert person["email"] == f"billing-{name}@seed.test"
        assert person["plan_tier"] == "free"
        assert person["credit_balance"] == BALANCES[name], name
        assert person["onboarding_complete"] is (name not in {"zero", "onboarding"})


@pytest.mark.parametrize("name", FIXED_ROWS)
async def test_the_fixed_people_have_exactly_their_rows(demo: None, name: str) -> None:
    """DEMO-01"""
    found = await rows(
        "SELECT type, amount, balance_after, stripe_session_id, to_char(posted_at, 'YYYY-MM-DD HH24:MI') AS at,"
        " created_at = posted_at AS at_once FROM credit_transactions WHERE clerk_user_id = $1 ORDER BY seq",
        user_id(name),
    )
    assert [tuple(each.values())[:5] for each in found] == FIXED_ROWS[name]
    assert all(each["at_once"] for each in found)


async def test_the_active_persons_workshop_was_unlocked_when_its_row_says(demo: None) -> None:
    """DEMO-01: and two of the rows belong to workshops that are gone, whose titles live on."""
    [workshop] = await rows("SELECT * FROM workshops WHERE clerk_user_id = $1", user_id("active"))
    assert (workshop["title"], workshop["status"]) == ("Seed: Active Workshop", "active")
    assert workshop["created_at"] == datetime(2026, 1, 10, 9, 15, tzinfo=UTC)
    assert workshop["credit_consumed_at"] == datetime(2026, 1, 15, 10, 5, tzinfo=UTC)
    steps = await rows("SELECT slug, status FROM workshop_steps WHERE workshop_id = $1", workshop["id"])
    done = {each["slug"] for each in steps if each["status"] == "completed"}
    assert done == {each.slug for each in STEPS[:6]}
    used = await rows(
        "SELECT workshop_id, workshop_title, description FROM credit_transactions"
        " WHERE clerk_user_id = $1 AND type = 'consumption' ORDER BY seq",
        user_id("active"),
    )
    assert [each["workshop_id"] for each in used] == [workshop["id"], None, None]
    assert all(each["workshop_title"] in each["description"] for each in used)


async def test_a_refund_is_of_its_purchase_and_the_money_went_back(demo: None) -> None:
    """DEMO-01"""
    [purchase] = await rows("SELECT * FROM purchases WHERE clerk_user_id = $1", user_id("refund"))
    [taken] = await rows(
        "SELECT * FROM credit_transactions WHERE clerk_user_id = $1 AND type = 'refund'", user_id("refund")
    )
    assert taken["purchase_id"] == purchase["id"]
    assert taken["stripe_session_id"] is None
    assert purchase["amount_refunded_cents"] == purchase["amount_cents"]
    pack = load_catalog(PACKS_FILE).pack("single-flight")
    assert pack is not None and purchase["amount_cents"] == pack.amount_cents


async def test_the_pending_payment_is_an_hour_old_and_counts_for_nothing(demo: None) -> None:
    """DEMO-01"""
    [waiting] = await rows("SELECT * FROM credit_transactions WHERE clerk_user_id = $1", user_id("pending"))
    assert (waiting["status"], waiting["amount"], waiting["balance_after"]) == ("pending", 1, 1)
    assert (waiting["stripe_session_id"], waiting["seq"]) == ("cs_seed_pending_001", None)
    assert waiting["created_at"] == NOW - timedelta(hours=1)
    [purchase] = await rows(
        "SELECT status, origin FROM purchases WHERE clerk_user_id = $1", user_id("pending")
    )
    assert tuple(purchase.values()) == ("settling", "seed")


async def test_the_open_dispute_holds_the_credit(demo: None) -> None:
    """DEMO-01"""
    [purchase] = await rows("SELECT dispute_status FROM purchases WHERE clerk_user_id = $1", user_id("debt"))
    assert purchase["dispute_status"] == "needs_response"


@pytest.mark.parametrize(
    ("name", "title", "slug", "is_open"),
    [
        ("onboarding", "Seed: First Try", "user-research", False),
        ("gate", "Seed: At the Gate", "journey-mapping", False),
        ("debt", "Seed: Disputed Workshop", "reframe", True),
        ("grandfathered", "Seed: Before the Paywall", "reframe", False),
    ],
)
async def test_workshops_stand_where_they_should(
    demo: None, name: str, title: str, slug: str, is_open: bool
) -> None:
    """DEMO-01"""
    [workshop] = await rows("SELECT * FROM workshops WHERE clerk_user_id = $1", user_id(name))
    assert (workshop["title"], workshop["current_step"]) == (title, slug)
    assert (workshop["credit_consumed_at"] is not None) is is_open
    [current] = await rows(
        "SELECT status, notes FROM workshop_steps WHERE workshop_id = $1 AND slug = $2", workshop["id"], slug
    )
    assert current["status"] == "in_progress" and current["notes"]


async def test_ready_has_a_finished_workshop_and_one_at_the_gate(demo: None) -> None:
    """DEMO-01"""
    found = await rows(
        "SELECT * FROM workshops WHERE clerk_user_id = $1 ORDER BY created_at", user_id("ready")
    )
    assert [(each["title"], each["status"], each["current_step"]) for each in found] == [
        ("Seed: Finished Workshop", "completed", "validate"),
        ("Seed: Ready for the Rest", "active", "journey-mapping"),
    ]
    done = await rows(
        "SELECT notes FROM workshop_steps WHERE workshop_id = $1 AND status = 'completed'", found[0]["id"]
    )
    assert len(done) == len(STEPS) and all(each["notes"] for each in done)


async def test_many_has_thirty_workshops_eight_of_them_unlocked(demo: None) -> None:
    """DEMO-01"""
    workshops = await rows("SELECT * FROM workshops WHERE clerk_user_id = $1", user_id("many"))
    assert len(workshops) == 30
    assert sum(each["credit_consumed_at"] is not None for each in workshops) == 8
    assert {each["status"] for each in workshops} == {"active", "completed"}
    assert all(each["credit_consumed_at"] for each in workshops if each["status"] == "completed")
    bought = await rows("SELECT pack FROM purchases WHERE clerk_user_id = $1", user_id("many"))
    assert Counter(each["pack"] for each in bought) == {"serial-entrepreneur": 3, "single-flight": 1}


async def test_long_has_two_hundred_rows_of_exactly_these_kinds(demo: None) -> None:
    """DEMO-01"""
    found = await rows("SELECT * FROM credit_transactions WHERE clerk_user_id = $1", user_id("long"))
    assert len(found) == 200
    counted = Counter((each["type"], each["amount"]) for each in found if each["status"] == "completed")
    assert counted == {
        ("purchase", 3): 45,
        ("purchase", 1): 15,
        ("grant", 1): 4,
        ("consumption", -1): 127,
        ("refund", -1): 3,
        ("reversal", 1): 2,
        ("adjustment", -1): 1,
    }
    assert Counter(each["status"] for each in found) == {"completed": 197, "pending": 1, "failed": 2}
    moments = [each["posted_at"] or each["created_at"] for each in found]
    assert (min(moments).strftime("%Y-%m"), max(moments).strftime("%Y-%m")) == ("2025-01", "2026-10")
    assert min(each["balance_after"] for each in found) >= 0
    deleted = await rows(
        "SELECT 1 FROM workshops WHERE clerk_user_id = $1 AND deleted_at IS NOT NULL", user_id("long")
    )
    assert len(deleted) > 3


def test_every_event_of_the_long_history_has_a_moment_of_its_own() -> None:
    """DEMO-01: the order of the rows never hangs on chance."""
    moments = [event.at for event in events()]
    assert len(set(moments)) == len(moments) == 200
    assert (PURCHASES, USES) == (60, 127)


async def test_nothing_happened_before_it_could(demo: None) -> None:
    """DEMO-01: people before their rows, workshops before their unlocks, purchases before their payment."""
    impossible = await rows("""
        SELECT t.id FROM credit_transactions t JOIN users u USING (clerk_user_id) WHERE t.created_at <= u.created_at
        UNION ALL SELECT w.id FROM workshops w JOIN users u USING (clerk_user_id) WHERE w.created_at <= u.created_at
        UNION ALL SELECT id FROM workshops WHERE credit_consumed_at <= created_at OR deleted_at <= created_at
                                               OR updated_at < created_at OR updated_at < credit_consumed_at
        UNION ALL SELECT id FROM purchases WHERE paid_at < created_at OR updated_at < created_at
        UNION ALL SELECT w.id FROM workshops w JOIN credit_transactions t ON t.workshop_id = w.id
                   WHERE t.type = 'consumption' AND w.credit_consumed_at <> t.posted_at""")
    assert impossible == []


async def test_every_workshop_has_its_ten_steps(demo: None) -> None:
    """DEMO-01"""
    odd = await rows(
        "SELECT workshop_id FROM workshop_steps GROUP BY workshop_id HAVING count(*) <> $1", len(STEPS)
    )
    without = await rows("SELECT 1 FROM workshops WHERE id NOT IN (SELECT workshop_id FROM workshop_steps)")
    assert (odd, without) == ([], [])


async def test_every_workshop_and_page_of_every_person_opens(demo: None) -> None:
    """DEMO-01: signed in with one press, each sees the pages; only the oldest workshop was grandfathered."""
    app = create_app(settings_with(**ORDINARY, paywall_cutoff="2025-01-01T00:00:00Z"))
    app.state.gateway = SilentGateway()
    for name in NAMES:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]  # typed loosely
        browser = Browser(httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000"))
        assert (await browser.post("/sign-in/demo", user=name)).status_code == 303
        workshops = await rows(
            "SELECT id, current_step FROM workshops WHERE clerk_user_id = $1 AND deleted_at IS NULL",
            user_id(name),
        )
        paths = ["/dashboard", "/transactions", "/account"]
        paths += [f"/workshops/{each['id']}/steps/{each['current_step']}" for each in workshops]
        assert {path: (await browser.get(path)).status_code for path in paths} == dict.fromkeys(paths, 200)


async def test_every_purchase_is_marked_as_a_demo(demo: None) -> None:
    """DEMO-01: reconciliation leaves them out by this mark."""
    assert await rows("SELECT 1 FROM purchases WHERE origin <> 'seed'") == []


async def test_the_books_are_in_order(demo: None) -> None:
    """DEMO-01"""
    assert await audit() == []


async def test_running_again_changes_nothing(empty: None) -> None:
    """DEMO-01: an hour later, too."""
    first = await seeded()
    before = await fingerprint()
    again = await seeded(NOW + timedelta(hours=1))
    assert first.made == NAMES and first.kept == ()
    assert again.made == () and again.kept == NAMES
    assert await fingerprint() == before


async def test_what_a_demo_person_did_since_is_kept(empty: None) -> None:
    """DEMO-01"""
    await seeded()
    await row("UPDATE users SET onboarding_complete = true WHERE clerk_user_id = $1", user_id("zero"))
    await row("UPDATE workshops SET deleted_at = now() WHERE clerk_user_id = $1", user_id("gate"))
    before = await fingerprint()
    await seeded()
    assert await fingerprint() == before


async def test_two_at_once_make_them_once(empty: None) -> None:
    """DEMO-01"""
    reports = await asyncio.gather(seeded(), seeded())
    assert sorted(len(report.made) for report in reports) == [0, 13]
    assert await audit() == []


@pytest.mark.parametrize("name", ["funded", "pending", "long", "operator"])
async def test_a_failure_anywhere_leaves_nothing(
    empty: None, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """DEMO-01: all or nothing, and the next run makes everybody."""
    before = await fingerprint()

    async def breaks(life: Life, now: datetime) -> None:
        await stories.zero(life, now)
        raise ConnectionResetError("pulled the plug")

    monkeypatch.setitem(seed.STORIES, name, breaks)
    with pytest.raises(ConnectionResetError):
        await seeded()
    assert await fingerprint() == before
    monkeypatch.undo()
    assert (await seeded()).made == NAMES


async def test_a_kill_in_the_middle_leaves_nothing(server: Server) -> None:
    """DEMO-01: the process ends with a dozen people written; the next run makes everybody."""
    database = fresh_database()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.cli.seed_holder", database.app_url, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    assert await asyncio.wait_for(child.stdout.readline(), 30) == b"in the middle\n"
    child.kill()
    await child.wait()
    with beside_other_pools():
        async with pool(database.app_url):
            for table in TABLES:
                assert await rows(f"SELECT 1 FROM {table}") == []
            assert (await seeded()).made == NAMES


async def test_someone_who_came_before_the_seed_gets_their_history(empty: None) -> None:
    """DEMO-01: signing in as a demo person makes a bare user row first."""
    await enter_as_demo("active", old_session=None, now=NOW)
    report = await seeded()
    assert report.made == NAMES
    [person] = await rows("SELECT * FROM users WHERE clerk_user_id = $1", user_id("active"))
    assert person["credit_balance"] == BALANCES["active"]
    assert person["created_at"] < datetime(2026, 1, 10, 9, tzinfo=UTC)
    assert await audit() == []


@pytest.mark.parametrize(
    ("name", "value"), [("environment", "production"), ("stripe_secret_key", "sk_live_1")]
)
async def test_no_demo_people_where_people_or_money_are_real(empty: None, name: str, value: str) -> None:
    """DEMO-02"""
    with pytest.raises(SeedFailed, match="never made in production"):
        await seed_demo(lambda: NOW, settings=settings_with(**{name: value}))
    assert await rows("SELECT 1 FROM users") == []


async def test_prices_follow_the_catalogue(empty: None, tmp_path: Path) -> None:
    """PRIC-01"""
    file = tmp_path / "packs.toml"
    pack = load_catalog(PACKS_FILE).pack("single-flight")
    assert pack is not None
    file.write_text(PACKS_FILE.read_text().replace(str(pack.amount_cents), "12345"))
    await seeded(catalog_file=file)
    sold = await rows("SELECT DISTINCT amount_cents FROM purchases WHERE pack = 'single-flight'")
    assert [each["amount_cents"] for each in sold] == [12345]


async def test_a_catalogue_without_the_packs_is_refused(empty: None, tmp_path: Path) -> None:
    """DEMO-01"""
    file = tmp_path / "packs.toml"
    file.write_text(PACKS_FILE.read_text().replace("serial-entrepreneur", "another-pack"))
    with pytest.raises(SeedFailed, match="no pack serial-entrepreneur"):
        await seeded(catalog_file=file)
    assert await rows("SELECT 1 FROM users") == []
