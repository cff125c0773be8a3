"""`billing events`: the inbox, as lines for the person who looks after it. What an event sets off is decided elsewhere."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, TypeVar

from app.application import rules_of
from app.cli.reporting import log_troubles_aside, say
from app.clock import utc_now
from app.database import pool
from app.errors import BillingError
from app.payments.stripe_gateway import stripe_gateway
from app.settings import Settings, load_settings
from app.webhooks.handlers import Means
from app.webhooks.inbox import State
from app.webhooks.kept import Kept, dismiss, kept_event, newest_events, payload_of
from app.webhooks.replay import replay

Found = TypeVar("Found")


class StillUnsettled(BillingError):
    """An event was carried out again, and could not be carried out this time either."""

    def __init__(self, event_id: str, error: Exception) -> None:
        self.event_id = event_id
        super().__init__(f"{event_id} could not be carried out: {str(error) or repr(error)}")


def say_events(state: State | None, *, limit: int, as_json: bool) -> None:
    """Print the newest events, of one state if asked."""
    found = _asked(lambda _: newest_events(state, limit=limit))
    lines = [_line(kept) for kept in found] or ["no events" if state is None else f"no event is {state}"]
    say(lines, {"events": [asdict(kept) for kept in found]}, as_json=as_json)


def say_event(event_id: str, *, as_json: bool) -> None:
    """Print one event with all that is known of it, and the body that was signed. Raises: NotFound."""
    kept, payload = _asked(lambda _: _whole(event_id))
    facts = asdict(kept) | {"payload": payload.decode(errors="backslashreplace")}
    say(
        [f"{name + ':':<13}{'' if value is None else value}" for name, value in facts.items()],
        facts,
        as_json=as_json,
    )


def say_replayed(event_id: str, *, as_json: bool) -> int:
    """Carry an event out again; the exit code is 0 if it is settled now. Raises: NotFound, StillUnsettled."""
    kept = _asked(lambda settings: _replayed(event_id, settings))
    say([_line(kept)], asdict(kept), as_json=as_json)
    return 0 if kept.state in ("done", "ignored") else 1


def say_dismissed(event_id: str, *, reason: str, as_json: bool) -> int:
    """Decide that nothing shall come of an event; the exit code is 1 if it was done already. Raises: NotFound."""
    kept = _asked(lambda _: dismiss(event_id, who=getpass.getuser(), reason=reason))
    say([_line(kept)], asdict(kept), as_json=as_json)
    return 0 if kept.state == "ignored" else 1


def _asked(question: Callable[[Settings], Awaitable[Found]]) -> Found:
    async def within_pool() -> Found:
        settings = load_settings()
        async with pool(settings.database_url, max_size=2):
            return await question(settings)

    log_troubles_aside()
    return asyncio.run(within_pool())


async def _whole(event_id: str) -> tuple[Kept, bytes]:
    return await kept_event(event_id), await payload_of(event_id)


async def _replayed(event_id: str, settings: Settings) -> Kept:
    async with stripe_gateway(settings) as gateway:
        means = Means(gateway, rules_of(settings), utc_now())
        try:
            return await replay(event_id, means, who=getpass.getuser())
        except BillingError:
            raise
        except Exception as error:
            raise StillUnsettled(event_id, error) from error


def _line(kept: Kept) -> str:
    told: list[Any] = [f"{kept.received_at:%Y-%m-%d %H:%M:%S}", f"{kept.state:<11}", kept.event_id, kept.type]
    told += [text for text in (kept.object_id, kept.purchase_id) if text]
    told += [f"{kept.attempts} attempts, {kept.failures} failed"] if kept.attempts > 1 else []
    return "  ".join(told) + (f"  ({kept.error})" if kept.error else "")
