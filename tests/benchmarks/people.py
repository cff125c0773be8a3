"""People with long histories for the benchmarks: a whole chain of purchases and unlocks, written at one stroke."""

from datetime import UTC, datetime, timedelta

import asyncpg

from tests.factories import make_user

# Of five movements one is a purchase of four credits and four are unlocks, so every second page ends at zero.
_CHAIN = """
CREATE TEMPORARY TABLE line ON COMMIT DROP AS
SELECT n, $1::text || '_' || n AS id, $2::timestamptz + n * interval '1 minute' AS at,
       CASE WHEN n % 5 = 1 THEN 4 ELSE -1 END AS amount,
       (sum(CASE WHEN n % 5 = 1 THEN 4 ELSE -1 END) OVER (ORDER BY n))::integer AS balance
  FROM generate_series(1, $3::integer) AS n"""

_PURCHASES = """
INSERT INTO purchases (id, clerk_user_id, pack, pack_name, credits, amount_cents, currency, stripe_price_id, base_url,
       status, stripe_session_id, created_at, paid_at)
SELECT id, $1, id, 'Four credits', 4, 29900, 'usd', 'price', 'http://x', 'paid', 'cs_' || id, at, at
  FROM line WHERE amount > 0"""

_WORKSHOPS = """
INSERT INTO workshops (id, clerk_user_id, title, created_at, credit_consumed_at)
SELECT id, $1, 'Workshop ' || n, at, at FROM line WHERE amount < 0"""

_MOVEMENTS = """
INSERT INTO credit_transactions (id, clerk_user_id, type, status, amount, balance_before, balance_after, seq, posted_at,
       created_at, description, idempotency_key, actor, purchase_id, stripe_session_id, workshop_id, workshop_title)
SELECT id, $1, CASE WHEN amount > 0 THEN 'purchase' ELSE 'consumption' END, 'completed', amount, balance - amount,
       balance, n, at, at, 'Benchmark row ' || n,
       CASE WHEN amount > 0 THEN 'purchase:' || id ELSE 'unlock:' || id || ':0' END, 'user',
       CASE WHEN amount > 0 THEN id END, CASE WHEN amount > 0 THEN 'cs_' || id END,
       CASE WHEN amount < 0 THEN id END, CASE WHEN amount < 0 THEN 'Workshop ' || n END
  FROM line ORDER BY n"""

_BALANCE = """
UPDATE users SET credit_balance = line.balance, ledger_seq = n, last_posted_at = at, history_hint_seen = true
  FROM line WHERE n = $2::integer AND clerk_user_id = $1"""


# Nearly everybody has a page of rows: a plan that is made once for all is made for them.
_CROWD = (
    "INSERT INTO users (id, clerk_user_id, email) SELECT 'crowd_' || u, 'crowd_' || u, u || '@example.test'"
    " FROM generate_series(1, $1::integer) u",
    """
INSERT INTO credit_transactions (id, clerk_user_id, type, status, amount, balance_before, balance_after, seq, posted_at,
       description, idempotency_key, actor)
SELECT 'crowd_' || u || '_' || n, 'crowd_' || u, 'grant', 'completed', 1, n - 1, n, n, now() - interval '1 day',
       'Benchmark row ' || n, 'grant:crowd_' || u || '_' || n, 'system'
  FROM generate_series(1, $1::integer) u, generate_series(1, 25) n""",
    "UPDATE users SET ledger_seq = 25, credit_balance = 25 WHERE clerk_user_id LIKE 'crowd%' AND $1::integer > 0",
)


async def crowd(people: int, superuser_url: str) -> None:
    """Other people, with 25 movements each; the guards slept meanwhile."""
    connection = await asyncpg.connect(superuser_url)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            for statement in _CROWD:
                await connection.execute(statement, people)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def person_with(rows_wanted: int, superuser_url: str) -> str:
    """A person with this many movements that count, the newest a few minutes old; the guards slept meanwhile."""
    user = await make_user()
    connection = await asyncpg.connect(superuser_url)
    first_at = datetime.now(UTC) - timedelta(minutes=rows_wanted + 5)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            await connection.execute(_CHAIN, user, first_at, rows_wanted)
            for statement in (_PURCHASES, _WORKSHOPS, _MOVEMENTS):
                await connection.execute(statement, user)
            await connection.execute(_BALANCE, user, rows_wanted)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return user
