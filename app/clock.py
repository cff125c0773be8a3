"""The clock that `application.py` hands to whoever needs the time, so that tests can set it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)
