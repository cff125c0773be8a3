"""Reads what the dashboard shows. Changes nothing."""

from dataclasses import dataclass
from typing import Any

from app.sandbox.faults import ApiFault, DeliveryFault, Fault
from app.sandbox.moves.disputing import INQUIRIES, OPEN
from app.sandbox.store import Document, Store, Wanted
from app.sandbox.world import World

PAYMENTS_SHOWN = 20
EVENTS_SHOWN = 30
ATTEMPTS = """
    SELECT deliveries.id AS delivery_id, state, deliveries.attempts, due_at, attempts.at, status, detail
      FROM deliveries LEFT JOIN attempts ON attempts.delivery_id = deliveries.id
     WHERE event_id = ?
     ORDER BY deliveries.id, attempts.id
"""


@dataclass(frozen=True)
class Payment:
    """One session with all that came of it."""

    session: Document
    title: str
    settling: bool  # a bank debit is still on its way
    charge: Document | None
    refunds: list[Document]
    dispute: Document | None

    @property
    def state(self) -> str:
        """In one word or two, as a person would say it."""
        if self.session["status"] != "complete":
            return str(self.session["status"])
        if self.dispute is not None:
            return f"dispute: {self.dispute['status'].replace('_', ' ')}"
        if self.charge is None or self.settling:
            return "settling"
        if self.charge["amount_refunded"]:
            return "refunded" if self.charge["refunded"] else "partly refunded"
        return "paid" if self.charge["paid"] else "failed"

    @property
    def refundable_cents(self) -> int:
        """What could still be given back."""
        held = self.dispute is not None and self.dispute["status"] in (*OPEN, "lost")
        if held or self.charge is None or self.charge["status"] != "succeeded":
            return 0
        given = sum(one["amount"] for one in self.refunds if one["status"] in ("succeeded", "pending"))
        return int(self.charge["amount"] - given)

    @property
    def disputed_now(self) -> bool:
        """Whether a dispute or an inquiry waits for its end."""
        return self.dispute is not None and self.dispute["status"] in OPEN + INQUIRIES

    @property
    def may_win(self) -> bool:
        """Whether the money of a dispute could come back."""
        return self.dispute is not None and self.dispute["status"] in OPEN


@dataclass(frozen=True)
class Told:
    """One event, and what became of its deliveries."""

    event: Document
    attempts: list[Any]


@dataclass(frozen=True)
class Dashboard:
    """Everything on the page."""

    payments: list[Payment]
    events: list[Told]
    endpoints: list[Document]
    faults: list[Fault]
    kinds: list[str]
    now: float
    advanced_seconds: float
    unimplemented: dict[str, int]
    problem: str | None = None


def read_dashboard(world: World, problem: str | None = None) -> Dashboard:
    """The newest payments and events, and every switch."""
    store = world.store
    return Dashboard(
        payments=[_payment(store, one) for one in store.newest(Wanted("checkout.session"), PAYMENTS_SHOWN)],
        events=[
            Told(one, store.rows(ATTEMPTS, one["id"])) for one in store.newest(Wanted("event"), EVENTS_SHOWN)
        ],
        endpoints=store.newest(Wanted("webhook_endpoint")),
        faults=list(world.faults.active),
        kinds=[f"delivery {kind}" for kind in DeliveryFault] + [f"api {kind}" for kind in ApiFault],
        now=world.clock.now(),
        advanced_seconds=world.clock.advanced_seconds,
        unimplemented=dict(world.unimplemented),
        problem=problem,
    )


def _payment(store: Store, session: Document) -> Payment:
    lines = store.private(session["id"])["line_items"]
    title = ", ".join(line["description"] for line in lines)
    intent = store.get("payment_intent", session["payment_intent"] or "")
    if intent is None:
        return Payment(session, title, settling=False, charge=None, refunds=[], dispute=None)
    charge = store.get("charge", intent["latest_charge"] or "")
    disputes = store.newest(Wanted("dispute", {"payment_intent": intent["id"]}), 1)
    refunds = store.newest(Wanted("refund", {"payment_intent": intent["id"]}))
    return Payment(
        session,
        title,
        settling=intent["status"] == "processing",
        charge=charge,
        refunds=refunds,
        dispute=disputes[0] if disputes else None,
    )
