"""Runs commands in no time: each is a fork of a program that has imported the product, a process like any other.

Run as a program. Each line of its input is one command in JSON: its words, its environment, and the files that stand
for its input and what it says. It answers each with the exit code.
"""

import json
import os
import sys
from typing import Any

import app.application
import app.cli.checks.check
import app.cli.erasing
import app.cli.inbox
import app.cli.reconciling
import app.cli.signing_out  # noqa: F401  (imported here, so that no command has to)
from app.cli import main


def serve() -> None:
    """Until there are no more lines."""
    for line in sys.stdin:
        command = os.fork()
        if not command:
            _become(json.loads(line))
            main()
            sys.exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(command, 0)[1]), flush=True)


def _become(asked: dict[str, Any]) -> None:
    imported = {name: os.environ[name] for name in ("PICCOLO_CONF",)}  # what importing the product has set
    os.environ.clear()
    os.environ.update(imported | asked["environment"])
    sys.argv = ["billing", *asked["words"]]
    for stream, name in enumerate(("input", "output", "errors")):
        opened = os.open(asked[name], os.O_RDWR)
        os.dup2(opened, stream)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (the former one has read ahead)


if __name__ == "__main__":
    serve()
