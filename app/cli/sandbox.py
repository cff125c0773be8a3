"""`billing sandbox`: the offline stand-in for Stripe, alone. It keeps nothing once it has ended."""

import click

from app.cli.local.data_folder import make_folder
from app.cli.local.environment import SANDBOX_KEY, data_dir_of
from app.cli.local.runtime_file import local_secrets
from app.cli.processes.children import require_free
from app.sandbox.options import SandboxOptions
from app.sandbox.server import serve_sandbox


def serve_alone(*, port: int, forward_to: str | None, given: dict[str, str]) -> None:
    """Serve until told to stop, with the webhook secret of this machine. Raises: PortTaken."""
    require_free("127.0.0.1", port, option="--port")
    data_dir = data_dir_of(given)
    make_folder(data_dir)
    secret = given.get("STRIPE_WEBHOOK_SECRET") or local_secrets(data_dir)["STRIPE_WEBHOOK_SECRET"]
    url = f"http://127.0.0.1:{port}"
    click.echo(f"The payment sandbox runs at {url}/dashboard. To use it, set")
    click.echo(f"  STRIPE_API_BASE={url} STRIPE_SECRET_KEY={SANDBOX_KEY} STRIPE_WEBHOOK_SECRET={secret}")
    options = SandboxOptions(public_url=url, forward_to=forward_to, webhook_secret=secret.partition(",")[0])
    serve_sandbox(options, port=port)
