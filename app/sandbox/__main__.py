"""`python -m app.sandbox`: a sandbox from the command line."""

import argparse
import sys

from app.sandbox.options import SandboxOptions
from app.sandbox.server import LOOPBACK, NotLoopback, PortTaken, serve_sandbox


def main(arguments: list[str] | None = None) -> int:
    """Serve a sandbox as the arguments say; 1 if it could not start."""
    given = _parser().parse_args(arguments)
    options = SandboxOptions(
        database=given.database,
        public_url=given.public_url or f"http://{given.host}:{given.port}",
        forward_to=given.forward_to,
        webhook_secret=given.webhook_secret,
        hold_redirect_seconds=given.hold_redirect_seconds,
        time_scale=given.time_scale,
    )
    try:
        serve_sandbox(options, given.host, given.port)
    except (PortTaken, NotLoopback) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    default = SandboxOptions()
    parser = argparse.ArgumentParser(
        prog="python -m app.sandbox", description="An offline Stripe; no real money."
    )
    parser.add_argument("--host", default=LOOPBACK)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--public-url", help="the origin that browsers use; default: host and port")
    parser.add_argument("--forward-to", help="the address that receives webhooks")
    parser.add_argument("--webhook-secret", default=default.webhook_secret)
    parser.add_argument("--database", default=default.database, help="SQLite file; default: memory")
    parser.add_argument("--hold-redirect-seconds", type=float, default=default.hold_redirect_seconds)
    parser.add_argument("--time-scale", type=float, default=default.time_scale)
    return parser


if __name__ == "__main__":
    sys.exit(main())
