"""Attacks on the ledger with raw SQL, as the application's own role: the database refuses each by itself.

BILL-05, SCHM-02, SCHM-03, SCHM-04. Every attack is one statement, tried on a person whose chain reads
+3 → 3 (purchase), −1 → 2 (unlock), with one pending purchase beside it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest
import pytest_asyncio

from app.database import connection, row, rows, tx
from app.ledger.audit import audit
from app.ledger.payments import PurchaseMovement, await_purchase
from app.ledger.posting import Actor, consume
from tests.factories import make_purchase, make_user, make_workshop


@dataclass(frozen=True)
class Victim:
    """Alice's books, and the ids an attacker would know."""

    user_id: str
    purchase_id: str
    pending_id: str
    workshop_id: str

    def attack(self, sql: str) -> str:
        """The attack with her ids filled in."""
        values = {"u": self.user_id, "p": self.purchase_id, "pending": self.pending_id, "w": self.workshop_id}
        for name, value in values.items():
            sql = sql.replace(f":{name}:", f"'{value}'")
        return sql


@pytest_asyncio.fixture(loop_scope="session")
async def victim(rolled_back: None) -> AsyncIterator[Victim]:
    alice = await make_user()
    purchase = await make_purchase(user_id=alice, credits=3, amount_cents=300, status="paid")
    workshop = await make_workshop(user_id=alice)
    taken = await consume(
        alice, workshop, price_credits=1, description="Unlock", workshop_title="W", actor=Actor("user", alice)
    )
    assert taken is not None
    waiting = await make_purchase(user_id=alice, pack="other", status="settling")
    async with tx():
        pending = await await_purchase(
            PurchaseMovement(alice, waiting, 1, "Waiting", f"cs_{waiting}"), actor=Actor("stripe")
        )
    yield Victim(alice, purchase, pending, workshop)


COLUMNS = (
    "id, clerk_user_id, type, status, amount, balance_before, balance_after, seq, posted_at, description,"
    " idempotency_key, actor, purchase_id, workshop_id, stripe_session_id, reverses_id, returned_cents"
)


def insert(
    *,
    user: str = ":u:",
    type: str = "'grant'",
    status: str = "'completed'",
    amount: str = "1",
    before: str = "2",
    after: str = "3",
    seq: str = "3",
    posted_at: str = "now()",
    description: str = "'x'",
    key: str = "gen_random_uuid()::text",
    actor: str = "'user'",
    purchase: str = "NULL",
    workshop: str = "NULL",
    session: str = "NULL",
    reverses: str = "NULL",
    returned: str = "NULL",
    id: str = "gen_random_uuid()::text",
) -> str:
    values = (
        f"{id}, {user}, {type}, {status}, {amount}, {before}, {after}, {seq}, {posted_at}, {description},"
        f" {key}, {actor}, {purchase}, {workshop}, {session}, {reverses}, {returned}"
    )
    return f"INSERT INTO credit_transactions ({COLUMNS}) VALUES ({values})"


def moved(balance: int, seq: int, row_of: str) -> str:
    """Moves the person to this balance and number, and writes a row in the same statement."""
    return (
        f"WITH moved AS (UPDATE users SET credit_balance = {balance}, ledger_seq = {seq}"
        f" WHERE clerk_user_id = :u:) {row_of}"
    )


HONEST = moved(3, 3, insert())
ATTACKS = {
    # the chain
    "a row without moving the person": insert(),
    "a number that is taken": insert(seq="2", before="3", after="4"),
    "a gap in the numbers": moved(3, 4, insert(seq="4")),
    "a second first row": insert(seq="1", before="0", after="1"),
    "a start that is not the last end": moved(9, 3, insert(before="8", after="9")),
    "a start from a balance two rows ago": moved(4, 3, insert(before="3", after="4")),
    "a sum that does not add up": moved(4, 3, insert(after="4")),
    "a first row that starts above zero": insert(user=":u:", seq="1", before="5", after="6"),
    "a counted row without a number": insert(seq="NULL", before="NULL", posted_at="NULL"),
    "a pending row with a number": moved(3, 3, insert(type="'purchase'", status="'pending'", purchase=":p:")),
    "a row without a balance before": moved(3, 3, insert(before="NULL")),
    "a row without a moment": moved(3, 3, insert(posted_at="NULL")),
    "a number below one": insert(seq="0", before="0", after="1"),
    "someone else's chain": insert(user="'nobody'", seq="1", before="0", after="1"),
    # the balance
    "a balance out of nothing": "UPDATE users SET credit_balance = 99 WHERE clerk_user_id = :u:",
    "an older balance": "UPDATE users SET ledger_seq = 1, credit_balance = 3 WHERE clerk_user_id = :u:",
    "a balance ahead of its row": "UPDATE users SET ledger_seq = 3, credit_balance = 9 WHERE clerk_user_id = :u:",
    "a ledger that is forgotten": "UPDATE users SET ledger_seq = NULL, credit_balance = 0 WHERE clerk_user_id = :u:",
    "a person renamed away from their rows": "UPDATE users SET clerk_user_id = 'x' WHERE clerk_user_id = :u:",
    "a newcomer with credits": "INSERT INTO users (id, clerk_user_id, email, credit_balance) VALUES ('x', 'x', 'x', 5)",
    "a newcomer who points at a row": "INSERT INTO users (id, clerk_user_id, email, credit_balance, ledger_seq)"
    " VALUES ('x', 'x', 'x', 3, 1)",
    "a person deleted": "DELETE FROM users WHERE clerk_user_id = :u:",
    # debts and signs
    "an unlock into a debt": moved(-1, 3, insert(type="'consumption'", amount="-3", after="-1")),
    "a correction into a debt": moved(-1, 3, insert(type="'adjustment'", amount="-3", after="-1")),
    "a purchase that takes": moved(1, 3, insert(type="'purchase'", amount="-1", after="1", purchase=":p:")),
    "a refund that gives": moved(3, 3, insert(type="'refund'", purchase=":p:")),
    "a consumption that gives": moved(3, 3, insert(type="'consumption'")),
    "a grant that takes": moved(1, 3, insert(amount="-1", after="1")),
    "a reversal that takes": moved(
        1, 3, insert(type="'reversal'", amount="-1", after="1", reverses=":pending:")
    ),
    "a movement of nothing": moved(2, 3, insert(type="'adjustment'", amount="0", after="2")),
    "a kind that does not exist": moved(3, 3, insert(type="'gift'")),
    "a state that does not exist": insert(status="'done'", seq="NULL", before="NULL", posted_at="NULL"),
    "a grant that waits": insert(status="'pending'", seq="NULL", before="NULL", posted_at="NULL"),
    "an actor that does not exist": moved(3, 3, insert(actor="'ghost'")),
    "a row without words": moved(3, 3, insert(description="''")),
    "a row without a key": moved(3, 3, insert(key="''")),
    # references
    "a purchase of nothing": moved(3, 3, insert(type="'purchase'")),
    "a purchase that is not theirs": moved(3, 3, insert(type="'purchase'", purchase="'pur_x'")),
    "a refund of nothing": moved(1, 3, insert(type="'refund'", amount="-1", after="1")),
    "a reversal of nothing": moved(3, 3, insert(type="'reversal'")),
    "a grant that undoes": moved(3, 3, insert(reverses=":pending:")),
    "a workshop that does not exist": moved(3, 3, insert(workshop="'ws_x'")),
    "an unlock under a key of its own": moved(
        1, 3, insert(type="'consumption'", amount="-1", after="1", workshop=":w:")
    ),
    "the same unlock twice": moved(
        1,
        3,
        insert(type="'consumption'", amount="-1", after="1", workshop=":w:", key="'unlock:' || :w: || ':0'"),
    ),
    "the same purchase twice": moved(
        3, 3, insert(type="'purchase'", purchase=":p:", key="'purchase:' || :p:")
    ),
    "the same checkout session twice": moved(
        3, 3, insert(type="'purchase'", purchase=":p:", session="'cs_test_' || :p:")
    ),
    "a session on a grant": moved(3, 3, insert(session="'cs_x'")),
    "money that goes back by a grant": moved(3, 3, insert(returned="1")),
    "money that goes back by an unlock undone": moved(
        3, 3, insert(type="'reversal'", reverses=":pending:", returned="-1")
    ),
    "money that went back from another's purchase": moved(
        1, 3, insert(type="'refund'", amount="-1", after="1", purchase="'pur_x'", returned="1")
    ),
    "money that goes back of no purchase": moved(
        1, 3, insert(type="'adjustment'", amount="-1", after="1", returned="1")
    ),
    "a purchase with less than nothing on its way back": "UPDATE purchases SET refund_pending_cents = -1 WHERE id = :p:",
    "a purchase that forgot what Stripe said": "UPDATE purchases SET returns_seen = NULL WHERE id = :p:",
    "a purchase that forgot what is on its way back": "UPDATE purchases SET refund_pending_cents = NULL WHERE id = :p:",
    "a purchase deleted": "DELETE FROM purchases WHERE id = :p:",
    # how far the books were compared
    "a comparison of nothing": "INSERT INTO reconcile_cursors (name, reached_at) VALUES ('', now())",
    "a comparison that reached nowhere": "INSERT INTO reconcile_cursors (name, reached_at) VALUES ('x', NULL)",
    "a comparison at no moment": "INSERT INTO reconcile_cursors (name, reached_at, updated_at) VALUES ('x', now(), NULL)",
    "a comparison deleted": "DELETE FROM reconcile_cursors",
    "all comparisons deleted": "TRUNCATE reconcile_cursors",
    # the record of migrations
    "a migration put on record": "INSERT INTO migration (name, app_name) VALUES ('x', 'billing')",
    "a migration forgotten": "DELETE FROM migration",
    # rewriting
    "the money of a row rewritten": "UPDATE credit_transactions SET returned_cents = 9 WHERE clerk_user_id = :u:",
    "an amount rewritten": "UPDATE credit_transactions SET amount = 9 WHERE clerk_user_id = :u:",
    "a description rewritten": "UPDATE credit_transactions SET description = 'y' WHERE clerk_user_id = :u:",
    "a note written later": "UPDATE credit_transactions SET note = '[erased]' WHERE clerk_user_id = :u:",
    "a moment rewritten": "UPDATE credit_transactions SET posted_at = now() WHERE clerk_user_id = :u: AND seq = 1",
    "a counted row made pending": "UPDATE credit_transactions SET status = 'pending', seq = NULL, balance_before = NULL,"
    " posted_at = NULL WHERE clerk_user_id = :u: AND seq = 2",
    "a counted row failed": "UPDATE credit_transactions SET status = 'failed' WHERE clerk_user_id = :u: AND seq = 2",
    "a pending row completed without moving the person": "UPDATE credit_transactions SET status = 'completed', seq = 3,"
    " balance_before = 2, posted_at = now() WHERE id = :pending:",
    "a pending row with another outcome": "UPDATE credit_transactions SET balance_after = 50 WHERE id = :pending:",
    "a failed row with another outcome": "UPDATE credit_transactions SET status = 'failed', balance_after = 50"
    " WHERE id = :pending:",
    "a row deleted": "DELETE FROM credit_transactions WHERE id = :pending:",
    "all rows deleted": "TRUNCATE credit_transactions CASCADE",
    "a guard taken away": "ALTER TABLE credit_transactions DISABLE TRIGGER ledger_append_only",
    "all guards asleep": "SET session_replication_role = replica",
    "a guard replaced": "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RETURN NEW; END'",
    "a constraint dropped": "ALTER TABLE users DROP CONSTRAINT balance_is_posted",
}


# Which of the database's own rules refuses it: an attack that fails for another reason proves nothing.
NO_RIGHT = "InsufficientPrivilegeError"
REFUSED_BY = {
    "a row without moving the person": "ledger_row_is_last",
    "a number that is taken": "posted_once",
    "a gap in the numbers": "ledger_seq_steps",
    "a second first row": "posted_once",
    "a start that is not the last end": "chain",
    "a start from a balance two rows ago": "chain",
    "a sum that does not add up": "adds_up",
    "a first row that starts above zero": "chain_start",
    "a counted row without a number": "posted",
    "a pending row with a number": "posted",
    "a row without a balance before": "whole",
    "a row without a moment": "whole",
    "a number below one": "chain_start",
    "someone else's chain": "credit_transactions_clerk_user_id_fkey",
    "a balance out of nothing": "balance_is_posted",
    "an older balance": "ledger_seq_steps",
    "a balance ahead of its row": "balance_is_posted",
    "a ledger that is forgotten": "ledger_seq_steps",
    "a person renamed away from their rows": "ledger_seq_steps",
    "a newcomer with credits": "balance_from_zero",
    "a newcomer who points at a row": "balance_is_posted",
    "a person deleted": NO_RIGHT,
    "an unlock into a debt": "no_overdraft",
    "a correction into a debt": "no_overdraft",
    "a purchase that takes": "sign_of_type",
    "a refund that gives": "sign_of_type",
    "a consumption that gives": "sign_of_type",
    "a grant that takes": "sign_of_type",
    "a reversal that takes": "sign_of_type",
    "a movement of nothing": "sign_of_type",
    "a kind that does not exist": "known_type",
    "a state that does not exist": "known_status",
    "a grant that waits": "only_payments_wait",
    "an actor that does not exist": "credit_transactions_actor_check",
    "a row without words": "credit_transactions_description_check",
    "a row without a key": "credit_transactions_idempotency_key_check",
    "a purchase of nothing": "payment_is_named",
    "a purchase that is not theirs": "purchase_of_same_user",
    "a refund of nothing": "payment_is_named",
    "a reversal of nothing": "reversal_is_named",
    "a grant that undoes": "reversal_is_named",
    "a workshop that does not exist": "credit_transactions_workshop_id_fkey",
    "an unlock under a key of its own": "unlock_names_workshop",
    "the same unlock twice": "one_row_per_key",
    "the same purchase twice": "one_row_per_key",
    "the same checkout session twice": "one_row_per_session",
    "a session on a grant": "session_of_purchase",
    "money that goes back by a grant": "money_goes_back",
    "money that goes back by an unlock undone": "money_goes_back",
    "money that went back from another's purchase": "purchase_of_same_user",
    "money that goes back of no purchase": "money_goes_back",
    "a purchase with less than nothing on its way back": "pending_from_zero",
    "a purchase that forgot what Stripe said": "NotNullViolationError",
    "a purchase that forgot what is on its way back": "NotNullViolationError",
    "a purchase deleted": NO_RIGHT,
    "a comparison of nothing": "reconcile_cursors_name_check",
    "a comparison that reached nowhere": "NotNullViolationError",
    "a comparison at no moment": "NotNullViolationError",
    "a comparison deleted": NO_RIGHT,
    "all comparisons deleted": NO_RIGHT,
    "a migration put on record": NO_RIGHT,
    "a migration forgotten": NO_RIGHT,
    "the money of a row rewritten": NO_RIGHT,
    "an amount rewritten": NO_RIGHT,
    "a description rewritten": NO_RIGHT,
    "a note written later": NO_RIGHT,
    "a moment rewritten": "ledger_append_only",
    "a counted row made pending": "ledger_append_only",
    "a counted row failed": "ledger_append_only",
    "a pending row completed without moving the person": "ledger_row_is_last",
    "a pending row with another outcome": "ledger_append_only",
    "a failed row with another outcome": "ledger_append_only",
    "a row deleted": NO_RIGHT,
    "all rows deleted": NO_RIGHT,
    "a guard taken away": NO_RIGHT,
    "all guards asleep": NO_RIGHT,
    "a guard replaced": NO_RIGHT,
    "a constraint dropped": NO_RIGHT,
}


@pytest.mark.parametrize("name", ATTACKS)
async def test_the_database_refuses(victim: Victim, name: str) -> None:
    """O14, BILL-05, SCHM-02, SCHM-04"""
    before = await _books(victim)
    with pytest.raises(asyncpg.PostgresError) as refusal:
        await _run(victim.attack(ATTACKS[name]))
    assert REFUSED_BY[name] in (getattr(refusal.value, "constraint_name", None), type(refusal.value).__name__)
    assert await _books(victim) == before


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE credit_transactions SET amount = 9 WHERE clerk_user_id = $1",
        "UPDATE credit_transactions SET description = 'y' WHERE clerk_user_id = $1",
        "DELETE FROM credit_transactions WHERE clerk_user_id = $1",
        "TRUNCATE credit_transactions CASCADE",
    ],
)
async def test_even_the_owner_cannot_rewrite_what_was_posted(pool: None, owner_url: str, attack: str) -> None:
    """O14, BILL-05"""
    alice = await make_user(balance_credits=1)
    owner = await asyncpg.connect(owner_url)
    try:
        with pytest.raises(asyncpg.RestrictViolationError):
            await owner.execute(attack, *([alice] if "$1" in attack else []))
    finally:
        await owner.close()


async def test_an_honest_row_passes_so_the_attacks_fail_for_their_own_reasons(victim: Victim) -> None:
    await _run(victim.attack(HONEST))
    found = await row("SELECT credit_balance FROM users WHERE clerk_user_id = $1", victim.user_id)
    assert found is not None
    assert found["credit_balance"] == 3


async def test_a_workshop_removed_for_good_leaves_its_row_and_the_chain(pool: None, owner_url: str) -> None:
    """SCHM-03, M37: only the owner can delete a workshop; its rows stay, and still name it."""
    alice = await make_user(balance_credits=1)
    workshop = await make_workshop(user_id=alice, title="Gone tomorrow")
    await consume(
        alice,
        workshop,
        price_credits=1,
        description="Unlock",
        workshop_title="Gone tomorrow",
        actor=Actor("user"),
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await row("DELETE FROM workshops WHERE id = $1", workshop)
    owner = await asyncpg.connect(owner_url)
    try:
        await owner.execute("DELETE FROM workshops WHERE id = $1", workshop)
    finally:
        await owner.close()
    left = await row("SELECT * FROM credit_transactions WHERE clerk_user_id = $1 AND seq = 2", alice)
    assert left is not None
    assert (left["workshop_id"], left["workshop_title"], left["amount"]) == (None, "Gone tomorrow", -1)
    assert [problem for problem in await audit() if problem.startswith(alice)] == []


async def test_many_rows_may_have_no_checkout_session(rolled_back: None) -> None:
    """SCHM-04"""
    alice = await make_user(balance_credits=1)
    bob = await make_user(balance_credits=1, name="Bob")
    found = await row(
        "SELECT count(*) FROM credit_transactions WHERE clerk_user_id IN ($1, $2) AND stripe_session_id IS NULL",
        alice,
        bob,
    )
    assert found is not None
    assert found["count"] == 2


async def _run(sql: str) -> None:
    async with tx():
        async with connection() as current:
            await current.execute(sql)


async def _books(victim: Victim) -> list[tuple[object, ...]]:
    found = await rows(
        "SELECT t.*, u.credit_balance, u.ledger_seq FROM credit_transactions t JOIN users u USING (clerk_user_id)"
        " WHERE clerk_user_id = $1 ORDER BY t.id",
        victim.user_id,
    )
    return [tuple(each) for each in found]
