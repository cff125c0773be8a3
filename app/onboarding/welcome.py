"""Decides what the welcome panel tells whom, ends it for good, and brings it back. Knows no page and no step by name."""

from dataclasses import dataclass

from app.database import row
from app.web.words import said

_DISMISS = """
UPDATE users SET onboarding_complete = true, updated_at = clock_timestamp()
 WHERE clerk_user_id = $1 AND NOT onboarding_complete"""

_AGAIN = """
UPDATE users
   SET onboarding_complete = false, gate_hint_seen = false, history_hint_seen = false, updated_at = clock_timestamp()
 WHERE clerk_user_id = $1
   AND (onboarding_complete OR gate_hint_seen OR history_hint_seen)"""


@dataclass(frozen=True, slots=True)
class Latest:
    """The workshop a person made last."""

    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a newcomer is told; the step numbers come from the step list, the price from the catalogue.

    `latest` is None before the first workshop.
    """

    step_count: int
    first_free: int
    last_free: int
    paid_range: str
    price_credits: int
    balance_credits: int
    latest: Latest | None

    @property
    def label(self) -> str:
        """What the button does."""
        return said("Continue “%(title)s”", title=self.latest.title) if self.latest else said("Get started")

    @property
    def onward(self) -> str:
        """Where the button leads."""
        return self.latest.href if self.latest else "/workshops/new"


async def dismiss_welcome(user_id: str) -> None:
    """Remember that the person has seen the welcome panel.

    Repeat: changes nothing.
    """
    await row(_DISMISS, user_id)


async def welcome_again(user_id: str) -> None:
    """Forget that the person has seen the welcome panel and the hints. Repeat: changes nothing."""
    await row(_AGAIN, user_id)
