"""The process is killed before and after each round trip of an unlock, and of its undoing: all of it, or nothing."""

from functools import partial

import pytest

from app.clock import utc_now
from app.ledger.posting import Actor
from app.workshops.undo import Undone, undo_unlock
from tests.checkout.till import movements_of
from tests.factories import make_user
from tests.mortality import MOST_TRIPS, Moment, is_survived
from tests.proof import IS_PROOF
from tests.workshops.stories import (
    Stored,
    at_gate,
    balance_of,
    consumptions_of,
    findings_of,
    stored,
    unlocked,
)

pytestmark = [pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning"), pytest.mark.proof]
BOTH = pytest.mark.parametrize("moment", ["before", "after"])
STEP = 1 if IS_PROOF else 3


@BOTH
async def test_a_killed_unlock_is_whole_or_nothing_and_a_retry_makes_it_whole(
    pool: None, database_url: str, moment: Moment
) -> None:
    """CRED-02, C01: row, balance, stamp and step, at each of the round trips to the database."""
    for trip in range(1, MOST_TRIPS):
        alice = await make_user(balance_credits=2)
        workshop = await at_gate(alice)
        untouched = await stored(workshop)
        has_ended = await is_survived(
            partial(unlocked, alice, workshop), database_url, moment=moment, trip=trip
        )
        await _require_whole_or_nothing(alice, workshop, untouched)
        await unlocked(alice, workshop)
        assert (await balance_of(alice), await consumptions_of(alice)) == (1, [workshop])
        assert (await stored(workshop)).current_step == "reframe"
        assert await findings_of(alice) == []
        if has_ended:
            assert trip > 5  # premise: it was killed at each of the trips before
            return
    raise AssertionError("the unlock never ended")


async def undone(user_id: str, workshop_id: str) -> Undone:
    return await undo_unlock(user_id, workshop_id, None, now=utc_now(), actor=Actor("user", user_id))


@BOTH
async def test_a_killed_undoing_is_whole_or_nothing_and_a_retry_makes_it_whole(
    pool: None, database_url: str, moment: Moment
) -> None:
    """CRED-02, C01, M05: the credit that comes back, the stamp and the step."""
    given = ("grant", "completed", 2), ("consumption", "completed", -1)
    for trip in range(1, MOST_TRIPS, STEP):
        alice = await make_user(balance_credits=2)
        workshop = await at_gate(alice)
        await unlocked(alice, workshop)
        untouched = await stored(workshop)
        has_ended = await is_survived(
            partial(undone, alice, workshop), database_url, moment=moment, trip=trip
        )
        after = await stored(workshop)
        assert await balance_of(alice) == (1 if after.is_unlocked else 2)
        assert after == untouched if after.is_unlocked else after.current_step == "journey-mapping"
        await undone(alice, workshop)
        assert await movements_of(alice) == [*given, ("reversal", "completed", 1)]
        assert (await balance_of(alice), (await stored(workshop)).is_unlocked) == (2, False)
        assert await findings_of(alice) == []
        if has_ended:
            assert trip > 5
            return
    raise AssertionError("the undoing never ended")


async def _require_whole_or_nothing(user_id: str, workshop_id: str, untouched: Stored) -> None:
    after = await stored(workshop_id)
    if after.is_unlocked:
        assert (await balance_of(user_id), await consumptions_of(user_id)) == (1, [workshop_id])
        assert (after.current_step, after.statuses["journey-mapping"]) == ("reframe", "completed")
    else:
        assert (await balance_of(user_id), await consumptions_of(user_id)) == (2, [])
        assert after == untouched
