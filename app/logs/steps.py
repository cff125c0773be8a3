"""Decides what a log line looks like, and which libraries may speak."""

import logging

import structlog

from app.logs.redaction import redacted

LOG_STEPS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    structlog.processors.LogfmtRenderer(bool_as_flag=False),
    lambda _, __, line: redacted(str(line)),
]


def log_quietly() -> None:
    """One line per event, ids instead of personal data; libraries speak only of trouble."""
    for chatty in ("httpx", "httpcore", "stripe", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    structlog.configure(
        processors=LOG_STEPS,  # one list for good: a logger that was used keeps the list it saw first
        cache_logger_on_first_use=True,
    )
