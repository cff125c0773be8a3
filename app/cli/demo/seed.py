"""Makes the demo people with their histories, all or nothing. Decides only who is made and who is left alone."""

from dataclasses import dataclass
from datetime import datetime

from app.accounts.sign_in.demo import DEMO_PEOPLE, DemoPerson
from app.catalog.packs import Catalog, load_catalog
from app.cli.demo import long_history, stories
from app.cli.demo.life import Life, SeedFailed
from app.clock import Clock
from app.database import row, tx
from app.settings import Settings, load_settings

STORIES: dict[str, stories.Story] = {
    "zero": stories.zero,
    "funded": stories.funded,
    "active": stories.active,
    "refund": stories.refund,
    "pending": stories.pending,
    "onboarding": stories.onboarding,
    "gate": stories.gate,
    "ready": stories.ready,
    "many": stories.many,
    "debt": stories.debt,
    "long": long_history.long,
    "grandfathered": stories.grandfathered,
    "operator": stories.operator,
}

STANDING = """
SELECT EXISTS (SELECT FROM users WHERE clerk_user_id = $1) AS is_here,
       EXISTS (SELECT FROM purchases WHERE clerk_user_id = $1)
       OR EXISTS (SELECT FROM workshops WHERE clerk_user_id = $1)
       OR EXISTS (SELECT FROM credit_transactions WHERE clerk_user_id = $1) AS has_history
"""

PATIENCE = """
SELECT set_config('lock_timeout', '30s', true),          -- another seed at the same moment: wait for it
       set_config('statement_timeout', '30s', true),
       pg_advisory_xact_lock(hashtext('billing seed'))
"""


@dataclass(frozen=True, slots=True)
class SeedReport:
    """Who was made, and who was there already and left as they are."""

    made: tuple[str, ...]
    kept: tuple[str, ...]

    def __str__(self) -> str:
        if not self.made:
            return f"The {len(self.kept)} demo people are here already; nothing was changed."
        beside = f"; {len(self.kept)} were here already and keep what they did" if self.kept else ""
        return f"{len(self.made)} demo people made: {', '.join(self.made)}{beside}."


async def seed_demo(clock: Clock, *, settings: Settings | None = None) -> SeedReport:
    """Make the demo people who are not there yet, each with the whole of their history.

    Inside: a tx of its own, one for everybody; killed anywhere, nothing was written.
    Repeat: changes nothing. Whoever has any workshop, purchase or movement is left alone.
    Raises: SeedFailed: in production, beside a live key, or with a catalogue that the stories do not fit.
    """
    chosen = settings or load_settings()
    if chosen.is_production or chosen.is_live:
        raise SeedFailed("demo people are never made in production or beside a live Stripe key")
    catalog, now = load_catalog(chosen.catalog_file), clock()
    async with tx():
        await row(PATIENCE)
        made = {person.name for person in DEMO_PEOPLE if await _is_made(person, catalog, now)}
    names = [person.name for person in DEMO_PEOPLE]
    return SeedReport(
        made=tuple(name for name in names if name in made),
        kept=tuple(name for name in names if name not in made),
    )


async def _is_made(person: DemoPerson, catalog: Catalog, now: datetime) -> bool:
    """Tell the person's story, unless they have one; True when that changed anything."""
    before = await row(STANDING, person.user_id)
    if before is None or before["has_history"]:
        return False
    await STORIES[person.name](Life(person, catalog), now)
    after = await row(STANDING, person.user_id)
    return not before["is_here"] or bool(after and after["has_history"])
