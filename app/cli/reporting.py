"""Prints what a command has to say, as lines for people or as JSON for programs. Decides nothing."""

import json
import logging
import sys
from collections.abc import Iterable, Mapping

import click


def say(lines: Iterable[str], facts: Mapping[str, object], *, as_json: bool) -> None:
    """Print the lines, or the facts behind them."""
    if as_json:
        click.echo(json.dumps(facts, indent=2, default=str))
        return
    for line in lines:
        click.echo(line)


def log_troubles_aside() -> None:
    """What goes wrong is logged beside the command's own words, which stand alone on its standard output."""
    import structlog

    from app.logs.steps import LOG_STEPS

    structlog.configure(
        processors=LOG_STEPS,
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
