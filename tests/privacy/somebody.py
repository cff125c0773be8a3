"""Somebody of whom everything is held that can be; whatever they are called or wrote has one word in it."""

import secrets
from dataclasses import dataclass

from app.accounts.preferences import Preferences, keep
from app.accounts.sessions import session
from app.database import row, tx
from app.ids import new_id
from tests.factories import make_user, make_workshop
from tests.transactions.ledgers import NOW, buy, correct, refund, return_without_credits, use


@dataclass(frozen=True)
class Somebody:
    """A person, the word, and the token of a browser they are signed in with."""

    user_id: str
    word: str
    token: str
    purchase_id: str

    @property
    def address(self) -> str:
        return f"{self.word}@example.test"


async def somebody() -> Somebody:
    word = f"z{secrets.token_hex(8)}"
    user_id, address = (
        await make_user(name=f"Ms {word}", email=f"{word}@example.test"),
        f"{word}@example.test",
    )
    purchase_id = await buy(user_id, NOW, credits=3, amount_cents=14900)
    await use(user_id, NOW, title=f"Plan {word}")
    await refund(user_id, purchase_id, NOW)
    await return_without_credits(user_id, purchase_id, NOW, cents=100)
    await correct(user_id, NOW, 1)
    await buy(user_id, NOW, status="settling")
    await _write_notes(await make_workshop(user_id=user_id, title=f"Plan {word} again"), word)
    await _be_known_to_stripe(user_id, address, purchase_id)
    await _be_reachable(user_id, address)
    await keep(user_id, Preferences("dark", "Europe/Berlin", "de"))
    async with tx():
        token = await session.create(user_id, provider="email", now=NOW)
    return Somebody(user_id, word, token, purchase_id)


async def _write_notes(workshop_id: str, word: str) -> None:
    await row(
        "INSERT INTO workshop_steps (id, workshop_id, slug, status, notes)"
        " VALUES ($1, $2, 'challenge', 'in_progress', $3)",
        new_id("stp"),
        workshop_id,
        f"What {word} said",
    )
    await row(
        "INSERT INTO drafts (id, workshop_id, slug, key_hash, notes) VALUES ($1, $2, 'challenge', sha256('key'), $3)",
        new_id("dft"),
        workshop_id,
        f"What {word} typed too late",
    )


async def _be_known_to_stripe(user_id: str, address: str, purchase_id: str) -> None:
    customer = f"cus_{address.partition('@')[0]}"
    await row("UPDATE users SET stripe_customer_id = $2 WHERE clerk_user_id = $1", user_id, customer)
    await row(
        "UPDATE purchases SET customer_email = $2, payment_method = 'Visa ending in 4242' WHERE id = $1",
        purchase_id,
        address,
    )
    for purchase in (purchase_id, None):  # an event may name no purchase of ours
        event = new_id("evt")
        await row(
            "INSERT INTO stripe_events (id, stripe_event_id, type, livemode, payload, state, purchase_id)"
            " VALUES ($1, $1, 'checkout.session.completed', false, $2, 'done', $3)",
            event,
            f'{{"customer_email": "{address}", "customer": "{customer}"}}'.encode(),
            purchase,
        )


async def _be_reachable(user_id: str, address: str) -> None:
    for provider, subject in (("email", address), ("clerk", user_id)):
        await row(
            "INSERT INTO identities (id, clerk_user_id, provider, subject, email, email_verified)"
            " VALUES ($1, $2, $3, $4, $5, true)",
            new_id("idn"),
            user_id,
            provider,
            subject,
            address,
        )
    await row(
        "INSERT INTO sign_in_links (id, token_hash, browser_hash, email, expires_at)"
        " VALUES ($1, sha256(convert_to($1, 'UTF8')), sha256('browser'), $2, $3)",
        new_id("lnk"),
        address,
        NOW,
    )
