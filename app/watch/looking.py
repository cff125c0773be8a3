"""One look at everything that can be wrong, by one process at a time."""

import structlog

from app.clock import Clock
from app.database import only_one, row, tx
from app.watch.signs import Sign, questions
from app.watch.telling import tell

LOOK_EVERY_SECONDS = 30  # whatever is wrong is said within a minute
# Elsewhere a statement is planned once for whatever is asked; here it matters that little has changed since the last look.
PLANNED_FOR_WHAT_IS_NEW = "SELECT set_config('plan_cache_mode', 'force_custom_plan', true)"
log = structlog.get_logger("app.watch")


class Watch:
    """Whoever looks again and again keeps one of these: it remembers what was counted before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._questions = questions()

    async def look(self) -> None:
        """Look, and have the log told what is new. Nothing, while another process looks.

        Inside: a pool. A question that fails is a line of its own; nothing is said of what it asks about.
        """
        async with only_one("watch") as won:
            if won:
                await self._look()

    async def _look(self) -> None:
        now, signs = self._clock(), []
        for about, asked in self._questions.items():
            try:
                async with tx(readonly=True):
                    await row(PLANNED_FOR_WHAT_IS_NEW)
                    signs.append(Sign(about, await asked(now)))
            except Exception as error:
                log.error("watch_failed", about=about.value, exc_info=error)
        await tell(signs, now)
