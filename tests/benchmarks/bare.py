"""The floors: the same effect in one bare statement through bare asyncpg, without our constraints and columns."""

from uuid import uuid4

import asyncpg

TABLES = """
CREATE SCHEMA bare;
CREATE TABLE bare.users (id text PRIMARY KEY, credit_balance integer NOT NULL);
CREATE TABLE bare.workshops (id text PRIMARY KEY, user_id text NOT NULL, credit_consumed_at timestamptz);
CREATE TABLE bare.purchases (id text PRIMARY KEY, user_id text NOT NULL, session_id text UNIQUE, status text NOT NULL);
CREATE TABLE bare.movements (id text PRIMARY KEY, user_id text NOT NULL, type text NOT NULL, status text NOT NULL,
  amount integer NOT NULL, balance_after integer NOT NULL, description text NOT NULL, workshop_id text,
  session_id text UNIQUE, created_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX ON bare.movements (user_id, created_at);
GRANT USAGE ON SCHEMA bare TO PUBLIC;
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA bare TO PUBLIC"""

CONSUME = """
WITH charged AS (
  UPDATE bare.users SET credit_balance = credit_balance - 1
   WHERE id = $1 AND credit_balance >= 1
     AND EXISTS (SELECT FROM bare.workshops WHERE id = $2 AND user_id = $1 AND credit_consumed_at IS NULL)
  RETURNING credit_balance),
entered AS (
  INSERT INTO bare.movements (id, user_id, type, status, amount, balance_after, description, workshop_id)
  SELECT $3, $1, 'consumption', 'completed', -1, credit_balance, 'Unlock', $2 FROM charged RETURNING balance_after)
UPDATE bare.workshops SET credit_consumed_at = clock_timestamp() FROM entered WHERE id = $2 RETURNING balance_after"""

FULFIL = """
WITH gate AS (
  UPDATE bare.purchases SET status = 'paid' WHERE session_id = $1 AND status <> 'paid' RETURNING user_id),
entered AS (
  UPDATE bare.users SET credit_balance = credit_balance + 1 FROM gate WHERE id = gate.user_id
  RETURNING id, credit_balance)
INSERT INTO bare.movements (id, user_id, type, status, amount, balance_after, description, session_id)
SELECT $2, id, 'purchase', 'completed', 1, credit_balance, 'Purchase', $1 FROM entered RETURNING balance_after"""


async def consume(pool: asyncpg.Pool, user_id: str, workshop_id: str) -> None:
    """Take one credit for one workshop."""
    async with pool.acquire() as connection:
        assert await connection.fetchrow(CONSUME, user_id, workshop_id, uuid4().hex)


async def fulfil(pool: asyncpg.Pool, session_id: str) -> None:
    """Give one credit for one paid session."""
    async with pool.acquire() as connection:
        assert await connection.fetchrow(FULFIL, session_id, uuid4().hex)
