"""A person is forgotten: no trace of what they are called or wrote, and the books as they were."""

from typing import Any

import asyncpg
import pytest
from litestar import Litestar

from app.database import row, rows
from app.ledger.audit import audit
from app.schema import comparison
from app.transactions.story import story_of
from app.transactions.story_view import story_view
from tests.databases import execute
from tests.privacy.somebody import Somebody, somebody
from tests.transactions.signed_in import reading_app, stranger

FIGURES = (
    "id, type, status, amount, seq, balance_before, balance_after, posted_at, created_at, purchase_id, reverses_id,"
    " workshop_id, idempotency_key, stripe_session_id, returned_cents, actor"
)


@pytest.fixture(scope="module")
def app(pool: None) -> Litestar:
    return reading_app()


async def erased(owner_url: str) -> tuple[Somebody, list[Any]]:
    """Somebody who was forgotten, and their figures of before."""
    alice = await somebody()
    before = await figures_of(alice)
    await execute(owner_url, f"SELECT erase_person('{alice.user_id}')")
    return alice, before


async def figures_of(somebody: Somebody) -> list[Any]:
    asked = f"SELECT {FIGURES} FROM credit_transactions WHERE clerk_user_id = $1 ORDER BY id"
    return [tuple(each) for each in await rows(asked, somebody.user_id)]


async def traces_of(somebody: Somebody) -> set[str]:
    """The tables in which this person's word stands, in texts and in bytes."""
    either = f"%{somebody.word}%", f"%{somebody.word.encode().hex()}%"
    found = {}
    for table in comparison.TABLES:
        [counted] = await rows(
            f"SELECT count(*) AS n FROM {table} t WHERE t::text LIKE $1 OR t::text LIKE $2", *either
        )
        found[table] = counted["n"]
    return {table for table, number in found.items() if number}


async def test_no_word_of_the_person_is_left_in_any_table(owner_url: str, pool: None) -> None:
    """O12"""
    alice = await somebody()
    everywhere = {"users", "identities", "sign_in_links", "workshops", "workshop_steps", "purchases"}
    assert await traces_of(alice) == everywhere | {"credit_transactions", "stripe_events", "drafts"}
    await execute(owner_url, f"SELECT erase_person('{alice.user_id}')")
    assert await traces_of(alice) == set()


async def test_every_figure_stays_and_the_books_still_add_up(owner_url: str, pool: None) -> None:
    """O12, HIST-05: descriptions and notes read "[erased]", figures unchanged."""
    alice, before = await erased(owner_url)
    assert before
    assert await figures_of(alice) == before
    assert await audit([alice.user_id]) == []
    told = await rows(
        "SELECT description, note, workshop_title FROM credit_transactions WHERE clerk_user_id = $1",
        alice.user_id,
    )
    assert {each["description"] for each in told} == {"[erased]"}
    assert {each["note"] for each in told} <= {"[erased]", None}
    assert {each["workshop_title"] for each in told} == {"[erased]", None}


async def test_a_story_of_an_erased_person_still_tells_its_figures(owner_url: str, pool: None) -> None:
    """HIST-05"""
    alice, _ = await erased(owner_url)
    used = await row(
        "SELECT id FROM credit_transactions WHERE clerk_user_id = $1 AND type = 'consumption'", alice.user_id
    )
    assert used is not None
    view = story_view(await story_of(alice.user_id, used["id"]))
    assert (view.title, view.change_text) == ("[erased]", "−1 credit")
    assert "You used 1 credit to unlock “[erased]”." in view.told[0]
    assert "3 credits → 2 credits" in [line.text for line in view.lines]


async def test_an_erased_person_is_signed_out_everywhere_and_stays_outside(
    app: Litestar, owner_url: str
) -> None:
    alice, _ = await erased(owner_url)
    answer = await stranger(app, session=alice.token).get("/account")
    assert answer.headers["location"] == "/sign-in?return_to=/account"
    left = await rows(
        "SELECT provider, subject, email FROM identities WHERE clerk_user_id = $1", alice.user_id
    )
    assert [tuple(each) for each in left] == [("clerk", alice.user_id, None)], (
        "an id that names nobody keeps the door shut"
    )


async def test_the_ledger_is_guarded_again_afterwards_and_nothing_of_the_schema_has_changed(
    owner_url: str, pool: None
) -> None:
    """BILL-05, SCHM-08"""
    alice, _ = await erased(owner_url)
    assert await comparison.differences() == []
    with pytest.raises(asyncpg.RestrictViolationError):
        await execute(
            owner_url, f"UPDATE credit_transactions SET amount = 99 WHERE clerk_user_id = '{alice.user_id}'"
        )


async def test_the_applications_role_cannot_forget_anybody(pool: None) -> None:
    alice = await somebody()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await row("SELECT erase_person($1)", alice.user_id)
    assert await traces_of(alice) != set()


async def test_what_is_not_there_cannot_be_forgotten_and_twice_is_once(owner_url: str, pool: None) -> None:
    alice, before = await erased(owner_url)
    await execute(owner_url, f"SELECT erase_person('{alice.user_id}')")
    assert await figures_of(alice) == before
    with pytest.raises(asyncpg.NoDataFoundError):
        await execute(owner_url, "SELECT erase_person('usr_that_never_was')")


async def test_nobody_else_loses_a_word(owner_url: str, pool: None) -> None:
    bob = await somebody()
    of_before = await traces_of(bob)
    await erased(owner_url)
    assert await traces_of(bob) == of_before
