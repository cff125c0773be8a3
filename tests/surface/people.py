"""Alice with one of everything, marked so that every trace of it on somebody else's screen is found."""

from dataclasses import dataclass

from app.accounts.people import Proven, add_way_in
from app.accounts.sessions.session import digest
from app.database import row, tx
from app.ids import new_id
from tests.factories import make_purchase, make_user, make_workshop
from tests.workshops.site import Browser, Site
from tests.workshops.stories import UNLOCK, new_workshop, write

MARK = "Zaunkoenig"
OPERATOR = "olga@example.test"


@dataclass(frozen=True)
class Owner:
    """Alice, the ids of what is hers, and her browser."""

    user_id: str
    browser: Browser
    ids: dict[str, str]


async def owner(site: Site) -> Owner:
    """Somebody with a workshop, an unlock, a payment and notes."""
    user_id = await make_user(balance_credits=3, name=f"{MARK} Alice")
    workshop_id = await new_workshop(user_id, title=f"{MARK} plan", start=UNLOCK)
    await write(user_id, workshop_id, "challenge", f"{MARK} notes")
    purchase_id = await make_purchase(user_id=user_id, status="paid")
    return Owner(
        user_id,
        await site.browser(user_id),
        {
            "workshop_id": workshop_id,
            "purchase_id": purchase_id,
            "transaction_id": await newest_movement(user_id),
            "browser_id": await other_browser(site, user_id),
            "way_id": await second_way_in(user_id),
            "session_id": f"cs_test_{purchase_id}",
            "slug": "challenge",
            "month": "2026-11",
        },
    )


async def other_browser(site: Site, user_id: str) -> str:
    """The id of a second browser in which the same person is signed in."""
    other = await site.browser(user_id)
    found = await row("SELECT id FROM sessions WHERE token_hash = $1", digest(other.token))
    assert found is not None
    return str(found["id"])


async def second_way_in(user_id: str) -> str:
    """The id of a way in that its owner could remove, since there is another."""
    async with tx():
        for word in ("first", "second"):
            address = f"{MARK}-{word}-{user_id}@example.test".lower()
            await add_way_in(user_id, Proven("email", address, address, ""))
    found = await row(
        "SELECT id FROM identities WHERE clerk_user_id = $1 ORDER BY created_at DESC LIMIT 1", user_id
    )
    assert found is not None
    return str(found["id"])


async def newest_movement(user_id: str) -> str:
    found = await row(
        "SELECT id FROM credit_transactions WHERE clerk_user_id = $1 ORDER BY seq DESC LIMIT 1", user_id
    )
    assert found is not None
    return str(found["id"])


def unknown_ids() -> dict[str, str]:
    """Ids like those of an owner, of things that never were."""
    purchase_id = new_id("pur")
    return {
        "workshop_id": new_id("ws"),
        "purchase_id": purchase_id,
        "transaction_id": new_id("ctx"),
        "browser_id": new_id("ses"),
        "way_id": new_id("idn"),
        "session_id": f"cs_test_{purchase_id}",
        "slug": "challenge",
        "month": "2026-11",
    }


async def given_away(former: Owner) -> str:
    """A workshop that was this person's and belongs to somebody else now."""
    other = await make_user(name="Heir")
    workshop_id = await make_workshop(user_id=former.user_id, title=f"{MARK} heirloom")
    await row("UPDATE workshops SET clerk_user_id = $2 WHERE id = $1", workshop_id, other)
    return workshop_id
