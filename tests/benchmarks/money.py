"""Unlocking and fulfilment against their floors (P1, P2)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import cast
from uuid import uuid4

import asyncpg

from app.checkout.fulfilment import Outcome, Source, fulfil
from app.database import row
from app.ids import new_id
from app.ledger.posting import Actor, consume
from app.payments.gateway import CheckoutSession, Dispute, PaymentGateway, Refund
from app.workshops.access import PaywallRules
from tests.benchmarks import bare
from tests.benchmarks.compare import Act, Figure, compare
from tests.factories import make_user

PER_ROUND = 300
USERS = 16
RULES = PaywallRules()


class PaidAtOnce:
    """A payment service that answers "paid" from memory, so that only our own work is timed."""

    is_live = False

    def __init__(self, amount_cents: int) -> None:
        self.amount_cents = amount_cents

    async def checkout_session(self, session_id: str) -> CheckoutSession:
        return CheckoutSession(
            session_id,
            status="complete",
            payment_status="paid",
            mode="payment",
            amount_total_cents=self.amount_cents,
            currency="usd",
            livemode=False,
            purchase_id=session_id.removeprefix("cs_"),
            client_reference_id=session_id.removeprefix("cs_"),
            payment_intent_id=f"pi_{session_id}",
        )

    async def refunds(self, payment_intent_id: str) -> list[Refund]:
        """No money went back."""
        return []

    async def disputes(self, payment_intent_id: str) -> list[Dispute]:
        """Nobody complained."""
        return []


async def figures(pool: asyncpg.Pool) -> list[Figure]:
    """P1 at one client and at sixteen, P2 for a first fulfilment, and a repeat against the first."""
    people = [await make_user(balance_credits=100_000) for _ in range(USERS)]
    bare_people = [uuid4().hex for _ in people]
    await pool.executemany(
        "INSERT INTO bare.users VALUES ($1, 1000000)", [(person,) for person in bare_people]
    )
    found = []
    for clients in (1, 16):
        ours, floor = partial(_our_unlocks, people), partial(_bare_unlocks, pool, bare_people)
        what = f"unlock: consume() against one bare statement, {clients} at once"
        found.append(await compare(f"P1/{clients}", what, ours=ours, floor=floor, hold=0.60, clients=clients))
    gateway = cast(PaymentGateway, PaidAtOnce(7900))
    first = partial(_our_fulfilments, people, gateway)
    floor = partial(_bare_fulfilments, pool, bare_people)
    found.append(
        await compare("P2", "fulfil() against one bare statement", ours=first, floor=floor, hold=0.55)
    )
    again = partial(_repeats, people, gateway)
    found.append(
        await compare("P2r", "a repeated fulfil() against a first", ours=again, floor=first, hold=5.0)
    )
    return found


async def _our_unlocks(people: Sequence[str]) -> list[Act]:
    made = [(people[index % USERS], new_id("ws")) for index in range(PER_ROUND)]
    await _insert_workshops(made)
    return [partial(_unlock, person, workshop) for person, workshop in made]


async def _unlock(person: str, workshop: str) -> None:
    posted = await consume(
        person,
        workshop,
        price_credits=1,
        description="Unlock",
        workshop_title="Benchmark",
        actor=Actor("user", person),
    )
    assert posted


async def _insert_workshops(made: Sequence[tuple[str, str]]) -> None:
    people, workshops = [person for person, _ in made], [workshop for _, workshop in made]
    await row(
        "INSERT INTO workshops (id, clerk_user_id, title)"
        " SELECT w, u, 'Benchmark' FROM unnest($1::text[], $2::text[]) AS made (u, w)",
        people,
        workshops,
    )


async def _bare_unlocks(pool: asyncpg.Pool, people: Sequence[str]) -> list[Act]:
    made = [(uuid4().hex, people[index % USERS]) for index in range(PER_ROUND)]
    await pool.executemany("INSERT INTO bare.workshops VALUES ($1, $2)", made)
    return [partial(bare.consume, pool, person, workshop) for workshop, person in made]


async def _our_fulfilments(people: Sequence[str], gateway: PaymentGateway) -> list[Act]:
    made = [(new_id("pur"), people[index % USERS]) for index in range(PER_ROUND)]
    await _insert_purchases(made)
    return [partial(_fulfil, f"cs_{purchase}", gateway, Outcome.GRANTED) for purchase, _ in made]


async def _insert_purchases(made: Sequence[tuple[str, str]]) -> None:
    purchases, people = [purchase for purchase, _ in made], [person for _, person in made]
    await row(
        "INSERT INTO purchases (id, clerk_user_id, pack, pack_name, credits, amount_cents, currency, stripe_price_id,"
        " base_url, status, stripe_session_id)"
        " SELECT p, u, p, 'Single Flight', 1, 7900, 'usd', 'price', 'http://x', 'open', 'cs_' || p"
        " FROM unnest($1::text[], $2::text[]) AS made (p, u)",
        purchases,
        people,
    )


async def _fulfil(session_id: str, gateway: PaymentGateway, expected: Outcome) -> None:
    done = await fulfil(
        session_id, source=Source("webhook"), gateway=gateway, rules=RULES, now=datetime.now(UTC)
    )
    assert done.outcome is expected


async def _bare_fulfilments(pool: asyncpg.Pool, people: Sequence[str]) -> list[Act]:
    made = [(uuid4().hex, people[index % USERS], uuid4().hex) for index in range(PER_ROUND)]
    await pool.executemany("INSERT INTO bare.purchases VALUES ($1, $2, $3, 'open')", made)
    return [partial(bare.fulfil, pool, session) for _, _, session in made]


async def _repeats(people: Sequence[str], gateway: PaymentGateway) -> list[Act]:
    acts = await _our_fulfilments(people, gateway)
    for act in acts:
        await act()
    sessions = [cast(partial[object], act).args[0] for act in acts]
    return [partial(_fulfil, session, gateway, Outcome.ALREADY) for session in sessions]
