"""A comparison is killed before and after its round trips to the database; the next one finishes. C01, RECN-02."""

from functools import partial

import pytest

from app.clock import utc_now
from app.database import DB
from app.payments.stripe_gateway import stripe_gateway
from app.reconcile.reconcile import reconcile
from app.reconcile.step import Means
from tests.checkout.bank import refund
from tests.checkout.till import Till, movements_of, settings_for
from tests.factories import make_user, make_workshop
from tests.mortality import Moment, is_survived
from tests.oracle import Findings, Told, judged, paid_sessions
from tests.proof import IS_PROOF
from tests.reconcile.books import assert_a_second_run_writes_nothing
from tests.reconcile.test_runners import until_free

STEP = 1 if IS_PROOF else 5
MOST_TRIPS = 100
BOUGHT = ("purchase", "completed", 1)


async def one_run(till: Till) -> None:
    """In a process of its own the connections of the gateway are its own too."""
    async with stripe_gateway(settings_for(till.sandbox.url)) as gateway:
        await reconcile(Means(gateway, till.shop.rules, utc_now))


@pytest.mark.proof
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_killed_run_is_whole_or_nothing_for_each_purchase_and_the_next_one_finishes(
    till: Till, moment: Moment
) -> None:
    for trip in range(1, MOST_TRIPS, STEP):
        alice, bob = await make_user(), await make_user(name="Bob")
        workshop = await make_workshop(user_id=alice, current_step="journey-mapping")
        refunded = await till.bought(bob)
        await till.fulfil(refunded)
        await till.bought(alice, intent_workshop_id=workshop)
        refund(till, refunded)
        work = partial(one_run, till)
        has_ended = await is_survived(work, str(DB.config["dsn"]), moment=moment, trip=trip)
        both = [BOUGHT, ("consumption", "completed", -1)]
        back = [BOUGHT, ("refund", "completed", -1)]
        assert await movements_of(alice) in ([], both)
        assert await movements_of(bob) in ([BOUGHT], back)
        assert (await until_free(till)).is_clean
        assert (await movements_of(alice), await movements_of(bob)) == (both, back)
        if has_ended:
            assert trip > 15  # premise: it was killed on its way before
            break
    else:
        raise AssertionError("the run never ended")
    assert await judged(Told(paid_sessions(till.made("checkout.session")))) == Findings()
    await assert_a_second_run_writes_nothing(till)
    if IS_PROOF:
        print(
            f"C01: a comparison killed {moment} each of {trip - 1} round trips: nothing half, nothing doubled"
        )
