"""`billing events` and the commands below it: their names, options and exit codes, as in `commands`."""

import sys
from typing import TYPE_CHECKING, cast

import rich_click as click

if TYPE_CHECKING:
    from app.webhooks.inbox import State

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
EVENT_STATES = ("received", "done", "quarantined", "ignored")


@click.group(invoke_without_command=True)
@click.option("--state", type=click.Choice(EVENT_STATES), help="Only the events in this state.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@AS_JSON
@click.pass_context
def events(ctx: click.Context, *, state: str | None, limit: int, as_json: bool) -> None:
    """List what Stripe has sent, newest first; show an event, run it again, or put it away."""
    if ctx.invoked_subcommand is not None:
        return
    from app.cli.inbox import say_events
    from app.cli.local.environment import local_environment

    with local_environment():
        say_events(cast("State | None", state), limit=limit, as_json=as_json)


@events.command("show")
@click.argument("event_id")
@AS_JSON
def show_event(*, event_id: str, as_json: bool) -> None:
    """Show all that is kept of EVENT_ID."""
    from app.cli.inbox import say_event
    from app.cli.local.environment import local_environment

    with local_environment():
        say_event(event_id, as_json=as_json)


@events.command()
@click.argument("event_id")
@AS_JSON
def replay(*, event_id: str, as_json: bool) -> None:
    """Carry EVENT_ID out again; one that is done is left as it is."""
    from app.cli.inbox import say_replayed
    from app.cli.local.environment import local_environment

    with local_environment():
        sys.exit(say_replayed(event_id, as_json=as_json))


@events.command()
@click.argument("event_id")
@click.option("--reason", required=True, help="Why nothing shall come of it; it is kept with the event.")
@AS_JSON
def dismiss(*, event_id: str, reason: str, as_json: bool) -> None:
    """Put EVENT_ID away for good, when a person has seen to it."""
    from app.cli.inbox import say_dismissed
    from app.cli.local.environment import local_environment

    with local_environment():
        sys.exit(say_dismissed(event_id, reason=reason, as_json=as_json))
