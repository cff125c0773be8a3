"""Stripe's own command line, kept offline: whatever it wants beyond the sandbox it does not get."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.stripe_judges import NO_PROGRAM, found_program

DEADLINE_SECONDS = 30.0
NOWHERE = "http://127.0.0.1:9"


@dataclass(frozen=True)
class CommandLine:
    """The program, pointed at one sandbox."""

    program: Path
    api_base: str
    home: str

    async def say(self, *words: str) -> str:
        """What it prints, once it has done its work well."""
        whose = ["--api-base", self.api_base, "--api-key", "sk_test_sandbox1234567890"]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            self.program, *words, *whose, stdout=pipe, stderr=pipe, env=self._environment()
        )
        async with asyncio.timeout(DEADLINE_SECONDS):
            printed, complaints = await process.communicate()
        assert process.returncode == 0, (printed + complaints).decode()
        return printed.decode()

    async def ask(self, *words: str) -> dict[str, Any]:
        """The object it was answered with."""
        return dict(json.loads(await self.say(*words)))

    async def trigger(self, event_type: str, *more: str) -> None:
        """Let it play a whole scene that ends in this event."""
        assert "Trigger succeeded" in await self.say("trigger", event_type, *more)

    def _environment(self) -> dict[str, str]:
        folders = dict.fromkeys(("HOME", "XDG_CONFIG_HOME"), self.home)
        return folders | {"STRIPE_CLI_TELEMETRY_OPTOUT": "1", "HTTPS_PROXY": NOWHERE}


def program() -> Path:
    """The native program; without it the test is skipped, or fails if it must not be."""
    if (found := found_program()) is not None:
        return found
    if os.environ.get("REQUIRE_STRIPE_CLI") == "1":
        pytest.fail(NO_PROGRAM)
    pytest.skip(NO_PROGRAM)


@asynccontextmanager
async def command_line(api_base: str) -> AsyncIterator[CommandLine]:
    """The program with an empty home of its own."""
    found = program()
    with TemporaryDirectory() as home:
        yield CommandLine(found, api_base, home)
