"""Says where a running product answers and who can sign in. Decides nothing."""

import click

from app.accounts.sign_in.demo import DEMO_PEOPLE
from app.cli.local.environment import Addresses
from app.cli.preparation import Prepared


def greet(addresses: Addresses, prepared: Prepared) -> None:
    """Print the first five minutes of a newcomer."""
    for line in greeting(addresses, prepared):
        click.echo(line)


def greeting(addresses: Addresses, prepared: Prepared) -> list[str]:
    """The lines of the greeting."""
    return [
        "",
        click.style(f"  {prepared.settings.brand_name} runs at {addresses.base_url}", bold=True),
        *_people(addresses, prepared),
        "",
        *_payments(addresses, prepared),
        f"  Data       {prepared.settings.data_dir}",
        "  Stop       Ctrl-C",
        "",
    ]


def _people(addresses: Addresses, prepared: Prepared) -> list[str]:
    if not prepared.has_demo_people:
        return ["", "  Sign in by e-mail; the mail lands at " + f"{addresses.base_url}/dev/mailbox"]
    wide = max(len(person.name) for person in DEMO_PEOPLE)
    listed = [f"    {person.name:<{wide}}  {person.shows}" for person in DEMO_PEOPLE]
    return ["", f"  Sign in at {addresses.base_url}/sign-in with one click, as", *listed]


def _payments(addresses: Addresses, prepared: Prepared) -> list[str]:
    if prepared.price_trouble is not None:
        return [f"  Payments   no prices yet ({prepared.price_trouble}): run `billing catalog push`"]
    if prepared.settings.stripe_api_base is None:
        return ["  Payments   with your Stripe key; forward webhooks to /webhooks/stripe"]
    return [
        "  Payments   are simulated: set STRIPE_SECRET_KEY for Stripe's test mode",
        f"  Sandbox    {addresses.sandbox_url}/dashboard",
    ]
