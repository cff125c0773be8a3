"""What the product asks of a payment service, and the values it gets back. Knows no SDK, no database, no HTTP.

`stripe_gateway.py` fulfils it with Stripe's own library. Absent is None everywhere: what an absence means is decided
where the value is used.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, runtime_checkable


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """One payment page of Stripe's and what became of it.

    Units: minor units of `currency`.
    """

    id: str
    url: str | None = None  # only while it is open
    status: str | None = None  # open, complete, expired
    payment_status: str | None = None  # unpaid, paid, no_payment_required
    mode: str | None = None
    amount_total_cents: int | None = None
    currency: str | None = None
    livemode: bool | None = None
    client_reference_id: str | None = None
    purchase_id: str | None = None  # from its metadata
    customer_id: str | None = None
    payment_intent_id: str | None = None
    payment_intent_status: str | None = None
    payment_method: str | None = None  # as a receipt says it: "Visa ending 4242"
    receipt_url: str | None = None
    created_at: datetime | None = None

    @property
    def is_paid(self) -> bool:
        """True when Stripe has the money."""
        return self.payment_status == "paid"

    @property
    def named_purchase_id(self) -> str | None:
        """The purchase that it says it is for."""
        return self.purchase_id or self.client_reference_id


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back to a buyer, or back already.

    Units: minor units of `currency`.
    """

    id: str
    amount_cents: int
    currency: str | None = None
    status: str | None = None  # pending, requires_action, succeeded, failed, canceled
    payment_intent_id: str | None = None
    charge_id: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A buyer's bank that asks for the money, or only for an explanation."""

    id: str
    status: str | None = None
    payment_intent_id: str | None = None
    charge_id: str | None = None
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a refund or a dispute. `about` is how that stood then; None: it is neither."""

    id: str
    about: Refund | Dispute | None
    created_at: datetime | None = None  # when it happened, however old the object is


ChargeRelated: TypeAlias = Literal["charge", "refund", "dispute"]


@dataclass(frozen=True, slots=True)
class NewCheckout:
    """A payment page to be made. The same `idempotency_key` may only ever come with the same values."""

    idempotency_key: str
    purchase_id: str
    price_id: str
    customer_id: str
    success_url: str
    cancel_url: str


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A buyer to be made known to Stripe. Stripe refuses a malformed e-mail, so it may be left out."""

    idempotency_key: str
    user_id: str
    name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class PriceRef:
    """A price that Stripe knows. Its amount never changes, but it may be switched off."""

    id: str
    amount_cents: int | None
    currency: str
    active: bool
    is_one_time: bool = True


@dataclass(frozen=True, slots=True)
class StripeEvent:
    """A verified message from Stripe: which object changed. `payload` is the raw body that was signed."""

    id: str
    type: str
    object_id: str | None
    livemode: bool
    payload: bytes
    account: str | None = None  # set when it concerns an account other than ours
    payment_intent_id: str | None = None  # where the message itself names it


class Sellable(Protocol):
    """What a price is made of; a pack of the catalogue is one."""

    @property
    def slug(self) -> str:
        """The pack's lasting name."""

    @property
    def name(self) -> str:
        """What the payment page calls it."""

    @property
    def amount_cents(self) -> int:
        """The price, in minor units of `currency`."""

    @property
    def currency(self) -> str:
        """Lower-case ISO 4217."""

    @property
    def lookup_key(self) -> str:
        """Names pack, amount and currency, so that a changed price is another price."""


@runtime_checkable  # handlers are handed one, and their types are checked
class PaymentGateway(Protocol):
    """The payment service.

    Raises: StripeUnavailable: no usable answer; the same call may be made again. StripeRefused: it will not get
      better. StripeMissing: there is no such object.
    """

    @property
    def is_live(self) -> bool:
        """True when real money moves."""

    async def checkout_session(self, session_id: str) -> CheckoutSession:
        """The payment page as it stands now."""

    async def refunds(self, payment_intent_id: str) -> list[Refund]:
        """Every refund of a payment. Where a stand-in for Stripe keeps no refunds: none."""

    async def disputes(self, payment_intent_id: str) -> list[Dispute]:
        """Every dispute about a payment; as `refunds`."""

    async def payment_intent_of(self, kind: ChargeRelated, object_id: str) -> str | None:
        """The payment that a charge, a refund or a dispute belongs to."""

    async def purchase_named_by(self, payment_intent_id: str) -> str | None:
        """The purchase that a payment was made for, as its metadata says."""

    async def sessions_for_payment_intent(self, payment_intent_id: str) -> list[CheckoutSession]:
        """The payment pages on which a payment was made: one, or none if it came another way."""

    def sessions_since(self, since_at: datetime) -> AsyncIterator[CheckoutSession]:
        """Every payment page made since, newest first, read page by page; the payment is an id only."""

    def refunds_since(self, since_at: datetime) -> AsyncIterator[Refund]:
        """Every refund made since, newest first; as `refunds`."""

    def disputes_since(self, since_at: datetime) -> AsyncIterator[Dispute]:
        """Every dispute opened since, newest first; as `refunds`."""

    def changes_since(self, since_at: datetime) -> AsyncIterator[Change]:
        """Every change of a refund or dispute since, newest first; Stripe forgets them after thirty days."""

    async def create_checkout_session(self, new: NewCheckout) -> CheckoutSession:
        """Make a payment page. Repeat: the first one."""

    async def expire_checkout_session(self, session_id: str) -> CheckoutSession:
        """Close a payment page that is still open. Raises: StripeRefused: it is not open any more."""

    async def create_customer(self, new: NewCustomer) -> str:
        """The id of the new customer. Repeat: the first one's."""

    async def price_for(self, pack: Sellable) -> PriceRef | None:
        """The price this pack is sold at. The answer may be five minutes old."""

    async def push_price(self, pack: Sellable) -> PriceRef:
        """The price of this pack, made if there is none."""

    async def receipt_url(self, payment_intent_id: str) -> str | None:
        """A fresh link to Stripe's own receipt; it expires after some weeks."""

    def read_event(self, body: bytes, header: str | None, *, now: datetime) -> StripeEvent:
        """The event in a webhook body. Raises: NotVerifiable: whatever is wrong with body or signature."""
