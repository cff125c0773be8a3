"""The audit finds planted faults, each by what it says. They can only be planted by a superuser without guards."""

import asyncpg
import pytest

from app import database
from app.ledger.audit import audit
from app.ledger.posting import Actor, consume
from tests.conftest import beside_other_pools
from tests.databases import fresh_database
from tests.factories import make_purchase, make_user, make_workshop

PLANTED = [
    ("UPDATE users SET credit_balance = credit_balance + 1", "balance 3"),
    ("UPDATE users SET ledger_seq = 1, credit_balance = 3", "2 movements posted of 1"),
    ("UPDATE credit_transactions SET balance_before = 7, balance_after = 6 WHERE seq = 2", "does not follow"),
    ("UPDATE credit_transactions SET posted_at = '2020-01-01' WHERE seq = 2", "does not follow"),
    ("UPDATE workshops SET credit_consumed_at = NULL", "1 unlocks stand"),
    ("UPDATE purchases SET status = 'open'", "3 of 3 credits posted"),
    ("DELETE FROM credit_transactions WHERE seq = 1", "0 of 3 credits posted"),
]


@pytest.mark.parametrize(("fault", "said"), PLANTED)
async def test_a_planted_fault_is_named(server: object, fault: str, said: str) -> None:
    target = fresh_database()
    with beside_other_pools():
        async with database.pool(target.app_url):
            alice = await make_user()
            await make_purchase(user_id=alice, credits=3, status="paid")
            workshop = await make_workshop(user_id=alice)
            await consume(
                alice, workshop, price_credits=1, description="x", workshop_title="x", actor=Actor("user")
            )
            assert await audit() == []
            vandal = await asyncpg.connect(target.superuser_url)
            await vandal.execute("SET session_replication_role = replica")
            for guard in ("adds_up", "chain_start"):
                await vandal.execute(f"ALTER TABLE credit_transactions DROP CONSTRAINT {guard}")
            await vandal.execute(fault)
            await vandal.close()
            found = await audit()
            assert any(said in line for line in found), found
