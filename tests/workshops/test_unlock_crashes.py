"""The process is killed before and after each round trip of an unlock: all of it is there, or nothing."""

from functools import partial

import pytest

from tests.factories import make_user
from tests.mortality import MOST_TRIPS, Moment, is_survived
from tests.workshops.stories import (
    Stored,
    at_gate,
    balance_of,
    consumptions_of,
    findings_of,
    stored,
    unlocked,
)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("moment", ["before", "after"])
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


async def _require_whole_or_nothing(user_id: str, workshop_id: str, untouched: Stored) -> None:
    after = await stored(workshop_id)
    if after.is_unlocked:
        assert (await balance_of(user_id), await consumptions_of(user_id)) == (1, [workshop_id])
        assert (after.current_step, after.statuses["journey-mapping"]) == ("reframe", "completed")
    else:
        assert (await balance_of(user_id), await consumptions_of(user_id)) == (2, [])
        assert after == untouched
