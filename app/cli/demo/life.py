"""What a demo person can do, at the moments it is told, through the ledger's own verbs. Decides no story.

Everything here happens inside the one transaction of `seed`. Ids and keys are made from the person's name and a
number, so that the same story is the same rows everywhere. Prices and credits come from the catalogue.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.accounts.sign_in.demo import DemoPerson
from app.catalog.packs import UNLOCK_PRICE_CREDITS, Catalog, Pack
from app.cli.demo.notes import NOTES
from app.database import row
from app.errors import BillingError
from app.ledger import payments, posting, reversal, rules
from app.ledger.payments import PurchaseMovement
from app.ledger.posting import Actor, Movement
from app.web.filters import credits as credits_text
from app.web.filters import money
from app.workshops.steps import LAST_STEP, STEPS, step

SEED = Actor("system", "seed")
AT_THE_TILL = timedelta(minutes=2)

USER = """
INSERT INTO users (id, clerk_user_id, email, name, onboarding_complete, created_at, updated_at)
VALUES ($1, $1, $2, $3, $4, $5, $5)
ON CONFLICT (clerk_user_id) DO UPDATE    -- came by the sign-in page before there was a story
   SET created_at = least(users.created_at, excluded.created_at),
       onboarding_complete = users.onboarding_complete OR excluded.onboarding_complete
"""

IDENTITY = """
INSERT INTO identities (id, clerk_user_id, provider, subject, email, email_verified, created_at)
VALUES ($1, $2, 'demo', $3, $4, true, $5)
ON CONFLICT (provider, subject) DO NOTHING
"""

PURCHASE = """
INSERT INTO purchases (id, clerk_user_id, pack, pack_name, credits, amount_cents, currency, stripe_price_id, base_url,
                       status, stripe_session_id, customer_email, payment_method, origin,
                       created_at, updated_at, paid_at, closed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'https://seed.test', $9, $10, $11, $12, 'seed', $13, $14, $15, $16)
"""

WORKSHOP = """
INSERT INTO workshops (id, clerk_user_id, title, status, current_step, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

STEP_ROWS = """
INSERT INTO workshop_steps (id, workshop_id, slug, status, notes, created_at, updated_at)
SELECT made.id, $1, made.slug, made.status, made.notes, $6, $7
  FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS made (id, slug, status, notes)
"""


class SeedFailed(BillingError):
    """The demo data cannot be written as it is meant; nothing of it was."""


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase and the pack it was of."""

    purchase_id: str
    pack: Pack


@dataclass(frozen=True, slots=True)
class Started:
    """A workshop and what it is called."""

    workshop_id: str
    title: str
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class Life:
    """The verbs of one demo person."""

    person: DemoPerson
    catalog: Catalog

    @property
    def actor(self) -> Actor:
        """The person, as the one who caused a movement."""
        return Actor("user", self.person.user_id)

    async def begin(self, at: datetime) -> None:
        """Be there from this moment on."""
        who = self.person
        await row(USER, who.user_id, who.email, who.full_name, who.is_welcomed, at)
        await row(IDENTITY, f"idn_seed_{who.name}", who.user_id, who.name, who.email, at)

    async def buy(self, slug: str, number: int, at: datetime) -> Bought:
        """Buy a pack, paid at once."""
        bought, movement = await self._purchase(slug, number, at, status="paid", paid_at=at)
        await posting.lock_user(self.person.user_id)
        await payments.post_purchase(movement, actor=SEED, at=at)
        return bought

    async def buy_slowly(self, slug: str, number: int, at: datetime) -> Bought:
        """Buy a pack whose money is still on its way."""
        bought, movement = await self._purchase(slug, number, at, status="settling", method="Bank debit")
        await payments.await_purchase(movement, actor=SEED, at=at)
        return bought

    async def buy_in_vain(self, slug: str, number: int, at: datetime, failed_at: datetime) -> Bought:
        """Buy a pack whose money never came."""
        bought, movement = await self._purchase(
            slug, number, at, status="failed", method="Bank debit", closed_at=failed_at
        )
        await payments.await_purchase(movement, actor=SEED, at=at)
        await payments.fail_purchase(bought.purchase_id)
        return bought

    async def get_money_back(self, bought: Bought, at: datetime) -> None:
        """Have a payment returned in full, and its credits taken back."""
        pack = bought.pack
        returned = money(pack.amount_cents, pack.currency)
        text = f"Refund of {pack.name}: {credits_text(-pack.credits)}, {returned} returned"
        await row(
            "UPDATE purchases SET amount_refunded_cents = amount_cents, updated_at = $2 WHERE id = $1",
            bought.purchase_id,
            at,
        )
        await self._take_back(bought, text, "refunded", at, returned_cents=pack.amount_cents)

    async def dispute(self, bought: Bought, at: datetime) -> None:
        """Dispute a payment, which holds its credits until it is decided."""
        text = f"Dispute about {bought.pack.name}: {credits_text(-bought.pack.credits)} held"
        await row(
            "UPDATE purchases SET dispute_status = 'needs_response', disputed_at = $2, updated_at = $2 WHERE id = $1",
            bought.purchase_id,
            at,
        )
        await self._take_back(bought, text, "disputed", at, returned_cents=0)

    async def start(
        self,
        number: int,
        title: str,
        at: datetime,
        *,
        slug: str,
        done: bool = False,
        touched_at: datetime | None = None,
    ) -> Started:
        """Start a workshop and work through it as far as the step `slug`, or to its end."""
        touched = touched_at or at + timedelta(days=1)
        workshop_id = f"ws_seed_{self.person.name}_{number:03}"
        status = "completed" if done else "active"
        current = LAST_STEP.slug if done else slug
        await row(WORKSHOP, workshop_id, self.person.user_id, title, status, current, at, touched)
        states = [_state(each.number, step(current).number, done=done) for each in STEPS]
        await row(
            STEP_ROWS,
            workshop_id,
            [f"stp_seed_{self.person.name}_{number:03}_{each.number:02}" for each in STEPS],
            [each.slug for each in STEPS],
            states,
            [
                NOTES[each.slug] if state != "not_started" else ""
                for each, state in zip(STEPS, states, strict=True)
            ],
            at,
            touched,
        )
        return Started(workshop_id, title, touched)

    async def unlock(self, started: Started, at: datetime) -> str:
        """Use a credit for this workshop; the movement's id."""
        posted = await posting.consume(
            self.person.user_id,
            started.workshop_id,
            price_credits=UNLOCK_PRICE_CREDITS,
            description=f"Unlock of {started.title}",
            workshop_title=started.title,
            actor=self.actor,
            at=at,
        )
        if posted is None:
            raise SeedFailed(f"the balance of {self.person.name} does not cover {started.title}")
        await self._touch(started, max(at, started.touched_at))
        return posted.transaction_id

    async def unlock_of_the_past(self, number: int, title: str, at: datetime) -> None:
        """Use a credit for a workshop that is gone by now; only its title lives on."""
        workshop_id = f"ws_seed_{self.person.name}_{number:03}"
        movement = Movement(
            self.person.user_id,
            rules.Kind.CONSUMPTION,
            -UNLOCK_PRICE_CREDITS,
            f"Unlock of {title}",
            rules.unlock_key(workshop_id, 0),
            self.actor,
            workshop_title=title,
        )
        await posting.post(movement, at=at)

    async def undo(self, transaction_id: str, started: Started, at: datetime) -> None:
        """Take an unlock back at once; the workshop is locked again."""
        text = f"Unlock of {started.title} undone"
        await reversal.reverse(transaction_id, description=text, actor=self.actor, at=at)
        await self._touch(started, at)

    async def delete(self, started: Started, at: datetime) -> None:
        """Delete a workshop; its ledger rows stay."""
        await row(
            "UPDATE workshops SET deleted_at = $2, updated_at = $2 WHERE id = $1", started.workshop_id, at
        )

    async def _touch(self, started: Started, at: datetime) -> None:
        await row("UPDATE workshops SET updated_at = $2 WHERE id = $1", started.workshop_id, at)

    async def _take_back(
        self, bought: Bought, text: str, reason: str, at: datetime, *, returned_cents: int
    ) -> None:
        await payments.take_back(
            self.person.user_id,
            bought.purchase_id,
            bought.pack.credits,
            description=text,
            actor=SEED,
            reason=reason,
            returned_cents=returned_cents,
            at=at,
        )

    async def _purchase(
        self,
        slug: str,
        number: int,
        at: datetime,
        *,
        status: str,
        method: str = "Demo card",
        paid_at: datetime | None = None,
        closed_at: datetime | None = None,
    ) -> tuple[Bought, PurchaseMovement]:
        pack, name = self._pack(slug), f"{self.person.name}_{number:03}"
        user_id, purchase_id, session_id = self.person.user_id, f"pur_seed_{name}", f"cs_seed_{name}"
        snapshot = (
            pack.slug,
            pack.name,
            pack.credits,
            pack.amount_cents,
            pack.currency,
            f"price_seed_{pack.slug}",
        )
        payment = status, session_id, self.person.email, method
        moments = at - AT_THE_TILL, closed_at or at, paid_at, closed_at
        await row(PURCHASE, purchase_id, user_id, *snapshot, *payment, *moments)
        text = f"Purchase of {pack.name}"
        return Bought(purchase_id, pack), PurchaseMovement(
            user_id, purchase_id, pack.credits, text, session_id
        )

    def _pack(self, slug: str) -> Pack:
        pack = self.catalog.pack(slug)
        if pack is None:
            raise SeedFailed(f"the catalogue has no pack {slug}, which the demo people bought")
        return pack


def _state(number: int, current: int, *, done: bool) -> str:
    if done or number < current:
        return "completed"
    return "in_progress" if number == current else "not_started"
