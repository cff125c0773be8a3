"""Starts servers of the product in no time: it has imported everything, and each server is a fork of it.

Run as a program with the port as its argument. For each line "factory database-url" on its input it starts a granian
server with one worker, says the process group, and says "gone" once that server is dead. What is killed and what comes
next share nothing but imported code.
"""

import os
import signal
import sys
from typing import NoReturn

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from app import asgi
from app.cli.processes.parent_death import end_with_parent

READY = f"{asgi.__name__} is imported"
GONE = "gone"


def main() -> None:
    """Serve until there are no more lines."""
    print(READY, flush=True)
    for line in sys.stdin:
        factory, database_url = line.split()
        server = os.fork()
        if not server:
            _serve(factory, database_url, int(sys.argv[1]))
        print(server, flush=True)
        os.waitpid(server, 0)
        print(GONE, flush=True)


def _serve(factory: str, database_url: str, port: int) -> NoReturn:
    end_with_parent(signal.SIGTERM)
    os.setsid()  # the server and its worker are killed together, and nobody else
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what the product logs is no answer of ours
    os.environ["DATABASE_URL"] = database_url
    try:
        Granian(
            factory,
            address="127.0.0.1",
            port=port,
            interface=Interfaces.ASGI,
            factory=True,
            log_level=LogLevels.error,
        ).serve()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
