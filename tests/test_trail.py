"""Who changed what: read as one, from the notes on access and the movements of credits; rewritten by nobody (O11)."""

import asyncio
import json
from pathlib import Path

import asyncpg
import pytest

from app.database import row, tx
from app.ledger.posting import Actor, adjust
from app.trail import newest, note
from tests.cli.product import billing
from tests.factories import give, make_user


async def test_changes_of_access_and_of_credits_are_read_as_one(pool: None) -> None:
    """O11"""
    alice, bob = await make_user(), await make_user(name="Bob")
    await note("signed_in", whose=alice, actor="user", actor_id=alice, object_id="ses_1", detail="by email")
    await give(alice, 2)
    await give(bob, 1)
    async with tx():
        support = Actor("operator", "op_1")
        await adjust(
            alice, -1, form_key=f"{alice}-1", reason="miscounted", actor=support, note="a mail of hers"
        )
    found = await newest(alice, limit=10)
    assert [each.act for each in found] == ["credits_adjustment", "credits_grant", "signed_in"]
    assert (found[0].detail, found[0].reason) == ("-1 credits, balance 2 to 1", "miscounted: a mail of hers")
    assert (found[0].actor, found[0].actor_id, found[0].whose) == ("operator", "op_1", alice)
    assert len(await newest(alice, limit=1)) == 1
    assert {each.whose for each in await newest(None, limit=500)} >= {alice, bob}


@pytest.mark.parametrize(
    "attack", ["UPDATE audit_trail SET reason = 'x'", "DELETE FROM audit_trail", "TRUNCATE audit_trail"]
)
async def test_nobody_rewrites_a_note(pool: None, owner_url: str, attack: str) -> None:
    """O11, O14: the application has no right to, and the owner meets a trigger."""
    await note(
        "event_dismissed", whose=None, actor="operator", actor_id="op_1", object_id="evt_1", reason="x"
    )
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await row(attack)
    owner = await asyncpg.connect(owner_url)
    try:
        with pytest.raises(asyncpg.RaiseError, match="never rewritten"):
            await owner.execute(attack)
    finally:
        await owner.close()


async def test_the_command_shows_who_changed_what_of_one_person(
    pool: None, database_url: str, tmp_path: Path
) -> None:
    """O11"""
    alice, bob = await make_user(), await make_user(name="Bob")
    await give(alice, 2)
    await give(bob, 1)
    asked = ("audit-trail", f"{alice}@example.test", "--json")
    done = await asyncio.to_thread(billing, *asked, data_dir=tmp_path, DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    [granted] = json.loads(done.stdout)["changes"]
    assert (granted["act"], granted["whose"], granted["reason"]) == ("credits_grant", alice, "goodwill")
    assert granted["detail"] == "2 credits, balance 0 to 2"
