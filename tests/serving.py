"""Servers in processes of their own, which a test has to wait for."""

import subprocess
import time
from contextlib import suppress

import httpx


def until_up(address: str, server: subprocess.Popen[bytes], *, within_seconds: float = 60.0) -> None:
    """Until the server says that it is well. Raises: RuntimeError: it has ended, or takes too long."""
    deadline = time.monotonic() + within_seconds
    with httpx.Client(trust_env=False) as http:
        while server.poll() is None and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                if http.get(f"{address}/healthz").status_code == 200:
                    return
            time.sleep(0.02)
    raise RuntimeError(f"no server at {address}")
