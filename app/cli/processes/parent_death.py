"""Ends a program when the one that started it is gone. Knows nothing of what either of them does.

Linux alone can promise this, through the kernel; elsewhere `billing run` relies on being stopped in order.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)  # loaded before any fork: between fork and exec nothing may be imported


def end_with_parent(sent: signal.Signals) -> None:
    """Have the kernel send this program `sent` when its parent is gone.

    The parent is the *thread* that forked, so programs are started from main threads only.
    """
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, int(sent))


def before_exec(sent: signal.Signals) -> Callable[[], None]:
    """The `preexec_fn` of a child that shall not outlive us."""
    parent_id = os.getpid()

    def bind() -> None:
        end_with_parent(sent)
        if os.getppid() != parent_id:  # we died between fork and prctl, so no signal would ever come
            os._exit(1)

    return bind
