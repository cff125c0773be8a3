"""What the demo people did, apart from the one with the long history. Only moments, names and order."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from app.cli.demo.life import Life
from app.cli.demo.notes import topic
from app.workshops.steps import FIRST_PAID_STEP, FREE_STEPS, LAST_FREE_STEP, PAID_STEPS

SINGLE, SERIAL = "single-flight", "serial-entrepreneur"
GATE, FIRST_PAID = LAST_FREE_STEP.slug, FIRST_PAID_STEP.slug
Story = Callable[[Life, datetime], Awaitable[None]]


def at(month: int, day: int, hour: int = 9, minute: int = 0, *, year: int = 2026) -> datetime:
    """A moment of the demo year, in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


async def zero(life: Life, now: datetime) -> None:
    """Nothing yet."""
    await life.begin(at(1, 4))


async def funded(life: Life, now: datetime) -> None:
    """Credits, and no workshop."""
    await life.begin(at(1, 5))
    await life.buy(SERIAL, 1, at(1, 5, 9, 30))


async def active(life: Life, now: datetime) -> None:
    """Bought twice, used three; two of the workshops are gone since."""
    await life.begin(at(1, 10, 8, 45))
    await life.buy(SINGLE, 1, at(1, 10, 9))
    workshop = await life.start(
        1, "Seed: Active Workshop", at(1, 10, 9, 15), slug=FIRST_PAID, touched_at=at(1, 15, 10)
    )
    await life.unlock(workshop, at(1, 15, 10, 5))
    await life.buy(SERIAL, 2, at(1, 20, 14))
    await life.unlock_of_the_past(2, "Seed: Winter Fair", at(1, 25, 11))
    await life.unlock_of_the_past(3, "Seed: Ticket Office", at(1, 28, 16))


async def refund(life: Life, now: datetime) -> None:
    """A payment that was returned in full."""
    await life.begin(at(2, 1))
    bought = await life.buy(SINGLE, 1, at(2, 1, 10))
    await life.get_money_back(bought, at(2, 2, 14))


async def pending(life: Life, now: datetime) -> None:
    """A payment on its way, an hour old when the demo data is first made."""
    await life.begin(now - timedelta(days=1))
    await life.buy_slowly(SINGLE, 1, now - timedelta(hours=1))


async def onboarding(life: Life, now: datetime) -> None:
    """A first workshop, the welcome still open."""
    await life.begin(at(2, 9))
    await life.start(1, "Seed: First Try", at(2, 9, 9, 20), slug="user-research")


async def gate(life: Life, now: datetime) -> None:
    """One press from the wall, without a credit."""
    await life.begin(at(2, 12))
    await life.start(1, "Seed: At the Gate", at(2, 12, 9, 30), slug=GATE, touched_at=at(2, 16, 15, 40))


async def ready(life: Life, now: datetime) -> None:
    """A finished workshop, and one at the gate that the balance covers."""
    await life.begin(at(2, 20))
    await life.buy(SERIAL, 1, at(2, 20, 9, 30))
    finished = await life.start(
        1, "Seed: Finished Workshop", at(2, 20, 10), slug=FIRST_PAID, done=True, touched_at=at(3, 4, 17)
    )
    await life.unlock(finished, at(2, 25, 11))
    await life.start(2, "Seed: Ready for the Rest", at(3, 6, 9), slug=GATE, touched_at=at(3, 11, 14))


async def many(life: Life, now: datetime) -> None:
    """Thirty workshops: twenty-two in the free part, three in the paid part, five finished."""
    await life.begin(at(2, 1))
    unlocks = {
        4: at(2, 20),
        7: at(3, 1),
        10: at(3, 9),
        13: at(3, 24),
        16: at(4, 2),
        19: at(5, 10),
        22: at(6, 15),
        25: at(6, 24),
    }
    buys = {4: (SERIAL, at(2, 19)), 13: (SERIAL, at(3, 20)), 19: (SINGLE, at(5, 2)), 22: (SERIAL, at(6, 10))}
    paid_count = 0
    for number in range(1, 31):
        if number in buys:
            slug, bought_at = buys[number]
            await life.buy(slug, list(buys).index(number) + 1, bought_at)
        paid_count += number in unlocks
        await _one_of_many(life, number, unlocks.get(number), paid_count)


async def _one_of_many(life: Life, number: int, unlock_at: datetime | None, paid_count: int) -> None:
    title, started_at = f"Seed: {topic(number)}", at(2, 2) + timedelta(days=3 * number)
    if unlock_at is None:
        await life.start(number, title, started_at, slug=FREE_STEPS[number % len(FREE_STEPS)].slug)
        return
    done = paid_count <= 5
    slug = PAID_STEPS[paid_count % len(PAID_STEPS)].slug
    touched_at = unlock_at + timedelta(days=6)
    started = await life.start(
        number, title, unlock_at - timedelta(days=5), slug=slug, done=done, touched_at=touched_at
    )
    await life.unlock(started, unlock_at)


async def debt(life: Life, now: datetime) -> None:
    """A credit that was used before its payment was disputed."""
    await life.begin(at(3, 2, 8, 30))
    bought = await life.buy(SINGLE, 1, at(3, 2, 9))
    workshop = await life.start(
        1, "Seed: Disputed Workshop", at(3, 2, 9, 30), slug=FIRST_PAID, touched_at=at(3, 3, 10)
    )
    await life.unlock(workshop, at(3, 3, 10))
    await life.dispute(bought, at(3, 20, 8))


async def grandfathered(life: Life, now: datetime) -> None:
    """A workshop from before the paywall."""
    await life.begin(at(12, 10, year=2024))
    started_at = at(12, 15, 10, year=2024)
    await life.start(
        1, "Seed: Before the Paywall", started_at, slug=FIRST_PAID, touched_at=at(12, 20, year=2024)
    )


async def operator(life: Life, now: datetime) -> None:
    """One of the support team."""
    await life.begin(at(1, 2, year=2025))
