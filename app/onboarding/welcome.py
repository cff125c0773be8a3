"""Decides what the welcome panel tells, and ends it for good. Knows no page and no step by name."""

from dataclasses import dataclass

from app.database import row

_DISMISS = """
UPDATE users SET onboarding_complete = true, updated_at = clock_timestamp()
 WHERE clerk_user_id = $1 AND NOT onboarding_complete"""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a newcomer is told; the step numbers come from the step list, the price from the catalogue."""

    step_count: int
    first_free: int
    last_free: int
    paid_range: str
    price_credits: int


async def dismiss_welcome(user_id: str) -> None:
    """Remember that the person has seen the welcome panel.

    Repeat: changes nothing.
    """
    await row(_DISMISS, user_id)
