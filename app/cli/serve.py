"""Starts the production server once its settings are understood. Decides when not to."""

import asyncio
import sys

import click

from app.cli.check import found
from app.cli.preparation import migrate_now
from app.cli.server import serve_forever
from app.settings import load_settings


def serve(host: str, port: int, *, workers: int, migrate_first: bool) -> None:
    """Serve until told to stop; with a setting that cannot be used, say which and exit 1 instead."""
    findings = found(settings_only=True)
    for finding in findings.wrong:
        click.echo(str(finding), err=True)
    if findings.wrong:
        sys.exit(1)
    if migrate_first:
        asyncio.run(migrate_now(load_settings()))
    serve_forever(host, port, workers=workers)
