"""What is held about a person, handed out whole, to nobody else, and without a secret."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar

from app.database import rows
from app.privacy.holdings import HOLDINGS, held_about
from app.schema import comparison
from tests.factories import make_user
from tests.privacy.somebody import somebody
from tests.transactions.ledgers import write_varied_ledger
from tests.transactions.signed_in import reading_app, signed_in, stranger

ROOT = Path(__file__).resolve().parents[2]
# How far the books were compared; what is wrong with them; hashes of who tried, and of what was used up, for minutes.
NOBODYS = {"reconcile_cursors", "alerts", "rate_limits", "spent_sign_ins"}

# Kept for good, since it holds ids and no name, address or text of anybody's.
NAMELESS = {"audit_trail", "returns_without_credits"}


@pytest.fixture(scope="module")
def app(pool: None) -> Litestar:
    return reading_app()


async def exported(user_id: str, **more: int) -> dict[str, Any]:
    content: dict[str, Any] = json.loads("".join([piece async for piece in held_about(user_id, **more)]))
    return content


def test_every_table_is_handed_out_and_erased_or_holds_nothing_of_anybody() -> None:
    """A new table belongs into `app/privacy/holdings.py` and into a migration that renews `erase_person`, or above."""
    handed_out = " ".join(holding.sql for holding in HOLDINGS)
    [erasure] = (ROOT / "piccolo_migrations").glob("*_erasure.py")
    erased = erasure.read_text()
    for table in set(comparison.TABLES) - NOBODYS:
        named = re.compile(rf"(FROM|UPDATE) {table}\b")
        assert named.search(handed_out), f"{table} is not handed out"
        assert table in NAMELESS or named.search(erased), f"{table} is not erased"


async def test_the_file_holds_everything_the_person_is_and_wrote_and_bought(app: Litestar) -> None:
    alice = await somebody()
    browser = await signed_in(app, alice.user_id)
    answer = await browser.get("/account/export")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data-2026-11-01.json"'
    held = json.loads(answer.text)
    assert held["users"][0]["name"] == f"Ms {alice.word}"
    assert held["preferences"][0]["time_zone"] == "Europe/Berlin"
    assert {each["provider"] for each in held["identities"]} == {"email", "clerk"}
    assert [each["email"] for each in held["sign_in_links"]] == [alice.address]
    workshops = {each["title"]: each["steps"] for each in held["workshops"]}
    assert workshops[f"Plan {alice.word} again"][0]["notes"] == f"What {alice.word} said"
    assert held["drafts"][0]["notes"] == f"What {alice.word} typed too late"
    assert alice.purchase_id in {each["id"] for each in held["purchases"]}
    assert [each["seq"] for each in held["credit_transactions"]] == [1, 2, 3, 4]
    assert [each["status"] for each in held["uncounted_credit_transactions"]] == ["pending"]
    assert [each["returned_cents"] for each in held["returns_without_credits"]] == [100]
    assert alice.address in held["stripe_events"][0]["payload"]


async def test_no_secret_is_in_it(app: Litestar) -> None:
    alice = await somebody()
    held = await exported(alice.user_id)
    assert len(held["sessions"]) == 1
    text = json.dumps(held)
    assert "token_hash" not in text
    assert "browser_hash" not in text
    assert "key_hash" not in text
    assert alice.token not in text


async def test_a_long_ledger_comes_whole_in_parts_of_any_size(pool: None) -> None:
    alice = await make_user()
    await write_varied_ledger(alice, seed=4)
    stored = await rows("SELECT id FROM credit_transactions WHERE clerk_user_id = $1", alice)
    for part_rows in (10, 17, 1000):
        held = await exported(alice, part_rows=part_rows)
        movements = [*held["credit_transactions"], *held["uncounted_credit_transactions"]]
        assert sorted(each["id"] for each in movements) == sorted(each["id"] for each in stored)


async def test_nobody_gets_anothers_data(app: Litestar) -> None:
    """ACCT-02"""
    alice = await somebody()
    bob = await make_user(name="Bob")
    answer = await (await signed_in(app, bob)).get("/account/export")
    for word in (alice.user_id, alice.purchase_id, alice.word):
        assert word not in answer.text
    signed_out = await stranger(app).get("/account/export")
    assert (signed_out.status_code, signed_out.headers["location"]) == (
        303,
        "/sign-in?return_to=/account",
    )


async def test_who_has_nothing_gets_a_whole_file_too(pool: None) -> None:
    held = await exported(await make_user())
    assert set(held) == {holding.name for holding in HOLDINGS}
