"""The server is killed with kill -9 while people buy and unlock: nothing paid is lost, nothing is given twice.

A small run each time, a large one by `make proof`; and the same harness on two products that are wrong on purpose.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.databases import Server
from tests.oracle import Findings
from tests.proof import IS_PROOF, chosen_seed
from tests.reliability.installation import Installation, installed
from tests.reliability.kills import Plan, carried_out

pytestmark = [pytest.mark.proof, pytest.mark.timeout(5400 if IS_PROOF else 1200)]
KILLS, PEOPLE, OPERATIONS, SEEDS = (200, 8, 10_000, 3) if IS_PROOF else (6, 4, 40, 1)
SEED = chosen_seed()
BUGS = "tests.reliability.seeded_bugs"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def here(server: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    async with installed(Path(tmp_path_factory.mktemp("kills")) / "log") as running:
        yield running


@pytest.mark.parametrize("turn", range(SEEDS))
async def test_whatever_is_killed_every_payment_counts_once(here: Installation, turn: int) -> None:
    """C01, C02, C06, C18, BILL-03: every payment and every acknowledged unlock is there, exactly once."""
    outcome = await carried_out(Plan(KILLS, PEOPLE, SEED + turn, OPERATIONS), here)
    print(outcome)
    assert outcome.findings == Findings(), str(outcome)
    assert (len(outcome.hits), outcome.halves_seen) == (KILLS, 0), str(outcome)
    assert all(hit.is_work for hit in outcome.hits)
    assert min(outcome.hits_by_place.values()) >= KILLS // 3
    assert outcome.inside_transactions >= 0.6
    assert outcome.heard.operations >= OPERATIONS
    assert outcome.heard.statuses[500] == 0
    assert outcome.told.paid and outcome.told.unlocked  # premise: people came through all the same


async def test_the_oracle_sees_what_a_product_loses_that_marks_before_it_applies(here: Installation) -> None:
    """The seeded bug: killed between the stamp and the credits, redelivery finds nothing to do."""
    wrong = Plan(
        1, 2, chosen_seed(), factory=f"{BUGS}:mark_first", aim=lambda seen: seen.marked_only > 0, debits=0
    )
    outcome = await carried_out(wrong, here)
    print(outcome)
    assert len(outcome.findings.lost) >= outcome.hits[0].marked_only, str(outcome)
    assert outcome.findings.doubled == ()


async def test_the_oracle_sees_what_a_product_doubles_that_applies_before_it_marks(
    here: Installation,
) -> None:
    """The seeded bug: killed between the credits and the mark, redelivery gives them again."""
    wrong = Plan(
        1, 2, chosen_seed(), factory=f"{BUGS}:apply_first", aim=lambda seen: seen.applied_only > 0, debits=0
    )
    outcome = await carried_out(wrong, here)
    print(outcome)
    assert len(outcome.findings.doubled) >= outcome.hits[0].applied_only, str(outcome)
    assert outcome.findings.lost == ()
