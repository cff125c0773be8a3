"""Tells the sandbox's time, which can be moved forward but never back. Knows nothing of what waits for it."""

import time


class Clock:
    """The wall clock plus whatever it was advanced by."""

    def __init__(self, time_scale: float) -> None:
        self.time_scale = time_scale
        self.advanced_seconds = 0.0

    def now(self) -> float:
        """Seconds since the epoch, as the sandbox sees them."""
        return time.time() + self.advanced_seconds

    def advance(self, seconds: float) -> None:
        """Move the sandbox's time forward."""
        self.advanced_seconds += seconds

    def after(self, seconds: float) -> float:
        """The moment a wait that Stripe would make is over here."""
        return self.now() + seconds / self.time_scale
