"""The `billing` commands: their names, options and exit codes.

What they do is imported when they run, so that `billing --help` answers at once.
"""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import rich_click as click

from app.cli.event_commands import AS_JSON, events
from app.errors import BillingError

PORT = click.IntRange(1, 65535)


class Billing(click.RichGroup):
    """A group whose commands end with one clear line when they cannot do what was asked."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order of this file

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BillingError as error:
            _end(str(error), error)
        except Exception as error:
            if not _is_silence_of_the_database(error):
                raise
            _end(
                f"the database does not answer as it should: {error}. Start it, or correct DATABASE_URL",
                error,
            )


def _is_silence_of_the_database(error: Exception) -> bool:
    refused = isinstance(error, ConnectionError | TimeoutError) and not isinstance(error, BrokenPipeError)
    return refused or type(error).__module__.startswith(
        "asyncpg"
    )  # compared by name: importing it takes time


def _end(line: str, error: Exception) -> NoReturn:
    click.echo(f"billing: {line}", err=True)
    raise SystemExit(1) from error


@click.group(cls=Billing, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def billing() -> None:
    """Workshop Credits: run it, look after it, mend it."""


@billing.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=PORT, help="Port of the web server.  [default: 8000]")
@click.option(
    "--sandbox-port", type=PORT, default=8001, show_default=True, help="Port of the payment sandbox."
)
@click.option("--data-dir", type=click.Path(path_type=Path), envvar="DATA_DIR", help="Where all data lies.")
@click.option("--check", is_flag=True, help="Start on free ports, walk the product once, stop.")
def run(*, host: str | None, port: int | None, sandbox_port: int, data_dir: Path | None, check: bool) -> None:
    """Run the whole product on this machine, with payments simulated."""
    from app.cli.run import options_from, run, run_once

    options = options_from(
        host=host,
        port=port,
        sandbox_port=sandbox_port,
        data_dir=data_dir,
        base_url=os.environ.get("BASE_URL"),
    )
    if check:
        sys.exit(0 if run_once(options) else 130)
    run(options)


@billing.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=PORT, default=8000, show_default=True, help="Port to listen on.")
@click.option(
    "--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Equal worker programs."
)
@click.option("--migrate", is_flag=True, help="Bring the schema up to date first.")
def serve(*, host: str, port: int, workers: int, migrate: bool) -> None:
    """Serve the product, as in production."""
    os.environ.setdefault("ENVIRONMENT", "production")
    from app.cli.local.environment import local_environment
    from app.cli.serve import serve

    with local_environment():
        serve(host, port, workers=workers, migrate_first=migrate)


@billing.command()
@click.option("--check", is_flag=True, help="Only say whether the schema is current.")
@click.option("--record", is_flag=True, help="Record migrations that were applied by hand.")
@AS_JSON
def migrate(*, check: bool, record: bool, as_json: bool) -> None:
    """Bring the database's schema up to date, all or nothing."""
    from app.cli.local.environment import local_environment
    from app.cli.migrating import say_migrated, say_recorded, say_whether_current

    with local_environment():
        if check:
            sys.exit(say_whether_current(as_json=as_json))
        (say_recorded if record else say_migrated)(as_json=as_json)


@billing.command()
@AS_JSON
def seed(*, as_json: bool) -> None:
    """Make the demo people with their history, once, all or nothing."""
    from app.cli.local.environment import local_environment
    from app.cli.seeding import say_seeded

    with local_environment():
        say_seeded(as_json=as_json)


@billing.command()
@click.option("--config", "settings_only", is_flag=True, help="Look at the settings alone.")
@AS_JSON
def check(*, settings_only: bool, as_json: bool) -> None:
    """Compare settings, schema, ledger and prices with what they should be."""
    from app.cli.checks.check import say_findings
    from app.cli.local.environment import local_environment

    with local_environment():
        sys.exit(say_findings(settings_only=settings_only, as_json=as_json))


@billing.command()
@click.argument("user")
@click.argument("credits", type=click.IntRange(min=1))
@click.option("--reason", required=True, help="Why; it is kept with the movement.")
@AS_JSON
def grant(*, user: str, credits: int, reason: str, as_json: bool) -> None:
    """Give USER (an e-mail address or a user id) CREDITS for nothing, for the record."""
    from app.cli.granting import say_granted
    from app.cli.local.environment import local_environment

    with local_environment():
        say_granted(user, credits, reason=reason, as_json=as_json)


@billing.command("audit-trail")
@click.argument("user", required=False)
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="How many at most.")
@AS_JSON
def audit_trail(*, user: str | None, limit: int, as_json: bool) -> None:
    """Show who changed what about access and credits, newest first; of USER alone, if one is named."""
    from app.cli.local.environment import local_environment
    from app.cli.trail_command import say_trail

    with local_environment():
        say_trail(user, limit=limit, as_json=as_json)


@billing.command("sign-out")
@click.argument("user")
@click.option("--reason", default="", help="Why; it is kept in the audit trail.")
@AS_JSON
def sign_out(*, user: str, reason: str, as_json: bool) -> None:
    """Sign USER (an e-mail address or a user id) out of every browser."""
    from app.cli.local.environment import local_environment
    from app.cli.signing_out import say_signed_out

    with local_environment():
        say_signed_out(user, reason=reason, as_json=as_json)


@billing.command()
@click.argument("user")
@click.option("--yes", "is_sure", is_flag=True, help="Ask nothing.")
@AS_JSON
def erase(*, user: str, is_sure: bool, as_json: bool) -> None:
    """Forget USER (an e-mail address or a user id) for good; the books keep dates and amounts."""
    from app.cli.erasing import say_erased
    from app.cli.local.environment import local_environment

    with local_environment():
        say_erased(user, is_sure=is_sure, as_json=as_json)


@billing.command()
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]),
    help="Look back at least to this moment (UTC, unless it has an offset).",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@AS_JSON
def reconcile(*, since: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Compare the books with Stripe's, both ways, and mend what was missed."""
    from app.cli.local.environment import local_environment
    from app.cli.reconciling import say_reconciled

    with local_environment():
        sys.exit(say_reconciled(since_at=since, dry_run=dry_run, as_json=as_json))


billing.add_command(events)


@billing.group()
def catalog() -> None:
    """The packs and their prices at Stripe."""


@catalog.command()
@AS_JSON
def push(*, as_json: bool) -> None:
    """Find or make one Stripe price for each pack."""
    from app.cli.catalog_prices import push_prices, say_prices
    from app.cli.local.environment import local_environment

    with local_environment():
        sys.exit(say_prices(push_prices, as_json=as_json))


@catalog.command()
@AS_JSON
def show(*, as_json: bool) -> None:
    """Show the packs with the prices Stripe has for them."""
    from app.cli.catalog_prices import found_prices, say_prices
    from app.cli.local.environment import local_environment

    with local_environment():
        sys.exit(say_prices(found_prices, as_json=as_json))


@billing.command()
@click.option("--port", type=PORT, default=8001, show_default=True, help="Port to listen on.")
@click.option("--forward-to", metavar="URL", help="The address that receives webhooks.")
def sandbox(*, port: int, forward_to: str | None) -> None:
    """Run the offline stand-in for Stripe alone; no real money moves."""
    from app.cli.sandbox import serve_alone

    serve_alone(port=port, forward_to=forward_to, given=dict(os.environ))


@billing.command(hidden=True)
def forget() -> None:
    """Remove the default data folder with everything in it."""
    from app.cli.forgetting import forget_default_folder

    forget_default_folder()
