"""Decides what a log line looks like, and which libraries may speak."""

import logging
import re

import structlog

from app.logs.redaction import redacted

# What moves a terminal's cursor, colours its text or turns its direction, ends a line for some reader of logs, or is
# half a letter, which cannot be written at all.
_MOVES = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def on_one_line(text: str) -> str:
    """The text with an escape in place of each letter that could make a line look like two, or like another."""
    return _MOVES.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


LOG_STEPS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    structlog.processors.LogfmtRenderer(bool_as_flag=False),
    lambda _, __, line: redacted(on_one_line(str(line))),
]


def log_quietly() -> None:
    """One line per event, ids instead of personal data; libraries speak only of trouble."""
    for chatty in ("httpx", "httpcore", "stripe", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=LOG_STEPS,  # one list for good: a logger that was used keeps the list it saw first
        cache_logger_on_first_use=True,
    )
