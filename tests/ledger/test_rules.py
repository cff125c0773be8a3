"""The ledger's arithmetic, as a property of every chain that honest movements can make, and of broken ones."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.ledger import rules
from app.ledger.rules import Kind, Link

movements = st.lists(
    st.tuples(st.sampled_from(Kind), st.integers(min_value=1, max_value=50)), min_size=1, max_size=30
)


def chain(wanted: list[tuple[Kind, int]]) -> list[Link]:
    """The chain that these movements make; those that would overdraw are left out."""
    links: list[Link] = []
    balance_credits = 0
    for kind, size in wanted:
        takes = kind in (Kind.CONSUMPTION, Kind.REFUND)
        change_credits = -size if takes else size
        if (
            takes
            and kind is not Kind.REFUND
            and not rules.may_consume(balance_credits=balance_credits, price_credits=size)
        ):
            continue
        after = balance_credits + change_credits
        links.append(Link(len(links) + 1, kind, change_credits, balance_credits, after))
        balance_credits = after
    return links


@given(movements)
def test_honest_movements_make_a_whole_chain(wanted: list[tuple[Kind, int]]) -> None:
    links = chain(wanted)
    balance_credits = links[-1].balance_after_credits if links else 0
    assert rules.chain_problems(links, balance_credits=balance_credits) == []
    assert balance_credits == sum(link.change_credits for link in links)


@given(movements, st.data())
def test_any_figure_changed_in_a_chain_is_noticed(
    wanted: list[tuple[Kind, int]], data: st.DataObject
) -> None:
    links = chain([(Kind.GRANT, 1), *wanted])
    balance_credits = links[-1].balance_after_credits
    index = data.draw(st.integers(0, len(links) - 1))
    field = data.draw(
        st.sampled_from(["seq", "change_credits", "balance_before_credits", "balance_after_credits"])
    )
    by = data.draw(st.sampled_from([-2, -1, 1, 2]))
    broken = [*links]
    broken[index] = replace(links[index], **{field: getattr(links[index], field) + by})
    assert rules.chain_problems(broken, balance_credits=balance_credits)


@given(movements, st.data())
def test_a_row_that_is_missing_is_noticed(wanted: list[tuple[Kind, int]], data: st.DataObject) -> None:
    links = chain([(Kind.GRANT, 1), *wanted])
    index = data.draw(st.integers(0, len(links) - 1))
    rest = links[:index] + links[index + 1 :]
    assert rules.chain_problems(rest, balance_credits=links[-1].balance_after_credits)


def test_an_overdraft_is_noticed_unless_it_is_a_refund() -> None:
    overdrawn = Link(1, Kind.CONSUMPTION, -1, 0, -1)
    assert rules.chain_problems([overdrawn], balance_credits=-1)
    assert not rules.chain_problems([replace(overdrawn, kind=Kind.REFUND)], balance_credits=-1)


def test_a_debt_is_what_is_below_zero() -> None:
    assert [rules.debt_of(balance) for balance in (-2, 0, 3)] == [2, 0, 0]
