"""Reads what the dashboard shows. Changes nothing."""

from dataclasses import dataclass
from typing import Any, Literal

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
DELIVERY_WORDS = {
    DeliveryFault.DUPLICATE: "arrives twice at once",
    DeliveryFault.SHUFFLE: "arrive in reverse",
    DeliveryFault.DELAY: "arrives late",
    DeliveryFault.DROP: "never arrives",
    DeliveryFault.BAD_SIGNATURE: "is signed with another secret",
    DeliveryFault.STALE: "is signed for ten minutes ago",
    DeliveryFault.FUTURE: "is signed for ten minutes ahead",
    DeliveryFault.THIN: "only names its object",
}
API_WORDS = {
    ApiFault.LOST_REQUEST: "not done, never answered",
    ApiFault.LOST_REPLY: "done, never answered",
    ApiFault.RESET: "done, the answer breaks off",
    ApiFault.STORED_500: "not done, and fails again for its key",
    ApiFault.TOO_MANY: "too many calls",
    ApiFault.UNAVAILABLE: "unavailable",
    ApiFault.SLOW: "done after a while",
    ApiFault.GARBAGE: "not done, answered with a web page",
}
FAILURES = {
    "Webhooks": {f"delivery {kind}": f"{kind}: {says}" for kind, says in DELIVERY_WORDS.items()},
    "API calls": {f"api {kind}": f"{kind}: {says}" for kind, says in API_WORDS.items()},
}


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
            kind, status = ("dispute", self.dispute["status"])
            if status.startswith("warning_"):
                kind, status = ("inquiry", status.removeprefix("warning_"))
            return f"{kind}: {status.replace('_', ' ')}"
        if self.charge is None or self.settling:
            return "settling"
        if self.charge["amount_refunded"]:
            return "refunded" if self.charge["refunded"] else "partly refunded"
        return "paid" if self.charge["paid"] else "failed"

    @property
    def tone(self) -> Literal["good", "bad", "waits", "over"]:
        """How the state looks."""
        if self.disputed_now or self.state in ("failed", "dispute: lost"):
            return "bad"
        if self.state in ("open", "settling"):
            return "waits"
        return "over" if self.state in ("expired", "refunded") else "good"

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
    failures: dict[str, dict[str, str]]  # by side: the value of a choice, and what it says
    waits_for_webhook: bool
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
        failures=FAILURES,
        waits_for_webhook=world.hold_redirect_seconds > 0,
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
