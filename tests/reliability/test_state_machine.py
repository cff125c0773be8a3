"""Ten thousand steps of people, Stripe, webhooks, crashes and comparisons, in any order: the books follow the model.

Small in every run, large by `make proof`. The seed is printed; the same seed gives the same trace.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.checkout.till import SECRET
from tests.conftest import beside_other_pools
from tests.databases import Database, Server, fresh_database
from tests.proof import IS_PROOF, chosen_seed
from tests.reliability.machine import Machine, Record
from tests.reliability.model import Model
from tests.reliability.stage import Bridge
from tests.sandbox_server import RunningSandbox, running_sandbox

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
STEPS = 10_000 if IS_PROOF else 120
STEPS_OF_A_STORY = 40
STORIES_AT_ONCE = 50 if IS_PROOF else 4
NEVER = 1e-9  # by the sandbox's own clock: whatever it would do by itself comes in some thousand years


@dataclass(frozen=True)
class Place:
    """Where the stories play, one after the other."""

    sandbox: RunningSandbox
    database: Database


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def place(server: Server) -> AsyncIterator[Place]:
    with beside_other_pools():
        async with running_sandbox(webhook_secret=SECRET, time_scale=NEVER) as running:
            yield Place(running, fresh_database())


async def played(
    place: Place,
    number: int,
    stories: int,
    *,
    steps: int = STEPS_OF_A_STORY,
    shrinks: bool = False,
) -> Record:
    """So many stories by this seed, each on an empty database. Hypothesis always begins with the dullest one."""

    class Here(Machine):
        """Of its own for each run: Hypothesis keeps the seed on the class."""

    Here.sandbox, Here.database = place.sandbox, place.database
    Here.bridge, Here.record = Bridge(asyncio.get_running_loop()), Record()
    how = settings(
        max_examples=stories,
        stateful_step_count=steps,
        phases=[Phase.generate, Phase.shrink] if shrinks else [Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, seed(number)(Here), settings=how)
    return Here.record


@pytest.mark.proof
@pytest.mark.timeout(7200)
async def test_whatever_happens_in_whatever_order_the_books_follow_the_model(place: Place) -> None:
    """M15, M20, M25, C01, BILL-03, BILL-04, RECN-02: buy, pay, hear, land, consume, refund, dispute, crash, reconcile."""
    number = chosen_seed()
    print(f"seed {number}")
    steps, deaths, turn = Counter[str](), 0, 0
    while steps.total() < STEPS or deaths < STEPS // 50:  # some stories end early, some kills come too late
        record = await played(place, number + turn, STORIES_AT_ONCE, shrinks=not IS_PROOF)
        steps, deaths, turn = steps + record.steps, deaths + record.deaths, turn + 1
    kinds = ", ".join(f"{count} {name}" for name, count in steps.most_common())
    print(
        f"State machine: {steps.total()} steps, {deaths} of them killed -9: 0 violations; "
        f"seeds {number} to {number + turn - 1}\n  {kinds}"
    )


async def test_the_same_seed_gives_the_same_trace(place: Place) -> None:
    first, again, other = [await played(place, number, 3, steps=12) for number in (7, 7, 8)]
    assert first.trace == again.trace
    assert first.trace != other.trace


async def test_a_model_that_forgets_refunds_is_told_apart_from_the_product(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison can fail."""
    monkeypatch.setattr(Model, "hear_of_money", Model.hear_of_payment)
    with pytest.raises(AssertionError):
        await played(place, 7, 12)
