"""Decides that a log which nobody takes holds up nobody: lines wait in a short queue, and what does not fit is dropped.

A full pipe blocks whoever writes to it, a full disk fails them; here that is one thread and never a request.
"""

import contextlib
import os
import queue
import threading

LONGEST_QUEUE_LINES = 1_000
LAST_WORDS_SECONDS = 1.0
_Waiting = str | threading.Event  # an event is set once everything before it was written


class Unhurried:
    """A place to write lines to that takes them at once, in front of a file descriptor that may not.

    Not in front of a stream: one that is stuck in a write is locked, and would keep its process from ending.
    """

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._waiting: queue.Queue[_Waiting] = queue.Queue(LONGEST_QUEUE_LINES)
        self._dropped_lines = 0
        threading.Thread(target=self._write_for_ever, daemon=True, name="log").start()

    def write(self, text: str) -> None:
        """Have a line written, unless too many wait already."""
        try:
            self._waiting.put_nowait(text)
        except queue.Full:
            self._dropped_lines += 1

    def flush(self) -> None:
        """Nothing: the thread does it."""

    def last_words(self) -> None:
        """Give what waits a second to be written; a log that is stuck is left behind."""
        written = threading.Event()
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(written)
            written.wait(LAST_WORDS_SECONDS)

    def _write_for_ever(self) -> None:
        while True:
            taken = self._waiting.get()
            if isinstance(taken, threading.Event):
                taken.set()
                continue
            left = (taken + self._own_line()).encode(errors="backslashreplace")
            with contextlib.suppress(OSError):  # a full disk, or nobody at the other end
                while left:
                    left = left[os.write(self._behind, left) :]

    def _own_line(self) -> str:
        dropped, self._dropped_lines = self._dropped_lines, 0
        return f"level=warning event=log_lines_dropped lines={dropped}\n" if dropped else ""
