"""Prints what a command has to say, as lines for people or as JSON for programs. Decides nothing."""

import json
from collections.abc import Iterable, Mapping

import click


def say(lines: Iterable[str], facts: Mapping[str, object], *, as_json: bool) -> None:
    """Print the lines, or the facts behind them."""
    if as_json:
        click.echo(json.dumps(facts, indent=2, default=str))
        return
    for line in lines:
        click.echo(line)
