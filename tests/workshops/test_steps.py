"""The steps, their order, and the gate that hangs on a slug."""

import pytest

from app.errors import NotFound
from app.workshops.steps import (
    FIRST_PAID_SLUG,
    FREE_RANGE,
    FREE_STEPS,
    PAID_RANGE,
    PAID_STEPS,
    STEPS,
    is_paid,
    is_reached,
    step,
    step_after,
)


def test_the_steps_are_numbered_in_their_order() -> None:
    assert [each.number for each in STEPS] == list(range(1, 11))
    assert len({each.slug for each in STEPS}) == len(STEPS)


def test_everything_from_the_gate_on_is_paid() -> None:
    assert PAID_STEPS[0].slug == FIRST_PAID_SLUG == "reframe"
    assert FREE_STEPS + PAID_STEPS == STEPS
    assert [each for each in STEPS if is_paid(each.slug)] == list(PAID_STEPS)
    assert (FREE_RANGE, PAID_RANGE) == ("1–6", "7–10")


@pytest.mark.parametrize("slug", ["", "7", "Reframe", "reframe ", "challenge/", "nowhere"])
def test_what_is_no_step_counts_as_paid_and_is_not_found(slug: str) -> None:
    assert is_paid(slug)
    with pytest.raises(NotFound):
        step(slug)


def test_each_step_knows_the_next_and_the_last_knows_none() -> None:
    assert [step_after(each.slug) for each in STEPS] == [*STEPS[1:], None]


def test_a_step_is_reached_when_the_workshop_stands_at_it_or_beyond() -> None:
    assert is_reached("challenge", "persona")
    assert is_reached("persona", "persona")
    assert not is_reached("reframe", "persona")
