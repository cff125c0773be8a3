"""The product and Stripe side by side, driven by numbers instead of ids: what the state machine plays on.

Nothing happens here by itself: no event is delivered, no timer fires, unless a step asks for it.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import asyncpg

from app.catalog.packs import load_catalog
from app.checkout.prices import push_catalog
from app.checkout.standing import standing_of
from app.checkout.start import Shop, start_purchase
from app.clock import utc_now
from app.database import DB, pool, row, rows, tx
from app.errors import NotEnoughCredits
from app.ledger.posting import Actor
from app.ledger.reversal import reverse
from app.payments.stripe_gateway import stripe_gateway
from app.reconcile.reconcile import reconcile
from app.reconcile.report import Report
from app.reconcile.step import Means as ReconcileMeans
from app.sandbox.change import Change
from app.sandbox.store import Document, Wanted
from app.settings import PACKS_FILE
from app.webhooks.handlers import HANDLERS, Means, take_in
from app.workshops.access import PaywallRules
from app.workshops.errors import UnlockStays
from app.workshops.undo import undo_unlock
from app.workshops.unlock import unlock
from tests.checkout.till import BASE_URL, settings_for
from tests.databases import Database
from tests.factories import make_user, make_workshop
from tests.mortality import Moment, is_survived
from tests.oracle import Findings, Told, judged, paid_sessions
from tests.sandbox_server import RunningSandbox
from tests.webhooks.site import signature

Came = TypeVar("Came")
HELD = ("needs_response", "under_review", "lost")

_SEEN = """
SELECT p.id, p.status, p.amount_refunded_cents,
       coalesce(-sum(t.amount) FILTER (WHERE t.type IN ('refund', 'reversal')), 0)::int AS taken
  FROM purchases p LEFT JOIN credit_transactions t ON t.purchase_id = p.id
 GROUP BY p.id"""

_TABLES = """
SELECT string_agg(format('%I', tablename), ', ')
  FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migration'"""


class Bridge:
    """Lets a test in a thread of its own have things done in the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def do(self, work: Coroutine[Any, Any, Came]) -> Came:
        """Wait until it is done."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)


@dataclass(frozen=True)
class Letter:
    """An event of Stripe's about one sale."""

    sale: int
    event: Document

    @property
    def is_of_payment(self) -> bool:
        """True if it makes us look at the session alone."""
        return str(self.event["type"]).startswith("checkout.session.")


@dataclass
class Stage:
    """A database and a sandbox, emptied at the beginning, and some people with workshops."""

    sandbox: RunningSandbox
    database: Database
    people: list[str] = field(default_factory=list)
    workshops: list[str] = field(default_factory=list)
    sales: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    _known: set[str] = field(default_factory=set)

    async def open(self, people: int, workshops_each: int) -> None:
        """Begin."""
        self.sandbox.state.reset()
        await _empty(self.database)
        await self.start()
        await push_catalog(self.shop.gateway, self.shop.catalog)
        self.people = [await make_user() for _ in range(people)]
        self.workshops = [
            await make_workshop(user_id=person) for person in self.people for _ in range(workshops_each)
        ]

    async def start(self) -> None:
        """Start the product: a pool, and a gateway that knows nothing yet."""
        await self._stack.enter_async_context(pool(self.database.app_url, max_size=3))
        self.shop = await self._stack.enter_async_context(_shop_at(self.sandbox.url))

    async def stop(self) -> None:
        """Stop the product; what is not in the database is gone."""
        await self._stack.aclose()

    async def buy(self, shop: Shop, buyer: int, pack: str, workshop: int | None) -> str:
        """Press the button; the purchase."""
        wanted = None if workshop is None else self.workshops[workshop]
        started = await start_purchase(self.people[buyer], pack, intent_workshop_id=wanted, shop=shop)
        return started.purchase_id

    async def note(self, purchase_id: str) -> None:
        """Number a new purchase."""
        found = await row("SELECT stripe_session_id FROM purchases WHERE id = $1", purchase_id)
        assert found is not None and found["stripe_session_id"] is not None
        self.sales.append(purchase_id)
        self.sessions.append(found["stripe_session_id"])

    async def hear(self, shop: Shop, letter: Letter) -> None:
        """Take in an event, signed now."""
        body, now = json.dumps(letter.event).encode(), utc_now()
        await take_in(
            shop.gateway.read_event(body, signature(body), now=now), Means(shop.gateway, shop.rules, now)
        )

    async def land(self, shop: Shop, sale: int) -> None:
        """Open the return page."""
        found = await row("SELECT clerk_user_id FROM purchases WHERE id = $1", self.sales[sale])
        assert found is not None
        await standing_of(self.sessions[sale], found["clerk_user_id"], shop, request_id=None)

    async def unlock(self, shop: Shop, buyer: int, workshop: int) -> bool:
        """Open a workshop for a credit. False: too few."""
        actor = Actor("user", self.people[buyer])
        try:
            await unlock(
                self.people[buyer], self.workshops[workshop], rules=shop.rules, now=utc_now(), actor=actor
            )
        except NotEnoughCredits:
            return False
        return True

    async def undo(self, _: Shop, buyer: int, workshop: int) -> bool:
        """Undo an unlock as a person does. False: it is not unlocked."""
        person = self.people[buyer]
        try:
            done = await undo_unlock(
                person, self.workshops[workshop], None, now=utc_now(), actor=Actor("user", person)
            )
        except UnlockStays:
            return False
        return not done.is_repeat

    async def reverse(self, workshop: int) -> None:
        """Undo the last unlock of a workshop."""
        last = "SELECT id FROM credit_transactions WHERE workshop_id = $1 AND type = 'consumption' ORDER BY seq DESC"
        found = await row(last, self.workshops[workshop])
        assert found is not None
        async with tx():
            await reverse(found["id"], description="Undone", actor=Actor("operator", "tests"))

    async def reconcile(self, shop: Shop) -> Report:
        """Compare everything with Stripe. The lock of a run that was killed lasts a moment longer than it did."""
        async with asyncio.timeout(10):
            while (report := await reconcile(ReconcileMeans(shop.gateway, shop.rules, utc_now))) is None:
                await asyncio.sleep(0.01)
        return report

    async def die_in(
        self, act: Callable[..., Awaitable[object]], *given: object, moment: Moment, trip: int
    ) -> bool:
        """Do it in a process of its own that is killed at that round trip; True if it ended before."""
        work = partial(_with_own_shop, self.sandbox.url, act, given)
        return await is_survived(work, str(DB.config["dsn"]), moment=moment, trip=trip)

    def at_stripe(self, move: Callable[[Change], object]) -> list[Letter]:
        """Let something happen at Stripe; the events that tell of it, in their order."""
        with self.sandbox.state.change() as change:
            move(change)
        newest = self.sandbox.state.store.newest(Wanted("event"), limit=40)
        fresh = [each for each in newest[::-1] if each["id"] not in self._known]
        self._known |= {each["id"] for each in fresh}
        return [Letter(self._sale_of(each), each) for each in fresh if each["type"] in HANDLERS]

    def session(self, sale: int) -> Document:
        """How a session stands."""
        return self.sandbox.stored("checkout.session", self.sessions[sale])

    def of_payment(self, kind: str, sale: int) -> list[Document]:
        """Refunds or disputes of a sale, newest first."""
        wanted = Wanted(kind, {"payment_intent": self.session(sale)["payment_intent"]})
        return self.sandbox.state.store.newest(wanted)

    async def seen(self) -> tuple[object, ...]:
        """The books, in the words of the model."""
        people = await rows("SELECT clerk_user_id, credit_balance FROM users")
        balances = {each["clerk_user_id"]: each["credit_balance"] for each in people}
        stamped = await rows("SELECT id FROM workshops WHERE credit_consumed_at IS NOT NULL")
        purchases = {each["id"]: each for each in await rows(_SEEN)}
        assert set(purchases) == set(self.sales), "a purchase that nobody made, or that is gone"
        sales = [purchases[each] for each in self.sales]
        return (
            tuple(balances[each] for each in self.people),
            tuple(sorted(self.workshops.index(each["id"]) for each in stamped)),
            tuple((each["status"], each["taken"], each["amount_refunded_cents"]) for each in sales),
        )

    async def findings(self, taken_events: list[str]) -> Findings:
        """The oracle's word, with all that Stripe says now."""
        sessions = [self.session(sale) for sale in range(len(self.sales))]
        paid = paid_sessions(sessions)
        told = Told(
            paid,
            taken_events=taken_events,
            returned={
                each["client_reference_id"]: self._returned(sale)
                for sale, each in enumerate(sessions)
                if each["id"] in paid
            },
        )
        return await judged(told)

    def _returned(self, sale: int) -> tuple[int, bool]:
        arrived = [
            each["amount"] for each in self.of_payment("refund", sale) if each["status"] == "succeeded"
        ]
        return sum(arrived), any(each["status"] in HELD for each in self.of_payment("dispute", sale))

    def _sale_of(self, event: Document) -> int:
        about = event["data"]["object"]
        if about["object"] == "checkout.session":
            return self.sessions.index(about["id"])
        intents = [self.session(sale)["payment_intent"] for sale in range(len(self.sales))]
        return intents.index(about["payment_intent"])


async def _empty(database: Database) -> None:
    """Nobody but a superuser can, and not even he with the guards of the ledger on."""
    vandal = await asyncpg.connect(database.superuser_url)
    try:
        tables = await vandal.fetchval(_TABLES)
        await vandal.execute(f"SET session_replication_role = replica; TRUNCATE {tables}")
    finally:
        await vandal.close()


@asynccontextmanager
async def _shop_at(sandbox_url: str) -> AsyncIterator[Shop]:
    async with stripe_gateway(settings_for(sandbox_url)) as gateway:
        yield Shop(gateway, load_catalog(PACKS_FILE), PaywallRules(), BASE_URL, utc_now)


async def _with_own_shop(
    sandbox_url: str, act: Callable[..., Awaitable[object]], given: tuple[object, ...]
) -> None:
    """In a process of its own the connections of the gateway are its own too."""
    async with _shop_at(sandbox_url) as shop:
        await act(shop, *given)
