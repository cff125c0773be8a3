"""`billing erase` at the keyboard: it asks first, forgets for good, and leaves books that `billing check` finds whole."""

import asyncio
import json
from pathlib import Path

from app.database import pool, row
from tests.cli.product import billing
from tests.conftest import beside_other_pools
from tests.databases import fresh_database
from tests.factories import make_user


async def test_a_person_is_erased_once_the_id_is_typed_and_check_stays_clean(
    server: object, tmp_path: Path
) -> None:
    database = fresh_database()

    async def ask(*words: str, typed: str = "") -> tuple[int, str, str]:
        given = {"DATABASE_URL": database.app_url, "MIGRATION_DATABASE_URL": database.owner_url}
        done = await asyncio.to_thread(billing, *words, data_dir=tmp_path / "data", typed=typed, **given)
        return done.returncode, done.stdout, done.stderr

    with beside_other_pools():
        async with pool(database.app_url):
            alice = await make_user(balance_credits=2, email="alice@example.test")
            await row("UPDATE users SET stripe_customer_id = 'cus_alice' WHERE clerk_user_id = $1", alice)

            code, said, asked = await ask("erase", "alice@example.test", typed="alice\n")
            assert (code, said) == (1, "")
            assert f"{alice}: 0 workshops with their notes, 1 movements, a balance of 2 credits" in asked
            assert await name_of(alice) == "Alice"

            code, said, _ = await ask("erase", "alice@example.test", typed=f"{alice}\n")
            assert code == 0
            assert said.startswith(f"erased {alice}")
            assert "cus_alice" in said, "what the operator has to delete at Stripe"
            assert await name_of(alice) == ""

    code, said, _ = await ask("check", "--json")
    assert (code, json.loads(said)["findings"]) == (0, [])
    code, _, said = await ask("erase", "alice@example.test", "--yes")
    assert (code, said) == (
        1,
        "billing: nobody is called alice@example.test: give an e-mail address or a user id\n",
    )


async def name_of(user_id: str) -> object:
    found = await row("SELECT name FROM users WHERE clerk_user_id = $1", user_id)
    return found and found["name"]
