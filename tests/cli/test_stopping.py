"""Being asked to stop."""

import os
import signal

import pytest

from app.cli.processes.stopping import stop_when_asked


@pytest.mark.parametrize("asking", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_of_asking_leaves_the_block_through_its_finally(asking: signal.Signals) -> None:
    seen = []
    before = signal.getsignal(asking)
    with stop_when_asked():
        try:
            os.kill(os.getpid(), asking)
            seen.append("went on")
        finally:
            os.kill(os.getpid(), asking)  # somebody presses again
            seen.append("tidied up")
    assert seen == ["tidied up"]
    assert signal.getsignal(asking) is before
