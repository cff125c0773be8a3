"""The balance in words: the numbers add up, zero parts are left out, each number leads to its rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.transactions.balance.explaining import Part, Sums, balance_sentence


def said(parts: tuple[Part, ...]) -> str:
    return "".join(part.words + part.number for part in parts)


@pytest.mark.parametrize(
    ("sums", "words"),
    [
        (
            Sums(purchase=10, grant=2, consumption=-5, refund=-1),
            "You bought 10 credits, were given 2, used 5, and 1 was taken back after a refund. 6 left.",
        ),
        (Sums(purchase=3, consumption=-1), "You bought 3 credits and used 1. 2 left."),
        (Sums(purchase=1), "You bought 1 credit. 1 left."),
        (Sums(grant=1200), "You were given 1,200 credits. 1,200 left."),
        (
            Sums(purchase=2, consumption=-1, reversal=1),
            "You bought 2 credits, got back 1, and used 1. 2 left.",
        ),
        (Sums(purchase=3, refund=-3), "You bought 3 credits and 3 were taken back after a refund. 0 left."),
        (
            Sums(purchase=3, adjustment=-1),
            "You bought 3 credits and 1 was removed by a correction. 2 left.",
        ),
        (Sums(adjustment=2), "2 credits were added by a correction. 2 left."),
        (
            Sums(purchase=1, consumption=-1, refund=-1),
            "You bought 1 credit, used 1, and 1 was taken back after a refund. You owe 1 credit, because a payment "
            "was returned after its credit was used. Your next purchase pays it first.",
        ),
        (
            Sums(purchase=3, refund=-3, disputed=-3),
            "You bought 3 credits and 3 were taken back after a dispute. 0 left.",
        ),
        (
            Sums(purchase=4, refund=-4, disputed=-3),
            "You bought 4 credits and 4 were taken back after refunds and disputes. 0 left.",
        ),
        (Sums(), "You have no credits yet, and need none to start a workshop."),
    ],
)
def test_the_sentence_reads(sums: Sums, words: str) -> None:
    assert said(balance_sentence(sums).parts) == words


def test_pending_credits_are_a_second_sentence() -> None:
    assert said(balance_sentence(Sums(pending=3)).pending) == "3 credits are pending and not counted yet."
    assert said(balance_sentence(Sums(pending=1)).pending) == "1 credit is pending and not counted yet."
    assert balance_sentence(Sums(purchase=1)).pending == ()


@given(
    st.builds(
        Sums,
        purchase=st.integers(0, 50),
        grant=st.integers(0, 50),
        consumption=st.integers(-50, 0),
        refund=st.integers(-50, 0),
        reversal=st.integers(0, 50),
        adjustment=st.integers(-50, 50),
    )
)
def test_the_numbers_add_up_to_the_balance(sums: Sums) -> None:
    signs = {"purchase": 1, "grant": 1, "reversal": 1, "consumption": -1, "refund": -1}
    signs["adjustment"] = 1 if sums.adjustment > 0 else -1
    total = 0
    for part in balance_sentence(sums).parts:
        if part.href:
            kind = part.href.removeprefix("/transactions?type=").removesuffix("&status=completed")
            total += signs[kind] * int(part.number.split()[0])
    assert total == sums.balance_credits
