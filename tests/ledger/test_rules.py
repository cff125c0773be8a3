"""What the ledger computes from values alone."""

from app.ledger import rules


def test_a_debt_is_what_is_below_zero() -> None:
    assert [rules.debt_of(balance_credits) for balance_credits in (-2, 0, 3)] == [2, 0, 0]
