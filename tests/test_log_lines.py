"""What a log line can be made to look like by what somebody sends: a line is one, says its moment in UTC, and no more."""

import io
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog

from app.logs.steps import LOG_STEPS
from app.logs.unhurried import Unhurried

APP = Path(__file__).parent.parent / "app"
# What ends a line, moves the cursor, turns the direction of reading, or begins another field.
HOSTILE = [
    "a\nlevel=error event=forged", "a\rlevel=error event=forged", "a\r\nevent=forged", "a\x0bevent=forged", "a\x0cevent=forged",
    "a\x85event=forged", "a\u2028event=forged", "a\u2029event=forged", "\x1b[2K\x1b[1Gevent=forged", "\x9b2Kevent=forged",
    "\x00event=forged", "\x08\x08\x08event=forged", "\u202edegrof=tneve", "\u2066event=forged", 'a" event=forged x="', "a event=forged",
    "a\tevent=forged", "\x7fevent=forged", "\ud800event=forged",
]  # fmt: skip


def written(**fields: object) -> str:
    place = io.StringIO()
    log = structlog.wrap_logger(structlog.PrintLogger(place), processors=LOG_STEPS)
    log.info("asked", **fields)
    return place.getvalue()


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_is_sent_makes_another_line_or_another_field(text: str) -> None:
    """W45: as a value, and in the words of a failure."""
    try:
        raise ValueError(text)
    except ValueError as error:
        lines = written(why=text), written(exc_info=error)
    for line in lines:
        assert line.endswith("\n") and line[:-1].isprintable()
        unquoted = re.sub(r'"(\\.|[^"\\])*"', "", line)
        assert unquoted.count(" event=") + unquoted.startswith("event=") == 1
        assert "event=asked" in unquoted


def test_a_line_that_cannot_be_written_ends_no_log() -> None:
    """C21: half a letter in one line, and the next comes all the same."""
    reader, writer = os.pipe()
    log = Unhurried(writer)
    log.write("half \ud800\n")
    log.write("whole\n")
    log.last_words()
    assert os.read(reader, 100) == b"half \\ud800\nwhole\n"
    os.close(reader)
    os.close(writer)


def test_every_line_says_its_moment_in_utc() -> None:
    [moment] = re.findall(r"timestamp=(\S+)", written(why="x"))
    assert datetime.fromisoformat(moment).utcoffset() == datetime.now(UTC).utcoffset()


def test_nothing_writes_beside_the_log() -> None:
    """But for commands, which answer whoever called them, and letters on a developer's console."""
    allowed = {"accounts/sign_in/mail.py", "logs/steps.py"}
    beside = re.compile(
        r"^\s*print\(|sys\.std(out|err)|logging\.(getLogger|info|warning|error)", re.MULTILINE
    )
    found = {
        path.relative_to(APP).as_posix()
        for path in sorted(APP.rglob("*.py"))
        if beside.search(path.read_text())
    }
    assert {name for name in found if not name.startswith(("cli/", "sandbox/"))} <= allowed
