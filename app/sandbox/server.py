"""Serves a sandbox from this very process until it is told to stop. Knows nothing of what it serves."""

import asyncio
import ctypes
import os
import signal
import socket
import sys

from granian.constants import Interfaces
from granian.server.embed import Server

from app.sandbox.app import sandbox_around
from app.sandbox.options import SandboxOptions
from app.sandbox.world import World

PR_SET_PDEATHSIG = 1
DIE_WITH_PARENT = "BILLING_DIE_WITH_PARENT"
LOOPBACK = "127.0.0.1"


class PortTaken(Exception):
    """Somebody else listens where the sandbox should."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} is in use; choose another --port for the sandbox")


class NotLoopback(Exception):
    """The sandbox takes everybody's word for everything, so only this machine may reach it."""

    def __init__(self, host: str) -> None:
        super().__init__(f"the sandbox binds {LOOPBACK} only, not {host}")


def serve_sandbox(options: SandboxOptions, host: str = LOOPBACK, port: int = 8001) -> None:
    """Serve until SIGINT or SIGTERM, in one process without children; the process ends with it.

    Raises: PortTaken, NotLoopback: nothing was started.
    """
    if host != LOOPBACK:
        raise NotLoopback(host)
    _require_free(host, port)
    if os.environ.get(DIE_WITH_PARENT) == "1":
        _die_with_parent()
    asyncio.run(_serve(World(options), host, port))
    sys.stdout.flush()
    os._exit(
        0
    )  # the server's threads may still be ending, and abort an interpreter that is taken down under them


class EmbeddedServer:
    """One world served from the running event loop."""

    def __init__(self, world: World, host: str, port: int) -> None:
        self._world = world
        app = sandbox_around(world)
        self._server = Server(app, address=host, port=port, interface=Interfaces.ASGI, log_enabled=False)

    async def serve(self) -> None:
        """Answer until `stop` is called."""
        await self._server.serve()

    def stop(self) -> None:
        """End at once: whoever waits for something is let go first."""
        self._world.close()
        self._server.stop()  # type: ignore[no-untyped-call]  # granian leaves it without annotations


async def _serve(world: World, host: str, port: int) -> None:
    server = EmbeddedServer(world, host, port)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, server.stop)
    await server.serve()


def _require_free(host: str, port: int) -> None:
    """The server shares its port with whoever else wants to, so two sandboxes would take turns unnoticed."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(host, port) from error


def _die_with_parent() -> None:
    """Linux ends this process when its parent is gone, however it went. Elsewhere there is no such promise."""
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)
