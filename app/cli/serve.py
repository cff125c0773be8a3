"""Starts the production server once its settings are understood. Decides when not to."""

import asyncio
import sys

import click

from app.cli.checks.findings import Findings
from app.cli.checks.settings import understood
from app.cli.processes.server import serve_forever


def serve(host: str, port: int, *, workers: int, migrate_first: bool) -> None:
    """Serve until told to stop; with a setting that cannot be used, say which and exit 1 instead."""
    findings = Findings()
    settings = understood(findings)
    if settings is None:
        for finding in findings.wrong:
            click.echo(str(finding), err=True)
        sys.exit(1)
    if migrate_first:
        from app.cli.preparation import migrate_now

        asyncio.run(migrate_now(settings))
    serve_forever(host, port, workers=workers)
