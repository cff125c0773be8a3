"""The person with two hundred rows: buying and using from January 2025 to October 2026. The same each time.

Nobody buys sixty packs in two years, but pages must show what a long history looks like.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from app.accounts.sign_in.demo import demo_person
from app.cli.demo.life import Bought, Life, Started
from app.cli.demo.notes import topic
from app.cli.demo.stories import GATE, SERIAL, SINGLE
from app.ledger import posting
from app.ledger.posting import Actor
from app.workshops.steps import PAID_STEPS

FIRST_DAY = datetime(2025, 1, 6, tzinfo=UTC)
PURCHASES, USES = 60, 127
DAYS_BETWEEN = 11
RETURNED = (8, 28, 48)  # numbers of purchases, each a single one
UNDONE = (20, 75)  # numbers of uses
GONE = (40, 80, 120)  # numbers of uses whose workshop is not even in the database any more
GIFTS = (
    (datetime(2025, 3, 14, 15, 5, tzinfo=UTC), "an evening on which nothing could be saved"),
    (datetime(2025, 9, 2, 9, 40, tzinfo=UTC), "a thank-you for twelve interviews"),
    (datetime(2026, 2, 11, 16, 20, tzinfo=UTC), "a receipt that came late"),
    (datetime(2026, 8, 19, 10, 10, tzinfo=UTC), "a thank-you for the second summer school"),
)
CORRECTED_AT = datetime(2026, 5, 20, 11, 30, tzinfo=UTC)
IN_VAIN = (datetime(2025, 7, 8, 13, 15, tzinfo=UTC), datetime(2026, 4, 9, 9, 50, tzinfo=UTC))
STILL_SETTLING_AT = datetime(2026, 10, 28, 14, 45, tzinfo=UTC)


class What(IntEnum):
    """What happens; at one and the same moment in this order."""

    BUY = 0
    USE = 1
    UNDO = 2
    RETURN = 3
    GIFT = 4
    CORRECT = 5
    FAIL = 6
    SETTLE = 7


@dataclass(frozen=True, order=True)
class Event:
    """One thing that happens. `number` counts the events of a kind from 1."""

    at: datetime
    what: What
    number: int


def events() -> list[Event]:
    """Two hundred events in their order; each is one row."""
    happened = [Event(bought_at(number), What.BUY, number) for number in range(1, PURCHASES + 1)]
    happened += [Event(used_at(number), What.USE, number) for number in range(1, USES + 1)]
    happened += [Event(used_at(number) + timedelta(minutes=6), What.UNDO, number) for number in UNDONE]
    happened += [
        Event(_day_of(number) + timedelta(days=9, hours=10), What.RETURN, number) for number in RETURNED
    ]
    happened += [Event(moment, What.GIFT, number) for number, (moment, _) in enumerate(GIFTS, start=1)]
    happened += [
        Event(moment, What.FAIL, PURCHASES + number) for number, moment in enumerate(IN_VAIN, start=1)
    ]
    happened += [Event(CORRECTED_AT, What.CORRECT, 1)]
    happened += [Event(STILL_SETTLING_AT, What.SETTLE, PURCHASES + len(IN_VAIN) + 1)]
    return sorted(happened)


def bought_at(number: int) -> datetime:
    """When the purchase of this number was paid, in working hours."""
    return _day_of(number) + timedelta(hours=9, minutes=number * 37 % 480)


def used_at(number: int) -> datetime:
    """When the use of this number happened: spread over the days after the purchase that keeps them covered."""
    purchase = (number * PURCHASES - 1) // USES + 1
    first = USES * (purchase - 1) // PURCHASES + 1
    return _day_of(purchase) + timedelta(days=1 + 3 * (number - first), hours=9, minutes=number * 53 % 480)


def _day_of(purchase: int) -> datetime:
    return FIRST_DAY + timedelta(days=DAYS_BETWEEN * (purchase - 1))


async def long(life: Life, now: datetime) -> None:
    """Two hundred rows."""
    await life.begin(FIRST_DAY - timedelta(days=3))
    history = _History(life, {}, {})
    for event in events():
        await history.let_happen(event)


@dataclass(frozen=True)
class _History:
    """The long life so far: what a later event may refer to."""

    life: Life
    bought: dict[int, Bought]
    unlocked: dict[int, tuple[str, Started]]

    async def let_happen(self, event: Event) -> None:
        """Write the one row of this event, and what it stands on."""
        number, at, life = event.number, event.at, self.life
        match event.what:
            case What.BUY:
                self.bought[number] = await life.buy(SINGLE if number % 4 == 0 else SERIAL, number, at)
            case What.USE:
                await self._use(number, at)
            case What.UNDO:
                await life.undo(*self.unlocked[number], at)
            case What.RETURN:
                await life.get_money_back(self.bought[number], at)
            case What.GIFT:
                await self._receive(number, at)
            case What.CORRECT:
                await self._correct(at)
            case What.FAIL:
                await life.buy_in_vain(SINGLE, number, at, at + timedelta(days=4))
            case What.SETTLE:
                await life.buy_slowly(SERIAL, number, at)

    async def _use(self, number: int, at: datetime) -> None:
        title = f"Seed: {topic(number)} {number}"
        if number in GONE:
            await self.life.unlock_of_the_past(number, title, at)
            return
        slug = GATE if number in UNDONE else PAID_STEPS[number % len(PAID_STEPS)].slug
        started = await self.life.start(
            number,
            title,
            at - timedelta(days=2),
            slug=slug,
            done=number % 3 != 0 and number not in UNDONE,
            touched_at=at + timedelta(days=3),
        )
        self.unlocked[number] = (await self.life.unlock(started, at), started)
        if number % 12 == 5:
            await self.life.delete(started, at + timedelta(days=20))

    async def _receive(self, number: int, at: datetime) -> None:
        reason = GIFTS[number - 1][1]
        await posting.grant(
            self.life.person.user_id,
            1,
            form_key=f"seed-long-{number}",
            reason=reason,
            actor=_support(),
            at=at,
        )

    async def _correct(self, at: datetime) -> None:
        reason = "one of the gifts was meant for somebody else"
        await posting.adjust(
            self.life.person.user_id, -1, form_key="seed-long", reason=reason, actor=_support(), at=at
        )


def _support() -> Actor:
    return Actor("operator", demo_person("operator").user_id)
