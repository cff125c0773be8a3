"""How many credits follow money that went back: from values alone, for every order, split and status."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.checkout.money_back import NOTHING, MoneyBack, Reason, money_back, reason_for, target_credits
from app.checkout.payment_words import is_held
from app.payments.gateway import Dispute, Refund

AT = datetime(2026, 11, 24, tzinfo=UTC)
CREDITS, PRICE_CENTS = 3, 14_900
HOLDING = (
    "needs_response",
    "under_review",
    "appeal_needs_response",
    "appeal_under_review",
    "lost",
    "invented_tomorrow",
    None,
)
INQUIRIES = ("warning_needs_response", "warning_under_review", "warning_closed")
LETTING_GO = ("won", "prevented", *INQUIRIES)


def refund(cents: int, status: str | None = "succeeded", name: str = "re_1") -> Refund:
    return Refund(name, cents, "usd", status, "pi_1")


def dispute(status: str | None, name: str = "du_1", at: datetime | None = AT) -> Dispute:
    return Dispute(name, status, "pi_1", created_at=at)


def target(back: MoneyBack) -> int:
    return target_credits(CREDITS, PRICE_CENTS, back)


@pytest.mark.parametrize(
    ("cents", "credits"),
    [
        (0, 0),
        (1, 0),
        (4900, 0),
        (4966, 0),
        (4967, 1),
        (5000, 1),
        (9933, 1),
        (9934, 2),
        (14_899, 2),
        (14_900, 3),
    ],
)
def test_credits_follow_a_refund_by_whole_parts(cents: int, credits: int) -> None:
    """REFD-01: the floor of credits × returned ÷ paid; all of them when all is returned."""
    assert target(money_back([refund(cents)], [])) == credits


def test_nothing_that_went_back_takes_nothing() -> None:
    assert money_back([], []) == NOTHING
    assert (target(NOTHING), NOTHING.moved) == (0, False)


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=10), st.integers(1, 50))
def test_a_refund_in_parts_takes_what_the_sum_takes(parts: list[int], credits: int) -> None:
    """M18: after each step the floor of the sum, never fewer than before, and all exactly at the end."""
    paid, so_far, before = sum(parts), 0, 0
    for number in range(1, len(parts) + 1):
        so_far += parts[number - 1]
        refunds = [refund(cents, name=f"re_{at}") for at, cents in enumerate(parts[:number])]
        taken = target_credits(credits, paid, money_back(refunds, []))
        assert taken == credits * so_far // paid
        assert before <= taken <= credits
        before = taken
    assert before == credits


@pytest.mark.parametrize(
    "status", ["pending", "requires_action", "failed", "canceled", None, "invented_tomorrow"]
)
def test_only_a_refund_that_succeeded_counts(status: str | None) -> None:
    """M19. What is neither decided nor known is waited for."""
    back = money_back([refund(PRICE_CENTS, status)], [])
    assert (target(back), back.refunded_cents, back.moved) == (0, 0, False)
    assert back.pending_cents == (0 if status in ("failed", "canceled") else PRICE_CENTS)


@pytest.mark.parametrize("status", HOLDING)
def test_a_dispute_that_may_cost_the_money_holds_all_credits(status: str | None) -> None:
    """REFD-02, M22, M25: open, lost, and whatever we do not know."""
    for refunds in ([], [refund(4900)], [refund(PRICE_CENTS)]):
        assert target(money_back(refunds, [dispute(status)])) == CREDITS


@pytest.mark.parametrize("status", LETTING_GO)
def test_a_dispute_that_moves_no_money_holds_nothing_but_what_refunds_took(status: str) -> None:
    """REFD-02, M22, M23: won, prevented, or only an inquiry."""
    assert target(money_back([], [dispute(status)])) == 0
    assert target(money_back([refund(5000)], [dispute(status)])) == 1


@given(
    st.lists(st.sampled_from((*HOLDING, *LETTING_GO)), max_size=4),
    st.lists(
        st.tuples(st.integers(1, 20_000), st.sampled_from(("succeeded", "pending", "failed"))), max_size=5
    ),
)
def test_never_more_is_taken_than_was_given(
    statuses: list[str | None], refunds: list[tuple[int, str]]
) -> None:
    """M21: refunds and disputes on one payment, in any number."""
    disputes = [dispute(status, f"du_{number}") for number, status in enumerate(statuses)]
    back = money_back([refund(cents, status, f"re_{cents}") for cents, status in refunds], disputes)
    assert 0 <= target(back) <= CREDITS
    assert back.is_held == any(status in HOLDING for status in statuses)
    if back.is_held:
        assert target(back) == CREDITS


@given(st.permutations([dispute("won", "du_1"), dispute("warning_closed", "du_2"), dispute("lost", "du_3")]))
def test_of_several_disputes_the_gravest_is_named_in_whatever_order_they_come(
    disputes: list[Dispute],
) -> None:
    assert money_back([], disputes).dispute_status == "lost"


@pytest.mark.parametrize(
    ("statuses", "gravest"),
    [
        (("lost", "needs_response"), "needs_response"),
        (("won", "warning_under_review"), "warning_under_review"),
        (("won", "warning_closed"), "won"),
        (("warning_under_review", "lost"), "lost"),
        ((None, "won"), "unknown"),
    ],
)
def test_what_can_still_be_decided_is_looked_at_first(statuses: tuple[str | None, ...], gravest: str) -> None:
    for order in permutations(statuses):
        back = money_back([], [dispute(status, f"du_{at}") for at, status in enumerate(order)])
        assert back.dispute_status == gravest
        assert back.is_held == is_held(gravest)


def test_of_equal_disputes_the_newer_one_gives_the_day() -> None:
    newer = dispute("won", "du_2", AT + timedelta(days=1))
    assert (
        money_back([], [newer, dispute("won"), dispute("won", "du_0", None)]).disputed_at == newer.created_at
    )


def test_two_states_at_stripe_are_told_apart_and_their_order_is_not() -> None:
    refunds = [refund(100), refund(200, name="re_2")]
    seen = money_back(refunds, [dispute("won")]).seen
    assert money_back(refunds[::-1], [dispute("won")]).seen == seen
    others = [
        money_back(refunds, []),
        money_back(refunds, [dispute("lost")]),
        money_back([refund(100), refund(200, "failed", "re_2")], [dispute("won")]),
        money_back([refund(100), refund(200, name="re_3")], [dispute("won")]),
        money_back([refund(101), refund(200, name="re_2")], [dispute("won")]),
    ]
    assert seen not in {other.seen for other in others}


@pytest.mark.parametrize(
    ("change", "was_held", "status", "reason"),
    [
        (-1, False, None, Reason.REFUNDED),
        (-3, False, "needs_response", Reason.DISPUTED),
        (-3, True, "won", Reason.REFUNDED),
        (+3, True, "won", Reason.DISPUTE_ENDED),
        (+1, False, None, Reason.REFUND_FAILED),
        (+1, False, "won", Reason.REFUND_FAILED),
    ],
)
def test_each_movement_has_its_reason(
    change: int, was_held: bool, status: str | None, reason: Reason
) -> None:
    back = money_back([], [dispute(status)] if status else [])
    assert reason_for(change, was_held=was_held, back=back) is reason
