"""Turns the signals that ask for an end into one exception, so that every `finally` runs. Knows nothing else."""

import contextlib
import os
import signal
from collections.abc import Iterator
from types import FrameType

from app.cli.processes.parent_death import end_with_parent

_ASKING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopAsked(KeyboardInterrupt):
    """Someone asked us to end: Ctrl-C, a service manager, a closed terminal. (An event loop passes only this kind on.)"""


@contextlib.contextmanager
def stop_when_asked() -> Iterator[None]:
    """Let the first signal unwind the block; more of them while it is being left change nothing."""
    former = {asking: signal.signal(asking, _stop) for asking in _ASKING}
    if os.environ.get("MAKELEVEL"):  # make does not pass on how it died
        end_with_parent(signal.SIGTERM)
    try:
        yield
    except StopAsked:
        pass
    finally:
        for asking, handler in former.items():
            signal.signal(asking, handler)


def _stop(number: int, frame: FrameType | None) -> None:
    for asking in _ASKING:
        signal.signal(asking, signal.SIG_IGN)
    raise StopAsked
