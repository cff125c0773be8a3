"""The page for operators: what waits, in numbers, and commands that are really there."""

import pytest
from rich_click import Group

from app.cli.commands import billing
from app.database import row, tx
from app.ids import new_id
from app.operator.reading import Waiting, waiting
from app.operator.view import COMMANDS, operator_page
from tests.checkout.till import Till
from tests.factories import make_purchase, make_user
from tests.surface.people import OPERATOR
from tests.workshops.site import site_with

EVENT = """
INSERT INTO stripe_events (id, stripe_event_id, type, livemode, payload, state, received_at, purchase_id)
VALUES ($1, $1, 'charge.refunded', false, '', $2, clock_timestamp() - $3::float * interval '1 minute', $4)
"""


class Undone(Exception):
    """So that nothing of it is left for the other tests."""


def test_nothing_waits_is_no_sentence_and_one_is_no_plural() -> None:
    assert operator_page(Waiting(0, 0, 0)).waiting == ()
    assert operator_page(Waiting(1, 2, 1)).waiting == (
        "1 payment differs from its purchase: no credits were given for it.",
        "2 messages of Stripe are quarantined.",
        "1 message of Stripe was taken in and not carried out.",
    )


async def test_what_is_in_somebodys_hands_is_not_counted(pool: None) -> None:
    """An event that came a minute ago may still be at work; one that is done, or put away, waits for nobody,
    nor does the payment it was about."""
    before = await waiting()
    with pytest.raises(Undone):
        async with tx():
            user_id = await make_user()
            _, seen_to = [await make_purchase(user_id=user_id, status="refused") for _ in range(2)]
            for state, minutes in (
                ("quarantined", 0),
                ("received", 3),
                ("received", 1),
                ("done", 9),
                ("ignored", 9),
            ):
                await row(EVENT, new_id("evt"), state, minutes, seen_to if state == "ignored" else None)
            found = await waiting()
            raise Undone
    assert [
        found.refused_purchases - before.refused_purchases,
        found.quarantined_events - before.quarantined_events,
        found.unfinished_events - before.unfinished_events,
    ] == [1, 1, 1]


@pytest.mark.parametrize("line", [command for _, command in COMMANDS])
def test_a_command_that_is_named_is_there(line: str) -> None:
    _, *words = line.split()
    command = billing.commands[words.pop(0)]
    if isinstance(command, Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    options = {name for each in command.params for name in each.opts}
    assert {word for word in words if word.startswith("--")} <= options


async def test_the_page_says_what_waits_and_names_the_commands(till: Till) -> None:
    site = site_with(till, sign_in=("email",), operators=(OPERATOR,))
    user_id = await make_user()
    await row(
        "INSERT INTO identities (id, clerk_user_id, provider, subject, email, email_verified)"
        " VALUES ($1, $2, 'email', $2, $3, true)",
        new_id("idn"),
        user_id,
        OPERATOR,
    )
    page = (await (await site.browser(user_id, provider="email")).get("/operator")).text
    assert "What waits" in page
    assert all(command in page for _, command in COMMANDS)
    assert 'href="/operator" aria-current="page"' in page
